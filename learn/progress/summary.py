"""Readings + attempts + assignments -> one status, used by patient and nurse alike.

Completion is derived, never stored: a fixed number of queries reads the rows of any number of learners.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, Max, Min, Q

from learn.assignments.models import Assignment
from learn.lessons.models import Step
from learn.progress.models import Reading
from quizzes.models import Attempt, Response


@dataclass(frozen=True)
class Taught:
    """A lesson as readers see it now: its published edition."""

    steps: tuple[str, ...]  # the slugs of its steps, in order
    lesson: int
    slug: str
    therapy: str
    therapy_title: str
    title: str
    minutes: int
    quiz: int | None


NOT_STARTED, READING, CHECK, DONE, TALK = "not-started", "reading", "check", "done", "talk"


@dataclass(frozen=True)
class Standing:
    """How far one learner is in one lesson, in the one vocabulary (ruling 7)."""

    taught: Taught
    code: str = NOT_STARTED
    step: int = 1  # where to go on
    open_check: bool = False  # answers are owed in a check or retry that was begun
    done_at: datetime | None = None  # when all of it was first true
    assigned: Assignment | None = None

    @property
    def words(self) -> str:
        """The status as everyone reads it."""
        return {
            NOT_STARTED: "Not started",
            READING: f"Step {self.step} of {len(self.taught.steps)}",
            CHECK: "Check to do",
            DONE: "Done",
            TALK: "Talk about it",
        }[self.code]

    @property
    def is_done(self) -> bool:
        """True when nothing more is asked of the learner here."""
        return self.code == DONE

    def is_late(self, today: date) -> bool:
        """True after the due day, until it is done. Only staff are told; a patient can still do it."""
        return self.assigned is not None and not self.is_done and self.assigned.is_late(today)


def catalogue() -> list[Taught]:
    """Return every published lesson, as the site lists them. One query."""
    steps = (
        Step.objects.shown()
        .order_by("edition__lesson__therapy__position", "edition__lesson__position", "position")
        .values_list(
            "edition__lesson",
            "edition__lesson__slug",
            "edition__lesson__therapy__slug",
            "edition__lesson__therapy__title",
            "edition__title",
            "edition__minutes",
            "edition__lesson__quiz",
            "slug",
        )
    )
    lessons = groupby(steps, key=lambda row: row[:-1])
    return [Taught(tuple(row[-1] for row in rows), *lesson) for lesson, rows in lessons]


LearnerQuiz = tuple[int, int | None]


def standings(learners: Collection[int]) -> dict[int, list[Standing]]:
    """Return for each learner (a user's pk) how they stand in every published lesson.

    Five queries whatever their number, and a sixth when somebody missed a safety question.

    Done (ruling 7): the last step read, in any edition, and a finished check, every safety item of which was answered
    right then or later. Talk about it (ruling 4): a finished attempt left a safety item wrong or unsure, and it has not
    been answered right since; no total and no earlier Done hides it, and no change of the quiz.
    """
    readings: dict[tuple[int, int], list[Any]] = {}
    for reading in Reading.objects.filter(learner__in=learners).values(
        "learner", "edition__lesson", "furthest__slug", "furthest__position", "finished"
    ):
        readings.setdefault((reading["learner"], reading["edition__lesson"]), []).append(reading)
    attempts: dict[LearnerQuiz, Any] = {
        (row["learner"], row["quiz"]): row
        for row in Attempt.objects.filter(learner__in=learners)
        .values("learner", "quiz")
        .annotate(
            checked=Min("finished", filter=Q(kind=Attempt.Kind.CHECK)),
            open=Count("pk", filter=Q(finished=None)),
        )
    }
    missed, settled = _safety(learners)
    assigned = {
        (a.patient.user_id, a.lesson_id): a
        for a in Assignment.objects.active().filter(patient__user__in=learners).select_related("patient")
    }
    lessons = catalogue()
    return {
        learner: [
            _standing(
                taught,
                readings.get((learner, taught.lesson), []),
                attempts.get((learner, taught.quiz)),
                (learner, taught.quiz) in missed,
                settled.get((learner, taught.quiz)),
                assigned.get((learner, taught.lesson)),
            )
            for taught in lessons
        ]
        for learner in learners
    }


def _safety(learners: Collection[int]) -> tuple[set[LearnerQuiz], dict[LearnerQuiz, datetime]]:
    """Return (learner, quiz) where a safety question is still missed, and where all were settled: when.

    Missed: the last answer in a finished attempt was wrong or unsure, and no right one has come since. A right answer
    counts wherever it was given (a retry, a review, another wording of the question).
    """
    wrong = list(
        Response.objects.exclude(mark=Response.Marked.RIGHT)
        .filter(
            item__attempt__learner__in=learners, item__attempt__finished__isnull=False, item__revision__critical=True
        )
        .values_list("item__attempt__learner", "item__attempt__quiz", "item__revision__question")
        .annotate(Max("at"))
    )
    if not wrong:
        return set(), {}
    right: dict[tuple[int, int], list[datetime]] = {}
    for learner, question, at in (
        Response.objects.filter(
            mark=Response.Marked.RIGHT,
            item__attempt__learner__in={row[0] for row in wrong},
            item__revision__question__in={row[2] for row in wrong},
        )
        .order_by("at")
        .values_list("item__attempt__learner", "item__revision__question", "at")
    ):
        right.setdefault((learner, question), []).append(at)
    missed: set[LearnerQuiz] = set()
    settled: dict[LearnerQuiz, datetime] = {}
    for learner, quiz, question, at in wrong:
        since = next((when for when in right.get((learner, question), []) if when > at), None)
        if since is None:
            missed.add((learner, quiz))
        else:
            settled[learner, quiz] = max(since, settled.get((learner, quiz), since))
    return missed, settled


def _standing(
    taught: Taught,
    readings: list[Any],
    attempts: Any,
    missed: bool,
    settled: datetime | None,
    assigned: Assignment | None,
) -> Standing:
    read = min((r["finished"] for r in readings if r["finished"]), default=None)
    checked = attempts["checked"] if attempts else None
    code, done_at = NOT_STARTED, None
    if missed:
        code = TALK
    elif read and (checked or taught.quiz is None):
        code, done_at = DONE, max(at for at in (read, checked, settled) if at)
    elif read:
        code = CHECK
    elif readings or attempts:
        code = READING
    return Standing(
        taught,
        code,
        step=max((_place(taught, reading) for reading in readings), default=1),
        open_check=bool(attempts and attempts["open"]),
        done_at=done_at,
        assigned=assigned,
    )


def _place(taught: Taught, reading: Any) -> int:
    """Return the step to go on with: the same step by its slug, wherever a newer edition has put it (ruling 10)."""
    if reading["furthest__slug"] in taught.steps:
        return taught.steps.index(reading["furthest__slug"]) + 1
    return min(int(reading["furthest__position"]), len(taught.steps))
