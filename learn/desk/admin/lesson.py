"""The editor of one lesson: write, see what changed, send for review, publish a typo, discard, take out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from learn.desk.admin.lessons import SEES, WRITES
from learn.desk.lesson_forms import LessonForm, SendForm
from learn.lessons import draft, measures, reference, reviewing, writing
from learn.lessons.draft import MOST_STEPS, StepText, Text
from learn.lessons.models import Edition, Lesson, Remark
from learn.people.requests import StaffRequest
from quizzes.models import State

SIGNS = "lessons.add_clinicalreview"
PUBLISHES = "lessons.publish_edition"


def find(pk: int) -> tuple[Lesson, Edition]:
    """Return a lesson and its newest edition. Raises Http404."""
    lesson = get_object_or_404(Lesson.objects.select_related("therapy", "quiz"), pk=pk)
    edition = writing.newest(lesson)
    if edition is None:
        raise Http404("Nothing is written yet")
    edition.lesson = lesson
    return lesson, edition


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(SEES, raise_exception=True)
def change(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a lesson with all its steps to write in; POST saves the draft, after it moved, added or took out a step."""
    lesson, edition = find(pk)
    text = writing.text_of(edition)
    seen = writing.fingerprint(edition, text)
    if request.method == "POST":
        if not request.user.has_perm(WRITES):
            raise Http404("Not for this role")
        form = LessonForm(text, seen, request.POST)
        if form.is_valid() and (onward := _save(request, form, lesson)):
            return onward
    else:
        form = LessonForm(text, seen, _as_posted(text, seen) if "check" in request.GET else None)
        if form.is_bound and edition.state == State.DRAFT and form.is_valid():
            form.tell(list(draft.problems(text)))
    return render(request, "admin/lesson.html", _context(request, lesson, edition, text, form) | {"seen": seen})


def _as_posted(text: Text, seen: str) -> dict[str, Any]:
    """Return a text as the form would post it, so that what is missing can be said at its field."""
    form = LessonForm(text, seen)
    return {name: form.initial.get(name, "") for name in form.fields} | {"count": str(len(text.steps))}


def _save(request: StaffRequest, form: LessonForm, lesson: Lesson) -> HttpResponse | None:
    """Save the draft and redirect to it. If somebody else saved meanwhile, say so on the form and return None."""
    what, _, place = request.POST.get("do", "").partition("_")
    text, anchor = _moved(form.text(), what, int(place) if place.isdecimal() and len(place) < 4 else -1)
    try:
        edition = writing.write(
            lesson=lesson, seen=form.cleaned_data["seen"], text=text, by=request.user, now=timezone.now()
        )
    except writing.Stale as stale:
        form.data = request.POST.copy()
        form.data["seen"] = writing.fingerprint(stale.now)
        who = str(stale.now.author) if stale.now and stale.now.author else "Somebody"
        form.add_error(
            None,
            f"{who} changed this lesson while you wrote. Yours is not saved yet. Below, see what differs; "
            "if you save once more, your words take the place of theirs.",
        )
        form.theirs = draft.compare(writing.text_of(stale.now), text).differences if stale.now else []
        return None
    if edition.state != State.DRAFT:
        messages.info(request, "Nothing differs from what patients read, so there is nothing to save.")
    elif what == "save":
        messages.success(request, "Saved. Patients still read what was published before.")
    response = redirect("admin:lessons_lesson_change", lesson.pk)
    response["Location"] += anchor or "?check=1"
    return response


def _moved(text: Text, what: str, n: int) -> tuple[Text, str]:
    """Return the text after a step was moved, added or taken out, and the anchor of that step; "" after a save."""
    steps = list(text.steps)
    if what == "add" and len(steps) < MOST_STEPS:
        return replace(text, steps=(*steps, StepText(""))), f"#step-{len(steps) + 1}"
    if what == "out" and 0 <= n < len(steps):
        return replace(text, steps=(*steps[:n], *steps[n + 1 :])), "#steps"
    other = {"up": n - 1, "down": n + 1}.get(what, -1)
    if 0 <= n < len(steps) and 0 <= other < len(steps):
        steps[n], steps[other] = steps[other], steps[n]
        return replace(text, steps=tuple(steps)), f"#step-{other + 1}"
    return text, ""


def _context(request: StaffRequest, lesson: Lesson, edition: Edition, text: Text, form: LessonForm) -> dict[str, Any]:
    """Return the template context of the editor."""
    is_draft = edition.state == State.DRAFT
    found, replaced = writing.compared(edition, text) if is_draft else (draft.Comparison(), edition)
    mask = measures.mask_of(text)
    by_slug = {step.slug: measures.of_step(step, mask) for step in text.steps}
    remarks = list(Remark.objects.filter(edition=edition).select_related("by", "done_by"))
    return {
        "title": text.title or "A lesson without a title",
        "lesson": lesson,
        "edition": edition,
        "replaced": replaced,
        "is_draft": is_draft,
        "form": form,
        "steps": [_step(form, n, by_slug) for n in range(form.count)],
        "whole": measures.of_lesson(text),
        "limits": measures,
        "found": found,
        "alone": is_draft and found.typo and not found.safety and replaced and replaced.state == State.PUBLISHED,
        "missing": list(draft.problems(text)) if is_draft else [],
        "remarks": remarks,
        "open": [remark for remark in remarks if not remark.done_at],
        "questions": reviewing.questions(lesson) if lesson.quiz_id else [],
        "may_write": request.user.has_perm(WRITES),
        "may_publish": request.user.has_perm(PUBLISHES),
        "send": SendForm(initial={"seen": form["seen"].value()}),
        "claims": reference.claims().values(),
        "most": MOST_STEPS,
    }


def _step(form: LessonForm, n: int, by_slug: dict[str, measures.Measure]) -> dict[str, Any]:
    """Return one step for the page: its fields and, of what was saved last, its measures."""
    fields = {name: form[f"{name}_{n}"] for name in form.of_step()}
    slug = fields["slug"].value() or ""
    return {
        "n": n,
        "number": n + 1,
        "slug": slug,
        "name": fields["heading"].value() or f"Step {n + 1}",
        "measure": by_slug.get(slug),
        "slug_field": fields.pop("slug"),
        "fields": [fields[name] for name in ("heading", "body", "key_point")],
        "more": (more := [fields[name] for name in ("picture", "alt", "key", "claims")]),
        "more_open": any(field.errors or field.value() for field in more),
    }


def _act(request: StaffRequest, pk: int, act: Callable[[Lesson], str]) -> HttpResponse:
    """Do something with a lesson, say what came of it, and go back to the lesson, or to the list if it is gone."""
    lesson, _ = find(pk)
    response = redirect("admin:lessons_lesson_change", pk)
    try:
        messages.success(request, act(lesson))
    except writing.Unfit as unfit:
        messages.warning(request, str(unfit))
        if any(problem.field for problem in unfit.problems):
            response["Location"] += "?check=1"
    return response if Lesson.objects.filter(pk=pk).exists() else redirect("admin:lessons_lesson_changelist")


@require_POST
@permission_required(WRITES, raise_exception=True)
def send(request: StaffRequest, pk: int) -> HttpResponse:
    """Send the draft that this person has seen for review."""
    form = SendForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Use 500 letters at most for the reviewer.")
        return redirect("admin:lessons_lesson_change", pk)

    def act(lesson: Lesson) -> str:
        writing.send(lesson=lesson, now=timezone.now(), **form.cleaned_data)
        return "Sent for review. A second person reads and publishes it."

    return _act(request, pk, act)


@require_POST
@permission_required(PUBLISHES, raise_exception=True)
def publish_typo(request: StaffRequest, pk: int) -> HttpResponse:
    """Publish the draft that this person has seen as a mended typo."""

    def act(lesson: Lesson) -> str:
        writing.publish_typo(lesson=lesson, seen=request.POST.get("seen", ""), by=request.user, now=timezone.now())
        return "Published. Patients read it from now on."

    return _act(request, pk, act)


@require_POST
@permission_required(WRITES, raise_exception=True)
def discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw away the draft that this person has seen."""

    def act(lesson: Lesson) -> str:
        writing.discard(lesson=lesson, seen=request.POST.get("seen", ""))
        return "The draft was thrown away."

    return _act(request, pk, act)


@require_POST
@permission_required(PUBLISHES, raise_exception=True)
def retire(request: StaffRequest, pk: int) -> HttpResponse:
    """Take out the published lesson that this person has seen."""

    def act(lesson: Lesson) -> str:
        signs = request.user.has_perm(SIGNS)
        seen, now = request.POST.get("seen", ""), timezone.now()
        writing.retire(lesson=lesson, seen=seen, by=request.user, now=now, clinician=signs)
        return "Taken out. Patients no longer find it; what they read and answered stays."

    return _act(request, pk, act)


@require_POST
@permission_required(SEES, raise_exception=True)
def remark_done(request: StaffRequest, pk: int, remark: int) -> HttpResponse:
    """Say that what a remark asks for is done."""
    if not request.user.has_perm(WRITES):
        raise Http404("Not for this role")
    found = get_object_or_404(Remark, pk=remark, edition__lesson=pk)
    reviewing.done(remark=found, by=request.user, now=timezone.now())
    return redirect(reverse("admin:lessons_lesson_change", args=[pk]) + "#remarks")
