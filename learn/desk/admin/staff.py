"""The list of staff, for IT: who may sign in, as what, and when they last did; and who changed what about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn import typed
from learn.desk.admin import pages
from learn.desk.admin.days import moment
from learn.desk.admin.find import LONGEST, has
from learn.people import audit, two_step
from learn.people import staff as people
from learn.people.models import AuditEvent, CareTeam, User
from learn.people.requests import StaffRequest
from learn.people.sort_key import BY_NAME
from quizzes.numbers import number

SEES = "people.view_user"
AWAY = timedelta(days=90)
PAGE = 50  # audit rows per page

# name in the address: (words, who is shown)
SHOWN: dict[str, tuple[str, Callable[[datetime], Q]]] = {
    "": ("All", lambda now: Q()),
    "never": ("Never signed in", lambda now: Q(last_login=None)),
    "away": ("Not here for 90 days", lambda now: Q(is_active=True, last_login__lt=now - AWAY)),
    "disabled": ("Disabled", lambda now: Q(is_active=False)),
}
# name in the address: (words, what comes first)
SORTS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "name": ("name", ()),
    "role": ("role", (people.ROLE,)),
    "last": ("last sign-in", (Coalesce("last_login", "date_joined"),)),
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
    """List all staff, also those who are disabled: `?q=` words of a name, `?show=`, `?sort=`, `?after=` so many."""
    now, wish = timezone.now(), request.GET
    show, sort = wish.get("show", ""), wish.get("sort", "name")
    show, sort = show if show in SHOWN else "", sort if sort in SORTS else "name"
    found, query = people.people(), wish.get("q", "")[:LONGEST].strip()
    if query:
        found = found.filter(pk__in=_named(query))
    tests = {f"n_{key}": Count("pk", filter=test(now)) for key, (_, test) in SHOWN.items()}
    counts = found.aggregate(can=Count("pk", filter=Q(is_active=True)), **tests)
    part = pages.part(wish, counts[f"n_{show}"])
    shown = found.filter(SHOWN[show][1](now)).order_by(*SORTS[sort][1], BY_NAME, "pk")
    page = list(shown[part.start : part.end])
    factors = two_step.second_factors(page)
    context = {
        "title": "Staff",
        "rows": [row(person, factors, now) for person in page],
        "part": part,
        "can_sign_in": counts["can"],
        "all": counts["n_"],
        "shows": [(key, words, counts[f"n_{key}"]) for key, (words, _) in SHOWN.items()],
        "sorts": [(key, words) for key, (words, _) in SORTS.items()],
        "show": show,
        "sort": sort,
        "query": query,
    }
    return render(request, "admin/staff.html", context)


def _named(query: str) -> list[int]:
    """Return the staff whose name and sign-in name together contain all these words."""
    words = typed.fold(query).split()
    names = User.objects.filter(is_staff=True).values_list("pk", "first_name", "last_name", "username")
    return [pk for pk, *texts in names if has(" ".join(text for text in texts if text), words)]


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
