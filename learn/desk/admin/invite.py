"""Invite one patient or several: one form, then the invitations to print."""

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
    """Ask for the label, the lessons and the due date; POST creates the patient and redirects to the invitation."""
    return _invite(request, InviteForm, "Invite a patient")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def invite_many(request: StaffRequest) -> HttpResponse:
    """Create several invitations at once, for patients whose names are added later."""
    return _invite(request, InviteManyForm, "Cards for many patients")


def _invite(request: StaffRequest, form_class: type[InviteForm] | type[InviteManyForm], title: str) -> HttpResponse:
    now = timezone.now()
    mine = {"memberships__nurse": request.user.pk, "memberships__ended": None}
    teams = list(CareTeam.objects.working().filter(**mine).order_by("name"))
    many = form_class is InviteManyForm
    context = {"title": title, "many": many, "teams": teams}
    if not teams:
        return render(request, "admin/invite.html", context)
    # The teams may be in time zones with different dates: use the earliest, so that no valid due date is refused.
    today = min(team.today(now) for team in teams)
    form = form_class(request.POST if request.method == "POST" else None, teams=teams, today=today)
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("team", "lessons", "due", "form", "treatment")}
        patients, made = actions.invite(people=form.people(), by=request.user, now=now, **asked)
        return show(patients, made, labelled=many)
    return render(request, "admin/invite.html", context | {"form": form})
