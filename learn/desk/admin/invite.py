"""Invite a patient, or many: one form, then the invitations to print."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learn.desk import actions
from learn.desk.admin.codes import show
from learn.desk.forms import InviteForm, InviteManyForm
from learn.people.models import CareTeam
from learn.people.requests import StaffRequest

MAY = ("people.add_patient", "people.add_accesscode", "assignments.add_assignment")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def invite(request: StaffRequest) -> HttpResponse:
    """Ask who it is, which lessons, by when; POST makes the patient and leads to the invitation."""
    return _invite(request, InviteForm, "Invite a patient")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def invite_many(request: StaffRequest) -> HttpResponse:
    """Make several invitations at once, for patients whose names come later."""
    return _invite(request, InviteManyForm, "Cards for many patients")


def _invite(request: StaffRequest, form_class: type[InviteForm] | type[InviteManyForm], title: str) -> HttpResponse:
    now = timezone.now()
    teams = list(CareTeam.objects.filter(memberships__nurse=request.user.pk, memberships__ended=None).order_by("name"))
    many = form_class is InviteManyForm
    context = {"title": title, "many": many, "teams": teams}
    if not teams:
        return render(request, "admin/invite.html", context)
    # Members of two teams in two time zones: a day counts while it lasts anywhere among them.
    today = min(team.today(now) for team in teams)
    form = form_class(request.POST if request.method == "POST" else None, teams=teams, today=today)
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("team", "lessons", "due", "form")}
        patients, made = actions.invite(people=form.people(), by=request.user, now=now, **asked)
        return show(patients, made, labelled=many)
    return render(request, "admin/invite.html", context | {"form": form})
