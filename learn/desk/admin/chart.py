"""The note for the patient's chart, to copy or to print, and as a file for the hospital's record system."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.handouts import chart, fhir, hl7
from learn.people import permissions
from learn.people.again import asked_again
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


@require_safe
@permission_required("people.view_patient", raise_exception=True)
@asked_again(back="admin:people_patient_chart")
def fhir_file(request: StaffRequest, pk: int) -> HttpResponse:
    """Return the note as a FHIR R4 document."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now, what="chart.exported")
    document = fhir.bundle(patient=patient, record=records.of_patient(patient), by=request.user, now=now)
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return _file(text, "application/fhir+json", f"education-note-{pk}.json")


@require_safe
@permission_required("people.view_patient", raise_exception=True)
@asked_again(back="admin:people_patient_chart")
def hl7_file(request: StaffRequest, pk: int) -> HttpResponse:
    """Return the note as an HL7 v2 message."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now, what="chart.exported")
    text = hl7.message(patient=patient, record=records.of_patient(patient), by=request.user, now=now)
    return _file(text, "application/edi-hl7v2", f"education-note-{pk}.hl7")


def _file(text: str, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
