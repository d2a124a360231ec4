"""Invite one patient or several: one form, then the invitations to print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learn.desk import actions
from learn.desk.admin.codes import Mark, page, show
from learn.desk.invite_forms import InviteForm, InviteManyForm, InviteNamesForm, LessonsForm
from learn.people import audit
from learn.people.models import CareTeam, Patient
from learn.people.requests import StaffRequest

ASKED = ("team", "lessons", "due", "form", "treatment", "language")
MAY = ("people.add_patient", "people.add_accesscode", "assignments.add_assignment")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def invite(request: StaffRequest) -> HttpResponse:
    """Ask for the label, the lessons and the due date; POST creates the patient and redirects to the invitation."""
    return _invite(request, InviteForm, "Invite a patient")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def invite_many(request: StaffRequest) -> HttpResponse:
    """Create several invitations at once, for patients whose names are added later."""
    return _invite(request, InviteManyForm, "Cards for many patients")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def invite_names(request: StaffRequest) -> HttpResponse:
    """Invite all patients of a list. POST first says what it would do; sent again, it shows the invitations at once.

    There are too many codes for the cookie of `codes.show`, so this POST has no redirect. Sent twice, it finds the same
    patients and makes new codes.
    """
    now = timezone.now()
    teams = _teams(request)
    context: dict[str, Any] = {"title": "Cards from a list of names", "names": True, "teams": teams}
    if not teams:
        return render(request, "admin/invite.html", context)
    sent = request.method == "POST"
    form = InviteNamesForm(
        request.POST if sent else None, request.FILES if sent else None, teams=teams, today=_today(teams, now)
    )
    if sent and form.is_valid() and form.settles(_doubles(request, form), now):
        if form.is_checked():
            asked = {name: form.cleaned_data[name] for name in ASKED}
            patients, made = actions.invite(people=form.people(), by=request.user, now=now, **asked)
            audit.note_list(by=request.user, what="cards.seen", patients=patients, now=now)
            opened = {m.code.pk: (m.letters, m.token) for m in made}
            return page(request, patients, opened, now=now, mark=Mark.NUMBER)
        context["rows"] = form.cleaned_data["rows"]
    return render(request, "admin/invite.html", context | {"form": form})


def _teams(request: StaffRequest) -> list[CareTeam]:
    mine = {"memberships__nurse": request.user.pk, "memberships__ended": None}
    return list(CareTeam.objects.working().filter(**mine).order_by("name"))


def _today(teams: Sequence[CareTeam], now: datetime) -> date:
    """Return the earliest date of these teams, so that no valid due date is refused: their time zones may differ."""
    return min(team.today(now) for team in teams)


def _invite(request: StaffRequest, form_class: type[InviteForm] | type[InviteManyForm], title: str) -> HttpResponse:
    now = timezone.now()
    teams = _teams(request)
    many = form_class is InviteManyForm
    context = {"title": title, "many": many, "teams": teams}
    if not teams:
        return render(request, "admin/invite.html", context)
    form = form_class(request.POST if request.method == "POST" else None, teams=teams, today=_today(teams, now))
    if request.method == "POST" and form.is_valid() and form.settles(_doubles(request, form), now):
        asked = {name: form.cleaned_data[name] for name in ASKED}
        patients, made = actions.invite(people=form.people(), by=request.user, now=now, ahead=many, **asked)
        return show(patients, made, mark=Mark.LABEL if many else Mark.NONE)
    return render(request, "admin/invite.html", context | {"form": form})


def _doubles(request: StaffRequest, form: LessonsForm) -> list[Patient]:
    """Return the patients who are likely the same as those to invite. Who is named to the nurse is noted as seen."""
    asked = {name: form.cleaned_data[name] for name in ("form", "team")}
    found = actions.doubles(people=form.people(), by=request.user, **asked)
    if not form.cleaned_data["another"]:
        audit.note_list(by=request.user, what="list.seen", patients=found[: actions.DOUBLES], now=timezone.now())
    return found
