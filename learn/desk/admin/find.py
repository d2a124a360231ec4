"""Find a patient by name, initials or reference."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn import typed
from learn.desk.admin.patients import PAGE
from learn.people import audit
from learn.people.models import Patient
from learn.people.requests import StaffRequest

LONGEST = 80  # letters; the longest label allowed


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def find(request: StaffRequest) -> HttpResponse:
    """List this nurse's patients, with closed records too, whose label and reference together contain all search words.

    Case, accents, quotes and dashes do not matter. The comparison is done in Python, so it is the same on both
    databases. One query.
    """
    asked = request.GET.get("q", "").strip()
    words = typed.fold(asked[:LONGEST]).split()
    found = [
        patient
        for patient in Patient.objects.visible_to(request.user).select_related("care_team")
        if words and has(f"{patient.label} {patient.reference}", words)
    ]
    page = found[:PAGE]
    audit.note_list(by=request.user, what="list.seen", patients=page, now=timezone.now())
    context = {"title": "Find a patient", "query": asked[:LONGEST], "patients": page, "more": len(found) > PAGE}
    return render(request, "admin/find.html", context)


def has(text: str, words: list[str]) -> bool:
    """Return whether the text has all these words: each anywhere in it, or all in this order without the spaces."""
    folded = typed.fold(text)
    return all(word in folded for word in words) or "".join(words) in folded.replace(" ", "")
