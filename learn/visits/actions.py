"""What people do with questions: add, move, remove, share; and the nurse's "We talked about this"."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

from learn.people import audit
from learn.people.models import Patient, User
from learn.visits.models import MyQuestion, SuggestedQuestion
from quizzes import learners

MOST = 50  # maximum number of questions on one list

Where = Literal["up", "down", "first"]


class Full(Exception):
    """The list already has MOST questions."""


class NotShared(Exception):
    """The patient does not share this question."""


@contextmanager
def _list_of(learner: User) -> Iterator[list[MyQuestion]]:
    """Lock a learner's list and yield all its questions in order. Raises `learners.Gone`."""
    with learners.locked(learner.pk):
        yield list(MyQuestion.objects.of(learner))


def add(*, learner: User, text: str, now: datetime, suggested: SuggestedQuestion | None = None) -> bool:
    """Add a question to the end of a learner's list. Return False if it is on the list already.

    The list keeps this text even if the suggested question changes later. Raises Full, `learners.Gone`.
    """
    with _list_of(learner) as mine:
        if any(q.text == text or (suggested and q.suggested_id == suggested.pk) for q in mine):
            return False
        if len(mine) >= MOST:
            raise Full
        last = mine[-1].position if mine else 0
        MyQuestion.objects.create(learner=learner, suggested=suggested, text=text, position=last + 1, added=now)
        return True


def move(*, learner: User, question: MyQuestion, where: Where) -> None:
    """Move a question up, down or to the top of the open questions. At either end it stays where it is.

    Raises `learners.Gone`.
    """
    with _list_of(learner) as mine:
        rows = [q for q in mine if q.talked is None]
        if question not in rows:
            return
        here = rows.index(question)
        there = {"up": max(here - 1, 0), "down": here + 1, "first": 0}[where]
        rows.insert(there, rows.pop(here))
        for position, row in enumerate(rows, 1):
            row.position = position
        MyQuestion.objects.bulk_update(rows, ["position"])


def remove(*, learner: User, question: MyQuestion) -> None:
    """Delete a question from its owner's list. Raises `learners.Gone`."""
    with _list_of(learner):
        MyQuestion.objects.of(learner).filter(pk=question.pk).delete()


def share(*, patient: Patient, question: MyQuestion | None, now: datetime) -> int:
    """Let the patient's nurses see one open question, or with None all of them. Return how many are newly shared.

    Nothing is shared if the patient's record was closed at the same moment. Raises `learners.Gone`.
    """
    with learners.locked(patient.user_id):
        still = Patient.objects.current().filter(pk=patient.pk)
        wanted = MyQuestion.objects.of(patient.user).open().filter(shared=None, learner__in=still.values("user"))
        return (wanted.filter(pk=question.pk) if question else wanted).update(shared=now)


def stop_sharing(*, learner: User, question: MyQuestion | None) -> int:
    """Stop sharing one question, or with None all of them. Return how many are no longer shared.

    Staff do not see them from their next request on. Raises `learners.Gone`.
    """
    with learners.locked(learner.pk):
        shared = MyQuestion.objects.of(learner).shared()
        return (shared.filter(pk=question.pk) if question else shared).update(shared=None)


def talked_about(*, patient: Patient, question: int, by: User, now: datetime, undo: bool = False) -> MyQuestion:
    """Record that a nurse talked with the patient about a shared question (its pk), or with `undo` remove the record.

    A second call changes nothing. Raises NotShared, `learners.Gone`.
    """
    with _list_of(patient.user) as mine:
        row = next((q for q in mine if q.pk == question and q.shared), None)
        if row is None:
            raise NotShared
        if (row.talked is not None) is undo:
            row.talked, row.talked_by = (None, None) if undo else (now, by)
            row.save(update_fields=["talked", "talked_by"])
            audit.note(by=by, what="question.untalked" if undo else "question.talked", patient=patient, now=now)
        return row
