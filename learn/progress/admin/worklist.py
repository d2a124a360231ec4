"""My patients: the home of the Desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.people import access
from learn.people.models import Patient, PatientQuerySet
from learn.progress import summary
from learn.progress.admin.patient import row

PAGE = 50  # patients a page


def mine(request: HttpRequest) -> PatientQuerySet:
    """Return this nurse's own patients whose care goes on, in the order of every list."""
    return Patient.objects.visible_to(request.user).current().select_related("care_team").order_by("label", "pk")


@require_safe
@access.needs("people.view_patient")
def worklist(request: HttpRequest) -> HttpResponse:
    """List my patients, each with lessons and status in words; tick some to assign lessons."""
    now = timezone.now()
    patients = list(_after(request, mine(request))[: PAGE + 1])
    page, more = patients[:PAGE], len(patients) > PAGE
    access.note_list(by=request.user, what="list.seen", patients=page, now=now)  # type: ignore[arg-type]
    stands = summary.standings([p.user_id for p in page])
    context = {
        "title": "My patients",
        "rows": [row(patient, stands[patient.user_id], now) for patient in page],
        "next_after": page[-1] if more else None,
        "first_page": "after" not in request.GET,
    }
    return render(request, "admin/worklist.html", context)


def _after(request: HttpRequest, patients: PatientQuerySet) -> PatientQuerySet:
    """Go on after the patient that the last page ended with: no counting, no offset."""
    after = request.GET.get("after", "")
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        return patients
    last = patients.filter(pk=int(after)).first()
    if last is None:
        return patients
    return patients.filter(label__gte=last.label).exclude(label=last.label, pk__lte=last.pk)
