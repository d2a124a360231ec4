"""Care teams, for IT: make, change, close. A lead nurse changes the phone numbers and the fever number of her own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from learn import typed
from learn.desk import zones
from learn.desk.admin import pages
from learn.desk.admin.find import LONGEST, has
from learn.desk.admin.staff import when
from learn.desk.admin.team import LEADS, led
from learn.desk.it_forms import NumbersForm, TeamForm
from learn.people import audit, names, roles, seen, teams
from learn.people.models import AuditEvent, CareTeam, Membership, Phones, User
from learn.people.requests import StaffRequest
from learn.people.sort_key import CLOSED_LAST

ADDS, CHANGES = "people.add_careteam", "people.change_careteam"
TAKEN = "There is a care team with this name already. Choose another"
SHOWN = 10  # changes on a team's page


def nurses() -> list[User]:
    """Return the nurses who can sign in, by name."""
    found = User.objects.filter(is_active=True, is_staff=True, groups__name__in=[roles.NURSE, roles.LEAD])
    return list(found.distinct().order_by("first_name", "last_name", "username"))


@require_safe
@permission_required(CHANGES, raise_exception=True)
def all_teams(request: StaffRequest) -> HttpResponse:
    """List the care teams with their numbers and leads, closed ones at the end: `?q=` words, `?after=` so many."""
    now, query = timezone.now(), request.GET.get("q", "")[:LONGEST].strip()
    found = CareTeam.objects.select_related("called_by").order_by(CLOSED_LAST, "name")
    if query:
        words = typed.fold(query).split()
        found = found.filter(pk__in=[pk for pk, name in found.values_list("pk", "name") if has(name, words)])
    part = pages.part(request.GET, found.count())
    page = list(found[part.start : part.end])
    named = _leads(page)
    rows = [
        {
            "team": team,
            "leads": named.get(team.pk, []),
            "zone": zones.words(team.zone),
            "called": when(team.called, now) if team.called else "",
        }
        for team in page
    ]
    return render(request, "admin/care_teams.html", {"title": "Care teams", "rows": rows, "part": part, "query": query})


def _leads(found: Iterable[CareTeam]) -> dict[int, list[User]]:
    """Return the leads of each of these teams who can sign in, by name."""
    leads = Membership.objects.filter(care_team__in=found, ended=None, lead=True, nurse__is_active=True)
    named: dict[int, list[User]] = {}
    for member in leads.select_related("nurse").order_by("nurse__first_name", "nurse__username"):
        named.setdefault(member.care_team_id, []).append(member.nurse)
    return named


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required([ADDS, CHANGES], raise_exception=True)
def new(request: StaffRequest) -> HttpResponse:
    """Ask for a team's name, numbers, time zone and first lead; POST makes it."""
    now = timezone.now()
    form = TeamForm(request.POST if request.method == "POST" else None, team=None, nurses=nurses(), now=now)
    if request.method == "POST" and form.is_valid():
        said = {"lead": form.cleaned_data.get("lead"), "called": form.cleaned_data["called"]} | form.settings()
        try:
            team = teams.make(by=request.user, now=now, **said)
            messages.success(request, f"{names.isolated(team.name)} is made.")
            return redirect("admin:people_careteam_all")
        except teams.NameTaken:
            form.add_error("name", TAKEN)
    return render(request, "admin/care_team.html", {"title": "Make a care team", "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a team's settings, all of them to IT, the numbers to a lead of the team; POST saves them."""
    now, it = timezone.now(), request.user.has_perm(CHANGES)
    if not it and not request.user.has_perm(LEADS):
        raise Http404("Not for this role")
    team = get_object_or_404(CareTeam, pk=pk) if it else led(request, pk)
    form = _form(request, team, it)
    if request.method == "POST" and form.is_valid():
        try:
            _save(request, team, form)
            return redirect("admin:people_careteam_settings", pk)
        except teams.NameTaken:
            form.add_error("name", TAKEN)
        except seen.Stale:
            text = "Somebody else changed this team a moment ago. Open this page again and look at it first"
            form.add_error(None, text)
    context = {
        "title": f"{'Settings' if it else 'Phone numbers'} of {names.isolated(team.name)}",
        "team": team,
        "form": form,
        "it": it,
        "zone": zones.words(team.zone),
        "called": when(team.called, now) if team.called else "",
        "phones": Phones(team.day_phone, team.night_phone, team.fever),
        "changes": _changes(team),
    }
    return render(request, "admin/care_team.html", context)


def _form(request: StaffRequest, team: CareTeam, it: bool) -> NumbersForm:
    data = request.POST if request.method == "POST" else None
    if not it:
        return NumbersForm(data, team=team)
    members = Membership.objects.filter(care_team=team, ended=None, lead=True).values_list("nurse", flat=True)
    others = [nurse for nurse in nurses() if nurse.pk not in set(members)]
    return TeamForm(data, team=team, nurses=others, now=timezone.now())


def _save(request: StaffRequest, team: CareTeam, form: NumbersForm) -> None:
    who: dict[str, Any] = {"team": team, "by": request.user, "now": timezone.now()}
    said = {"drawn_from": form.cleaned_data["seen"], "called": form.cleaned_data["called"]} | form.settings()
    changed = teams.change(**who, **said)
    if lead := form.cleaned_data.get("lead"):
        teams.make_lead(nurse=lead, **who)
    messages.success(request, "Saved." if changed or lead else "Nothing was different, so nothing has changed.")


def _changes(team: CareTeam) -> list[dict[str, Any]]:
    """Return the last changes of the team's settings and members, with who made them. None is about a patient."""
    about = [what for what in audit.WORDS if what.startswith(audit.OF_STAFF)]
    rows = list(AuditEvent.objects.filter(team=team.pk, patient=None, what__in=about).order_by("-at", "-pk")[:SHOWN])
    found = User.objects.filter(is_staff=True).in_bulk({pk for row in rows for pk in (row.who, row.person) if pk})
    return [
        {
            "at": when(row.at, timezone.now()),
            "who": found.get(row.who, f"Person {row.who}"),
            "what": audit.WORDS[row.what],
            "whom": found.get(row.person, "") if row.person else "",
        }
        for row in rows
    ]


@require_POST
@permission_required(CHANGES, raise_exception=True)
def close(request: StaffRequest, pk: int) -> HttpResponse:
    """Close a team, or open it again; the POST value `do` says which."""
    who: dict[str, Any] = {"team": get_object_or_404(CareTeam, pk=pk), "by": request.user, "now": timezone.now()}
    team = who["team"]
    try:
        match request.POST.get("do"):
            case "close":
                teams.close(**who)
                messages.success(
                    request, f"{names.isolated(team.name)} is closed. Its members still see what is kept there."
                )
            case "open":
                teams.open_again(**who)
                messages.success(request, f"{names.isolated(team.name)} is open again.")
            case _:
                messages.warning(request, "Nothing has changed. Press one of the buttons.")
    except teams.NotEmpty:
        name = names.isolated(team.name)
        text = f"{name} still has patients. Its lead nurse moves them to another team, or ends them. Then close it."
        messages.warning(request, text)
    return redirect("admin:people_careteam_settings", pk)
