"""A patient's card was lost: a page that says what will end, and the button that ends it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learn.desk import actions
from learn.people import permissions
from learn.people.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(["people.view_patient", "people.add_accesscode"], raise_exception=True)
def lost(request: StaffRequest, pk: int) -> HttpResponse:
    """Show every key that would stop working; POST ends the card, all sessions and the keys that were set since."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now)
    if request.method != "POST":
        context = {"title": f"{patient.name} lost the card", "patient": patient, "ends": actions.keys_since(patient)}
        return render(request, "admin/lost.html", context)
    actions.lost(patient=patient, by=request.user, now=now)
    messages.success(request, f"{patient.name} is signed out everywhere, and the lost card opens nothing.")
    return redirect(f"admin:people_patient_{'change' if patient.ended_on else 'card'}", pk)
