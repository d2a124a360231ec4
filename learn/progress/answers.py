"""What was answered and said back, question by question: the rows that `safety` judges.

A question is known by itself, not by its quiz: a review asks it too, in whatever wording is published then.
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
    """One answer, with what tells where it was given."""

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
    quiz: int | None  # of the attempt; a review has none
    quiz_title: str | None
    finished: datetime | None
    in_quiz: int | None  # a quiz that asks the question now
    zone: str | None  # the clinic's; a guest has none
    helped: bool = False  # the learner said that someone was helping


_COLUMNS = (
    "pk", "item__attempt__learner", "item__revision__question", "item", "number", "mark", "at",
    "item__revision__critical", "item__revision__objective", "item__attempt", "item__attempt__kind",
    "item__attempt__quiz", "item__attempt__quiz__title", "item__attempt__finished",
    "item__revision__question__quizitem__quiz", "item__attempt__learner__patient__care_team__zone",
    "item__attempt__helped",
)  # fmt: skip


@dataclass
class History:
    """All that happened to one question of one learner, in the order of time."""

    rows: list[AnswerRow] = field(default_factory=list)
    quizzes: set[int] = field(default_factory=set)  # those that ask it now, and those in which it was asked
    said_back: list[SaidBack] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Whether it needs help, and what the lesson says."""
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
        """The answers that were not right."""
        return [row for row in self.rows if row.mark != RIGHT]


Histories = dict[Key, History]


class SaidBackRow(NamedTuple):
    """One row of a teach-back: the first, or an addendum to it."""

    pk: int
    adds_to: int | None
    learner: int
    question: int | None
    outcome: str
    at: datetime


def of_learner(learner: int) -> Histories:
    """Return every question that one learner has answered, without what was said back. One query."""
    return _grouped(Response.objects.filter(item__attempt__learner=learner).values_list(*_COLUMNS))


def on_safety(learners: Collection[int]) -> Histories:
    """Return the safety questions of these learners that may need help. One query, three where there are any.

    Takes users' pks. A question that was missed in one check only, and was right when it came
    back there, raises nothing (ruling 8): most misses are such, and they stay in the database.
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
        if row.pk not in seen:  # a question of two quizzes comes twice
            history.rows.append(row)
            seen.add(row.pk)
    return found


def add_said_back(histories: Histories, teach_backs: Iterable[SaidBackRow]) -> None:
    """Add to each question when it was said back in own words.

    Of a teach-back and its addenda the last outcome counts, so that a wrong press can be put right. It was said on the
    day of the teach-back, whenever that was put right: what was missed in between stays missed.
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
