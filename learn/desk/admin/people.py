"""One member of staff, for IT: add, change role and teams, disable and enable, hand out a one-time password.

A new one-time password is shown once, as cards are (`codes.py`): a signed cookie of IT's browser carries it for two
minutes from the POST that makes it to the page that shows it. The database has its hash only.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from learn.desk.admin.staff import row, when
from learn.desk.it_forms import PersonForm, RoleForm
from learn.people import names, staff, teams, two_step
from learn.people.again import asked_again
from learn.people.models import CareTeam, OneTimePassword, User
from learn.people.requests import StaffRequest

SEES, ADDS, CHANGES = "people.view_user", "people.add_user", "people.change_user"
COOKIE = "__Host-slip" if settings.HTTPS else "slip"
SALT = "learn.desk.admin.people"
SECONDS = 120
WHY = {
    staff.Oneself: "That cannot be done to oneself. Another IT person can do it.",
    staff.LastIT: "Nobody else can do IT’s work. Give another person the role IT first.",
    staff.Stale: "Somebody else changed this person a moment ago. Open this page again and look at it first.",
    staff.Disabled: "This person is disabled. Let them in again first, then make a one-time password.",
}


def _offered(person: User | None = None) -> list[CareTeam]:
    """Return the teams to tick: those that work, and those in which this person is."""
    found = CareTeam.objects.working()
    if person:
        found |= CareTeam.objects.filter(memberships__in=person.memberships.filter(ended=None))
    return list(found.distinct().order_by("name"))


def _find(pk: int) -> User:
    return get_object_or_404(staff.people(), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required([SEES, ADDS], raise_exception=True)
@asked_again()
def add(request: StaffRequest) -> HttpResponse:
    """Ask for name, sign-in name, role and teams; POST adds the person and redirects to the one-time password."""
    form = PersonForm(request.POST if request.method == "POST" else None, offered=_offered())
    if request.method == "POST" and form.is_valid():
        try:
            return _show(staff.add(by=request.user, now=timezone.now(), **form.cleaned_data))
        except staff.Taken:
            form.add_error("username", "Someone has that sign-in name already. Choose another")
    return render(request, "admin/person_add.html", {"title": "Add a person", "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required([SEES, CHANGES], raise_exception=True)
@asked_again()
def person(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one person; POST changes role and teams."""
    now, found = timezone.now(), _find(pk)
    held = [str(member.care_team_id) for member in getattr(found, "current", ())]
    before = {"role": staff.role(found), "care_teams": held, "seen": staff.fingerprint(found)}
    form = RoleForm(request.POST if request.method == "POST" else None, offered=_offered(found), initial=before)
    if request.method == "POST" and form.is_valid():
        try:
            staff.set_role(person=found, by=request.user, now=now, **form.cleaned_data)
            messages.success(request, f"{_said(found)}: role and teams are saved.")
            return redirect("admin:people_user_change", pk)
        except teams.LastLead:
            form.add_error(
                None, f"{_said(found)} is the only lead of one of these teams. Make somebody else its lead first"
            )
        except staff.Refused as why:
            form.add_error(None, WHY[type(why)])
    context = row(found, two_step.second_factors([found]), now) | {
        "title": _said(found),
        "form": form,
        "oneself": found.pk == request.user.pk,
        "added": when(found.date_joined, now),
    }
    return render(request, "admin/person.html", context)


@require_POST
@permission_required([SEES, CHANGES], raise_exception=True)
@asked_again(back="admin:people_user_change")
def disable(request: StaffRequest, pk: int) -> HttpResponse:
    """Disable a person's sign-in, or enable it again; the POST value `do` says which."""
    found = _find(pk)
    who: dict[str, Any] = {"person": found, "by": request.user, "now": timezone.now()}
    try:
        match request.POST.get("do"):
            case "disable":
                left = staff.disable(**who)
                messages.success(request, f"{_said(found)} is signed out everywhere and cannot sign in any more.")
                for team in left:
                    messages.warning(request, f"{_said(team)} has no lead now. Choose one on the page of the team.")
            case "enable":
                staff.enable(**who)
                messages.success(request, f"{_said(found)} can sign in again, with the same password as before.")
            case _:
                messages.warning(request, "Nothing has changed. Press one of the buttons.")
    except staff.Refused as why:
        messages.warning(request, WHY[type(why)])
    return redirect("admin:people_user_change", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required([SEES, CHANGES], raise_exception=True)
@asked_again()
def new_password(request: StaffRequest, pk: int) -> HttpResponse:
    """Explain what a new one-time password does; POST makes it and redirects to the page that shows it once."""
    found = _find(pk)
    if found.pk == request.user.pk:
        return redirect("admin:password")  # one's own is changed there
    if request.method == "POST":
        try:
            return _show(staff.new_password(person=found, by=request.user, now=timezone.now()))
        except staff.Refused as why:
            messages.warning(request, WHY[type(why)])
            return redirect("admin:people_user_change", pk)
    title = f"One-time password for {_said(found)}"
    return render(request, "admin/person_password.html", {"title": title, "person": found})


def _show(made: staff.Password) -> HttpResponse:
    response = redirect("admin:people_user_slip", made.person.pk)
    value = signing.dumps([made.person.pk, made.made.timestamp(), made.text], salt=SALT)
    response.set_cookie(COOKIE, value, max_age=SECONDS, secure=settings.HTTPS, httponly=True, samesite="Lax")
    return response


@require_safe
@permission_required([SEES, CHANGES], raise_exception=True)
def slip(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a new one-time password, to print; on a second visit, say that it cannot be shown again."""
    found, now = _find(pk), timezone.now()
    waits = OneTimePassword.objects.filter(user=found, expires__gt=now).first()
    context: dict[str, Any] = {
        "title": f"One-time password for {_said(found)}",
        "text": _opened(request, waits) if waits else "",
        "site": settings.PUBLIC_URL.partition("://")[2] + reverse("admin:index"),
        "until": when(waits.expires, now) if waits else "",
    }
    response = render(request, "admin/slip.html", row(found, {}, now) | context)
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


def _opened(request: StaffRequest, waits: OneTimePassword) -> str:
    """Return the password of the cookie, if it is the one that this person has now."""
    try:
        pk, made, text = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return ""
    return str(text) if (pk, made) == (waits.user_id, waits.made.timestamp()) else ""


def _said(typed: object) -> str:
    """Return a name, to be put into a sentence."""
    return names.isolated(str(typed))
