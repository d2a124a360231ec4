"""The readings, attempts and assignments of learners, by written SQL (input of `standing`), and their kept pages."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS

from learn.assignments.models import Assignment
from learn.lessons.models import CardText, Edition, Lesson, Step
from learn.people.models import Patient, User
from learn.progress.models import KeptPage, Reading
from learn.progress.written import moment, rows
from quizzes.models import Attempt


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
    seen: list[str]  # the slugs of the steps that were shown, and the marks of the call cards (`card_mark`)
    language: str  # in which it was read last
    card: int | None  # the number of the call card's wording that is shown now


class AttemptsRow(NamedTuple):
    """A summary of all attempts of one learner at one quiz."""

    learner: int
    quiz: int | None  # None for reviews
    checked: datetime | None  # when a check was first finished, since they were asked to do the lesson again
    open: int  # the number of unfinished attempts


_READINGS = f"""
SELECT r.learner_id, e.lesson_id, e.title, e.number, f.slug, f.position, r.started, r.moved, r.finished, r.edition_id,
    r.seen, r.language, (SELECT MAX(c.number) FROM {CardText._meta.db_table} c)
FROM {Reading._meta.db_table} r
JOIN {Edition._meta.db_table} e ON e.id = r.edition_id
JOIN {Step._meta.db_table} f ON f.id = r.furthest_id
WHERE r.learner_id IN ()
"""  # noqa: S608 - only names of our own tables and columns are put in
_ATTEMPTS = f"""
SELECT a.learner_id, a.quiz_id, MIN(CASE
        WHEN a.kind = '{Attempt.Kind.CHECK.value}' AND (s.since IS NULL OR a.finished > s.since) THEN a.finished
    END), COUNT(*) - COUNT(a.finished)
FROM {Attempt._meta.db_table} a
LEFT JOIN {Patient._meta.db_table} p ON p.user_id = a.learner_id
LEFT JOIN {Lesson._meta.db_table} l ON l.quiz_id = a.quiz_id
LEFT JOIN {Assignment._meta.db_table} s ON s.patient_id = p.id AND s.lesson_id = l.id AND s.withdrawn IS NULL
WHERE a.learner_id IN ()
GROUP BY a.learner_id, a.quiz_id
"""  # noqa: S608 - as above
_ASSIGNMENT = [field.attname for field in Assignment._meta.concrete_fields]
# What is shown of the nurse, in the model's order; the ORM reads the rest when it is used.
_SHOWN = {"id", "username", "first_name", "last_name"}
_NURSE = [field.attname for field in User._meta.concrete_fields if field.attname in _SHOWN]  # "id" is the first
_ASSIGNED = f"""
SELECT p.user_id, {", ".join(f"u.{name}" for name in _NURSE)}, {", ".join(f"t.{name}" for name in _NURSE)},
    {", ".join(f"a.{name}" for name in _ASSIGNMENT)}
FROM {Assignment._meta.db_table} a
JOIN {Patient._meta.db_table} p ON p.id = a.patient_id
JOIN {User._meta.db_table} u ON u.id = a.by_id
LEFT JOIN {User._meta.db_table} t ON t.id = a.taught_by_id
WHERE p.user_id IN () AND a.withdrawn IS NULL
"""  # noqa: S608 - as above


_KEPT = f"SELECT 1 FROM {KeptPage._meta.db_table} WHERE learner_id IN () LIMIT 1"  # noqa: S608 - as above


def readings(learners: Collection[int]) -> list[ReadingRow]:
    """Return how far these learners have read, one row for each edition."""
    found = map(ReadingRow._make, rows(_READINGS, learners) if learners else [])
    return [
        row._replace(
            started=moment(row.started), moved=moment(row.moved), finished=moment(row.finished),
            seen=json.loads(str(row.seen)),
        )
        for row in found
    ]  # fmt: skip


def kept_pages(learner: User) -> list[Any]:
    """Return this person's kept pages with their places. Most people keep none: then nothing else is asked."""
    return list(KeptPage.objects.of(learner).with_places()) if rows(_KEPT, [learner.pk]) else []


def attempts(learners: Collection[int]) -> list[AttemptsRow]:
    found = rows(_ATTEMPTS, learners) if learners else []
    return [AttemptsRow(learner, quiz, moment(checked), unfinished) for learner, quiz, checked, unfinished in found]


def assigned(learners: Collection[int]) -> dict[tuple[int, int], Assignment]:
    """Return the assignments that are not withdrawn, each with its nurse, by learner and lesson.

    A nurse is one object, however much they asked for.
    """
    found, n = {}, len(_NURSE)
    nurses: dict[int, User] = {}

    def nurse(values: list[Any]) -> User:
        if values[0] not in nurses:
            nurses[values[0]] = User.from_db(DEFAULT_DB_ALIAS, _NURSE, values)
        return nurses[values[0]]

    for learner, *values in rows(_ASSIGNED, learners) if learners else []:
        by, taught_by, row = values[:n], values[n : 2 * n], values[2 * n :]
        assignment = Assignment.from_db(DEFAULT_DB_ALIAS, _ASSIGNMENT, row)
        assignment.made = moment(assignment.made)
        assignment.since, assignment.taught_at = moment(assignment.since), moment(assignment.taught_at)
        assignment.by = nurse(by)
        assignment.taught_by = nurse(taught_by) if assignment.taught_by_id else None
        found[learner, assignment.lesson_id] = assignment
    return found
