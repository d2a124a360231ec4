"""Carry lessons to another site and take them in; take over newer text that came with the site."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from learn.desk.admin.lesson import find
from learn.desk.admin.lessons import ADDS, SEES, WRITES
from learn.desk.lesson_forms import PackForm
from learn.lessons import content, draft, pack, writing
from learn.lessons.models import Lesson, Therapy
from learn.people.requests import StaffRequest
from quizzes.models import State

FIXTURES = Path(settings.BASE_DIR) / "fixtures"


@require_safe
@permission_required(SEES, raise_exception=True)
def download(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the published lessons of a therapy type as a lesson pack."""
    therapy = get_object_or_404(Therapy, pk=pk)
    response = HttpResponse(pack.write(therapy.lessons.all()), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="lessons-{therapy.slug}.zip"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(ADDS, raise_exception=True)
def take_in(request: StaffRequest) -> HttpResponse:
    """Ask for a lesson pack; POST checks it whole and takes it in as drafts."""
    form = PackForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_bound and form.is_valid():
        try:
            packed = form.cleaned_data["file"].read(pack.MOST_BYTES + 1)
            taken = pack.take_in(packed, by=request.user, now=timezone.now())
            messages.success(request, _said(taken))
            response = redirect("admin:lessons_lesson_changelist")
            response["Location"] += "?show=draft" if taken.drafts else ""
            return response
        except pack.BadPack as error:
            form.add_error("file", str(error))
    return render(request, "admin/lesson_take_in.html", {"title": "Take in a lesson pack", "form": form})


def _said(taken: pack.Taken) -> str:
    """Return what was taken in as a sentence."""
    lessons, questions = len(taken.drafts), taken.questions
    said = f"{lessons} lesson{'s' * (lessons != 1)} and {questions} question{'s' * (questions != 1)} came in as drafts."
    return said + (f" {len(taken.same)} lessons are here already, word for word." if taken.same else "")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(WRITES, raise_exception=True)
def newer(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how a newer shipped text differs from the hospital's; POST takes it over as a draft, or keeps theirs."""
    lesson, edition = find(pk)
    if not lesson.newer:
        raise Http404("No newer text")
    try:
        shipped, digest = content.shipped_text(FIXTURES, lesson.slug)
    except ValueError as error:
        raise Http404("No shipped text") from error
    ours = writing.text_of(edition)
    if request.method == "POST":
        return _deal(request, lesson, shipped, digest)
    context = {
        "lesson": lesson,
        "edition": edition,
        "differences": draft.compare(ours, shipped).differences,
        "has_draft": edition.state == State.DRAFT,
        "seen": writing.fingerprint(edition, ours),
        "title": "Newer text came with the site",
    }
    return render(request, "admin/lesson_newer.html", context)


def _deal(request: StaffRequest, lesson: Lesson, shipped: draft.Text, digest: str) -> HttpResponse:
    """Take the shipped text over as a draft, or keep ours; either way it is not reported again."""
    try:
        with transaction.atomic():
            if request.POST.get("do") == "take":
                writing.save_draft(lesson=lesson, text=shipped, by=request.user, now=timezone.now())
                messages.success(request, "The shipped text is a draft now.")
            Lesson.objects.filter(pk=lesson.pk).update(newer="", dealt_with=digest)
    except writing.Unfit as unfit:
        messages.warning(request, str(unfit))
    return redirect("admin:lessons_lesson_change", lesson.pk)
