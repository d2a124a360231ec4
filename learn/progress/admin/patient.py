"""A patient's page: who it is, what they missed, what was said back, and what was done, newest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.people import access
from learn.people.models import Patient, User
from learn.progress import summary
from learn.progress.admin.patients import row

# What other files hang in this page: each returns what its own part of the template needs. Filled in __init__.py.
# The parts: admin/_questions.html, _assignments.html, _cards.html, _end.html.
PARTS: list[Callable[[User, Patient, datetime], dict[str, Any]]] = []


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
    for part in PARTS:
        context |= part(request.user, patient, now)  # type: ignore[arg-type]
    return render(request, "admin/patient.html", context)
