"""The list of staff, for IT: who may sign in, as what, and when they last did; and who changed what about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin.days import moment
from learn.people import audit, two_step
from learn.people import staff as people
from learn.people.models import AuditEvent, CareTeam, User
from learn.people.requests import StaffRequest
from quizzes.numbers import number

SEES = "people.view_user"
AWAY = timedelta(days=90)
PAGE = 50  # audit rows per page

Test = Callable[[User, datetime], bool]
# name in the address: (words, who is shown)
SHOWN: dict[str, tuple[str, Test]] = {
    "": ("All", lambda person, now: True),
    "never": ("Never signed in", lambda person, now: person.last_login is None),
    "away": ("Not here for 90 days", lambda person, now: is_away(person, now)),
    "disabled": ("Disabled", lambda person, now: not person.is_active),
}
SORTS: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "name": ("name", lambda row: str(row["person"]).casefold()),
    "role": ("role", lambda row: (row["role"], str(row["person"]).casefold())),
    "last": ("last sign-in", lambda row: row["person"].last_login or row["person"].date_joined),
}


def is_away(person: User, now: datetime) -> bool:
    """Return whether a person who could sign in has not done so for 90 days."""
    return person.is_active and person.last_login is not None and now - person.last_login > AWAY


def when(at: datetime | None, now: datetime) -> str:
    """Return a time in words, in the site's own time zone; "never" for None."""
    return moment(timezone.localtime(at), timezone.localdate(now)) if at else "never"


@require_safe
@permission_required(SEES, raise_exception=True)
def all_staff(request: StaffRequest) -> HttpResponse:
    """List all staff, also those who are disabled; `show` and `sort` choose which and in which order."""
    now = timezone.now()
    found = list(people.people())
    show, sort = request.GET.get("show", ""), request.GET.get("sort", "name")
    show, sort = show if show in SHOWN else "", sort if sort in SORTS else "name"
    factors = two_step.second_factors(found)
    rows = [row(person, factors, now) for person in found if SHOWN[show][1](person, now)]
    context = {
        "title": "Staff",
        "rows": sorted(rows, key=SORTS[sort][1]),
        "can_sign_in": sum(person.is_active for person in found),
        "all": len(found),
        "shows": [(key, words, sum(test(p, now) for p in found)) for key, (words, test) in SHOWN.items()],
        "sorts": [(key, words) for key, (words, _) in SORTS.items()],
        "show": show,
        "sort": sort,
    }
    return render(request, "admin/staff.html", context)


def row(person: User, factors: dict[int, bool], now: datetime) -> dict[str, Any]:
    """Return what the pages say about one of `people()`. `factors` is the result of `two_step.second_factors`."""
    return {
        "person": person,
        "role": people.role(person) or "No role",
        "teams": [member.care_team for member in getattr(person, "current", ())],
        "last": when(person.last_login, now),
        "two_step": ("On" if factors[person.pk] else "Off") if person.pk in factors else "–",
        "note": note(person, now),
    }


def note(person: User, now: datetime) -> str:
    """Return the one thing about this person's sign-in that IT should know, or ""."""
    if not person.is_active:
        return "Disabled"
    if waits := getattr(person, "one_time", None):
        return "One-time password waits" if waits.expires > now else "One-time password is too old"
    return "Not here for 90 days" if is_away(person, now) else ""


@require_safe
@permission_required(SEES, raise_exception=True)
def changes(request: StaffRequest) -> HttpResponse:
    """Show who changed what about staff, newest first. No row here is about a patient."""
    now = timezone.now()
    events = AuditEvent.objects.filter(person__isnull=False)
    after = number(request.GET.get("after", ""))
    last = events.filter(pk=after).first() if after else None
    if last:
        events = events.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    rows = list(events.order_by("-at", "-pk")[: PAGE + 1])
    page = rows[:PAGE]
    names = User.objects.filter(is_staff=True).in_bulk({pk for event in page for pk in (event.who, event.person)})
    teams = CareTeam.objects.in_bulk({event.team for event in page if event.team})
    context = {
        "title": "Who changed what",
        "rows": [_change(event, names, teams, now) for event in page],
        "first_page": last is None,
        "next_after": page[-1].pk if len(rows) > PAGE else None,
    }
    return render(request, "admin/changes.html", context)


def _change(event: AuditEvent, names: dict[int, User], teams: dict[int, CareTeam], now: datetime) -> dict[str, Any]:
    return {
        "at": when(event.at, now),
        "who": names.get(event.who, f"Person {event.who}"),
        "what": audit.WORDS.get(event.what, event.what),
        "whom": names.get(event.person or 0, f"Person {event.person}"),
        "team": teams.get(event.team or 0, ""),
    }
