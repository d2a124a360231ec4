"""Care teams: a lead adds and removes members, gives and removes the lead role, and moves patients.

A change takes effect at the next request, because each request reads the current memberships. A nurse who leads a team
has the role Lead nurse, any other nurse the role Nurse.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from learn.people import audit, roles
from learn.people.models import CareTeam, Membership, Patient, User


class LastLead(Exception):
    """Raised when a team would have no lead who can sign in. Nothing was changed."""


class NotHere(Exception):
    """Raised when one of the patients has just left the team. Nothing was changed."""


def add(*, team: CareTeam, nurse: User, by: User, now: datetime) -> bool:
    """Add this nurse to the team. Return False if they are already a member."""
    with transaction.atomic():
        _alone(team)
        if team.memberships.filter(nurse=nurse, ended=None).exists():
            return False
        Membership.objects.create(care_team=team, nurse=nurse, started=now)
        audit.note(by=by, what="member.added", team=team, now=now)
        return True


def remove(*, membership: Membership, by: User, now: datetime) -> None:
    """End a membership; the row is kept. A second call changes nothing. Raises LastLead."""
    with transaction.atomic():
        held = _held(membership)
        if held is None:
            return
        if held.lead:
            _another_lead(held)
        held.ended = now
        held.save(update_fields=["ended"])
        _role_follows(held.nurse)
        audit.note(by=by, what="member.removed", team=held.care_team, now=now)


def set_lead(*, membership: Membership, lead: bool, by: User, now: datetime) -> None:
    """Make a member a lead (`lead` is True), or a lead a plain member. Raises LastLead.

    A second call changes nothing, and an ended membership is not changed.
    """
    with transaction.atomic():
        held = _held(membership)
        if held is None or held.lead == lead:
            return
        if not lead:
            _another_lead(held)
        held.lead = lead
        held.save(update_fields=["lead"])
        _role_follows(held.nurse)
        audit.note(by=by, what="lead.made" if lead else "lead.unmade", team=held.care_team, now=now)


def move(*, patients: Collection[Patient], to: CareTeam, by: User, now: datetime) -> None:
    """Move these patients to another team. The audit log of both teams records it.

    Patients who are already in that team are skipped, so a second call changes nothing. The locks follow the one lock
    order (see `quizzes.learners`): first the users, by primary key, then the patients. The checks come after the locks.
    Raises NotHere if a patient is now in a third team, or if their record is closed.
    """
    with transaction.atomic():
        User.objects.lock_all(patient.user_id for patient in patients)
        keys = [patient.pk for patient in patients]
        found = {p.pk: p for p in Patient.objects.current().filter(pk__in=keys).order_by("pk").select_for_update()}
        if any(p.pk not in found or found[p.pk].care_team_id not in (p.care_team_id, to.pk) for p in patients):
            raise NotHere
        leaving = [p for p in found.values() if p.care_team_id != to.pk]
        audit.note_each(by=by, what="patient.left", patients=leaving, now=now)
        Patient.objects.filter(pk__in=[p.pk for p in leaving]).update(care_team=to)
        for patient in leaving:
            patient.care_team = to
        audit.note_each(by=by, what="patient.came", patients=leaving, now=now)


def _alone(team: CareTeam) -> None:
    """Lock this team's members until the transaction ends. Otherwise two leads could remove each other."""
    CareTeam.objects.select_for_update(no_key=True).get(pk=team.pk)


def _held(membership: Membership) -> Membership | None:
    _alone(membership.care_team)
    return Membership.objects.filter(pk=membership.pk, ended=None).select_related("nurse", "care_team").first()


def _another_lead(held: Membership) -> None:
    others = held.care_team.memberships.filter(ended=None, lead=True, nurse__is_active=True).exclude(pk=held.pk)
    if not others.exists():
        raise LastLead


def _role_follows(nurse: User) -> None:
    leads = nurse.memberships.filter(ended=None, lead=True).exists()
    new, old = (roles.LEAD, roles.NURSE) if leads else (roles.NURSE, roles.LEAD)
    nurse.groups.remove(Group.objects.get(name=old))
    nurse.groups.add(Group.objects.get(name=new))
