"""Ask patients to do lessons."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from learn.assignments.actions import assign
from learn.assignments.forms import AssignForm
from learn.people import access
from learn.progress.admin.patients import PAGE, mine


@access.needs("people.view_patient", "assignments.add_assignment")
def assign_lessons(request: HttpRequest) -> HttpResponse:
    """Choose lessons and a day for the ticked patients; POST assigns them."""
    ticked = {p for p in request.GET.getlist("patient") if p.isascii() and p.isdigit() and len(p) < 19}
    if not ticked:
        messages.warning(request, "Tick at least one patient, then choose “Assign lessons”.")
        return HttpResponseRedirect(reverse("admin:index"), status=303)
    patients = list(mine(request).filter(pk__in=[int(p) for p in list(ticked)[: PAGE * 2]]))
    if len(patients) != len(ticked):
        raise Http404("Not all of these are your patients")
    now = timezone.now()
    # Members of two teams in two time zones: a day counts while it lasts anywhere among them.
    today = min(patient.care_team.today(now) for patient in patients)
    form = AssignForm(request.POST or None, today=today)
    if request.method == "POST" and form.is_valid():
        assign(patients=patients, by=request.user, now=now, **form.cleaned_data)  # type: ignore[arg-type]
        who = patients[0].label if len(patients) == 1 else f"{len(patients)} patients"
        n = len(form.cleaned_data["lessons"])
        messages.success(request, f"Assigned {n} lesson{'s' if n > 1 else ''} to {who}.")
        return HttpResponseRedirect(reverse("admin:index"), status=303)
    return render(request, "admin/assign.html", {"title": "Assign lessons", "patients": patients, "form": form})
