"""Print for one patient: their lessons, and the questions that they missed with the best answers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from learn import languages
from learn.handouts import missed, pdf, sheets
from learn.handouts.views import PaperForm, answer, look_of
from learn.people import permissions
from learn.people.models import CareTeam, Patient, Phones
from learn.people.requests import StaffRequest
from learn.progress import record as records
from learn.progress.record import Record
from learn.progress.standing import Status

CARD = "card"  # the value of `?print` for the wallet card


class PrintForm(PaperForm):
    """What to print for a patient. Their own lessons are ticked, and so is what they missed."""

    lesson = forms.MultipleChoiceField(
        label="Lessons", widget=forms.CheckboxSelectMultiple, required=False,
        error_messages={"invalid_choice": "Choose from these lessons"},
    )  # fmt: skip
    missed = forms.BooleanField(label="The questions they missed, with the best answers", required=False)
    field_order = ["lesson", "missed", "paper", "size"]

    def __init__(self, record: Record, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        stands = record.whole.standings
        own = [s for s in stands if s.assigned or s.code != Status.NOT_STARTED]
        in_order = [*own, *(s for s in stands if s not in own)]
        self.fields["lesson"].choices = [(s.taught.slug, s.taught.title) for s in in_order]  # type: ignore[attr-defined]
        self.fields["lesson"].initial = [s.taught.slug for s in own]
        self.fields["missed"].initial = any(miss.is_open for miss in record.misses)

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError if nothing is chosen."""
        chosen = super().clean() or {}
        if not self.errors and not chosen.get("lesson") and not chosen.get("missed"):
            self.add_error("lesson", "Choose a lesson, or the questions they missed")
        return chosen


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def choose(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what can be printed for a patient; with `?print`, return it as a PDF.

    The form is sent by GET, because it changes nothing. If Typst cannot make the PDF, this page shows the missed
    questions, and links to each lesson's own page to print.
    """
    wanted = request.GET.get("print", "")
    what = "printed" if wanted else "patient.seen"
    patient = permissions.patient(request.user, pk, now=timezone.now(), what=what)
    record = records.of_patient(patient)
    look = look_of(request, numbers(patient.care_team))
    form = PrintForm(
        record, request.GET if wanted and wanted != CARD else None, initial={"paper": look.paper, "size": look.size}
    )
    context: dict[str, Any] = {"title": f"Print for {patient.name}", "patient": patient, "form": form}
    try:
        if wanted == CARD:
            with in_their_language(patient):
                data = sheets.wallet(look)
            return answer(request, "wallet", data, "card")
        if wanted and form.is_valid():
            return _file(request, patient, record, form.cleaned_data)
    except pdf.Fault:
        context |= {"failed": True} | (_instead(record, form.cleaned_data) if wanted != CARD else {})
    return render(request, "admin/on_paper.html", context)


def _file(request: StaffRequest, patient: Patient, record: Record, chosen: dict[str, Any]) -> HttpResponse:
    asked = missed.as_asked(record.misses) if chosen["missed"] else []
    with in_their_language(patient):
        data = sheets.for_patient(patient, chosen["lesson"], asked, look_of(request, numbers(patient.care_team)))
    return answer(request, "lessons", data, "for-a-patient", keep=False)


def _instead(record: Record, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows where the PDF could not be made."""
    return {
        "missed": missed.as_asked(record.misses) if chosen["missed"] else [],
        "lessons": [s.taught for s in record.whole.standings if s.taught.slug in chosen["lesson"]],
    }


def in_their_language(patient: Patient) -> translation.override:
    """Return the context in which texts are in the language of this patient."""
    return translation.override(languages.of(patient.user))


def numbers(team: CareTeam) -> Phones:
    """Return the numbers of this team, for sheets that a nurse prints."""
    return Phones(team.day_phone, team.night_phone, team.fever)
