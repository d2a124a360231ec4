"""The questions that a patient shared, on the patient's page, and "We talked about this"."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from learn.desk.admin.days import day
from learn.people import permissions
from learn.people.models import Patient, User
from learn.people.requests import StaffRequest
from learn.visits import actions
from learn.visits.models import MyQuestion
from quizzes.numbers import number

TOP = 3


def part(by: User, patient: Patient, now: datetime) -> dict[str, Any]:
    """Return the questions that the patient shared, in the patient's order; those talked about come last. One query.

    Only shared questions count for the top three, so a question that is not shared changes nothing on this page.
    """
    shared = MyQuestion.objects.of(patient.user).shared().select_related("talked_by")
    rows = sorted(shared, key=lambda q: q.talked is not None)
    team = patient.care_team
    today = team.today(now)
    return {
        "questions": [
            {
                "question": q,
                "top": q.talked is None and n < TOP and len(rows) > TOP,
                "talked": day(team.today(q.talked), today) if q.talked else "",
            }
            for n, q in enumerate(rows)
        ]
    }


@require_POST
@permission_required(["people.view_patient", "visits.change_myquestion"], raise_exception=True)
def talked(request: StaffRequest, pk: int) -> HttpResponse:
    """Record that a question was talked about (POST "talked", with its number), or undo that (POST "undo")."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now)
    undo = "undo" in request.POST
    question = number(request.POST.get("undo" if undo else "talked", "")) or 0
    try:
        actions.talked_about(patient=patient, question=question, by=request.user, now=now, undo=undo)
    except actions.NotShared:
        messages.info(request, f"{patient.name} does not share that question any more.")
    return redirect(f"{reverse('admin:people_patient_change', args=[pk])}#questions")
