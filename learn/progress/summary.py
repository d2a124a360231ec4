"""Readings + attempts + assignments -> one status, used by patient and nurse alike.

Completion is derived, never stored: a fixed number of queries reads the rows of any number of learners.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Max, Q

from learn.assignments.models import Assignment
from learn.lessons.models import Step
from learn.progress.models import Reading
from quizzes.models import Attempt, Response, State


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
    code: str
    step: int  # where to go on, from 1
    done_at: datetime | None
    assigned: Assignment | None

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


def catalogue(*, language: str) -> list[Taught]:
    """Return every published lesson, as the site lists them. One query."""
    steps = (
        Step.objects.filter(edition__state=State.PUBLISHED, edition__language=language)
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


def standings(learners: Collection[int], *, language: str) -> dict[int, list[Standing]]:
    """Return for each learner (a user's pk) how they stand in every published lesson. Five queries, whatever the size.

    Done (ruling 7): the last step read, in any edition, and a finished check, every safety item of which was answered
    right then or later. Talk about it (ruling 4): a finished attempt left a safety item wrong or unsure, and it has not
    been answered right since; no total and no earlier Done hides it.
    """
    lessons = catalogue(language=language)
    readings: dict[tuple[int, int], list[Any]] = {}
    for row in (
        Reading.objects.filter(learner__in=learners)
        .order_by("edition__number")
        .values("learner", "edition__lesson", "furthest__slug", "furthest__position", "finished")
    ):
        readings.setdefault((row["learner"], row["edition__lesson"]), []).append(row)
    checked = {
        (learner, quiz): at
        for learner, quiz, at in Attempt.objects.filter(learner__in=learners, kind=Attempt.Kind.CHECK)
        .finished()
        .values_list("learner", "quiz")
        .annotate(Max("finished"))
    }
    missed = _missed(learners)
    assigned = {
        (a.patient.user_id, a.lesson_id): a
        for a in Assignment.objects.active().filter(patient__user__in=learners).select_related("patient")
    }
    return {
        learner: [
            _standing(
                taught,
                readings.get((learner, taught.lesson), []),
                checked.get((learner, taught.quiz)),
                (learner, taught.quiz) in missed,
                assigned.get((learner, taught.lesson)),
            )
            for taught in lessons
        ]
        for learner in learners
    }


def _missed(learners: Collection[int]) -> set[tuple[int, int]]:
    """Return (learner, quiz) where a safety question was missed in a finished attempt and not answered right since.

    A right answer counts wherever it was given, a review included.
    """
    right: dict[tuple[int, int], datetime] = {}
    wrong: dict[tuple[int, int, int], datetime] = {}
    rows = (
        Response.objects.filter(item__attempt__learner__in=learners, item__revision__critical=True)
        .values_list("item__attempt__learner", "item__revision__question", "item__attempt__quiz")
        .annotate(
            right=Max("at", filter=Q(mark=Response.Marked.RIGHT)),
            wrong=Max("at", filter=~Q(mark=Response.Marked.RIGHT) & Q(item__attempt__finished__isnull=False)),
        )
    )
    for learner, question, quiz, right_at, wrong_at in rows:
        if right_at:
            right[learner, question] = max(right_at, right.get((learner, question), right_at))
        if wrong_at and quiz:
            wrong[learner, question, quiz] = wrong_at
    return {
        (learner, quiz)
        for (learner, question, quiz), at in wrong.items()
        if (learner, question) not in right or right[learner, question] < at
    }


def _standing(
    taught: Taught,
    readings: list[Any],
    checked: datetime | None,
    missed: bool,
    assigned: Assignment | None,
) -> Standing:
    read = max((r["finished"] for r in readings if r["finished"]), default=None)
    step = _go_on(taught, readings[-1]) if readings else 1
    code, done_at = NOT_STARTED, None
    if missed:
        code = TALK
    elif read and (checked or taught.quiz is None):
        code, done_at = DONE, max(read, checked or read)
    elif read:
        code = CHECK
    elif readings or checked:
        code = READING
    return Standing(taught, code, step, done_at, assigned)


def _go_on(taught: Taught, reading: Any) -> int:
    """Return the step to go on with: the same step by its slug, wherever a newer edition has put it (ruling 10)."""
    if reading["furthest__slug"] in taught.steps:
        return taught.steps.index(reading["furthest__slug"]) + 1
    return min(int(reading["furthest__position"]), len(taught.steps))
