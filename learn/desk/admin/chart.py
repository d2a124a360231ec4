"""The note for the patient's chart, to copy or to print."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.handouts import chart
from learn.people import permissions
from learn.people.requests import StaffRequest
from learn.progress import record as records


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def chart_note(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the note for one patient's chart."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now, what="chart.seen")
    text = chart.note(patient=patient, record=records.of_patient(patient), by=request.user, now=now)
    context = {"title": "Note for the chart", "patient": patient, "text": text, "rows": text.count("\n") + 1}
    return render(request, "admin/chart.html", context)
