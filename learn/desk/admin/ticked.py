"""The patients who are ticked on the list of all patients, and new cards for them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learn.desk import actions
from learn.desk.admin import codes
from learn.desk.admin.patients import PAGE
from learn.people import audit
from learn.people.again import asked_again
from learn.people.models import AccessCode, Patient
from learn.people.names import stopped
from learn.people.requests import StaffRequest
from quizzes.numbers import number


def ticked(request: StaffRequest) -> tuple[list[Patient], str]:
    """Return the ticked patients whose record is open, and sentences about the others, or "".

    A record may be closed, or a patient moved, while the list was open: the others are not held up by it. Raises
    `Http404` if this nurse may see none of those who were ticked.
    """
    ticked = {pk for p in request.GET.getlist("patient") if (pk := number(p))}
    visible = Patient.objects.visible_to(request.user).select_related("care_team", "user").order_by("sort_key", "pk")
    seen = list(visible.filter(pk__in=sorted(ticked)[: PAGE * 2]))
    if ticked and not seen:
        raise Http404("None of these is your patient")
    closed = [patient for patient in seen if patient.ended_on]
    gone = ", ".join(patient.name for patient in closed if not patient.user.is_active)
    names = ", ".join(patient.name for patient in closed if patient.user.is_active)
    unknown = len(ticked) - len(seen)  # only their number: this nurse may not see them (any more)
    said = [stopped(f"Left out, because the record is closed: {names}")] if names else []
    said += [stopped(f"Left out, because they do not share with you any more: {gone}")] if gone else []
    said += [f"Left out, because they are not your patients now: {unknown}."] if unknown else []
    return [patient for patient in seen if patient.ended_on is None], "".join(f"{sentence} " for sentence in said)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(["people.view_patient", "people.add_accesscode"], raise_exception=True)
@asked_again()
def new_cards(request: StaffRequest) -> HttpResponse:
    """Say what new cards for the ticked patients would end; POST makes them and redirects to the page to print."""
    patients, without = ticked(request)
    if not patients or len(patients) > codes.MOST:
        messages.warning(request, f"{without}Tick 1 to {codes.MOST} patients, then choose “New cards”.")
        return redirect("admin:people_patient_changelist")
    now = timezone.now()
    if request.method == "POST":
        made = actions.new_cards(patients=patients, by=request.user, now=now)
        if without := ticked(request)[1]:  # with those who dropped out since this page was drawn
            messages.warning(request, without)
        have = {one.code.user_id for one in made}
        kept = [patient for patient in patients if patient.user_id in have]
        mark = codes.Mark.NUMBER if len(kept) > 1 else codes.Mark.NONE
        return codes.show(kept, made, mark=mark) if made else redirect("admin:people_patient_changelist")
    audit.note_list(by=request.user, what="list.seen", patients=patients, now=now)
    of = AccessCode.objects.living(at=now).filter(user__in=[patient.user_id for patient in patients])
    used = set(of.exclude(used=None).values_list("user", flat=True))
    context = {
        "title": "New cards",
        "patients": patients,
        "left_out": without,
        "users": [patient for patient in patients if patient.user_id in used],
        "others": [patient for patient in patients if patient.user_id not in used],
    }
    return render(request, "admin/new_cards.html", context)
