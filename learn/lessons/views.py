"""Find my medicine, and the word list."""

from __future__ import annotations

from functools import cache
from itertools import groupby

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from learn.lessons import finder, reference
from learn.lessons.models import Therapy


@cache
def _named() -> tuple[finder.Named, ...]:
    return tuple(finder.Named(m.slug, m.names, bool(m.therapy)) for m in reference.medicines().values())


@login_not_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Look a medicine up by any spelling: three results at most, and never straight to a lesson."""
    query = request.GET.get("q")
    found = finder.find(query, _named()) if query is not None else None
    taught = {therapy.slug: therapy for therapy in Therapy.objects.taught()}
    known = reference.medicines()
    context = {
        "query": (query or "")[: finder.LONGEST],
        "found": found,
        "hits": [(known[hit.slug], taught.get(known[hit.slug].therapy)) for hit in found.hits] if found else [],
        "basics": next((t for t in taught.values() if t.kind == Therapy.Kind.GENERAL), None),
        "medicines": [m for m in known.values() if m.therapy],
    }
    return render(request, "lessons/find.html", context)


@login_not_required
@require_safe
def words(request: HttpRequest) -> HttpResponse:
    """Show every term, A to Z."""
    letters = [(k, list(v)) for k, v in groupby(reference.terms(), key=lambda term: term.term[0].upper())]
    return render(request, "lessons/words.html", {"letters": letters})
