"""A patient's page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.people import access
from learn.people.models import Patient
from learn.progress import summary


@require_safe
@access.needs("people.view_patient")
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one patient: every lesson and how it stands."""
    now = timezone.now()
    patient = access.patient(request.user, pk, now=now)  # type: ignore[arg-type]
    stands = summary.standings([patient.user_id])[patient.user_id]
    context = {
        "title": patient.label,
        "patient": patient,
        "rows": row(patient, stands, now)["lessons"],
        "others": [s for s in stands if s.assigned is None and s.code == summary.NOT_STARTED],
    }
    return render(request, "admin/patient.html", context)


def row(patient: Patient, stands: list[summary.Standing], now: datetime) -> dict[str, Any]:
    """Return a patient with the lessons that matter: those asked for or begun, and whether one is late."""
    today = patient.care_team.today(now)
    lessons = [
        {"standing": s, "late": s.is_late(today), "done_on": s.done_at and patient.care_team.today(s.done_at)}
        for s in stands
        if s.assigned or s.code != summary.NOT_STARTED
    ]
    return {"patient": patient, "lessons": lessons}
