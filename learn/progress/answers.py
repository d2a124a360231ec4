"""The answers and teach-backs for each question: the input of `safety`.

A question is identified by its own primary key, not by its quiz, because a review asks it too, in the wording that is
published at that time.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef

from learn.progress.models import TeachBack
from learn.progress.safety import Answer, SaidBack, Verdict, judge
from quizzes.models import Response

RIGHT = Response.Marked.RIGHT
Key = tuple[int, int]  # learner, question


class AnswerRow(NamedTuple):
    """One answer, with the attempt and the quiz in which it was given."""

    pk: int
    learner: int
    question: int
    item: int
    number: int
    mark: str
    at: datetime
    safety: bool
    topic: str
    attempt: Any
    kind: str
    quiz: int | None  # of the attempt; None for a review
    quiz_title: str | None
    finished: datetime | None
    in_quiz: int | None  # a quiz that asks the question now
    zone: str | None  # of the clinic; None for a guest
    helped: bool = False  # the learner said that someone was helping them


_COLUMNS = (
    "pk", "item__attempt__learner", "item__revision__question", "item", "number", "mark", "at",
    "item__revision__critical", "item__revision__objective", "item__attempt", "item__attempt__kind",
    "item__attempt__quiz", "item__attempt__quiz__title", "item__attempt__finished",
    "item__revision__question__quizitem__quiz", "item__attempt__learner__patient__care_team__zone",
    "item__attempt__helped",
)  # fmt: skip


@dataclass
class History:
    """All answers and teach-backs of one learner for one question, in order of time."""

    rows: list[AnswerRow] = field(default_factory=list)
    quizzes: set[int] = field(default_factory=set)  # those that ask it now and those that asked it then
    said_back: list[SaidBack] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Whether the patient needs help with the question, and what it means for the lesson's status."""
        last = {row.item: row.pk for row in self.rows}
        zone = zoneinfo.ZoneInfo(self.rows[0].zone or settings.TIME_ZONE)
        answers = (
            Answer(
                at=row.at,
                day=row.at.astimezone(zone).date(),
                right=row.mark == RIGHT,
                safety=row.safety,
                first=row.number == 1,
                last=row.finished is not None and last[row.item] == row.pk,
            )
            for row in self.rows
        )
        return judge([*answers, *self.said_back])

    @property
    def misses(self) -> list[AnswerRow]:
        """The answers that were wrong or unsure."""
        return [row for row in self.rows if row.mark != RIGHT]


Histories = dict[Key, History]


class SaidBackRow(NamedTuple):
    """One row of a teach-back: the original row or an addendum."""

    pk: int
    adds_to: int | None
    learner: int
    question: int | None
    outcome: str
    at: datetime


def of_learner(learner: int) -> Histories:
    """Return every question that this learner (a user's pk) has answered, without teach-backs. One query."""
    return _grouped(Response.objects.filter(item__attempt__learner=learner).values_list(*_COLUMNS))


def on_safety(learners: Collection[int]) -> Histories:
    """Return the safety questions of these learners that may need help. One query, or three when there are any.

    `learners` are users' pks. A question that was missed in one check only, and answered right in the re-ask of that
    same check, raises no flag (ruling 8). Most misses are of this kind, so the query leaves them out.
    """
    right_there = Response.objects.filter(item=OuterRef("item"), mark=RIGHT)
    again = Response.objects.exclude(mark=RIGHT).filter(
        item__attempt__learner=OuterRef("item__attempt__learner"),
        item__revision__question=OuterRef("item__revision__question"),
    )
    missed = list(
        Response.objects.exclude(mark=RIGHT)
        .filter(~Exists(right_there) | Exists(again.exclude(item=OuterRef("item"))))
        .filter(item__attempt__learner__in=learners, item__revision__critical=True)
        .values_list(*_COLUMNS)
    )
    if not missed:
        return {}
    asked, whose = {row[2] for row in missed}, {row[1] for row in missed}
    keys = {(row[1], row[2]) for row in missed}
    right = Response.objects.filter(
        mark=RIGHT, item__attempt__learner__in=whose, item__revision__question__in=asked
    ).values_list(*_COLUMNS)
    found = _grouped([*missed, *(row for row in right if (row[1], row[2]) in keys)])
    back = TeachBack.objects.filter(patient__user__in=whose, question__in=asked)
    columns = back.values_list("pk", "adds_to", "patient__user", "question", "outcome", "at")
    add_said_back(found, (SaidBackRow(*row) for row in columns))
    return found


def _grouped(rows: Iterable[Any]) -> Histories:
    found: Histories = {}
    seen: set[int] = set()
    for row in sorted((AnswerRow(*row) for row in rows), key=lambda row: (row.at, row.item, row.number)):
        history = found.setdefault((row.learner, row.question), History())
        history.quizzes |= {quiz for quiz in (row.quiz, row.in_quiz) if quiz}
        if row.pk not in seen:  # a question of two quizzes has two rows here
            history.rows.append(row)
            seen.add(row.pk)
    return found


def add_said_back(histories: Histories, teach_backs: Iterable[SaidBackRow]) -> None:
    """Add to each question the times at which the patient explained it in their own words.

    For a teach-back with addenda, only the last outcome counts, so that a nurse can correct a mistake. The time is
    always that of the original teach-back, not of the correction, so a miss between the two is not cleared.
    """
    said_at: dict[int, datetime] = {}
    last: dict[int, SaidBackRow] = {}
    for row in sorted(teach_backs, key=lambda row: (row.at, row.pk)):
        first = row.adds_to or row.pk
        said_at.setdefault(first, row.at)
        if row.outcome:
            last[first] = row
    for first, row in last.items():
        history = histories.get((row.learner, row.question)) if row.question else None
        if history and row.outcome == TeachBack.Outcome.OWN_WORDS:
            history.said_back.append(SaidBack(said_at[first]))
