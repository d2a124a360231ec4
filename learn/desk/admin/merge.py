"""Merge two records of one patient: choose the other one, look at a preview, merge, undo within a day. For leads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from learn import typed
from learn.account import merging
from learn.desk.admin.days import moment
from learn.desk.admin.find import LONGEST, has
from learn.desk.admin.patients import PAGE
from learn.desk.admin.team import LEADS
from learn.people import audit, permissions
from learn.people.again import asked_again
from learn.people.models import CareTeam, Patient, PatientQuerySet
from learn.people.requests import StaffRequest
from learn.progress import standing
from learn.progress.models import Merge
from quizzes.models import Attempt
from quizzes.templatetags.days import weekday

MAY = ("people.view_patient", LEADS)


def _led(request: StaffRequest) -> PatientQuerySet:
    """Return the patients with an open record in the teams that this person leads."""
    teams = CareTeam.objects.led_by(request.user)
    return Patient.objects.current().filter(care_team__in=teams).select_related("care_team", "user")


def _kept(request: StaffRequest, pk: int, now: datetime) -> Patient:
    """Return the patient whose record is kept, and note the look; 404 if this person does not lead the team."""
    patient = permissions.patient(request.user, pk, now=now)
    if not _led(request).filter(pk=pk).exists():
        raise Http404("Not a patient of a team that you lead")
    return patient


@require_safe
@permission_required(MAY, raise_exception=True)
def choose(request: StaffRequest, pk: int) -> HttpResponse:
    """List records that are likely of the same patient or fit a search, and the merges that can be undone."""
    now = timezone.now()
    patient = _kept(request, pk, now)
    asked = request.GET.get("q", "").strip()[:LONGEST]
    words = typed.fold(asked).split()
    others = [
        other
        for other in _led(request).exclude(pk=pk)
        if (has(f"{other.label} {other.reference}", words) if words else _is_alike(patient, other))
    ][:PAGE]
    audit.note_list(by=request.user, what="list.seen", patients=others, now=now)
    merges = patient.merges.filter(undone=None, finished=None).select_related("by", "gone")
    context = {
        "title": f"Merge another record into {patient.name}",
        "patient": patient,
        "query": asked,
        "others": [_facts(other) for other in others],
        "merges": [
            {"merge": row, "when": moment(patient.care_team.local(row.at), patient.care_team.today(now))}
            for row in merges
            if now - row.at <= merging.UNDO
        ],
    }
    return render(request, "admin/merge.html", context)


def _is_alike(patient: Patient, other: Patient) -> bool:
    same_name = patient.sort_key != "" and patient.sort_key == other.sort_key
    return same_name or (patient.reference != "" and patient.reference == other.reference)


def _facts(patient: Patient) -> dict[str, Any]:
    since = patient.care_team.today(patient.user.date_joined)
    return {"patient": patient, "since": weekday(since, "DATE_FORMAT")}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
@asked_again()
def preview(request: StaffRequest, pk: int, other: int) -> HttpResponse:
    """Show both records side by side and what a merge does; POST merges the other one into the first."""
    now = timezone.now()
    keep, gone = _kept(request, pk, now), _kept(request, other, now)
    if pk == other:
        raise Http404("These are one record")
    if request.method == "POST":
        try:
            merging.merge(keep=keep, gone=gone, by=request.user, now=now)
        except merging.NotNow:
            messages.warning(request, "Nothing was merged: one of the two was closed or merged a moment ago.")
        else:
            messages.success(request, f"The two records are one. You can undo this here until {_until(keep, now)}.")
        return redirect("admin:people_patient_merge", pk)
    stands = standing.standings([keep.user_id, gone.user_id])
    columns = [_facts(patient) | _numbers(patient, stands[patient.user_id]) for patient in (keep, gone)]
    context = {"title": f"Merge {gone.name} into {keep.name}", "patient": keep, "gone": gone, "columns": columns}
    return render(request, "admin/merge_preview.html", context)


def _until(patient: Patient, now: datetime) -> str:
    return moment(patient.care_team.local(now + merging.UNDO), patient.care_team.today(now))


def _numbers(patient: Patient, stands: list[standing.Standing]) -> dict[str, Any]:
    """Return what there is in one record, in numbers."""
    user = patient.user
    return {
        "numbers": [
            ("Lessons done", sum(s.is_done for s in stands)),
            ("Lessons asked for", sum(s.assigned is not None for s in stands)),
            ("Checks and reviews", Attempt.objects.filter(learner=user.pk).count()),
            ("Talks noted", patient.contacts.count()),
            ("Teach-backs", patient.teach_backs.filter(adds_to=None).count()),
        ],
        "keys": [
            words
            for words, is_there in (
                ("a card", user.codes.filter(cancelled=None).exists()),
                ("a sign-in name", user.username is not None),
                ("an email address", bool(user.email)),
            )
            if is_there
        ],
    }


@require_POST
@permission_required(MAY, raise_exception=True)
def undo(request: StaffRequest, pk: int, merge: int) -> HttpResponse:
    """Undo a merge into this patient's record, within a day."""
    now = timezone.now()
    rows = Merge.objects.select_related("keep__user", "gone__user", "keep__care_team", "gone__care_team")
    row = get_object_or_404(rows, pk=merge, keep=pk)
    _kept(request, pk, now)
    try:
        merging.undo(row=row, by=request.user, now=now)
    except merging.NotNow:
        messages.warning(request, "It cannot be undone any more: a day is over, or the patient has left.")
    else:
        messages.success(request, "Undone: both records are there again. Make a new card for the second one.")
    return redirect("admin:people_patient_merge", pk)
