"""The pages "Find my medicine" and "Words", and a whole lesson to print."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from learn.lessons import finder, reference, shown, symptoms
from learn.lessons.models import Lesson, Therapy

SAFETY = "side-effects-when-to-call"  # the lesson that most people who search for a symptom need


@cache
def _named() -> tuple[finder.Named, ...]:
    return tuple(finder.Named(m.slug, m.names, bool(m.therapy)) for m in reference.medicines().values())


@login_not_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Find a medicine by any spelling. The page never jumps to a lesson; a person confirms the medicine first.

    If the query mentions a symptom, the page shows the call card's tier first, and names a medicine only if its name
    is spelled correctly.
    """
    query = request.GET.get("q")
    tiers = symptoms.tiers(query or "")
    found = finder.find(query, _named()) if query is not None else None
    answers = [a for a in found.answers if not tiers or (a.verdict == "sure" and a.hits[0].exact)] if found else []
    lessons = list(Lesson.objects.taught().select_related("therapy"))
    taught = {lesson.therapy.slug: lesson.therapy for lesson in lessons}
    context = {
        "query": (query or "")[: finder.LONGEST].replace("\x00", ""),
        "tiers": tiers,
        "problem": found.nothing if found and not tiers else None,
        "answers": [_shown(answer, taught) for answer in answers],
        "level": 2 if tiers else 1,  # heading level of the answer: a symptom comes before any medicine
        "safety": next((lesson for lesson in lessons if lesson.slug == SAFETY), None),
        "basics": next((t for t in taught.values() if t.kind == Therapy.Kind.GENERAL), None),
        "names": reference.a_to_z(),
    }
    return render(request, "lessons/find.html", context)


def _shown(answer: finder.Answer, taught: dict[str, Therapy]) -> dict[str, Any]:
    """Return an answer for the template: each medicine with the name to show and its other names."""
    known = reference.medicines()

    def row(hit: finder.Hit) -> dict[str, Any]:
        medicine = known[hit.slug]
        brand = hit.name in medicine.brands
        return {
            "medicine": medicine,
            "name": hit.name if brand else medicine.generic,
            "also": medicine.generic if brand else ", ".join(medicine.brands),
            "therapy": taught.get(medicine.therapy),
        }

    return {
        "said": answer.said,
        "verdict": answer.verdict,
        "hits": [row(hit) for hit in answer.hits],
        "alike": [row(hit) for hit in answer.alike],
    }


@login_not_required
@require_safe
def words(request: HttpRequest) -> HttpResponse:
    """Show the word list, A to Z."""
    letters = [(k, list(v)) for k, v in groupby(reference.terms(), key=lambda term: term.term[0].upper())]
    return render(request, "lessons/words.html", {"letters": letters})


@login_not_required
@require_safe
def on_paper(request: HttpRequest, therapy: str, lesson: str) -> HttpResponse:
    """Show a whole lesson on one page, to print: each step, what to remember, and the call card. It reads no step."""
    pages = shown.pages({lesson}).get(lesson)
    if not pages or pages[0].lesson.row.therapy != therapy:
        raise Http404("No such lesson")
    return render(request, "lessons/print.html", {"lesson": pages[0].lesson, "pages": pages})
