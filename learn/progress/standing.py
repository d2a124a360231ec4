"""Compute the status of learners in lessons from readings, attempts, teach-backs and assignments.

Patients and nurses see the same status. It is never stored; a fixed number of queries reads the rows of any number of
learners.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Count, Min, Q, TextChoices
from django.utils.translation import gettext_lazy as _

from learn.assignments.models import Assignment
from learn.lessons import changes, shown
from learn.progress import answers
from learn.progress.models import Reading
from learn.progress.safety import Flag, Verdict
from quizzes.models import Attempt


@dataclass(frozen=True)
class Taught:
    """The published edition of a lesson."""

    steps: tuple[str, ...]  # the slugs of its steps, in order
    lesson: int
    edition: int
    slug: str
    therapy: str
    therapy_title: str
    therapy_summary: str
    title: str
    minutes: int  # reading time, without the check
    quiz: int | None
    read_first: bool = False  # the lesson says when to call the clinic
    questions: int = 0  # the number of questions that the check asks now


class Status(TextChoices):
    """The status of a learner in a lesson (ruling 7). The value is also the name of its CSS class."""

    NOT_STARTED = "not-started", _("Not started")
    READING = "reading", _("Step %(step)s of %(count)s")
    CHECK = "check", _("Check to do")
    DONE = "done", _("Done")
    TALK = "talk", _("Talk about it")


@dataclass(frozen=True)
class Standing:
    """The status of one learner in one lesson."""

    taught: Taught
    code: Status = Status.NOT_STARTED
    step: int = 1  # the number of the step to continue with
    open_check: bool = False  # a check or retry was started and is not finished
    done_at: datetime | None = None  # when all conditions for Done were first true
    assigned: Assignment | None = None
    changed: tuple[changes.Change, ...] = ()  # safety pages that changed since this person read the lesson

    @property
    def words(self) -> str:
        """The status in the words that patients and staff read."""
        return str(self.code.label) % {"step": self.step, "count": len(self.taught.steps)}

    @property
    def is_done(self) -> bool:
        """True when the learner has nothing more to do in this lesson."""
        return self.code == Status.DONE

    def is_late(self, today: date) -> bool:
        """Return True after the due date while the lesson is not done. Only staff see this; the lesson stays open."""
        return self.assigned is not None and not self.is_done and self.assigned.is_late(today)


def catalogue() -> list[Taught]:
    """Return every published lesson in the site's order. One query, and one more for what is not in memory yet."""
    return [
        Taught(
            steps=lesson.steps,
            lesson=lesson.row.lesson,
            edition=lesson.row.edition,
            slug=lesson.row.slug,
            therapy=lesson.row.therapy,
            therapy_title=lesson.row.therapy_title,
            therapy_summary=lesson.row.therapy_summary,
            title=lesson.title,
            minutes=lesson.minutes,
            quiz=lesson.row.quiz,
            read_first=lesson.row.read_first,
            questions=questions,
        )
        for lesson, questions in shown.lessons()
    ]


def lessons_read(learner: Any) -> set[int]:
    """Return the pks of the lessons that this person has read. One query; none for a visitor."""
    return set(Reading.objects.of(learner).exclude(finished=None).values_list("edition__lesson", flat=True))


class ReadingRow(NamedTuple):
    """How far a learner has read one edition of a lesson."""

    learner: int
    lesson: int
    title: str
    number: int  # of the edition
    step: str  # the slug of the furthest step
    position: int  # of that step, in that edition
    started: datetime
    moved: datetime | None
    finished: datetime | None
    edition: int
    seen: list[str]  # the slugs of the steps that were shown


_READING = (
    "learner", "edition__lesson", "edition__title", "edition__number", "furthest__slug", "furthest__position",
    "started", "moved", "finished", "edition", "seen",
)  # fmt: skip


class AttemptsRow(NamedTuple):
    """A summary of all attempts of one learner at one quiz."""

    learner: int
    quiz: int | None  # None for reviews
    checked: datetime | None  # when a check was first finished
    open: int  # the number of unfinished attempts


@dataclass(frozen=True)
class Need:
    """A safety question that a patient needs help with (ruling 8)."""

    question: int
    topic: str
    flag: Flag
    taught: Taught | None  # the lesson of the question, None when it is no longer published


@dataclass(frozen=True)
class Whole:
    """One learner: the status in every published lesson, the questions that need help, and the last activity."""

    standings: list[Standing]
    needs: list[Need]  # the newest miss first
    readings: list[ReadingRow]


def standings(learners: Collection[int]) -> dict[int, list[Standing]]:
    """Return the status in every published lesson, for each learner (a user's pk)."""
    return {learner: found.standings for learner, found in whole(learners).items()}


def whole(learners: Collection[int], histories: answers.Histories | None = None) -> dict[int, Whole]:
    """Return the full result for each learner (a user's pk).

    Five queries for any number of learners, and two more when a safety question was missed. Four queries when the
    caller passes `histories`, which a page that shows every answer has already read. One more when the process does not
    have the text of an older edition in memory that one of them has read.

    Done (ruling 7): each step was shown, in any edition, and a check is finished, and every safety question of it
    was answered right in that check or later. Talk about it (ruling 4) and needs help (ruling 8, in `needs`): no total,
    no earlier Done and no change of the quiz can hide them.
    """
    readings: dict[int, list[ReadingRow]] = {}
    for reading in Reading.objects.filter(learner__in=learners).values_list(*_READING):
        readings.setdefault(reading[0], []).append(ReadingRow(*reading))
    attempts = {(row.learner, row.quiz): row for row in _attempts(learners)}
    if histories is None:
        histories = answers.on_safety(learners)
    judged: dict[int, list[tuple[answers.History, Verdict]]] = {}
    for key, history in histories.items():
        judged.setdefault(key[0], []).append((history, history.verdict))
    assigned = {
        (a.patient.user_id, a.lesson_id): a
        for a in Assignment.objects.active().filter(patient__user__in=learners).select_related("patient", "by")
    }
    lessons = catalogue()
    chains = _chains(lessons, readings)
    return {
        learner: Whole(
            [
                _standing(
                    taught,
                    [r for r in readings.get(learner, []) if r.lesson == taught.lesson],
                    attempts.get((learner, taught.quiz)),
                    [verdict for history, verdict in judged.get(learner, []) if taught.quiz in history.quizzes],
                    assigned.get((learner, taught.lesson)),
                    chains.get(taught.edition, ()),
                )
                for taught in lessons
            ],
            _needs(judged.get(learner, []), lessons),
            readings.get(learner, []),
        )
        for learner in learners
    }


def _chains(lessons: list[Taught], readings: dict[int, list[ReadingRow]]) -> dict[int, changes.Chain]:
    """Return the editions of the lessons of which somebody has read an older one, by their published edition."""
    now = {taught.edition for taught in lessons}
    older = {row.lesson for rows in readings.values() for row in rows if row.edition not in now}
    return changes.chains([taught.edition for taught in lessons if taught.lesson in older])


def _attempts(learners: Collection[int]) -> list[AttemptsRow]:
    rows = Attempt.objects.filter(learner__in=learners).values("learner", "quiz")
    counted = rows.annotate(
        checked=Min("finished", filter=Q(kind=Attempt.Kind.CHECK)), open=Count("pk", filter=Q(finished=None))
    )
    return [AttemptsRow(**row) for row in counted]


def _needs(judged: list[tuple[answers.History, Verdict]], lessons: list[Taught]) -> list[Need]:
    needs = [
        Need(
            history.rows[0].question,
            history.misses[-1].topic,
            verdict.flag,
            next((taught for taught in lessons if taught.quiz in history.quizzes), None),
        )
        for history, verdict in judged
        if verdict.flag
    ]
    return sorted(needs, key=lambda need: need.flag.at, reverse=True)


def _standing(
    taught: Taught,
    readings: list[ReadingRow],
    attempts: AttemptsRow | None,
    verdicts: list[Verdict],
    assigned: Assignment | None,
    chain: changes.Chain,
) -> Standing:
    read = min((r.finished for r in readings if r.finished), default=None)
    checked = attempts.checked if attempts else None
    code, done_at = Status.NOT_STARTED, None
    unsettled = any(verdict.unsettled for verdict in verdicts)
    if any(verdict.talk for verdict in verdicts):
        code = Status.TALK
    elif read and (checked or taught.quiz is None) and not unsettled:
        code, done_at = Status.DONE, max(at for at in (read, checked, *(v.settled for v in verdicts)) if at)
    elif read:
        code = Status.CHECK
    elif readings or attempts:
        code = Status.READING
    return Standing(
        taught,
        code,
        step=_step(taught, readings, read=bool(read)),
        open_check=bool(attempts and attempts.open),
        done_at=done_at,
        assigned=assigned,
        changed=changed(taught, readings, chain) if read and chain else (),
    )


def changed(taught: Taught, readings: list[ReadingRow], chain: changes.Chain) -> tuple[changes.Change, ...]:
    """Return the safety pages of a lesson that changed since they were shown to the learner of these readings."""
    return changes.since(chain, {row.edition: row.seen for row in readings}, read_first=taught.read_first)


def _step(taught: Taught, readings: list[ReadingRow], *, read: bool) -> int:
    """Return the number of the step to continue with: the furthest one, or after the last the first that is unseen."""
    furthest = max((_place(taught, reading) for reading in readings), default=1)
    seen = {slug for reading in readings for slug in reading.seen}
    if read or taught.steps[furthest - 1] not in seen:
        return furthest
    return next((n for n, slug in enumerate(taught.steps, 1) if slug not in seen), furthest)


def _place(taught: Taught, reading: ReadingRow) -> int:
    """Return the number of the step to continue with: the step with the same slug in the new edition (ruling 10)."""
    if reading.step in taught.steps:
        return taught.steps.index(reading.step) + 1
    return min(reading.position, len(taught.steps))
