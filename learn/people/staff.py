"""Staff: add a person, change role and teams, disable and enable, make a one-time password. IT does all of it.

IT never sees a patient here: a person's teams are names. Nobody changes their own role, and the last person who can do
IT's work stays, so that a hospital cannot lock itself out. Every act is in the audit log with the person it is about.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Case, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from learn.people import audit, passwords, rate_limits, roles, sessions, teams
from learn.people.models import CareTeam, Membership, User

ALL = (roles.NURSE, roles.LEAD, roles.EDUCATOR, roles.REVIEWER, roles.IT)
IN_TEAMS = (roles.NURSE, roles.LEAD)
AGAIN = timedelta(minutes=1)  # the same form within this time is a double click

# `role(person)` in the database, to sort by; here "No role" for none.
_HELD = Case(*[When(name=name, then=n) for n, name in enumerate(ALL)])
_ROLES = Group.objects.filter(user=OuterRef("pk"), name__in=ALL).order_by(_HELD.desc()).values("name")
ROLE = Coalesce(Subquery(_ROLES[:1]), Value("No role"))


class Refused(Exception):
    """Raised when something cannot be done to this person. Nothing was changed."""


class LastIT(Refused):
    """Raised when nobody would be left who can do IT's work."""


class Oneself(Refused):
    """Raised for one's own role, sign-in or one-time password: another IT person does that."""


class Taken(Refused):
    """Raised when somebody has the sign-in name already."""


class Stale(Refused):
    """Raised when somebody else changed the person's role or teams after the form was opened."""


class Disabled(Refused):
    """Raised when a disabled person would get a password."""


@dataclass(frozen=True)
class Password:
    """A new one-time password, in the only moment in which it can be read."""

    person: User
    text: str
    made: datetime
    expires: datetime


def people() -> QuerySet[User]:
    """Return all staff, also disabled ones, by name, with their roles, current teams and one-time password."""
    now = Membership.objects.filter(ended=None).select_related("care_team").order_by("care_team__name")
    found = User.objects.filter(is_staff=True).select_related("one_time")
    current = Prefetch("memberships", now, to_attr="current")
    return found.prefetch_related("groups", current).order_by("first_name", "last_name", "username")


def role(person: User) -> str:
    """Return the role of a member of staff, or "" for none. The roles of `people()` are read already."""
    held = {group.name for group in person.groups.all()}
    return next((name for name in reversed(ALL) if name in held), "")


def fingerprint(person: User) -> str:
    """Return a text that differs if role or teams differ: a form carries the one it was opened with."""
    current = person.memberships.filter(ended=None).order_by("care_team_id").values_list("care_team_id", flat=True)
    return "-".join([str(ALL.index(held)) if (held := role(person)) else "", *map(str, current)])


def it_people() -> QuerySet[User]:
    """Return everybody who can do IT's work now."""
    does = Q(pk__in=User.objects.filter(groups__name=roles.IT).values("pk")) | Q(is_superuser=True)
    return User.objects.filter(does, is_active=True, is_staff=True)


def add(
    *, name: str, username: str, role: str, care_teams: Collection[CareTeam], by: User | None, now: datetime
) -> Password:
    """Create a member of staff with a one-time password. Without `by`, they add themselves (`make_admin`).

    If the same form is sent twice, the second call makes a new password for the same person: the browser shows only
    the second response. Raises Taken.
    """
    text = passwords.make()
    hashed = make_password(text)
    with transaction.atomic():
        rate_limits.one_at_a_time("sign-in name", username)
        person = User.objects.filter(username=username).first()
        if person is None:
            person = User.objects.create(
                username=username, first_name=name, is_staff=True, password=hashed, date_joined=now
            )
            audit.note(by=by or person, what="staff.added", person=person, now=now)
            _give(person, role, care_teams, by or person, now)
        elif by is None or not _just_added(person, name, by, now):
            raise Taken
        row = passwords.hand_out(user=person, hashed=hashed, by=by or person, now=now)
    return Password(person, text, row.made, row.expires)


def _just_added(person: User, name: str, by: User, now: datetime) -> bool:
    made = passwords.waiting(person)
    same = person.is_staff and person.first_name == name and person.last_login is None
    return same and made is not None and made.by_id == by.pk and now - made.made < AGAIN


def set_role(*, person: User, role: str, care_teams: Collection[CareTeam], seen: str, by: User, now: datetime) -> None:
    """Give a person this role and exactly these teams; roles other than the nurses' have none.

    A lead nurse leads the teams that are new, and all of them if there is none that she leads. `seen` is the
    fingerprint from when the form was opened; the same form sent twice changes nothing the second time. Raises Oneself,
    LastIT, Stale, and teams.LastLead if a team would lose its only lead.
    """
    with transaction.atomic():
        held = _hold(person, by)
        wanted = "-".join([str(ALL.index(role)), *map(str, sorted(team.pk for team in care_teams))])
        if (is_now := fingerprint(held)) != seen:
            if is_now == wanted:
                return
            raise Stale
        if role != roles.IT:
            _another(held)
            held.is_superuser = False
            held.save(update_fields=["is_superuser"])
        _give(held, role, care_teams, by, now)
        audit.note(by=by, what="staff.role", person=held, now=now)


def _give(person: User, role: str, care_teams: Collection[CareTeam], by: User, now: datetime) -> None:
    wanted = {team.pk: team for team in care_teams} if role in IN_TEAMS else {}
    current = {m.care_team_id: m for m in person.memberships.filter(ended=None).select_related("care_team", "nurse")}
    for pk in sorted({*wanted, *current}):  # one order of locks for everybody
        if pk not in wanted:
            teams.remove(membership=current[pk], by=by, now=now)
        elif pk not in current:
            teams.add(team=wanted[pk], nurse=person, by=by, now=now)
        elif role == roles.NURSE:
            teams.set_lead(membership=current[pk], lead=False, by=by, now=now)
    if role == roles.LEAD:
        keeps = any(m.lead for pk, m in current.items() if pk in wanted)
        for member in (
            person.memberships.filter(ended=None).select_related("care_team", "nurse").order_by("care_team_id")
        ):
            if not keeps or member.care_team_id not in current:
                teams.set_lead(membership=member, lead=True, by=by, now=now)
    person.groups.set([Group.objects.get(name=role)])


def disable(*, person: User, by: User, now: datetime) -> list[CareTeam]:
    """Disable a person's sign-in and end all their sessions. Return the teams that have no lead now.

    It is never refused because of a team: who must not sign in any more must not sign in any more. Raises Oneself and
    LastIT. A second call changes nothing.
    """
    with transaction.atomic():
        held = _hold(person, by)
        if held.is_active:
            _another(held)
            held.is_active = False
            held.save(update_fields=["is_active"])
            audit.note(by=by, what="staff.disabled", person=held, now=now)
        sessions.end_all(held.pk)
        led = CareTeam.objects.working().filter(memberships__in=held.memberships.filter(ended=None, lead=True))
        others = Membership.objects.filter(ended=None, lead=True, nurse__is_active=True)
        return list(led.exclude(pk__in=others.values("care_team")).order_by("name"))


def enable(*, person: User, by: User, now: datetime) -> None:
    """Let a disabled person sign in again, with the password, role and teams from before. Raises Oneself."""
    with transaction.atomic():
        held = _hold(person, by)
        if not held.is_active:
            held.is_active = True
            held.save(update_fields=["is_active"])
            audit.note(by=by, what="staff.enabled", person=held, now=now)


def new_password(*, person: User, by: User | None, now: datetime) -> Password:
    """Replace a person's password by a one-time password, and end all their sessions. Raises Oneself and Disabled.

    Without `by` (`make_admin`), the person made it themselves.
    """
    text = passwords.make()
    hashed = make_password(text)
    with transaction.atomic():
        held = _hold(person, by)
        if not held.is_active:
            raise Disabled
        row = passwords.hand_out(user=held, hashed=hashed, by=by or held, now=now)
        audit.note(by=by or held, what="staff.password", person=held, now=now)
    return Password(held, text, row.made, row.expires)


def _hold(person: User, by: User | None) -> User:
    """Lock this person and all IT people, by primary key, so that two of them cannot disable each other."""
    if by is not None and person.pk == by.pk:
        raise Oneself
    keys = {person.pk, *it_people().values_list("pk", flat=True)}
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    return next(row for row in rows if row.pk == person.pk)


def _another(held: User) -> None:
    """Raise LastIT if this person is the only one who can do IT's work."""
    everyone = it_people()
    if everyone.filter(pk=held.pk).exists() and not everyone.exclude(pk=held.pk).exists():
        raise LastIT
