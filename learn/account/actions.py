"""Actions on a user's whole record: stop sharing it, and erase it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from learn.account import erased, merging
from learn.account.data import PERSONAL_DATA, empty_log
from learn.assignments.models import Reminder
from learn.people import audit, codes, sessions
from learn.people.models import AccessCode, Patient, User
from learn.people.names import ERASED
from learn.visits import actions as visits
from quizzes import learners
from quizzes.models import Attempt


def stop_sharing(*, user: User, now: datetime, here: str | None = None) -> bool:
    """Separate a patient from their care team. Return False if they have none. Raises `learners.Gone`.

    The patient's record is closed ("Asked to stop") and moves to a new user without data. The learner keeps their own
    progress, which the care team no longer sees. A code from the nurse no longer opens it, and sessions that it opened
    end, but the one with the key `here`.
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
        visits.stop_sharing(learner=user, question=None)  # a later nurse sees them only if they are shared again
        codes.end(AccessCode.objects.filter(user=user).exclude(by=user), now=now, but=here)
        audit.note(by=user, what="sharing.stopped", patient=patient, now=now)
    return True


def erase(*, user: User, now: datetime, what: str = "erased") -> None:
    """Erase the data of a user, and end their sessions on all devices (ruling 17). A second call changes nothing.

    They are noted, so that a restore from a backup does not bring them back (`what` is "erased.again" then).

    An empty user row stays, for the teach-backs and the audit rows that a clinic must keep. The patient's record is
    closed, without its label and reference. Do not call it for staff, whose accounts only IT ends. The locks follow the
    one lock order (`quizzes.learners`): requests that wait for them find the user gone and write nothing.
    """
    with transaction.atomic():
        if user.pk not in learners.lock(user.pk, *merging.left_by(user)):
            return
        list(Attempt.objects.of(user).order_by("pk").select_for_update().values_list("pk"))
        # No join with the lock: PostgreSQL would not return a patient who was just moved to another team.
        patient = Patient.objects.select_for_update(no_key=True).filter(user=user).first()
        erased.note(User.objects.get(pk=user.pk))
        merging.finish_all(now=now, of=user)  # what a merged record has left behind
        for table in PERSONAL_DATA:
            if table.erased:
                table.theirs(user).delete()
        # Overwrite both rows with default values, so that columns added later are emptied too.
        if patient is not None:
            bare = Patient(pk=patient.pk, user=user, care_team=patient.care_team, label=ERASED)
            bare.ended_on, bare.ended_why = patient.ended_on, patient.ended_why
            _end(bare, now)
            bare.save(force_update=True)
        nobody = User(pk=user.pk, is_active=False, date_joined=now)
        nobody.set_unusable_password()
        nobody.save(force_update=True)
        nobody.groups.clear()
        sessions.end_all(user.pk)
        audit.note(by=user, what=what, patient=patient, now=now)
        transaction.on_commit(empty_log, robust=True)  # if it fails, the user is erased anyway


def erase_again(marks: set[str], *, now: datetime) -> int:
    """Erase the people behind these marks, whom a backup has brought back. Return how many they were."""
    erased.add(marks)
    back = User.objects.filter(pk__in=erased.back_again(marks))
    for user in back:
        erase(user=user, now=now, what="erased.again")
    return len(back)


def _end(patient: Patient, now: datetime) -> None:
    """Close a patient's record with the reason "Asked to stop", unless it is closed already."""
    if patient.ended_on is None:
        patient.ended_on, patient.ended_why = patient.care_team.today(now), Patient.Ending.STOPPED
