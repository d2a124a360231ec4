"""Send one reminder by hand to a patient who asked for reminders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from learn.assignments import reminders
from learn.assignments.models import Reminder
from learn.people import mail
from learn.people.models import Patient, User
from learn.people.names import stopped
from learn.people.requests import StaffRequest


@require_POST
@permission_required(["people.view_patient", "assignments.add_assignment"], raise_exception=True)
def remind(request: StaffRequest, pk: int) -> HttpResponse:
    """Send a reminder now, except on days when the patient wants none."""
    patient = Patient.objects.visible_to(request.user).filter(pk=pk).first()
    if patient is None:
        raise Http404("No such patient of yours")
    mine = Reminder.objects.select_related("patient__care_team", "patient__user").filter(patient=patient).first()
    try:
        if mine and reminders.send(reminder=mine, now=timezone.now(), by=request.user):
            messages.success(request, stopped(f"A reminder is on its way to {patient.name}"))
        else:
            messages.info(request, "No reminder was sent: it is not wanted today, or one went already.")
    except mail.Refused:
        messages.warning(request, f"{patient.name}: the mail server refuses the address. Ask for another one.")
    except mail.NotSent:
        messages.warning(request, "The email could not be sent. Try again tomorrow.")
    return redirect("admin:people_patient_change", pk)


def part(by: User, patient: Patient, now: datetime) -> dict[str, Any]:
    """Return the context of _reminders.html: whether reminders are on, and the first day when one can be sent.

    Makes no query when the patient was read with `select_related("reminder")`.
    """
    mine: Reminder | None = getattr(patient, "reminder", None)
    if mine is None or not mine.is_on or patient.ended_on:
        return {"reminder": None}
    today = patient.care_team.today(now)
    first = mine.next_day(today)
    return {"reminder": mine, "reminder_from": first if first > today else None}
