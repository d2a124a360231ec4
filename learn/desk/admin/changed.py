"""Which patients have read a safety text that changed since, and have not seen the change yet."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin.patients import PAGE, mine
from learn.people import audit
from learn.people.requests import StaffRequest
from learn.progress import standing
from learn.progress.models import Reading


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def changed(request: StaffRequest) -> HttpResponse:
    """List this nurse's patients who have not seen a change yet, each with the lessons and the pages that changed.

    It is the same as what these patients see (`Standing.changed`, `Whole.card`). A patient leaves the list when they
    say "I have read this", or go through the changed pages again.
    """
    patients = list(mine(request).filter(user__in=Reading.objects.of_changed().values("learner")))
    stands = standing.whole([patient.user_id for patient in patients])
    lessons = {patient: [row for row in stands[patient.user_id].standings if row.changed] for patient in patients}
    cards = {patient: stands[patient.user_id].card for patient in patients}
    found = [patient for patient in patients if lessons[patient] or cards[patient]]
    after = request.GET.get("after", "")
    start = next((n for n, patient in enumerate(found, 1) if str(patient.pk) == after), 0)
    page = found[start : start + PAGE]
    audit.note_list(by=request.user, what="list.seen", patients=page, now=timezone.now())
    context = {
        "title": "Changed since they read it",
        "rows": [{"patient": patient, "lessons": lessons[patient], "card": cards[patient]} for patient in page],
        "count": len(found),
        "first_page": start == 0,
        "next_after": page[-1] if found[start + PAGE :] else None,
    }
    return render(request, "admin/changed.html", context)
