"""Which patients need attention, why, and in which order. `reasons` decides; `needing` reads its input.

| reason, the strongest first | raised when | ended or paused by |
|---|---|---|
| missed safety question | the patient needs help with one (`safety`) | as in ruling 8; never by a contact or a total |
| question waiting | they shared a question and nobody has talked about it | "We talked about this" |
| late | an assigned lesson is not done after its due date | the lesson is done; a contact, for 7 days |
| not started | assigned more than 3 days ago, and no lesson was ever started | a first step; a contact, for 7 days |
| quiet | no activity and no new assignment for more than 14 days, and an assigned lesson is not done | the same |

Days are dates on the clinic's calendar. A patient without an open assignment is never late, not started or quiet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, TextChoices, Value
from django.db.models.functions import Coalesce

from learn.assignments.models import Assignment
from learn.people.models import Patient, PatientQuerySet
from learn.progress import answers
from learn.progress.models import Contact, Reading
from learn.visits.models import MyQuestion
from quizzes.models import Attempt, Response


class Why(TextChoices):
    """The reason why a patient needs attention, the strongest first. The value is also the name of its CSS class."""

    SAFETY = "safety"
    QUESTION = "question"
    LATE = "late"
    NOT_STARTED = "not-started"
    QUIET = "quiet"


ORDER = list(Why)

STARTS_WITHIN = 3  # days
GOES_ON_WITHIN = 14  # days
CONTACT_QUIETS = 7  # days
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class OpenAssignment:
    """An assigned lesson that is not done."""

    due: date
    made: date


@dataclass(frozen=True)
class Known:
    """All data about one patient that `reasons` needs."""

    needs_help: date | None = None  # the day of the miss; the earliest when there are several
    question: date | None = None  # the day when they shared a waiting question; the earliest of several
    asks: Sequence[OpenAssignment] = ()
    seen: date | None = None  # the day when they last read a step or answered a question
    contacted: date | None = None


@dataclass(frozen=True)
class Reason:
    """Why a patient needs attention, and since which day. The patient who has waited longest comes first."""

    code: Why
    since: date

    def words(self, today: date) -> str:
        """The reason in the words that the nurse reads."""
        days = (today - self.since).days
        return {
            Why.SAFETY: "Missed safety question",
            Why.QUESTION: "Question waiting",
            Why.LATE: f"Late {days} day{'' if days == 1 else 's'}",
            Why.NOT_STARTED: "Not started",
            Why.QUIET: f"Quiet {days} days",
        }[self.code]


def reasons(known: Known, today: date) -> list[Reason]:
    """Return why this patient needs attention today, the strongest reason first; an empty list when there is none."""
    found = []
    if known.needs_help:
        found.append(Reason(Why.SAFETY, known.needs_help))
    if known.question:
        found.append(Reason(Why.QUESTION, known.question))
    if not known.asks or (known.contacted and (today - known.contacted).days < CONTACT_QUIETS):
        return found
    first_due = min(ask.due for ask in known.asks)
    if first_due < today:
        found.append(Reason(Why.LATE, first_due))
    asked = min(ask.made for ask in known.asks)
    if known.seen is None and (today - asked).days > STARTS_WITHIN:
        found.append(Reason(Why.NOT_STARTED, asked))
    if known.seen is not None:
        last = max(known.seen, *(ask.made for ask in known.asks))
        if (today - last).days > GOES_ON_WITHIN:
            found.append(Reason(Why.QUIET, last))
    return found


@dataclass
class Entry:
    """One patient on the worklist."""

    patient: Patient
    reasons: list[Reason]
    today: date

    @property
    def place(self) -> tuple[int, date, str, int]:
        """The sort key on the worklist."""
        return ORDER.index(self.reasons[0].code), self.reasons[0].since, self.patient.sort_key, self.patient.pk


@dataclass
class Worklist:
    """All patients who need attention, in order, and the answers on which this is based."""

    entries: list[Entry] = field(default_factory=list)
    histories: answers.Histories = field(default_factory=dict)


def needing(patients: PatientQuerySet, *, at: datetime) -> Worklist:
    """Return which of these patients need attention at this time. Four queries, three more for safety misses.

    The number of patients is not limited: the database selects those with something open, and Python checks only these
    one by one. The queries for answers and questions get a list of learners' pks, not a subquery: with a subquery, the
    database evaluated the misses of all learners before it filtered by learner.
    """
    learners = list(patients.order_by().values_list("user", flat=True))
    histories = answers.on_safety(learners)
    verdicts = [(learner, history, history.verdict) for (learner, _), history in histories.items()]
    flags: dict[int, list[date]] = {}
    unsettled: set[tuple[int, int]] = set()  # (learner, quiz) of each check because of which the lesson is not done
    for learner, history, verdict in verdicts:
        if verdict.flag:
            flags.setdefault(learner, []).append(verdict.flag.day)
        if verdict.unsettled:
            unsettled |= {(learner, quiz) for quiz in history.quizzes}
    asks = _open_asks(patients, unsettled)
    waiting = MyQuestion.objects.waiting_since(learners)
    open_ = patients.filter(Q(pk__in=asks) | Q(user__in={*flags, *waiting})).select_related("care_team", "user")
    entries = []
    for patient, seen, contacted in _with_days(open_):
        team = patient.care_team
        known = Known(
            needs_help=min(flags.get(patient.user_id, []), default=None),
            question=team.today(waiting[patient.user_id]) if patient.user_id in waiting else None,
            asks=[OpenAssignment(due, team.today(made)) for due, made in asks.get(patient.pk, [])],
            seen=team.today(seen) if seen else None,
            contacted=team.today(contacted) if contacted else None,
        )
        if why := reasons(known, team.today(at)):
            entries.append(Entry(patient, why, team.today(at)))
    return Worklist(sorted(entries, key=lambda entry: entry.place), histories)


def _open_asks(patients: PatientQuerySet, unsettled: set[tuple[int, int]]) -> dict[int, list[tuple[date, datetime]]]:
    """Return, by patient pk, the due date and creation time of each assigned lesson that is not Done (ruling 7).

    A lesson that was taught in person is not open. `Standing.is_wanted` says the same of one patient.
    """
    learner, lesson = OuterRef("patient__user"), OuterRef("lesson")
    read = Reading.objects.filter(learner=learner, edition__lesson=lesson, finished__isnull=False)
    since = Coalesce(OuterRef("since"), Value(LONG_AGO, output_field=DateTimeField()))
    checked = Attempt.objects.finished().filter(learner=learner, quiz=OuterRef("lesson__quiz"), kind="check")
    checked = checked.filter(finished__gt=since)
    rows = (
        Assignment.objects.active()
        .exclude(Q(taught_at__isnull=False) & (Q(since=None) | Q(since__lt=F("taught_at"))))
        .filter(patient__in=patients)
        .annotate(complete=Exists(read) & (Q(lesson__quiz=None) | Exists(checked)))
        .filter(Q(complete=False) | Q(patient__user__in={learner for learner, _ in unsettled}))
        .values_list("patient", "patient__user", "lesson__quiz", "complete", "due", "made")
    )
    found: dict[int, list[tuple[date, datetime]]] = {}
    for patient, user, quiz, complete, due, made in rows:
        if not complete or (user, quiz) in unsettled:
            found.setdefault(patient, []).append((due, made))
    return found


def _with_days(patients: PatientQuerySet) -> Iterator[tuple[Patient, datetime | None, datetime | None]]:
    """Yield each patient, the time of their last activity, and the time of the last contact with a nurse."""
    learner = OuterRef("user")

    def newest(rows: QuerySet[Any], whose: str, at: Any) -> Subquery:
        return Subquery(rows.order_by().values(whose).annotate(newest=Max(at)).values("newest"))

    answers = Response.objects.filter(item__attempt__learner=learner)
    rows: Any = patients.annotate(
        read=newest(Reading.objects.filter(learner=learner), "learner", Coalesce("finished", "moved", "started")),
        began=newest(Attempt.objects.filter(learner=learner), "learner", "started"),
        answered=newest(answers, "item__attempt__learner", "at"),
        contacted=newest(Contact.objects.filter(patient=OuterRef("pk")), "patient", "at"),
    )
    for row in rows:
        yield row, max((at for at in (row.read, row.began, row.answered) if at), default=None), row.contacted
