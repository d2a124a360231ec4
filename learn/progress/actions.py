"""Acts over the record of what was done and understood: read, spoken with, said back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

from learn.lessons.models import Step
from learn.lessons.shown import Page
from learn.people import audit
from learn.people.models import Patient, User
from learn.progress.models import Contact, Reading, TeachBack
from quizzes import learners

AStep = TypeVar("AStep", Step, Page)


class OtherForm(Exception):
    """The form's number was used for something else, or lies ahead: another window was faster than this one."""


def read(*, learner: User, steps: Sequence[AStep], step: AStep, now: datetime) -> AStep | None:
    """Note that this learner has read this step; return the step after it, or None after the last.

    Takes all steps of the step's edition, in order. The furthest step never goes back, whatever is read again. Raises
    `learners.Gone`.
    """
    following = next((other for other in steps if other.position > step.position), None)
    reached = following or step
    with learners.locked(learner.pk):
        reading, _ = Reading.objects.get_or_create(
            learner=learner,
            edition_id=step.edition_id,
            defaults={"furthest_id": reached.pk, "started": now, "moved": now},
        )
        if reached.position > reading.furthest.position:
            reading.furthest_id, reading.moved = reached.pk, now
            reading.save(update_fields=["furthest", "moved"])
        if following is None and reading.finished is None:
            reading.finished = now
            reading.save(update_fields=["finished"])
    return following


def contacted(*, patient: Patient, by: User, note: str, number: int, now: datetime) -> None:
    """Note that this nurse spoke with this patient. The same form again changes nothing.

    Raises OtherForm when the number is not the next one, and is not this very contact's; and `learners.Gone`.
    """
    mine = Contact.objects.filter(patient=patient, nurse=by)
    with learners.locked(patient.user_id):
        if not 1 <= number <= mine.next_number():
            raise OtherForm
        row, made = mine.get_or_create(
            number=number, defaults={"patient": patient, "nurse": by, "at": now, "note": note}
        )
        if made:
            audit.note(by=by, what="contacted", patient=patient, now=now)
        elif row.note != note:
            raise OtherForm


def taught_back(*, patient: Patient, by: User, rows: Collection[dict[str, Any]], number: int, now: datetime) -> None:
    """Record what this patient said back to this nurse: a row a topic, or an addendum (`adds_to`). Nothing is changed.

    Takes each row's own columns. The same form again changes nothing. Raises OtherForm when the number is not the next
    one, and is not this very form's; and `learners.Gone`.
    """
    mine = TeachBack.objects.filter(patient=patient, nurse=by)
    with learners.locked(patient.user_id):  # a second press waits, and finds the rows: none is refused by the database
        following = mine.next_number()
        if not 1 <= number <= following:
            raise OtherForm
        if number == following:
            TeachBack.objects.bulk_create(
                TeachBack(patient=patient, nurse=by, number=number, at=now, **row) for row in rows
            )
            audit.note(by=by, what="taught.back", patient=patient, now=now)
            return
    there = mine.filter(number=number)
    same = [all(getattr(old, key) == value for key, value in row.items()) for old in there for row in rows]
    if sum(same) != len(rows) or len(there) != len(rows):
        raise OtherForm
