"""The nurse's screens: my patients, a patient's page, assign."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.assignments.actions import assign
from learn.assignments.forms import AssignForm
from learn.people.models import Patient, PatientQuerySet
from learn.progress import summary

PAGE = 50  # patients a page


@admin.register(Patient)
class PatientAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Every address starts from the patients that this nurse may see; for anyone else's it is 404."""

    def get_urls(self) -> list[Any]:
        """Return the three screens."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(require_safe(self.changelist_view)), name="people_patient_changelist"),
            path("assign/", wrap(self.assign_view), name="people_patient_assign"),
            path("<int:object_id>/change/", wrap(require_safe(self.change_view)), name="people_patient_change"),
        ]

    def get_queryset(self, request: HttpRequest) -> PatientQuerySet:
        """Return this nurse's own patients, in the order of the list."""
        return Patient.objects.visible_to(request.user).current().select_related("care_team").order_by("label", "pk")

    def _may(self, request: HttpRequest, *rights: str) -> None:
        if not request.user.has_perms(rights):
            raise PermissionDenied

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """List my patients, each with lessons and status in words; tick some to assign lessons."""
        self._may(request, "people.view_patient")
        patients = list(self._after(request, self.get_queryset(request))[: PAGE + 1])
        page, more = patients[:PAGE], len(patients) > PAGE
        stands = summary.standings([p.user_id for p in page])
        now = timezone.now()
        context = {
            "title": "My patients",
            "rows": [_row(patient, stands[patient.user_id], now) for patient in page],
            "next_after": page[-1] if more else None,
            "first_page": "after" not in request.GET,
        }
        return render(request, "admin/worklist.html", context)

    def _after(self, request: HttpRequest, patients: PatientQuerySet) -> PatientQuerySet:
        """Go on after the patient that the last page ended with: no counting, no offset."""
        after = request.GET.get("after", "")
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            return patients
        last = patients.filter(pk=int(after)).first()
        if last is None:
            return patients
        return patients.filter(label__gte=last.label).exclude(label=last.label, pk__lte=last.pk)

    def change_view(
        self, request: HttpRequest, object_id: Any, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one patient: every lesson and how it stands."""
        self._may(request, "people.view_patient")
        patient = self.get_queryset(request).filter(pk=object_id).first()
        if patient is None:
            raise Http404("No such patient of yours")
        stands = summary.standings([patient.user_id])[patient.user_id]
        context = {
            "title": patient.label,
            "patient": patient,
            "rows": _row(patient, stands, timezone.now())["lessons"],
            "others": [s for s in stands if s.assigned is None and s.code == summary.NOT_STARTED],
        }
        return render(request, "admin/patient.html", context)

    def assign_view(self, request: HttpRequest) -> HttpResponse:
        """Choose lessons and a day for the ticked patients; POST assigns them."""
        self._may(request, "people.view_patient", "assignments.add_assignment")
        ticked = {p for p in request.GET.getlist("patient") if p.isascii() and p.isdigit() and len(p) < 19}
        if not ticked:
            messages.warning(request, "Tick at least one patient, then choose “Assign lessons”.")
            return HttpResponseRedirect(reverse("admin:index"), status=303)
        patients = list(self.get_queryset(request).filter(pk__in=[int(p) for p in list(ticked)[: PAGE * 2]]))
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
        context = {
            "title": "Assign lessons",
            "patients": patients,
            "form": form,
        }
        return render(request, "admin/assign.html", context)


def _row(patient: Patient, stands: list[summary.Standing], now: Any) -> dict[str, Any]:
    """Return a patient with the lessons that matter: those asked for or begun, and whether one is late."""
    today = patient.care_team.today(now)
    lessons = [
        {"standing": s, "late": s.is_late(today), "done_on": s.done_at and patient.care_team.today(s.done_at)}
        for s in stands
        if s.assigned or s.code != summary.NOT_STARTED
    ]
    return {"patient": patient, "lessons": lessons}
