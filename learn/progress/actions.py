"""Actions that record learning: a step read, a contact with a nurse, a teach-back."""

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
    """The form's number was used for other content, or is too high: another window has saved first."""


def read(*, learner: User, steps: Sequence[AStep], step: AStep, now: datetime) -> AStep | None:
    """Record that the learner has read this step; return the next step, or None after the last one.

    `steps` are all steps of the step's edition, in order. The furthest step never moves back when an earlier step is
    read again. Raises `learners.Gone` when the learner left or erased their account.
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
    """Record that this nurse spoke with this patient. Submitting the same form again changes nothing.

    Raises `OtherForm` when `number` is neither the next number nor the number of a contact with the same note, and
    `learners.Gone` when the patient left or erased their account.
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
    """Record a teach-back of this patient with this nurse: one row per topic, or an addendum (`adds_to`).

    Each of the `rows` has the model fields that differ between rows. Existing rows never change. Submitting the same
    form again changes nothing. Raises `OtherForm` when `number` is neither the next number nor the number of this same
    form, and `learners.Gone` when the patient left or erased their account.
    """
    mine = TeachBack.objects.filter(patient=patient, nurse=by)
    with learners.locked(patient.user_id):  # a second submit waits and finds the rows: no database error
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
