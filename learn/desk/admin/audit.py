"""The audit log: of a care team's patients, for the leads of the team; and as a file, for them and for IT.

The page shows a list that was seen as one row, with its number of patients. It shows the row of each patient in such a
list only when it is asked for this patient.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk import zones
from learn.desk.admin.export import BOM, safe
from learn.desk.admin.team import led
from learn.people import audit
from learn.people.again import asked_again
from learn.people.models import AuditEvent, CareTeam, Patient, User
from learn.people.names import isolated
from learn.people.requests import StaffRequest
from quizzes.numbers import number

PAGE = 50  # audit rows per page
AT_ONCE = 2000  # rows of a file that are in memory
_OF_STAFF = reduce(or_, (Q(what__startswith=begin) for begin in audit.OF_STAFF))


@require_safe
@permission_required("people.view_auditevent", raise_exception=True)
def who_saw_what(request: StaffRequest, pk: int) -> HttpResponse:
    """Show who saw or changed the data of this team's patients, newest first; filter by patient or by person."""
    team, now = led(request, pk), timezone.now()
    asked = _asked(request)
    events = _events(pk, asked)
    rows = list(_after(request, events).order_by("-at", "-pk")[: PAGE + 1])
    audit.note(by=request.user, what="audit.seen", team=team, now=now)
    people, patients = _names(request, team)
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
        "file": f"{reverse('admin:people_careteam_audit_file', args=[pk])}?{urlencode(asked)}",
    }
    return render(request, "admin/audit.html", context)


@require_safe
@permission_required("people.view_auditevent", raise_exception=True)
@asked_again(back="admin:people_careteam_audit")
def team_file(request: StaffRequest, pk: int) -> StreamingHttpResponse:
    """Return what `who_saw_what` shows with this filter as CSV, the oldest first. Times are in UTC."""
    team, now = led(request, pk), timezone.now()
    people, patients = _names(request, team)
    audit.note(by=request.user, what="audit.exported", team=team, now=now)
    events = _events(pk, _asked(request))
    people |= _named(events.filter(_OF_STAFF))
    head = ["Number", "Time (UTC)", "Who", "What", "Whom", "How many"]
    rows = (
        [event.pk, _utc(event), row["who"], row["what"], row["whom"], event.count]
        for event in events.order_by("pk").iterator(chunk_size=AT_ONCE)
        for row in [_row(event, people, patients)]
    )
    return _file("who-saw-what", head, rows)


@require_safe
@permission_required("people.export_auditevent", raise_exception=True)
@asked_again(back="admin:people_user_changes")
def whole_file(request: StaffRequest) -> StreamingHttpResponse:
    """Return the whole log as CSV for IT, without a patient: neither a name nor a number. "Whom" is of the staff."""
    staff = {user.pk: user.get_username() for user in User.objects.filter(is_staff=True)}
    teams = dict(CareTeam.objects.values_list("pk", "name"))
    audit.note_own(user=request.user, what="audit.exported", now=timezone.now())
    head = ["Number", "Time (UTC)", "Who", "What", "Whom", "Care team", "How many"]
    rows = (
        [
            event.pk,
            _utc(event),
            staff.get(event.who, "a learner" if event.who else "nobody knows"),
            audit.WORDS.get(event.what, event.what),
            staff.get(event.person, "") if event.person else "",
            teams.get(event.team, "") if event.team else "",
            event.count,
        ]
        for event in _without_each(AuditEvent.objects.all()).order_by("pk").iterator(chunk_size=AT_ONCE)
    )
    return _file("audit", head, rows)


class _Line:
    """A file for csv.writer, which returns what is written to it."""

    def write(self, text: str) -> str:
        """Return the line."""
        return text


def _file(name: str, head: list[str], rows: Iterable[list[Any]]) -> StreamingHttpResponse:
    """Return these rows as a CSV file that is sent while it is read, so that its length does not matter."""
    out = csv.writer(_Line())
    lines = (out.writerow([safe(str(cell)) if cell is not None else "" for cell in row]) for row in chain([head], rows))
    response = StreamingHttpResponse(chain([BOM], lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate()}.csv"'
    return response


def _utc(event: AuditEvent) -> str:
    return event.at.astimezone(UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")


def _asked(request: StaffRequest) -> dict[str, int]:
    """Return the filter of the page: a patient, a person, both or none."""
    return {name: value for name in ("patient", "who") if (value := number(request.GET.get(name, "")))}


def _events(team: int, asked: dict[str, int]) -> QuerySet[AuditEvent]:
    found = AuditEvent.objects.filter(team=team, **asked)
    return found if "patient" in asked else _without_each(found)


def _without_each(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Leave out the row of each patient in a list."""
    return events.exclude(what__in=audit.LISTS, patient__isnull=False)


def _names(request: StaffRequest, team: CareTeam) -> tuple[dict[int, str], dict[int, str]]:
    """Return the names of the team's past and present members, and of its patients. All others stand as numbers."""
    members = team.memberships.select_related("nurse").order_by("nurse__username")
    people = {member.nurse_id: str(member.nurse) for member in members}
    patients = {p.pk: p.name for p in Patient.objects.visible_to(request.user).filter(care_team=team)}
    return people, patients


def _after(request: StaffRequest, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Return the events that come after the last row of the previous page."""
    after = number(request.GET.get("after", ""))
    last = events.filter(pk=after).first() if after else None
    return events.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk)) if last else events


def _named(page: Iterable[AuditEvent]) -> dict[int, str]:
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
