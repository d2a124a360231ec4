"""Actions on a patient's record by staff: invite, new cards, describe, close and reopen, end the keys after a loss."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q

from learn import typed
from learn.assignments.actions import assign
from learn.lessons.models import Lesson
from learn.people import audit, codes, email_codes, seen, sessions
from learn.people.models import AccessCode, CareTeam, Patient, User
from learn.people.names import ERASED
from quizzes import learners

DOUBLES = 10  # how many likely doubles are named at most


def keys_of(form: UUID, team: CareTeam, people: Sequence[tuple[str, str]]) -> list[UUID]:
    """Return a key for each person of a form that invites: the same form, sent twice, has the same keys."""
    return [uuid5(form, f"{team.pk}\0{n}\0{label}\0{reference}") for n, (label, reference) in enumerate(people)]


def doubles(*, form: UUID, team: CareTeam, people: Sequence[tuple[str, str]], by: User) -> list[Patient]:
    """Return patients whom this nurse may see and who are likely one of these people: the same name or reference.

    Names are compared as `typed.fold` writes them. Patients whom the same form has made are left out. One query.
    """
    names = {typed.fold(label) for label, _ in people} - {""}
    references = {reference for _, reference in people} - {""}
    found = Patient.objects.visible_to(by).filter(Q(sort_key__in=names) | Q(reference__in=references))
    mine = found.exclude(invitation__in=keys_of(form, team, people)).exclude(label=ERASED)
    return list(mine.select_related("care_team", "user")[: DOUBLES + 1])


def invite(
    *,
    people: Sequence[tuple[str, str]],
    team: CareTeam,
    lessons: Collection[Lesson],
    due: date,
    form: UUID,
    treatment: str = "",
    language: str = "",
    ahead: bool = False,
    by: User,
    now: datetime,
) -> tuple[list[Patient], list[codes.Made]]:
    """Create a patient for each (label, reference), assign the lessons to them, and make an access code for each.

    `form` is the id of the submitted form. When the same form is submitted twice, the second call finds the same
    patients and makes new codes for them, so that a double click still shows valid codes. A patient who has already
    used a code keeps it and gets no new one. The number of queries does not depend on the number of people.

    `treatment` is the slug of the type of therapy of the pathway that the nurse chose, `language` the code of the
    language in which they read; both may be "". With `ahead`, nobody knows yet who gets which card (ruling 46).

    Return the patients, in the order of `people`, and the new codes.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # a second submit waits here for the first
        keys = keys_of(form, team, people)
        held = {p.invitation: p for p in Patient.objects.filter(invitation__in=keys).select_related("user")}
        wanted = {key: person for key, person in zip(keys, people, strict=True) if key not in held}
        guests = User.objects.create_guests(len(wanted), language)
        fresh = Patient.objects.bulk_create(
            Patient(user=guest, care_team=team, label=label, reference=reference, invitation=key, treatment=treatment)
            for guest, (key, (label, reference)) in zip(guests, wanted.items(), strict=True)
        )
        held |= {patient.invitation: patient for patient in fresh}
        audit.note_each(by=by, what="invited", patients=fresh, now=now)
        if fresh and lessons:
            assign(patients=fresh, lessons=lessons, due=due, note="", by=by, now=now)
        patients = [held[key] for key in keys]
        users = [patient.user for patient in patients if patient.ended_on is None]
        used = set(AccessCode.objects.filter(user__in=users, used__isnull=False).values_list("user", flat=True))
        wanting = [user for user in users if user.pk not in used]
        return patients, codes.make_many(users=wanting, by=by, now=now, ahead=ahead)


def new_cards(*, patients: Sequence[Patient], by: User, now: datetime) -> list[codes.Made]:
    """Make a new access code for each of these patients (read with `user`), as `codes.make` does for one.

    Whose record was closed meanwhile, who left, and who was moved to a team of others gets none.
    """
    with transaction.atomic():
        User.objects.lock_all(patient.user_id for patient in patients)
        still = Patient.objects.visible_to(by).current().filter(pk__in=[patient.pk for patient in patients])
        here = dict(still.values_list("pk", "user"))
        users = [patient.user for patient in patients if here.get(patient.pk) == patient.user_id]
        return codes.make_many(users=users, by=by, now=now)


def fingerprint(patient: Patient) -> str:
    """Return a text that differs if what `describe` saves differs; a form carries the one it was drawn from."""
    return seen.fingerprint(patient.label, patient.reference, patient.treatment)


def describe(
    *, patient: Patient, label: str, reference: str, treatment: str, drawn_from: str, by: User, now: datetime
) -> None:
    """Change a patient's label, reference and treatment; does nothing when all are the same as before.

    A card that was printed ahead counts as handed out once the patient is called something else (ruling 46).

    Raises `seen.Stale` with the patient as they are now, if somebody has changed that since the form was drawn. Raises
    `learners.Gone` when the patient left or erased their account, so that no name is stored for them again.
    """
    with learners.locked(patient.user_id):
        patient.refresh_from_db(fields=["label", "reference", "treatment"])
        named = (patient.label, patient.reference) != (label, reference)
        if not named and patient.treatment == treatment:
            return
        if drawn_from != fingerprint(patient):
            raise seen.Stale(patient)
        treated = patient.treatment != treatment
        patient.label, patient.reference, patient.treatment = label, reference, treatment
        patient.save(update_fields=["label", "sort_key", "reference", "treatment"])
        if named:
            AccessCode.objects.filter(user=patient.user_id, ahead=True).update(ahead=False, given=now)
            audit.note(by=by, what="renamed", now=now, patient=patient)
        if treated:
            audit.note(by=by, what="treatment.changed", now=now, patient=patient)


def close(*, patient: Patient, why: str, by: User, now: datetime) -> bool:
    """Close a patient's record and cancel their access code. Return False if the record was already closed.

    A closed record is not on the lists and gets no reminders, but its data is kept.
    """
    with transaction.atomic():
        learners.lock(patient.user_id)
        going_on = Patient.objects.filter(pk=patient.pk, ended_on=None)
        if not going_on.update(ended_on=patient.care_team.today(now), ended_why=why):
            return False
        codes.cancel(user=patient.user, by=by, now=now)
        audit.note(by=by, what="ended", now=now, patient=patient)
        return True


def reopen(*, patient: Patient, by: User, now: datetime) -> bool:
    """Reopen a patient's record, so that it is on the lists again. Return False if it was already open.

    The cancelled access code stays cancelled. Also return False when the patient left or erased their account: nobody
    uses the record any more, and no code could give access to it.
    """
    with transaction.atomic():
        here = learners.lock(patient.user_id)
        ended = Patient.objects.filter(pk=patient.pk, ended_on__isnull=False, user__in=here)
        if not ended.update(ended_on=None, ended_why=""):
            return False
        audit.note(by=by, what="taken.back", now=now, patient=patient)
        return True


@dataclass(frozen=True)
class Keys:
    """The keys that open a patient's record and may be somebody else's, because the card was lost."""

    codes: bool
    places: int  # where somebody is signed in now
    name: bool  # a sign-in name with its password
    email: bool


def keys_since(patient: Patient) -> Keys:
    """Return the keys that `lost` ends: the code, all sessions, and what was set since a nurse made the newest card.

    The audit log says when a name or an address was set. If it does not know, the key may be newer than the card.
    """
    user = patient.user
    card = user.codes.exclude(by=user).order_by("-made").first()

    def newer(what: str) -> bool:
        at = audit.last(who=user.pk, what=what)
        return card is None or at is None or at >= card.made

    return Keys(
        codes=user.codes.filter(cancelled=None).exists(),
        places=len(sessions.places(user)),
        name=user.username is not None and newer("key.name"),
        email=bool(user.email) and newer("key.email"),
    )


def lost(*, patient: Patient, by: User, now: datetime) -> None:
    """End the keys of `keys_since`. What the patient did stays. Raises `learners.Gone`."""
    with learners.locked(patient.user_id):
        user = patient.user
        user.refresh_from_db()  # after the lock
        keys = keys_since(patient)
        codes.cancel(user=user, by=by, now=now)
        sessions.end_all(user.pk)
        if keys.email:
            email_codes.take_away(user)
        if keys.name or user.username is None:  # a new password value also ends a session that begins at this moment
            user.username = None
            user.set_unusable_password()
            user.save(update_fields=["username", "password"])
        audit.note(by=by, what="card.lost", now=now, patient=patient)
