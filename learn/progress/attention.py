"""Which patients need attention, why, and in which order. `reasons` decides; `needing` reads its input.

| reason, the strongest first | raised when | ended or paused by |
|---|---|---|
| safety | the patient needs help with a safety question (`safety`) | as in ruling 8; never by a contact or a total |
| question waiting | they shared a question and nobody has talked about it | "We talked about this" |
| card never used | they have had their newest card for more than 3 days, and never used one (`cards`) | \
they use it; a new card, for 3 days; a contact, for 7 days |
| late | an assigned lesson is not done after its due date | the lesson is done; a contact, for 7 days |
| quiet | an assigned lesson is not done, and there was no activity and no new assignment for more than 14 days (more \
than 3 days if they never began, except with a card that was printed ahead) | a step or an answer; a contact, for 7 \
days |

Days are dates on the clinic's calendar. A patient without an open assignment is never late or quiet. A retired
lesson (no edition is published) is not open, so it is nowhere late. Each patient stands under the strongest reason
only, so the numbers of all reasons add up to the number of patients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, TextChoices, Value
from django.db.models.functions import Coalesce, Greatest

from learn.assignments.models import Assignment
from learn.languages import SOURCE
from learn.lessons.models import Edition
from learn.people.models import Patient, PatientQuerySet
from learn.progress import answers, cards
from learn.progress.models import Contact, Reading
from learn.visits.models import MyQuestion
from quizzes.models import Attempt, Response, State


class Why(TextChoices):
    """The reason why a patient needs attention, the strongest first. The value is also the name of its CSS class."""

    SAFETY = "safety"
    QUESTION = "question"
    CARD = "card"
    LATE = "late"
    QUIET = "quiet"


ORDER = list(Why)
CHIPS = {
    Why.SAFETY: "Safety",
    Why.QUESTION: "Question waiting",
    Why.CARD: "Card never used",
    Why.LATE: "Late",
    Why.QUIET: "Quiet",
}

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
    topics: int = 1  # how many safety questions they need help with, if any
    question: date | None = None  # the day when they shared a waiting question; the earliest of several
    asks: Sequence[OpenAssignment] = ()
    seen: date | None = None  # the day when they last read a step or answered a question
    contacted: date | None = None
    card: date | None = None  # the day when they got the newest card, if none was ever used
    ahead: bool = False  # their card was printed ahead: nobody has it yet


@dataclass(frozen=True)
class Reason:
    """Why a patient needs attention, and since which day. The patient who has waited longest comes first."""

    code: Why
    since: date
    topics: int = 0  # only for SAFETY
    begun: bool = True  # only for QUIET: they did something once

    def words(self, today: date) -> str:
        """The reason in the words that the nurse reads."""
        n = (today - self.since).days
        days = f"{n} day{'' if n == 1 else 's'}"
        return {
            Why.SAFETY: f"Safety {self.topics}",
            Why.QUESTION: f"Question {days}" if n else "Question today",
            Why.CARD: "Card never used",
            Why.LATE: f"Late {days}",
            Why.QUIET: f"Quiet {days}" if self.begun else f"Not begun {days}",
        }[self.code]


def reasons(known: Known, today: date) -> list[Reason]:
    """Return why this patient needs attention today, the strongest reason first; an empty list when there is none."""
    found = []
    if known.needs_help:
        found.append(Reason(Why.SAFETY, known.needs_help, known.topics))
    if known.question:
        found.append(Reason(Why.QUESTION, known.question))
    if known.contacted and (today - known.contacted).days < CONTACT_QUIETS:
        return found
    unused = known.seen is None and cards.is_unused(known.card, today)
    if known.card and unused:
        found.append(Reason(Why.CARD, known.card))
    if not known.asks:
        return found
    first_due = min(ask.due for ask in known.asks)
    if first_due < today:
        found.append(Reason(Why.LATE, first_due))
    asked = min(ask.made for ask in known.asks)
    if known.seen is None and not unused and not known.ahead and (today - asked).days > STARTS_WITHIN:
        found.append(Reason(Why.QUIET, asked, begun=False))
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
    seen: date | None = None  # the day when they last read a step or answered a question
    asks: Sequence[OpenAssignment] = ()
    question: str = ""  # the oldest question that waits, in their words

    @property
    def why(self) -> Why | None:
        """The strongest reason: the patient stands under it. None without a reason."""
        return self.reasons[0].code if self.reasons else None

    @property
    def due(self) -> date | None:
        """The first day by which an assigned lesson that is not done was asked for."""
        return min((ask.due for ask in self.asks), default=None)

    @property
    def place(self) -> tuple[int, int, date, str, int]:
        """The sort key on the worklist: the reason, the most missed safety topics, the longest wait."""
        first = self.reasons[0]
        return ORDER.index(first.code), -first.topics, first.since, self.patient.sort_key, self.patient.pk


@dataclass
class Worklist:
    """All patients who need attention, in order, and the answers on which this is based."""

    entries: list[Entry] = field(default_factory=list)
    histories: answers.Histories = field(default_factory=dict)
    others: list[Entry] = field(default_factory=list)  # no reasons; the earliest due day first

    @property
    def counts(self) -> dict[Why, int]:
        """The number of patients under each reason, the strongest first. They add up to all of `entries`."""
        found = Counter(entry.why for entry in self.entries)
        return {why: found[why] for why in ORDER}


def needing(patients: PatientQuerySet, *, at: datetime, everyone: bool = False) -> Worklist:
    """Return which of these patients need attention at this time. Five queries, two more for safety misses.

    The number of patients is not limited: the database selects those with something open, and Python checks only these
    one by one. With `everyone`, `others` has all the other patients too. Annotations of `patients` stay on each one.
    The queries for answers and questions get a list of learners' pks, not a subquery: with a subquery, the database
    evaluated the misses of all learners before it filtered by learner.
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
    waiting = MyQuestion.objects.waiting(learners)
    named = Q(pk__in=asks) | Q(user__in={*flags, *waiting}) | Q(card__isnull=False)
    open_ = cards.with_unused(patients).filter(Q() if everyone else named).select_related("care_team")
    entries: list[Entry] = []
    others: list[Entry] = []
    for patient, seen, contacted, made in _with_days(open_):
        team = patient.care_team
        mine, asked = flags.get(patient.user_id, []), waiting.get(patient.user_id)
        known = Known(
            needs_help=min(mine, default=None),
            topics=len(mine),
            question=team.today(asked.at) if asked else None,
            asks=[OpenAssignment(due, team.today(made)) for due, made in asks.get(patient.pk, [])],
            seen=team.today(seen) if seen else None,
            contacted=team.today(contacted) if contacted else None,
            card=team.today(made) if made else None,
            ahead=patient.ahead,  # type: ignore[attr-defined]  # an annotation
        )
        why, words = reasons(known, team.today(at)), asked.text if asked else ""
        entry = Entry(patient, why, team.today(at), known.seen, known.asks, words)
        (entries if entry.reasons else others).append(entry)
    entries.sort(key=lambda entry: entry.place)
    others.sort(key=lambda entry: (entry.due or date.max, entry.patient.sort_key))
    return Worklist(entries, histories, others)


def _open_asks(patients: PatientQuerySet, unsettled: set[tuple[int, int]]) -> dict[int, list[tuple[date, datetime]]]:
    """Return, by patient pk, the due date and creation time of each assigned lesson that is not Done (ruling 7).

    A lesson that was taught in person is not open. `Standing.is_wanted` says the same of one patient.
    """
    learner, lesson = OuterRef("patient__user"), OuterRef("lesson")
    read = Reading.objects.filter(learner=learner, edition__lesson=lesson, finished__isnull=False)
    since = Coalesce(OuterRef("since"), Value(LONG_AGO, output_field=DateTimeField()))
    checked = Attempt.objects.finished().filter(learner=learner, quiz=OuterRef("lesson__quiz"), kind="check")
    checked = checked.filter(finished__gt=since)
    taught = Edition.objects.filter(lesson=lesson, state=State.PUBLISHED, language=SOURCE)
    rows = (
        Assignment.objects.active()
        .exclude(Q(taught_at__isnull=False) & (Q(since=None) | Q(since__lt=F("taught_at"))))
        .filter(Exists(taught), patient__in=patients)
        .annotate(complete=Exists(read) & (Q(lesson__quiz=None) | Exists(checked)))
        .filter(Q(complete=False) | Q(patient__user__in={learner for learner, _ in unsettled}))
        .values_list("patient", "patient__user", "lesson__quiz", "complete", "due", "made")
    )
    found: dict[int, list[tuple[date, datetime]]] = {}
    for patient, user, quiz, complete, due, made in rows:
        if not complete or (user, quiz) in unsettled:
            found.setdefault(patient, []).append((due, made))
    return found


def _with_days(
    patients: PatientQuerySet,
) -> Iterator[tuple[Patient, datetime | None, datetime | None, datetime | None]]:
    """Yield each patient, the time of their last activity, of the last contact with a nurse, and of an unused card."""
    learner = OuterRef("user")

    def newest(rows: QuerySet[Any], whose: str, at: Any) -> Subquery:
        return Subquery(rows.order_by().values(whose).annotate(newest=Max(at)).values("newest"))

    # An attempt is finished by its last answer; a review that is closed instead, by the start of the next one. So of a
    # finished attempt, no answer needs to be read.
    attempts = Attempt.objects.filter(learner=learner)
    answers = Response.objects.filter(item__attempt__learner=learner, item__attempt__finished=None)
    last = (
        newest(Reading.objects.filter(learner=learner), "learner", Coalesce("finished", "moved", "started")),
        newest(attempts, "learner", Coalesce("finished", "started")),
        newest(answers, "item__attempt__learner", "at"),
    )
    never = Value(LONG_AGO, output_field=DateTimeField())  # on SQLite, nothing is greater than NULL
    rows: Any = patients.annotate(
        active=Greatest(*(Coalesce(one, never) for one in last)),
        contacted=newest(Contact.objects.filter(patient=OuterRef("pk")), "patient", "at"),
    )
    for row in rows:
        yield row, row.active if row.active > LONG_AGO else None, row.contacted, row.card
