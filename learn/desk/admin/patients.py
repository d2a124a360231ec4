"""The list of all patients, to read and to select from."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin import drawn, listing
from learn.desk.admin.days import short
from learn.people import audit
from learn.people.models import Patient, PatientQuerySet
from learn.people.requests import StaffRequest
from learn.progress.attention import needing

PAGE = 50  # patients per page
CLOSED = 200  # the most closed records that the list shows; the search finds the others


def mine(request: StaffRequest) -> PatientQuerySet:
    """Return this nurse's patients with an open record, in the order that all lists use."""
    return Patient.objects.visible_to(request.user).current().select_related("care_team").order_by("sort_key", "pk")


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def all_patients(request: StaffRequest) -> HttpResponse:
    """List this nurse's patients, one line each, sorted and filtered by links; tick some to act on all of them."""
    now = timezone.now()
    if "closed" in request.GET:
        return _closed(request, now)
    view = listing.View(request.GET, needing(listing.with_nurse(mine(request)), at=now, everyone=True))
    page, start = view.page(PAGE)
    audit.note_list(by=request.user, what="list.seen", patients=[entry.patient for entry in page], now=now)
    context = {
        "title": "All patients",
        "learning": len(view.every),
        "shown": len(view.entries),
        "groups": (groups := view.groups()),
        "chosen": [choice.words for _, choices in groups for choice in choices if choice.chosen and not choice.is_any],
        "narrows": view.narrows,
        "heads": view.heads(),
        "rows": [view.line(entry) for entry in page],
        "first": start + 1,
        "last": start + len(page),
        "key": drawn.KEY,
        "begin": view.address(after="") if start else "",
        "more": view.address(after=page[-1].patient.pk) if start + PAGE < len(view.entries) else "",
        "ticked": "all" in request.GET,
        "tick": view.address(after=request.GET.get("after", ""), all="" if "all" in request.GET else 1),
    }
    return render(request, "admin/patients.html", context)


def _closed(request: StaffRequest, now: datetime) -> HttpResponse:
    """List the closed records, the last closed first. The list does not say why a record was closed."""
    found = Patient.objects.visible_to(request.user).exclude(ended_on=None).select_related("care_team")
    patients = list(found.order_by("-ended_on", "sort_key", "pk")[:CLOSED])
    audit.note_list(by=request.user, what="list.seen", patients=patients, now=now)
    rows = [{"patient": p, "closed": short(p.ended_on, p.care_team.today(now))} for p in patients]
    return render(request, "admin/closed.html", {"title": "Closed records", "rows": rows, "most": CLOSED})
