"""See a lesson as a patient, in the patient's own templates: saved or not, on a phone and wide, light and dark."""

from __future__ import annotations

from typing import Any

from csp.constants import HEADER, SELF
from csp.utils import build_policy
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from learn import looks
from learn.desk.admin.lesson import find
from learn.desk.admin.lessons import SEES
from learn.desk.lesson_forms import LessonForm
from learn.lessons import shown, writing
from learn.lessons.draft import Text
from learn.lessons.models import Edition
from learn.people.requests import StaffRequest

COLORS = ("light", "dark")
FRAMES = [("320", "On a phone", "640"), ("100%", "Wide", "720")]  # width, words, height


@require_safe
@permission_required(SEES, raise_exception=True)
def frames(request: StaffRequest, pk: int, n: int) -> HttpResponse:
    """Show step n of what was saved last in four frames: on a phone and wide, light and dark."""
    lesson, edition = find(pk)
    text = writing.text_of(edition)
    if not 1 <= n <= max(len(text.steps), 1):
        raise Http404("No such step")
    context = {
        "title": f"As patients see it: {text.title}",
        "lesson": lesson,
        "edition": edition,
        "steps": text.steps,
        "n": n,
        "frames": [(width, words, height, colors) for width, words, height in FRAMES for colors in COLORS],
    }
    response = render(request, "admin/lesson_frames.html", context)
    response.headers[HEADER] = build_policy(update={"frame-src": [SELF]})
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(SEES, raise_exception=True)
def preview(request: StaffRequest, pk: int, n: int) -> HttpResponse:
    """Show step n as a patient sees it. POST shows what was typed, without saving it. Pages of ours may frame it."""
    _, edition = find(pk)
    text = writing.text_of(edition)
    if request.method == "POST":
        if "count" not in request.POST:  # the patient's own "Continue"
            last = n >= len(text.steps)
            return redirect("admin:lessons_lesson_preview", pk, 1 if last else n + 1)
        form = LessonForm(text, "", request.POST)
        form.is_valid()  # a field with an error is empty in the preview
        text = form.text()
    response = render(request, "admin/lesson_preview.html", _context(request, edition, text, n))
    response.headers[HEADER] = build_policy(replace={"frame-ancestors": [SELF]})
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _context(request: StaffRequest, edition: Edition, text: Text, n: int) -> dict[str, Any]:
    pages = shown.drafted(edition, text)
    if not 1 <= n <= len(pages):
        raise Http404("No such step")
    step = pages[n - 1]
    colors = request.GET.get("colors")
    return {
        "step": step,
        "shows_card": step.last or step.teaches_card,
        "lesson": edition.lesson,
        "unsaved": request.method == "POST",
        "framed": "frame" in request.GET,
        "look": looks.of(request) | ({"colors": colors} if colors in COLORS else {}),
    }
