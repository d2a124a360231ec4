"""Find a patient by name, initials or reference."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin.patients import PAGE
from learn.people import audit
from learn.people.models import Patient
from learn.people.requests import StaffRequest

LONGEST = 80  # letters; the longest label allowed


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def find(request: StaffRequest) -> HttpResponse:
    """List this nurse's patients, with closed records too, whose label and reference together contain all search words.

    The comparison is done in Python, because SQLite ignores upper and lower case for ASCII letters only. One query.
    """
    asked = request.GET.get("q", "").strip()
    words = asked[:LONGEST].casefold().split()
    found = [
        patient
        for patient in Patient.objects.visible_to(request.user).select_related("care_team")
        if words and all(word in f"{patient.label} {patient.reference}".casefold() for word in words)
    ]
    page = found[:PAGE]
    audit.note_list(by=request.user, what="list.seen", patients=page, now=timezone.now())
    context = {"title": "Find a patient", "query": asked[:LONGEST], "patients": page, "more": len(found) > PAGE}
    return render(request, "admin/find.html", context)
