"""Care teams: IT makes them; a lead adds and removes members, gives and removes the lead role, and moves patients.

A change takes effect at the next request, because each request reads the current memberships. A nurse who leads a team
has the role Lead nurse, any other nurse the role Nurse.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from learn.people import audit, rate_limits, roles, seen
from learn.people.models import CareTeam, Membership, Patient, User

# What a form may change, and the words of the audit log for it.
SETTINGS = {
    "name": "team.renamed",
    "day_phone": "team.numbers",
    "night_phone": "team.numbers",
    "fever": "team.fever",
    "zone": "team.zone",
}


class NameTaken(Exception):
    """Raised when another care team has this name. Nothing was changed."""


class NotEmpty(Exception):
    """Raised when a team with open patient records would be closed. Nothing was changed."""


class LastLead(Exception):
    """Raised when a team would have no lead who can sign in. Nothing was changed."""


class NotHere(Exception):
    """Raised when one of the patients has just left the team. Nothing was changed."""


def make(*, lead: User | None, called: bool, by: User, now: datetime, **settings: str) -> CareTeam:
    """Create a care team with these SETTINGS, and its first lead if one is given. Raises NameTaken."""
    with transaction.atomic():
        _name_is_free(settings["name"])
        team = CareTeam.objects.create(**settings)
        audit.note(by=by, what="team.made", team=team, now=now)
        if called:
            _note_called(team, by, now)
        if lead:
            make_lead(team=team, nurse=lead, by=by, now=now)
        return team


def fingerprint(team: CareTeam) -> str:
    """Return a text that differs if one of the team's settings differs: a form carries the one it was opened with."""
    return seen.fingerprint(*(getattr(team, name) for name in SETTINGS))


def change(*, team: CareTeam, drawn_from: str, called: bool, by: User, now: datetime, **settings: str) -> bool:
    """Change some SETTINGS of a team. Return False if they were so already, as when a form is sent twice.

    A new number has not been called yet, unless `called` says so. Raises `seen.Stale` and NameTaken.
    """
    with transaction.atomic():
        held = _alone(team)
        changed = [name for name, value in settings.items() if getattr(held, name) != value]
        if changed and drawn_from != fingerprint(held):
            raise seen.Stale(held)
        if "name" in changed:
            _name_is_free(settings["name"], but=held)
        for name in changed:
            setattr(held, name, settings[name])
        words = [SETTINGS[name] for name in changed]
        if "team.numbers" in words:
            held.called = held.called_by = None
        held.save(update_fields=[*changed, "called", "called_by"])
        for what in dict.fromkeys(words):
            audit.note(by=by, what=what, team=held, now=now)
        if called:
            _note_called(held, by, now)
        return bool(changed or called)


def _note_called(team: CareTeam, by: User, now: datetime) -> None:
    team.called, team.called_by = now, by
    team.save(update_fields=["called", "called_by"])
    audit.note(by=by, what="team.called", team=team, now=now)


def _name_is_free(name: str, but: CareTeam | None = None) -> None:
    rate_limits.one_at_a_time("care team", name.casefold())
    same = CareTeam.objects.filter(name__iexact=name)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise NameTaken


def close(*, team: CareTeam, by: User, now: datetime) -> None:
    """Close a team: nobody is invited or moved into it. Its members still see its records. Raises NotEmpty.

    A second call changes nothing.
    """
    with transaction.atomic():
        held = _alone(team)
        if held.closed:
            return
        if Patient.objects.current().filter(care_team=held).exists():
            raise NotEmpty
        held.closed = now
        held.save(update_fields=["closed"])
        audit.note(by=by, what="team.closed", team=held, now=now)


def open_again(*, team: CareTeam, by: User, now: datetime) -> None:
    """Open a closed team again. A second call changes nothing."""
    with transaction.atomic():
        held = _alone(team)
        if held.closed:
            held.closed = None
            held.save(update_fields=["closed"])
            audit.note(by=by, what="team.opened", team=held, now=now)


def make_lead(*, team: CareTeam, nurse: User, by: User, now: datetime) -> None:
    """Make a nurse a lead of this team, and a member if they are none. A second call changes nothing."""
    with transaction.atomic():
        add(team=team, nurse=nurse, by=by, now=now)
        found = team.memberships.select_related("nurse", "care_team").get(nurse=nurse, ended=None)
        set_lead(membership=found, lead=True, by=by, now=now)


def add(*, team: CareTeam, nurse: User, by: User, now: datetime) -> bool:
    """Add this nurse to the team. Return False if they are already a member."""
    with transaction.atomic():
        _alone(team)
        if team.memberships.filter(nurse=nurse, ended=None).exists():
            return False
        Membership.objects.create(care_team=team, nurse=nurse, started=now)
        audit.note(by=by, what="member.added", team=team, person=nurse, now=now)
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
        audit.note(by=by, what="member.removed", team=held.care_team, person=held.nurse, now=now)


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
        what = "lead.made" if lead else "lead.unmade"
        audit.note(by=by, what=what, team=held.care_team, person=held.nurse, now=now)


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


def _alone(team: CareTeam) -> CareTeam:
    """Lock this team until the transaction ends, and return its row. Otherwise two leads could remove each other."""
    return CareTeam.objects.select_for_update(no_key=True).get(pk=team.pk)


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
