"""What staff do to a patient's record: invite them, call them something else, close the record, reopen it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db import transaction

from learn.assignments.actions import assign
from learn.lessons.models import Lesson
from learn.people import audit, codes
from learn.people.models import AccessCode, CareTeam, Patient, User
from quizzes import learners


def invite(
    *,
    people: Sequence[tuple[str, str]],
    team: CareTeam,
    lessons: Collection[Lesson],
    due: date,
    form: UUID,
    by: User,
    now: datetime,
) -> tuple[list[Patient], list[codes.Made]]:
    """Make a patient of each (label, reference), ask them for the lessons, and make each a code.

    `form` names the form that was sent. The same form again finds the same patients and makes them new codes, so that a
    double press shows living ones; who has used a code by then keeps it, and gets none. The same number of queries,
    however many they are.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # a second press waits here
        keys = [uuid5(form, f"{team.pk}\0{n}\0{label}\0{ref}") for n, (label, ref) in enumerate(people)]
        held = {p.invitation: p for p in Patient.objects.filter(invitation__in=keys).select_related("user")}
        wanted = {key: person for key, person in zip(keys, people, strict=True) if key not in held}
        guests = User.objects.create_guests(len(wanted))
        fresh = Patient.objects.bulk_create(
            Patient(user=guest, care_team=team, label=label, reference=reference, invitation=key)
            for guest, (key, (label, reference)) in zip(guests, wanted.items(), strict=True)
        )
        held |= {patient.invitation: patient for patient in fresh}
        audit.note_each(by=by, what="invited", patients=fresh, now=now)
        if fresh and lessons:
            assign(patients=fresh, lessons=lessons, due=due, note="", by=by, now=now)
        patients = [held[key] for key in keys]
        users = [patient.user for patient in patients if patient.ended_on is None]
        used = set(AccessCode.objects.filter(user__in=users, used__isnull=False).values_list("user", flat=True))
        return patients, codes.make_many(users=[user for user in users if user.pk not in used], by=by, now=now)


def rename(*, patient: Patient, label: str, reference: str, by: User, now: datetime) -> None:
    """Call a patient something else; the same again changes nothing. Raises `learners.Gone`: no name comes back."""
    if (patient.label, patient.reference) == (label, reference):
        return
    patient.label, patient.reference = label, reference
    with learners.locked(patient.user_id):
        patient.save(update_fields=["label", "reference"])
        audit.note(by=by, what="renamed", now=now, patient=patient)


def close(*, patient: Patient, why: str, by: User, now: datetime) -> bool:
    """Close a patient's record: off the lists, no reminder, no code; the record stays. False if it was closed."""
    with transaction.atomic():
        learners.lock(patient.user_id)
        going_on = Patient.objects.filter(pk=patient.pk, ended_on=None)
        if not going_on.update(ended_on=patient.care_team.today(now), ended_why=why):
            return False
        codes.cancel(user=patient.user, by=by, now=now)
        audit.note(by=by, what="ended", now=now, patient=patient)
        return True


def reopen(*, patient: Patient, by: User, now: datetime) -> bool:
    """Reopen a patient's record: back onto the lists; the code that was cancelled stays so. False if it was open.

    False too for a record that its person left or erased: nobody stands behind it, and no code would open it.
    """
    with transaction.atomic():
        here = learners.lock(patient.user_id)
        ended = Patient.objects.filter(pk=patient.pk, ended_on__isnull=False, user__in=here)
        if not ended.update(ended_on=None, ended_why=""):
            return False
        audit.note(by=by, what="taken.back", now=now, patient=patient)
        return True
