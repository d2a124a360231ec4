"""The audit log of a care team's patients, for the leads of the team."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk import zones
from learn.desk.admin.team import led
from learn.people import audit
from learn.people.models import AuditEvent, Patient, User
from learn.people.names import isolated
from learn.people.requests import StaffRequest
from quizzes.numbers import number

PAGE = 50  # audit rows per page


@require_safe
@permission_required("people.view_auditevent", raise_exception=True)
def who_saw_what(request: StaffRequest, pk: int) -> HttpResponse:
    """Show who saw or changed the data of this team's patients, newest first; filter by patient or by person."""
    team, now = led(request, pk), timezone.now()
    asked = {name: value for name in ("patient", "who") if (value := number(request.GET.get(name, "")))}
    events = AuditEvent.objects.filter(team=pk, **asked)
    rows = list(_after(request, events).order_by("-at", "-pk")[: PAGE + 1])
    audit.note(by=request.user, what="audit.seen", team=team, now=now)
    # Show names only for past and present members of the team and for patients whom this lead may see.
    # For all others, show the number.
    members = team.memberships.select_related("nurse").order_by("nurse__username")
    people = {member.nurse_id: str(member.nurse) for member in members}
    patients = {p.pk: p.name for p in Patient.objects.visible_to(request.user).filter(care_team=pk)}
    page = rows[:PAGE]
    named = _named(page)
    context = {
        "title": f"Who saw what: {isolated(str(team))}",
        "team": team,
        "zone": zones.words(team.zone),
        "rows": [_row(event, people | named, patients) for event in page],
        "people": people,
        "patients": patients,
        "asked": asked,
        "first_page": "after" not in request.GET,
        "next_after": page[-1].pk if len(rows) > PAGE else None,
    }
    return render(request, "admin/audit.html", context)


def _after(request: StaffRequest, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Return the events that come after the last row of the previous page."""
    after = number(request.GET.get("after", ""))
    last = events.filter(pk=after).first() if after else None
    return events.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk)) if last else events


def _named(page: list[AuditEvent]) -> dict[int, str]:
    """Return the names of everybody in the acts on staff and on the team itself, by IT above all: one query."""
    acts = [event for event in page if event.what.startswith(audit.OF_STAFF) and event.patient is None]
    keys = {pk for event in acts for pk in (event.who, event.person) if pk}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=keys, is_staff=True)} if keys else {}


def _row(event: AuditEvent, people: dict[int, str], patients: dict[int, str]) -> dict[str, object]:
    whom = patients.get(event.patient, f"Patient {event.patient}") if event.patient else ""
    if event.person:
        whom = people.get(event.person, f"Person {event.person}")
    return {
        "at": event.at,
        "who": people.get(event.who, f"Person {event.who}"),
        "what": audit.WORDS.get(event.what, event.what),
        "whom": whom,
        "count": event.count,
    }
