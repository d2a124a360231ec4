"""The attempts and the assignments of learners, by written SQL: input of `standing`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS

from learn.assignments.models import Assignment
from learn.lessons.models import Lesson
from learn.people.models import Patient, User
from learn.progress.written import moment, rows
from quizzes.models import Attempt


class AttemptsRow(NamedTuple):
    """A summary of all attempts of one learner at one quiz."""

    learner: int
    quiz: int | None  # None for reviews
    checked: datetime | None  # when a check was first finished, since they were asked to do the lesson again
    open: int  # the number of unfinished attempts


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
"""  # noqa: S608 - only names of our own tables and columns are put in
_ASSIGNMENT = [field.attname for field in Assignment._meta.concrete_fields]
# What is shown of the nurse, in the model's order; the ORM reads the rest when it is used.
_SHOWN = {"id", "username", "first_name", "last_name"}
_NURSE = [field.attname for field in User._meta.concrete_fields if field.attname in _SHOWN]
_ASSIGNED = f"""
SELECT p.user_id, {", ".join(f"u.{name}" for name in _NURSE)}, {", ".join(f"t.{name}" for name in _NURSE)},
    {", ".join(f"a.{name}" for name in _ASSIGNMENT)}
FROM {Assignment._meta.db_table} a
JOIN {Patient._meta.db_table} p ON p.id = a.patient_id
JOIN {User._meta.db_table} u ON u.id = a.by_id
LEFT JOIN {User._meta.db_table} t ON t.id = a.taught_by_id
WHERE p.user_id IN () AND a.withdrawn IS NULL
"""  # noqa: S608 - as above


def attempts(learners: Collection[int]) -> list[AttemptsRow]:
    found = rows(_ATTEMPTS, learners) if learners else []
    return [AttemptsRow(learner, quiz, moment(checked), unfinished) for learner, quiz, checked, unfinished in found]


def assigned(learners: Collection[int]) -> dict[tuple[int, int], Assignment]:
    """Return the assignments that are not withdrawn, each with its nurse, by learner and lesson."""
    found, n = {}, len(_NURSE)
    for learner, *values in rows(_ASSIGNED, learners) if learners else []:
        by, taught_by, row = values[:n], values[n : 2 * n], values[2 * n :]
        assignment = Assignment.from_db(DEFAULT_DB_ALIAS, _ASSIGNMENT, row)
        assignment.made = moment(assignment.made)
        assignment.since, assignment.taught_at = moment(assignment.since), moment(assignment.taught_at)
        assignment.by = User.from_db(DEFAULT_DB_ALIAS, _NURSE, by)
        assignment.taught_by = User.from_db(DEFAULT_DB_ALIAS, _NURSE, taught_by) if assignment.taught_by_id else None
        found[learner, assignment.lesson_id] = assignment
    return found
