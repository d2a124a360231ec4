"""Care teams, for their leads: manage members and leads, and move patients to another team."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from learn.desk import zones
from learn.desk.forms import MemberForm, MoveForm
from learn.people import audit, teams
from learn.people.again import asked_again
from learn.people.models import CareTeam, Membership, User
from learn.people.names import isolated, stopped
from learn.people.requests import StaffRequest

LEADS = "people.change_membership"


def led(request: StaffRequest, pk: int) -> CareTeam:
    """Return a team that this person leads now; 404 for any other team."""
    return get_object_or_404(CareTeam.objects.led_by(request.user), pk=pk)


@require_safe
@permission_required(LEADS, raise_exception=True)
def all_teams(request: StaffRequest) -> HttpResponse:
    """List the teams that this person leads."""
    found = CareTeam.objects.led_by(request.user).order_by("name")
    return render(request, "admin/teams.html", {"title": "Care teams", "teams": found})


@require_safe
@permission_required(LEADS, raise_exception=True)
def team(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a team's members, and its patients when they can be moved to another team that this person leads."""
    return _draw(request, led(request, pk), MemberForm())


def _draw(request: StaffRequest, care_team: CareTeam, form: MemberForm, move: MoveForm | None = None) -> HttpResponse:
    now, user = timezone.now(), request.user
    move = move or MoveForm(care_team=care_team, by=user)
    if move.can_move:
        audit.note_list(by=user, what="list.seen", patients=move.patients.values(), now=now)
    members = care_team.memberships.filter(ended=None).select_related("nurse").order_by("nurse__username")
    context = {
        "title": isolated(care_team.name),
        "team": care_team,
        "zone": zones.words(care_team.zone),
        "members": members,
        "form": form,
        "move": move,
        "wrong": form if form.errors else move,
    }
    return render(request, "admin/team.html", context)


def _as(who: User | CareTeam) -> str:
    return isolated(str(who))


@require_POST
@permission_required(LEADS, raise_exception=True)
@asked_again(back="admin:people_careteam_change")
def add(request: StaffRequest, pk: int) -> HttpResponse:
    """Add a nurse to the team by sign-in name."""
    care_team, form = led(request, pk), MemberForm(request.POST)
    if not form.is_valid():
        return _draw(request, care_team, form)
    nurse: User = form.cleaned_data["name"]
    if teams.add(team=care_team, nurse=nurse, by=request.user, now=timezone.now()):
        messages.success(request, f"{_as(nurse)} works in {_as(care_team)} now.")
    else:
        messages.info(request, f"{_as(nurse)} works in {_as(care_team)} already.")
    return redirect("admin:people_careteam_change", pk)


@require_POST
@permission_required(LEADS, raise_exception=True)
@asked_again(back="admin:people_careteam_change")
def member(request: StaffRequest, pk: int, membership: int) -> HttpResponse:
    """Remove a member, make a member a lead, or make a lead a member; the POST value `do` says which."""
    care_team = led(request, pk)
    found = get_object_or_404(Membership.objects.select_related("nurse", "care_team"), pk=membership, care_team=pk)
    who: dict[str, Any] = {"membership": found, "by": request.user, "now": timezone.now()}
    try:
        match request.POST.get("do"):
            case "remove":
                teams.remove(**who)
                messages.success(request, stopped(f"{_as(found.nurse)} no longer works in {_as(care_team)}"))
            case "lead":
                teams.set_lead(lead=True, **who)
                messages.success(request, f"{_as(found.nurse)} leads {_as(care_team)} too.")
            case "unlead":
                teams.set_lead(lead=False, **who)
                messages.success(request, stopped(f"{_as(found.nurse)} no longer leads {_as(care_team)}"))
            case _:
                messages.warning(request, "Nothing has changed. Press one of the buttons beside a name.")
    except teams.LastLead:
        only = f"{_as(found.nurse)} is the only lead of {_as(care_team)}. Make somebody else a lead first."
        messages.warning(request, only)
    still = CareTeam.objects.led_by(request.user).filter(pk=pk).exists()
    return redirect("admin:people_careteam_change", pk) if still else redirect("admin:index")


@require_POST
@permission_required(LEADS, raise_exception=True)
def move(request: StaffRequest, pk: int) -> HttpResponse:
    """Move the ticked patients to another team that this person leads."""
    care_team, user = led(request, pk), request.user
    form = MoveForm(request.POST, care_team=care_team, by=user)
    if not form.is_valid():
        return _draw(request, care_team, MemberForm(), form)
    patients, to = form.cleaned_data["patient"], form.cleaned_data["to"]
    try:
        teams.move(patients=patients, to=to, by=user, now=timezone.now())
    except teams.NotHere:
        form = MoveForm(request.POST, care_team=care_team, by=user)  # reads the list again, names who has left it
        return _draw(request, care_team, MemberForm(), form)
    n = len(patients)
    messages.success(request, stopped(f"{patients[0].name if n == 1 else f'{n} patients'} moved to {_as(to)}"))
    return redirect("admin:people_careteam_change", pk)
