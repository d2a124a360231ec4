"""Acts over the record: read, spoken with, said back; stop sharing it, erase it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from learn.assignments.models import Reminder
from learn.lessons.models import Step
from learn.people import access, sessions
from learn.people.models import AccessCode, Patient, User
from learn.progress.kept import KEPT
from learn.progress.models import Contact, Reading, TeachBack
from learn.visits import actions as visits
from quizzes.models import Attempt


class OtherForm(Exception):
    """The form's number was used for something else, or lies ahead: another window was faster than this one."""


def read(*, learner: User, steps: Sequence[Step], step: Step, now: datetime) -> Step | None:
    """Note that this learner has read this step; return the step after it, or None after the last.

    Takes all steps of the step's edition, in order. The furthest step never goes back, whatever is read again.
    """
    following = next((other for other in steps if other.position > step.position), None)
    reached = following or step
    with transaction.atomic():
        # No join under the lock: PostgreSQL would drop the row whose furthest step another request has just moved.
        reading, _ = Reading.objects.select_for_update().get_or_create(
            learner=learner, edition_id=step.edition_id, defaults={"furthest": reached, "started": now, "moved": now}
        )
        if reached.position > reading.furthest.position:
            reading.furthest, reading.moved = reached, now
            reading.save(update_fields=["furthest", "moved"])
        if following is None and reading.finished is None:
            reading.finished = now
            reading.save(update_fields=["finished"])
    return following


def contacted(*, patient: Patient, by: User, note: str, number: int, now: datetime) -> None:
    """Note that this nurse spoke with this patient. The same form again changes nothing.

    Raises OtherForm when the number is not the next one, and is not this very contact's.
    """
    mine = Contact.objects.filter(patient=patient, nurse=by)
    with transaction.atomic():
        if not 1 <= number <= mine.next_number():
            raise OtherForm
        row, made = mine.get_or_create(
            number=number, defaults={"patient": patient, "nurse": by, "at": now, "note": note}
        )
        if made:
            access.note(by=by, what="contacted", patient=patient, now=now)
        elif row.note != note:
            raise OtherForm


def taught_back(*, patient: Patient, by: User, rows: Collection[dict[str, Any]], number: int, now: datetime) -> None:
    """Record what this patient said back to this nurse: a row a topic, or an addendum (`adds_to`). Nothing is changed.

    Takes each row's own columns. The same form again changes nothing. Raises OtherForm when the number is not the next
    one, and is not this very form's.
    """
    mine = TeachBack.objects.filter(patient=patient, nurse=by)
    if not 1 <= number <= mine.next_number():
        raise OtherForm
    try:
        with transaction.atomic():
            TeachBack.objects.bulk_create(
                TeachBack(patient=patient, nurse=by, number=number, at=now, **row) for row in rows
            )
            access.note(by=by, what="taught.back", patient=patient, now=now)
    except IntegrityError:
        there = mine.filter(number=number)
        same = [all(getattr(old, key) == value for key, value in row.items()) for old in there for row in rows]
        if sum(same) != len(rows) or len(there) != len(rows):
            raise OtherForm from None


def stop_sharing(*, user: User, now: datetime) -> bool:
    """Part a patient from their care team; return False when they had none.

    The nurse's record ends ("Asked to stop") and from now on belongs to nobody: an empty user takes this person's
    place in it. What the person did stays theirs alone; a card that the nurse made opens it no more.
    """
    with transaction.atomic():
        patient = Patient.objects.select_for_update().filter(user=user).first()
        if patient is None:
            return False
        nobody = User.objects.create_guest()
        User.objects.filter(pk=nobody.pk).update(is_active=False)
        patient.user = nobody
        _end(patient, now)
        patient.save()
        Reminder.objects.filter(patient=patient).delete()
        visits.stop_sharing(learner=user, question=None)  # a later nurse sees them only if asked to anew
        AccessCode.objects.filter(user=user, cancelled=None).exclude(by=user).update(cancelled=now)
        access.note(by=user, what="sharing.stopped", patient=patient, now=now)
    return True


def erase(*, user: User, now: datetime) -> None:
    """Erase what is kept about a person, and end their sessions on every device (ruling 17).

    A bare row with a number stays, for the teach-backs and the audit rows that a clinic has to keep; the care team's
    record of a patient ends without name and reference. Not for staff: their account is IT's to end.
    """
    keys = sessions.keys_of(user.pk)
    with transaction.atomic():
        # An answer that is on its way now waits for this, and then finds its attempt gone. It locks in this order too.
        list(Attempt.objects.of(user).select_for_update())
        User.objects.select_for_update().get(pk=user.pk)
        patient = Patient.objects.select_related("care_team").filter(user=user).first()
        for kept in KEPT:
            if kept.goes:
                kept.theirs(user).delete()
        # Rows made new from their defaults: whatever column is added later is emptied too.
        if patient is not None:
            bare = Patient(pk=patient.pk, user=user, care_team=patient.care_team, label="Erased")
            bare.ended_on, bare.ended_why = patient.ended_on, patient.ended_why
            _end(bare, now)
            bare.save(force_update=True)
        nobody = User(pk=user.pk, is_active=False, date_joined=now)
        nobody.set_unusable_password()
        nobody.save(force_update=True)
        nobody.groups.clear()
        Session.objects.filter(pk__in=keys).delete()
        access.note(by=user, what="erased", patient=patient, now=now)


def _end(patient: Patient, now: datetime) -> None:
    """Close a patient's record at their own wish, unless it was closed before."""
    if patient.ended_on is None:
        patient.ended_on, patient.ended_why = patient.care_team.today(now), Patient.Ending.STOPPED
