"""The list of questions with their statistics: search, filters, verdicts; every view of it is a link."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from quizzes.admin import listing
from quizzes.admin.requests import LANGUAGE, StaffRequest
from quizzes.health import NEWEST, STAFF
from quizzes.models import Quiz
from quizzes.numbers import number

LONGEST = 100  # letters of a search


@require_safe
@permission_required("quizzes.view_question", raise_exception=True)
def questions(request: StaffRequest) -> HttpResponse:
    """List the questions: `?q=` words, `?quiz=`, `?kind=`, `?show=` a state or verdict, `?sort=`, `?after=` so many."""
    quizzes = list(Quiz.objects.order_by("title"))
    chosen = next((quiz for quiz in quizzes if quiz.slug == request.GET.get("quiz")), None)
    wish = _wish(request.GET, chosen)
    wanted = listing.Wish(wish["q"], chosen.pk if chosen else 0, wish["kind"], wish["show"], wish["sort"])
    fitting = [row for row in listing.rows(LANGUAGE, leave_out=STAFF, now=timezone.now()) if wanted.fits(row)]
    found = sorted(filter(wanted.sees, fitting), key=wanted.order)
    context = {
        "title": "Questions",
        "wish": wish,
        "quizzes": quizzes,
        "chosen": chosen,
        "newest": NEWEST,
        "kinds": listing.KINDS,
        "sorts": listing.SORTS,
        "chips": [(listing.address(**(wish | {"show": name})), name, *rest) for name, *rest in listing.chips(fitting)],
        "may_add": request.user.has_perm("quizzes.add_question"),
    }
    return render(request, "quizzes/admin/questions.html", context | _page(found, wish, request.GET.get("after", "")))


def _wish(asked: QueryDict, chosen: Quiz | None) -> dict[str, str]:
    """Return what an address asks for; what nobody knows is left out."""
    allowed = {"kind": listing.KINDS, "show": listing.SHOWN, "sort": listing.SORTS}
    wish = {name: asked.get(name, "") if asked.get(name, "") in known else "" for name, known in allowed.items()}
    wish["q"] = asked.get("q", "").replace("\0", "")[:LONGEST].strip()
    return wish | {"quiz": chosen.slug if chosen else "", "sort": wish["sort"] or "worst"}


def _page(found: list[listing.Row], wish: dict[str, str], asked: str) -> dict[str, Any]:
    """Return one page of the rows, and the addresses of those beside it."""
    after = min(number(asked) or 0, len(found))
    end = after + listing.PAGE
    return {
        "found": found,
        "rows": found[after:end],
        "first": after + 1,
        "last": min(end, len(found)),
        "earlier": listing.address(**wish, after=str(after - listing.PAGE)) if after >= listing.PAGE else "",
        "later": listing.address(**wish, after=str(end)) if end < len(found) else "",
    }
