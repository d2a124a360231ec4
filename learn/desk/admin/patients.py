"""The list of all patients, to read and to select from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from learn.people import audit
from learn.people.models import Patient, PatientQuerySet
from learn.people.requests import StaffRequest
from learn.progress import standing
from learn.progress.standing import Status
from quizzes.numbers import number
from quizzes.templatetags.days import weekday

PAGE = 50  # patients per page


def mine(request: StaffRequest) -> PatientQuerySet:
    """Return this nurse's patients with an open record, in the order that all lists use."""
    return Patient.objects.visible_to(request.user).current().select_related("care_team").order_by("sort_key", "pk")


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def all_patients(request: StaffRequest) -> HttpResponse:
    """List all patients of this nurse with the status of their lessons; select some to assign lessons."""
    now = timezone.now()
    patients = list(_after(request, mine(request))[: PAGE + 1])
    page, more = patients[:PAGE], len(patients) > PAGE
    audit.note_list(by=request.user, what="list.seen", patients=page, now=now)
    stands = standing.standings([p.user_id for p in page])
    context = {
        "title": "All patients",
        "rows": [row(patient, stands[patient.user_id], now) for patient in page],
        "next_after": page[-1] if more else None,
        "first_page": "after" not in request.GET,
        "ticked": "all" in request.GET,
    }
    return render(request, "admin/patients.html", context)


def _after(request: StaffRequest, patients: PatientQuerySet) -> PatientQuerySet:
    """Return the patients after the last one of the previous page; this needs no count and no offset."""
    after = number(request.GET.get("after", ""))
    last = patients.filter(pk=after).first() if after else None
    if last is None:
        return patients
    return patients.filter(sort_key__gte=last.sort_key).exclude(sort_key=last.sort_key, pk__lte=last.pk)


def row(patient: Patient, stands: list[standing.Standing], now: datetime) -> dict[str, Any]:
    """Return a patient with the lessons that were assigned or started, and whether one of them is late."""
    today = patient.care_team.today(now)
    lessons = [
        {"standing": s, "late": s.is_late(today), "done_on": s.done_at and patient.care_team.today(s.done_at)}
        for s in stands
        if s.assigned or s.code != Status.NOT_STARTED
    ]
    return {"patient": patient, "lessons": lessons}


def day(on: date, today: date) -> str:
    """Return a date in words: today, yesterday, or the date, with the year when it is not this year."""
    return {0: "today", 1: "yesterday"}.get((today - on).days) or weekday(
        on, "MONTH_DAY_FORMAT" if on.year == today.year else "DATE_FORMAT"
    )


def moment(at: datetime, today: date) -> str:
    """Return a date and time in words. `at` is in the clinic's time zone (`CareTeam.local`)."""
    return f"{day(at.date(), today)} at {date_format(at, 'TIME_FORMAT')}"
