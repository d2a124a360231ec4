"""Change a patient's label and treatment; close and reopen a patient's record."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from learn.desk import actions
from learn.desk.forms import CloseForm
from learn.desk.invite_forms import PatientForm
from learn.people import permissions, seen
from learn.people.names import isolated
from learn.people.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(["people.view_patient", "people.change_patient"], raise_exception=True)
def label(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the form for a patient's label and treatment; POST saves them."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now)
    kept = {name: getattr(patient, name) for name in ("label", "reference", "treatment")}
    kept["drawn_from"] = actions.fingerprint(patient)
    sent = request.POST if request.method == "POST" else None
    form = PatientForm(sent, initial=kept, treatment=patient.treatment)
    if sent is not None and form.is_valid():
        try:
            actions.describe(patient=patient, by=request.user, now=now, **form.cleaned_data)
            return redirect("admin:people_patient_change", pk)
        except seen.Stale as stale:
            treatment = form.titles.get(stale.now.treatment, stale.now.treatment) or "no treatment"
            held = ", ".join(isolated(text) for text in (stale.now.label, stale.now.reference, treatment) if text)
            text = f"Somebody else saved something meanwhile: {held}. Nothing of yours is saved yet. What you typed is "
            form.add_error(None, f"{text}still here: look at both, then save again")
            form.redraw(actions.fingerprint(stale.now))
    context = {"title": f"Change the label or treatment of {patient.name}", "patient": patient, "form": form}
    return render(request, "admin/label.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(["people.view_patient", "people.change_patient"], raise_exception=True)
def close(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask for the reason and explain the effect; POST closes the patient's record."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now)
    form = CloseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.close(patient=patient, why=form.cleaned_data["why"], by=request.user, now=now)
        messages.success(request, f"The record of {patient.name} is closed. You can open it again here.")
        return redirect(reverse("admin:people_patient_change", args=[pk]) + "#end")
    return render(
        request, "admin/end.html", {"title": f"Close the record of {patient.name}", "patient": patient, "form": form}
    )


@require_POST
@permission_required(["people.view_patient", "people.change_patient"], raise_exception=True)
def reopen(request: StaffRequest, pk: int) -> HttpResponse:
    """Reopen a patient's record, so that the patient is on the lists again."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now)
    if patient.care_team.closed:
        messages.warning(request, f"{patient.care_team} is closed. Ask your IT department to open it again first.")
    elif actions.reopen(patient=patient, by=request.user, now=now):
        messages.success(request, f"{patient.name} is back on your lists. Make a new card: the old one is gone.")
    return redirect(reverse("admin:people_patient_change", args=[pk]) + "#cards")
