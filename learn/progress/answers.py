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

from learn.languages import SOURCE, reader
from learn.people.models import CareTeam, Patient
from learn.progress.models import TeachBack
from learn.progress.safety import Answer, SaidBack, Verdict, judge
from learn.progress.written import moment, rows
from quizzes.models import Attempt, AttemptItem, Quiz, QuizItem, Response, Revision

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
    language: str = SOURCE  # in which it was asked
    source_topic: str | None = None  # of the question that is translated; None if it was asked in the source language


# The columns are those of AnswerRow, in order.
_COLUMNS = """
SELECT r.id, a.learner_id, v.question_id, i.id, r.number, r.mark, r.at, v.critical, v.objective, a.id, a.kind,
    a.quiz_id, z.title, a.finished, n.quiz_id, t.zone, a.helped, v.language, e.objective
"""
_JOINED = f"""
JOIN {AttemptItem._meta.db_table} i ON i.id = r.item_id
JOIN {Attempt._meta.db_table} a ON a.id = i.attempt_id
JOIN {Revision._meta.db_table} v ON v.id = i.revision_id
LEFT JOIN {Revision._meta.db_table} e ON e.id = v.translates_id
LEFT JOIN {Quiz._meta.db_table} z ON z.id = a.quiz_id
LEFT JOIN {QuizItem._meta.db_table} n ON n.question_id = v.question_id
LEFT JOIN {Patient._meta.db_table} p ON p.user_id = a.learner_id
LEFT JOIN {CareTeam._meta.db_table} t ON t.id = p.care_team_id
"""
_OF_LEARNERS = f"{_COLUMNS} FROM {Response._meta.db_table} r {_JOINED} WHERE a.learner_id IN ()"
# The inner query finds the misses, which are few, before anything else is asked about them. It stands first: PostgreSQL
# joins so many tables in the order in which they are written. `MIN` and `MAX` differ where the question was missed in
# more than one attempt, in whatever wording.
_MISSED = f"""{_COLUMNS}
FROM (
    SELECT o.id, o.item_id, MIN(j.id) OVER (PARTITION BY b.learner_id, w.question_id) AS one,
        MAX(j.id) OVER (PARTITION BY b.learner_id, w.question_id) AS another
    FROM {Attempt._meta.db_table} b
    JOIN {AttemptItem._meta.db_table} j ON j.attempt_id = b.id
    JOIN {Revision._meta.db_table} w ON w.id = j.revision_id
    JOIN {Response._meta.db_table} o ON o.item_id = j.id
    WHERE b.learner_id IN () AND o.mark <> '{RIGHT.value}'
        AND w.question_id IN (SELECT c.question_id FROM {Revision._meta.db_table} c WHERE c.critical)
) m
JOIN {Response._meta.db_table} r ON r.id = m.id
{_JOINED}
WHERE v.critical AND (m.one <> m.another OR NOT EXISTS (
    SELECT 1 FROM {Response._meta.db_table} q WHERE q.item_id = m.item_id AND q.mark = '{RIGHT.value}'
))"""  # noqa: S608 - as above
_RIGHT = f"{_OF_LEARNERS} AND v.question_id IN () AND r.mark = '{RIGHT.value}'"
_SAID_BACK = f"""
SELECT b.id, b.adds_to_id, p.user_id, b.question_id, b.outcome, b.at
FROM {TeachBack._meta.db_table} b
JOIN {Patient._meta.db_table} p ON p.id = b.patient_id
WHERE p.user_id IN () AND b.question_id IN ()
"""  # noqa: S608 - as above


def _answers(statement: str, *lists: Collection[int]) -> list[AnswerRow]:
    """Return the rows of a statement that has the columns of an answer, as the ORM returns them.

    The Desk reads each topic in the source language, in whatever language the question was asked.
    """
    to_uuid, at_the_desk = Attempt._meta.pk.to_python, reader() == SOURCE
    found = [
        AnswerRow(*row)._replace(at=moment(row[6]), attempt=to_uuid(row[9]), finished=moment(row[13]))
        for row in rows(statement, *lists)
    ]
    return [row._replace(topic=row.source_topic) if at_the_desk and row.source_topic else row for row in found]


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
    return _grouped(_answers(_OF_LEARNERS, [learner]))


def on_safety(learners: Collection[int]) -> Histories:
    """Return the safety questions of these learners that may need help. One query, or three when there are any.

    `learners` are users' pks. A question that was missed in one check only, and answered right in the re-ask of that
    same check, raises no flag (ruling 8). Most misses are of this kind, so the query leaves them out.
    """
    missed = _answers(_MISSED, learners) if learners else []
    if not missed:
        return {}
    keys = {(row.learner, row.question) for row in missed}
    whose, asked = {row.learner for row in missed}, {row.question for row in missed}
    right = (row for row in _answers(_RIGHT, whose, asked) if (row.learner, row.question) in keys)
    found = _grouped([*missed, *right])
    back = (SaidBackRow(*row)._replace(at=moment(row[-1])) for row in rows(_SAID_BACK, whose, asked))
    add_said_back(found, back)
    return found


def _grouped(answered: Iterable[AnswerRow]) -> Histories:
    found: Histories = {}
    seen: set[int] = set()
    for row in sorted(answered, key=lambda row: (row.at, row.item, row.number)):
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
