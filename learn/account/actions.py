"""What a person does with their whole record: stop sharing it, erase it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from learn.account.data import PERSONAL_DATA, empty_log
from learn.assignments.models import Reminder
from learn.people import audit, sessions
from learn.people.models import AccessCode, Patient, User
from learn.visits import actions as visits
from quizzes import learners
from quizzes.models import Attempt


def stop_sharing(*, user: User, now: datetime) -> bool:
    """Part a patient from their care team; return False when they had none.

    The nurse's record ends ("Asked to stop") and from now on belongs to nobody: an empty user takes this person's
    place in it. What the person did stays theirs alone; a code that the nurse made opens it no more. Raises
    `learners.Gone`.
    """
    with learners.locked(user.pk):
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
        audit.note(by=user, what="sharing.stopped", patient=patient, now=now)
    return True


def erase(*, user: User, now: datetime) -> None:
    """Erase what is kept about a person, and end their sessions on every device (ruling 17).

    A bare row with a number stays, for the teach-backs and the audit rows that a clinic has to keep; the care team's
    record of a patient ends without name and reference. Not for staff: their account is IT's to end. Twice is once.
    Takes the one lock order (`quizzes.learners`): whoever waits for this finds the person gone, and writes nothing.
    """
    with transaction.atomic():
        if user.pk not in learners.lock(user.pk):
            return
        list(Attempt.objects.of(user).order_by("pk").select_for_update().values_list("pk"))
        # No join under the lock: PostgreSQL would drop the row of a patient who was just moved to another team.
        patient = Patient.objects.select_for_update(no_key=True).filter(user=user).first()
        for table in PERSONAL_DATA:
            if table.erased:
                table.theirs(user).delete()
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
        sessions.end_all(user.pk)
        audit.note(by=user, what="erased", patient=patient, now=now)
        transaction.on_commit(empty_log, robust=True)  # it is erased, whatever comes of the log


def _end(patient: Patient, now: datetime) -> None:
    """Close a patient's record at their own wish, unless it was closed before."""
    if patient.ended_on is None:
        patient.ended_on, patient.ended_why = patient.care_team.today(now), Patient.Ending.STOPPED
