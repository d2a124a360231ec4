"""Compute the status of learners in lessons from readings, attempts, teach-backs and assignments.

Patients and nurses see the same status. It is never stored; a fixed number of queries reads the rows of any number of
learners.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from learn.assignments.models import Assignment
from learn.lessons import card_texts, changes, shown
from learn.lessons.models import Therapy
from learn.people.models import Patient, User
from learn.progress import answers, held
from learn.progress.held import ReadingRow
from learn.progress.models import Reading
from learn.progress.safety import Flag, Verdict


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
    language: str  # of the title
    minutes: int  # reading time, without the check
    quiz: int | None
    read_first: bool = False  # the lesson says when to call the clinic
    questions: int = 0  # the number of questions that the check asks now
    for_all: bool = False  # in a general theme, not in a type of therapy
    short_title: str = ""
    retired: bool = False  # nobody begins it any more; who has begun it can finish the edition that they read

    @property
    def short(self) -> str:
        """The title for a place without room: 24 letters at most if the edition has a short one."""
        return self.short_title or self.title


class Status(TextChoices):
    """The status of a learner in a lesson (ruling 7). The value is also the name of its CSS class."""

    NOT_STARTED = "not-started", _("Not started")
    READING = "reading", _("Step %(step)s of %(count)s")
    CHECK = "check", _("Check to do")
    TAUGHT = "taught", _("Taught in person")
    DONE = "done", _("Done")
    TALK = "talk", _("Talk about it")


@dataclass(frozen=True)
class Standing:
    """The status of one learner in one lesson."""

    taught: Taught
    code: Status = Status.NOT_STARTED
    step: int = 1  # the number of the step to continue with
    open_check: bool = False  # a check or retry was started and is not finished
    checked: bool = False  # a check is finished
    done_at: datetime | None = None  # when all conditions for Done were first true
    topics: tuple[str, ...] = ()  # what to talk about with the nurse: safety questions still not right, newest first
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

    @property
    def is_begun(self) -> bool:
        """True when the learner is in the middle of the steps or has a check to do or to finish."""
        return not self.is_done and (self.open_check or self.code in (Status.READING, Status.CHECK))

    @property
    def at_check(self) -> bool:
        """True when the learner continues with the questions, not with a step."""
        return self.open_check or self.code == Status.CHECK

    @property
    def minutes_left(self) -> int:
        """The minutes to read what is left, by the lesson's own minutes and its steps; rounded up."""
        if self.code in (Status.NOT_STARTED, Status.TAUGHT):
            return self.taught.minutes
        if self.code != Status.READING:
            return 0
        steps = len(self.taught.steps)
        return math.ceil(self.taught.minutes * (steps - self.step + 1) / steps)

    @property
    def questions_left(self) -> int:
        """The number of questions that follow. 0 also when it is not known: a check or a retry was begun."""
        return 0 if self.checked or self.open_check or self.is_done else self.taught.questions

    @property
    def is_wanted(self) -> bool:
        """True when a nurse asked for the lesson, and it was neither done nor taught in person."""
        return self.assigned is not None and not self.is_done and not self.assigned.is_taught

    @property
    def taught_on(self) -> date | None:
        """The day on which a nurse taught it in person, while that is its status."""
        return self.assigned.taught_on if self.assigned and self.code == Status.TAUGHT else None

    def is_late(self, today: date) -> bool:
        """Return True after the due date while the lesson is wanted. Only staff see this; the lesson stays open.

        A retired lesson is never late.
        """
        return self.is_wanted and bool(self.assigned and self.assigned.is_late(today)) and not self.taught.retired


def catalogue() -> list[Taught]:
    """Return every published lesson in the site's order. One query, and one more for what is not in memory yet."""
    return [_taught(lesson, questions) for lesson, questions in shown.lessons()]


@lru_cache(maxsize=2 * shown.MOST)
def _taught(lesson: shown.Shown, questions: int, retired: bool = False) -> Taught:
    """Return what a status needs to know of this edition; the same object each time, as the edition itself is."""
    row = lesson.row
    return Taught(
        steps=lesson.steps,
        lesson=row.lesson,
        edition=row.edition,
        slug=row.slug,
        therapy=row.therapy,
        therapy_title=row.therapy_title,
        therapy_summary=row.therapy_summary,
        title=lesson.title,
        language=row.language,
        minutes=lesson.minutes,
        quiz=row.quiz,
        read_first=row.read_first,
        questions=questions,
        for_all=row.therapy_kind == Therapy.Kind.GENERAL,
        short_title=row.short_title,
        retired=retired,
    )


def lessons_read(learner: Any) -> set[int]:
    """Return the pks of the lessons that this person has read. One query; none for a visitor."""
    return set(Reading.objects.of(learner).exclude(finished=None).values_list("edition__lesson", flat=True))


@dataclass(frozen=True)
class Need:
    """A safety question that a patient needs help with (ruling 8)."""

    question: int
    topic: str
    flag: Flag
    taught: Taught | None  # the lesson of the question, None when it is no longer published


@dataclass(frozen=True)
class Whole:
    """One learner: the status in every published lesson, the questions that need help, and the last activity.

    `card` has what changed on the call card since it was shown to them (ruling 21).
    """

    standings: list[Standing]
    needs: list[Need]  # the newest miss first
    readings: list[ReadingRow]
    retired: list[Assignment]  # asked for, and nobody can read it any more; those who have begun it have a standing
    card: tuple[changes.Change, ...] = ()

    @property
    def read(self) -> frozenset[str]:
        """The slugs of the published lessons that they have read."""
        done = {row.lesson for row in self.readings if row.finished}
        return frozenset(s.taught.slug for s in self.standings if s.taught.lesson in done and not s.taught.retired)


def standings(learners: Collection[int]) -> dict[int, list[Standing]]:
    """Return the status in every published lesson, for each learner (a user's pk)."""
    return {learner: found.standings for learner, found in whole(learners).items()}


def own(user: User) -> Whole:
    """Return what this person did, for their own pages.

    What a nurse asked for is left out when their record is closed: the pages then say nothing of a nurse (ruling 32).
    """
    found = whole([user.pk])[user.pk]
    patient: Patient | None = getattr(user, "patient", None)
    if patient and patient.ended_on:
        return replace(found, standings=[replace(s, assigned=None) for s in found.standings], retired=[])
    return found


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
    read: dict[tuple[int, int], list[ReadingRow]] = {}  # by learner and lesson
    for reading in held.readings(learners):
        readings.setdefault(reading.learner, []).append(reading)
        read.setdefault((reading.learner, reading.lesson), []).append(reading)
    attempts = {(row.learner, row.quiz): row for row in held.attempts(learners)}
    if histories is None:
        histories = answers.on_safety(learners)
    judged: dict[int, list[tuple[answers.History, Verdict]]] = {}
    for key, history in histories.items():
        judged.setdefault(key[0], []).append((history, history.verdict))
    assigned = held.assigned(learners)
    lessons = catalogue()
    chains = _chains(lessons, readings)
    published = {taught.lesson for taught in lessons}
    begun = _retired(published, readings)
    asked: dict[int, list[Assignment]] = {}
    for (learner, lesson), assignment in assigned.items():
        if lesson not in published and lesson not in {taught.lesson for taught in begun.get(learner, ())}:
            asked.setdefault(learner, []).append(assignment)
    return {
        learner: Whole(
            [
                _standing(
                    taught,
                    read.get((learner, taught.lesson), []),
                    attempts.get((learner, taught.quiz)),
                    [(history, v) for history, v in judged.get(learner, ()) if taught.quiz in history.quizzes],
                    assigned.get((learner, taught.lesson)),
                    chains.get(taught.edition, ()),
                )
                for taught in [*lessons, *begun.get(learner, ())]
            ],
            _needs(judged.get(learner, []), lessons),
            readings.get(learner, []),
            asked.get(learner, []),
            _card(lessons, readings.get(learner, [])),
        )
        for learner in learners
    }


def _retired(published: set[int], readings: dict[int, list[ReadingRow]]) -> dict[int, list[Taught]]:
    """Return the lessons of each learner that have no published edition any more, as the edition that they read last.

    No query if there is none; otherwise one, and one more for what is not in memory yet.
    """
    last: dict[int, dict[int, int]] = {}  # learner, lesson, edition
    for learner, found in readings.items():
        gone = sorted((row for row in found if row.lesson not in published), key=lambda row: row.started)
        if gone:
            last[learner] = {row.lesson: row.edition for row in gone}
    pages = shown.retired({edition for editions in last.values() for edition in editions.values()})
    return {
        learner: [
            _taught(pages[edition][0].lesson, 0, retired=True) for edition in editions.values() if edition in pages
        ]
        for learner, editions in last.items()
    }


CARD = "call-card-"  # begins what is among `Reading.seen` for a wording of the call card; no step has such a slug


def _card(lessons: list[Taught], readings: list[ReadingRow]) -> tuple[changes.Change, ...]:
    """Return what changed on the call card for who has read a lesson that says when to call, since they read one."""
    first = {row.lesson for row in lessons if row.read_first}
    when = [row.finished for row in readings if row.finished and row.lesson in first]
    newest = readings[0].card if readings else None
    if not when or newest is None or newest < 2:
        return ()
    marks = (slug.removeprefix(CARD) for row in readings for slug in row.seen if slug.startswith(CARD))
    seen = max((int(mark) for mark in marks if mark.isdecimal()), default=0)
    read = {row.lesson for row in readings if row.finished}
    slugs = frozenset(row.slug for row in lessons if row.lesson in read)
    return card_texts.since(max(when), seen, newest, slugs)


def _chains(lessons: list[Taught], readings: dict[int, list[ReadingRow]]) -> dict[int, changes.Chain]:
    """Return the editions of the lessons of which somebody has read an older one, by their published edition."""
    now = {taught.edition for taught in lessons}
    older = {row.lesson for rows in readings.values() for row in rows if row.edition not in now}
    return changes.chains([taught.edition for taught in lessons if taught.lesson in older])


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


@lru_cache(maxsize=2 * shown.MOST)
def _not_started(taught: Taught) -> Standing:
    """Return the status of all who did nothing and were asked for nothing: most cells of a team's grid."""
    return Standing(taught)


def _standing(
    taught: Taught,
    readings: list[ReadingRow],
    attempts: held.AttemptsRow | None,
    judged: list[tuple[answers.History, Verdict]],
    assigned: Assignment | None,
    chain: changes.Chain,
) -> Standing:
    if not (readings or attempts or judged or assigned):
        return _not_started(taught)
    read = min((r.finished for r in readings if r.finished), default=None)
    checked = attempts.checked if attempts else None
    verdicts = [verdict for _, verdict in judged]
    to_talk = [history.misses[-1] for history, verdict in judged if verdict.talk]
    code, done_at = Status.NOT_STARTED, None
    unsettled = any(verdict.unsettled for verdict in verdicts)
    if to_talk:
        code = Status.TALK
    elif read and (checked or taught.quiz is None) and not unsettled:
        code, done_at = Status.DONE, max(at for at in (read, checked, *(v.settled for v in verdicts)) if at)
    elif read:
        code = Status.CHECK
    elif readings or attempts:
        code = Status.READING
    if code not in (Status.TALK, Status.DONE) and assigned and assigned.is_taught:
        code = Status.TAUGHT
    return Standing(
        taught,
        code,
        step=_step(taught, readings, read=bool(read)),
        open_check=bool(attempts and attempts.open),
        checked=checked is not None,
        done_at=done_at,
        topics=tuple(miss.topic for miss in sorted(to_talk, key=lambda miss: miss.at, reverse=True)),
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
