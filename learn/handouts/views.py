"""Sheets to print: the page that offers them all, and each of them as a PDF."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from learn import looks
from learn.fields import ChoiceOne
from learn.handouts import pdf, sheets
from learn.handouts.parts import PAPERS, SIZES, Data, Look
from learn.lessons import shown
from learn.people.models import Phones, phones_for
from learn.visits.models import MyQuestion


class PaperForm(forms.Form):
    """The paper, and the size of the letters."""

    use_required_attribute = False

    paper = ChoiceOne(
        label=gettext_lazy("Paper"), choices=[("letter", gettext_lazy("Letter")), ("a4", gettext_lazy("A4"))]
    )
    size = ChoiceOne(
        label=gettext_lazy("Text size"),
        choices=[
            ("12", gettext_lazy("Standard")),
            ("14", gettext_lazy("Large")),
            ("18", gettext_lazy("Very large")),
        ],
    )


def look_of(request: HttpRequest, phones: Phones | None = None) -> Look:
    """Return how this reader wants a sheet: `?paper=` and `?size=`, else the setting and their text size.

    The numbers are those of their team, or `phones`. Raises Http404 for any other paper or size.
    """
    text = looks.of(request)["text"]
    paper = request.GET.get("paper", settings.PAPER)
    size = request.GET.get("size", next(size for size, name in SIZES.items() if name == text))
    if paper not in PAPERS or size not in SIZES:
        raise Http404("No such paper or size")
    return Look(paper, int(size), phones or phones_for(request.user))


def answer(request: HttpRequest, template: str, data: Data, name: str, *, keep: bool = True) -> HttpResponse:
    """Return the PDF, to be shown by the browser, or 503 with Retry-After while two are being made.

    `keep` as in `pdf.pdf`, whose `Fault` this raises too.
    """
    if request.method == "HEAD":
        return HttpResponse(content_type="application/pdf")
    try:
        made = pdf.pdf(template, data, keep=keep)
    except pdf.Busy:
        page = loader.render_to_string("handouts/busy.html", {"again": request.get_full_path()})
        return HttpResponse(page, status=503, headers={"Retry-After": "5"})
    disposition = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return HttpResponse(made, content_type="application/pdf", headers=disposition)


def _sheet(
    request: HttpRequest, template: str, data: Data, name: str, *, instead: str, keep: bool = True
) -> HttpResponse:
    """Return the PDF; if Typst cannot make it, redirect to the page with the same text, which every browser prints."""
    try:
        return answer(request, template, data, name, keep=keep)
    except pdf.Fault:
        messages.info(request, _("The PDF could not be made. Print this page instead."))
        return redirect(instead)


@login_not_required
@require_safe
def on_paper(request: HttpRequest) -> HttpResponse:
    """Offer every sheet, and the choice of paper and text size."""
    look = look_of(request)
    lessons = [lesson for lesson, _questions in shown.lessons()]
    chosen = {"paper": look.paper, "size": str(look.size)}
    query = urlencode({name: value for name, value in chosen.items() if name in request.GET})
    context: dict[str, Any] = {
        "form": PaperForm(initial=chosen),
        "query": f"?{query}" if query else "",
        "lessons": lessons,
        "therapies": dict.fromkeys((lesson.row.therapy, lesson.row.therapy_title) for lesson in lessons),
        "overview": any(lesson.row.slug == sheets.MAIN for lesson in lessons),
    }
    return render(request, "handouts/on_paper.html", context)


@login_not_required
@require_safe
def lesson(request: HttpRequest, lesson: str) -> HttpResponse:
    """Return a lesson as a PDF."""
    data = sheets.lesson(lesson, look_of(request))
    therapy = shown.pages({lesson})[lesson][0].lesson.row.therapy
    return _sheet(request, "lessons", data, lesson, instead=reverse("lesson_print", args=[therapy, lesson]))


@login_not_required
@require_safe
def therapy(request: HttpRequest, therapy: str) -> HttpResponse:
    """Return the lessons of a therapy type as one PDF."""
    data = sheets.therapy(therapy, look_of(request))
    return _sheet(request, "lessons", data, therapy, instead=reverse("therapy", args=[therapy]))


@login_not_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Return the fact sheet as a PDF."""
    data = sheets.overview(look_of(request))
    return _sheet(request, "overview", data, "immunotherapy-overview", instead=reverse("help"))


@login_not_required
@require_safe
def wallet(request: HttpRequest) -> HttpResponse:
    """Return the wallet card as a PDF."""
    return _sheet(request, "wallet", sheets.wallet(look_of(request)), "my-card", instead=reverse("help"))


@login_not_required
@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    """Return a person's open questions as a PDF with room to write; without questions, only the room."""
    mine = MyQuestion.objects.of(request.user).open().values_list("text", flat=True)
    data = sheets.questions(list(mine), timezone.localdate(), look_of(request))
    instead = reverse("questions") + "?print=1"
    return _sheet(request, "questions", data, "my-questions", instead=instead, keep=False)
