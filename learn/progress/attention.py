"""Who needs a word from a nurse, why, and in which order: `reasons` decides, `needing` reads what it decides from.

| reason, the strongest first | raised | ended or quieted |
|---|---|---|
| missed safety question | the patient needs help with one (`safety`) | as ruling 8 says; no contact, no total |
| question waiting | they shared a question and nobody has talked about it | "We talked about this" |
| late | a lesson that was asked for is not done after its day | it is done; a contact, for 7 days |
| not started | asked more than 3 days ago, and nothing was ever begun | a first step; a contact, for 7 days |
| quiet | nothing done and nothing asked for more than 14 days, and what was asked for is not done | the same |

Days are dates on the clinic's calendar. A patient of whom nothing is asked is never late, not started or quiet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.db.models.functions import Coalesce

from learn.assignments.models import Assignment
from learn.people.models import Patient, PatientQuerySet
from learn.progress import answers
from learn.progress.models import Contact, Reading
from learn.visits.models import MyQuestion
from quizzes.models import Attempt, Response


class Why(TextChoices):
    """Why a nurse is asked to look, the strongest reason first. A value is also the name of its style."""

    SAFETY = "safety"
    QUESTION = "question"
    LATE = "late"
    NOT_STARTED = "not-started"
    QUIET = "quiet"


ORDER = list(Why)

STARTS_WITHIN = 3  # days
GOES_ON_WITHIN = 14  # days
CONTACT_QUIETS = 7  # days


@dataclass(frozen=True)
class OpenAssignment:
    """A lesson that was asked for and is not done."""

    due: date
    made: date


@dataclass(frozen=True)
class Known:
    """All that is decided from, of one patient."""

    needs_help: date | None = None  # the day of the miss; of several, the first
    question: date | None = None  # the day on which they shared one that waits; of several, the first
    asks: Sequence[OpenAssignment] = ()
    seen: date | None = None  # the day on which they last read or answered anything
    contacted: date | None = None


@dataclass(frozen=True)
class Reason:
    """Why a nurse is asked to look, and since when: whoever waits longest comes first."""

    code: Why
    since: date

    def words(self, today: date) -> str:
        """The reason as the nurse reads it."""
        days = (today - self.since).days
        return {
            Why.SAFETY: "Missed safety question",
            Why.QUESTION: "Question waiting",
            Why.LATE: f"Late {days} day{'' if days == 1 else 's'}",
            Why.NOT_STARTED: "Not started",
            Why.QUIET: f"Quiet {days} days",
        }[self.code]


def reasons(known: Known, today: date) -> list[Reason]:
    """Return why this patient needs attention today, the strongest reason first; an empty list is nobody's worry."""
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
    """A patient on the worklist."""

    patient: Patient
    reasons: list[Reason]
    today: date

    @property
    def place(self) -> tuple[int, date, str, int]:
        """Where it stands in the list."""
        return ORDER.index(self.reasons[0].code), self.reasons[0].since, self.patient.label, self.patient.pk


@dataclass
class Worklist:
    """Everyone who needs attention, in order, with the answers that this was judged by."""

    entries: list[Entry] = field(default_factory=list)
    histories: answers.Histories = field(default_factory=dict)


def needing(patients: PatientQuerySet, *, at: datetime) -> Worklist:
    """Return who of these patients needs attention now. Four queries, three more when safety was missed.

    Nobody is left out, however many there are: the database picks those of whom something is open, and only they are
    looked at one by one. It is told by number whose answers and questions to read: given a query for them, it judged
    everybody's misses before it looked whose they are.
    """
    learners = list(patients.order_by().values_list("user", flat=True))
    histories = answers.on_safety(learners)
    verdicts = [(learner, history, history.verdict) for (learner, _), history in histories.items()]
    flags: dict[int, list[date]] = {}
    unsettled: set[tuple[int, int]] = set()  # learner, quiz: a check that leaves the lesson not done
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
    """Return, by patient, the day and the making of each lesson that was asked for and is not Done (ruling 7)."""
    learner, lesson = OuterRef("patient__user"), OuterRef("lesson")
    read = Reading.objects.filter(learner=learner, edition__lesson=lesson, finished__isnull=False)
    checked = Attempt.objects.finished().filter(learner=learner, quiz=OuterRef("lesson__quiz"), kind="check")
    rows = (
        Assignment.objects.active()
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
    """Yield each patient, when they last read or answered, and when a nurse was last in contact."""
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
