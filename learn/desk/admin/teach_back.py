"""Record a teach-back, and add to a recorded one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learn import languages
from learn.desk.admin.contact import OTHER_FORM
from learn.desk.admin.patient import as_asked
from learn.desk.forms import AddendumForm, TeachBackForm, read_out
from learn.people import permissions
from learn.people.models import Patient
from learn.people.requests import StaffRequest
from learn.progress import actions
from learn.progress import record as records
from learn.progress.standing import Status
from quizzes.numbers import number

TOPICS = 3  # per page
MAY = ("people.view_patient", "progress.add_teachback")


@dataclass(frozen=True)
class Topic:
    """A topic that the patient explains in their own words."""

    text: str
    question: int | None = None
    lesson: int | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def teach_back(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one to three topics, each with a sentence to read out; POST records the outcomes."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now)
    record = records.of_patient(patient)
    topics = _topics(record, request)
    if not topics:
        messages.info(request, f"{patient.name} has not read or answered anything yet, so there is no topic.")
        return redirect("admin:people_patient_change", patient.pk)
    say = {key: read_out(topic.text) for key, topic in topics.items()}
    spoken = languages.name_in_english(languages.of(patient.user))
    form = TeachBackForm(request.POST or None, topics=say, initial={"language": spoken})
    if request.method == "POST" and form.is_valid():
        rows = [
            {"question_id": topic.question, "lesson_id": topic.lesson, "topic": topic.text, "place": place}
            | {name: form.cleaned_data[name] for name in ("to_whom", "language", "barriers")}
            | {"outcome": form.cleaned_data[key], "note": form.cleaned_data[f"note-{key}"]}
            for place, (key, topic) in enumerate(topics.items(), 1)
            if form.cleaned_data[key]
        ]
        if _recorded(request, patient, form, rows):
            messages.success(request, "The teach-back is saved.")
            return redirect("admin:people_patient_change", patient.pk)
    missed = [miss for miss in record.misses if f"q{miss.question}" in topics]
    misses = {f"q{miss['question']}": miss for miss in as_asked(missed, patient.care_team, now)}
    context = {"title": "Record a teach-back", "patient": patient, "form": form, "topics": topics, "misses": misses}
    return render(request, "admin/teach_back.html", context | {"number": record.next_number(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY, raise_exception=True)
def add(request: StaffRequest, pk: int, first: int) -> HttpResponse:
    """Add a note to a teach-back, or correct its outcome; the original row does not change."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now)
    row = patient.teach_backs.filter(pk=first, adds_to=None).select_related("nurse").first()
    if row is None:
        raise Http404("No such teach-back of this patient")
    form = AddendumForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        about = {"question_id": row.question_id, "lesson_id": row.lesson_id, "topic": row.topic, "place": 1}
        if _recorded(request, patient, form, [about | form.cleaned_data | {"adds_to_id": row.pk}]):
            messages.success(request, "Added to the teach-back.")
            return redirect("admin:people_patient_change", patient.pk)
    context = {"title": "Add to a teach-back", "patient": patient, "form": form, "row": row}
    following = patient.teach_backs.filter(nurse=request.user.pk).next_number()
    return render(request, "admin/addendum.html", context | {"number": following})


def _topics(record: records.Record, request: StaffRequest) -> dict[str, Topic]:
    """Return up to three topics by key: those of the form, or else the requested topic and the other open questions.

    When no question is open, return the lessons that the patient started. A topic is always a question that this
    patient missed or a lesson that they started.
    """
    missed = {f"q{m.question}": Topic(m.newest.topic, question=m.question) for m in record.misses}
    begun = [s.taught for s in record.whole.standings if s.code != Status.NOT_STARTED]
    known = missed | {f"l{taught.lesson}": Topic(taught.title, lesson=taught.lesson) for taught in begun}
    wanted = [key for key in request.POST.getlist("topic") if key in known]
    if not wanted:
        wanted = [f"q{request.GET.get('question', '')}"] + [f"q{m.question}" for m in record.misses if m.is_open]
        wanted = [key for key in wanted if key in known] or [key for key in known if key not in missed]
    return {key: known[key] for key in list(dict.fromkeys(wanted))[:TOPICS]}


def _recorded(request: StaffRequest, patient: Patient, form: Any, rows: list[dict[str, Any]]) -> bool:
    """Save the rows and return True; add an error to the form when another window has saved first."""
    posted = number(request.POST.get("number", "")) or 0
    try:
        actions.taught_back(patient=patient, by=request.user, rows=rows, number=posted, now=timezone.now())
    except actions.OtherForm:
        form.add_error(None, OTHER_FORM)
        return False
    return True
