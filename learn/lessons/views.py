"""The pages "Find", "Words" and "I help somebody", and a whole lesson to print."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from learn import typed
from learn.lessons import finder, reference, search, shown, symptoms, texts
from learn.lessons.models import Therapy
from learn.lessons.shown import Page, Shown

SAFETY = "side-effects-when-to-call"  # the lesson that most people who search for a symptom need

Pages = Sequence[tuple[Page, ...]]  # of each published lesson


@texts.kept
def _named() -> tuple[finder.Named, ...]:
    return tuple(finder.Named(m.slug, m.names, bool(m.therapy)) for m in reference.medicines().values())


@login_not_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Find lessons, words and medicines by any spelling. The page never jumps to a lesson.

    If the query mentions a symptom, the page shows the call card's tier first, and names a medicine only if its name
    is spelled correctly. A medicine that the query names comes next: the person confirms it. Then come the lessons and
    the words; medicines that are only a guess come last.

    For a symptom, no passage of a lesson is shown, because it may be about another treatment ("A mild fever can come");
    for a symptom that means 911, no lesson at all.
    """
    query = request.GET.get("q")
    tiers = symptoms.tiers(query or "")
    lessons = shown.every_page()
    rows = [pages[0].lesson.row for pages in lessons]
    context = {
        "query": (query or "")[: finder.LONGEST].replace("\x00", ""),
        "tiers": tiers,
        "level": 2 if tiers else 1,  # heading level of the answer: a symptom comes before any medicine
        "safety": _lesson(SAFETY, lessons),
        "basics": next((row.therapy for row in rows if row.therapy_kind == Therapy.Kind.GENERAL), None),
        "names": reference.a_to_z(),
    }
    if query is not None:
        context |= _results(query, lessons, tiers)
    return render(request, "lessons/find.html", context)


def _lesson(slug: str, lessons: Pages) -> Shown | None:
    return next((pages[0].lesson for pages in lessons if pages[0].lesson.row.slug == slug), None)


def _results(query: str, lessons: Pages, tiers: Sequence[str]) -> dict[str, Any]:
    """Return what a query found, for the template: `answers` (medicines), `found` (lessons, words), `guesses`."""
    medicines = finder.find(query, _named())
    answers = [a for a in medicines.answers if not tiers or (a.verdict == "sure" and a.hits[0].exact)]
    calls_911 = not set(symptoms.URGENT).isdisjoint(tiers)
    found = search.Found() if calls_911 or medicines.nothing == "long" else search.find(query, lessons)
    taught = {pages[0].lesson.row.therapy for pages in lessons}
    shown_answers = [_shown(answer, taught) for answer in answers]
    named = any(answer.verdict in ("sure", "which") for answer in answers)
    return {
        "problem": None if tiers or found else medicines.nothing,
        "answers": shown_answers if named or not found else [],
        "found": found,
        "guesses": [h for a in shown_answers for h in a["hits"]] if found.guessed and not named else [],
    }


def _shown(answer: finder.Answer, taught: set[str]) -> dict[str, Any]:
    """Return an answer for the template: each medicine with the name to show and its other names."""
    known = reference.medicines()

    def row(hit: finder.Hit) -> dict[str, Any]:
        medicine = known[hit.slug]
        brand = hit.name in medicine.brands
        return {
            "medicine": medicine,
            "name": hit.name if brand else medicine.generic,
            "also": medicine.generic if brand else ", ".join(medicine.brands),
            "therapy": medicine.therapy if medicine.therapy in taught else "",
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
    letters = [(k, list(v)) for k, v in groupby(reference.terms(), key=lambda term: typed.plain(term.term)[0].upper())]
    return render(request, "lessons/words.html", {"letters": letters})


@login_not_required
@require_safe
def on_paper(request: HttpRequest, therapy: str, lesson: str) -> HttpResponse:
    """Show a whole lesson on one page, to print: each step, what to remember, and the call card. It reads no step."""
    pages = shown.pages({lesson}).get(lesson)
    if not pages or pages[0].lesson.row.therapy != therapy:
        raise Http404("No such lesson")
    return render(request, "lessons/print.html", {"lesson": pages[0].lesson, "pages": pages})


@login_not_required
@require_safe
def helping(request: HttpRequest) -> HttpResponse:
    """Lead a person who helps a patient through the same lessons, each with the steps that say when to call."""
    lessons = shown.every_page()
    return render(request, "lessons/helping.html", {"lessons": lessons, "helper": _lesson(shown.HELPER, lessons)})
