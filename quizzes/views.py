"""Pages of a learner's own attempts: question, feedback, result, review. Nobody can see another learner's attempts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from quizzes import reviewing, taking
from quizzes.asked import Asked, items_of
from quizzes.forms import AnswerForm, number_of, read
from quizzes.kinds import Unreadable
from quizzes.models import SOURCE, Response, day_of
from quizzes.places import place_of
from quizzes.results import asked_again, result_of

VERDICTS: dict[str, str | Promise] = {
    Response.Marked.RIGHT: gettext_lazy("Yes, that is right"),
    Response.Marked.WRONG: gettext_lazy("Not quite"),
    Response.Marked.UNSURE: gettext_lazy("That is fine. Here is the answer"),
}


def _items(request: HttpRequest, attempt: UUID) -> list[Asked]:
    """Return all items of this attempt with their answers. Raises Http404 unless the attempt is the user's own."""
    items = items_of(request.user.pk, attempt)
    if not items:
        raise Http404("No such check of yours")
    return items


def _item(items: list[Asked], n: int) -> Asked:
    for item in items:
        if item.position == n:
            return item
    raise Http404("No such question in this check")


@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, attempt: UUID, n: int) -> HttpResponse:
    """Show question n while it needs an answer, and save a posted answer; otherwise redirect to its latest feedback."""
    items = _items(request, attempt)
    item = _item(items, n)
    if request.method == "POST":
        if response := _answered(request, item, items):
            return response
    elif not taking.is_owed(item, items):
        # Only a review that was abandoned and closed has unanswered questions that need no answer.
        return redirect("quizzes:feedback", attempt, n) if item.answers else redirect("quizzes:result", attempt)
    # Without a form, the template renders an empty one or takes it from its cache.
    context: dict[str, Any] = {"item": item, "form": None, "ask": item.ask(), "place": place_of(item, items)}
    if request.method == "POST":
        context["form"] = AnswerForm(item, request.POST)
    return render(request, "quizzes/question.html", context)


def _answered(request: HttpRequest, item: Asked, items: list[Asked]) -> HttpResponse | None:
    """Save a posted answer and return the redirect; None if the form has errors."""
    number = number_of(request.POST)
    saved = number is not None and number <= item.answers  # a repeated post, or an outdated page
    try:
        if number is None or not (saved or taking.is_owed(item, items)):
            raise taking.NotOwed
        given, now = read(item, request.POST), timezone.now()
        # A saved answer too: a transaction that writes shows that what was read here is safe (ruling 65).
        taking.answer(item=item, given=given, number=number, now=now, day=day_of(request.user, now))
    except Unreadable:
        if not saved:
            return None
    except taking.NotOwed:
        messages.info(request, _("That page was out of date. Here is where you are now."))
        return redirect("quizzes:question", item.attempt_id, item.position)
    return redirect("quizzes:feedback", item.attempt_id, item.position)


@require_safe
def feedback(request: HttpRequest, attempt: UUID, n: int) -> HttpResponse:
    """Show the mark of the latest answer to question n, and the explanation."""
    items = _items(request, attempt)
    item = _item(items, n)
    if item.last_mark is None:
        return redirect("quizzes:question", attempt, n)
    return render(
        request,
        "quizzes/feedback.html",
        {
            "item": item,
            "verdict": str(VERDICTS[item.last_mark]),
            "mark": item.revision.mark(json.loads(item.given)),
            "next": taking.owed(items),
            "comes_back": taking.comes_back(item),
            "place": place_of(item, items, answered=True),
        },
    )


@require_safe
def result(request: HttpRequest, attempt: UUID) -> HttpResponse:
    """Show the result in true words, and what is asked again when. Safety questions still open are listed apart."""
    items = _items(request, attempt)
    if (waiting := taking.owed(items)) is not None:
        return redirect("quizzes:question", attempt, waiting.position)
    found, attempt_now = result_of(items), items[0].attempt
    if missed := [item.revision.question_id for item in found.missed]:
        found = result_of(items, taking.still_open(learner=request.user, questions=missed))
    coming, today = _outlook(request, attempt_now.language), day_of(request.user, timezone.now())
    finished = day_of(request.user, cast(datetime, attempt_now.finished))
    context = {
        "attempt": attempt_now,
        "result": found,
        "known": found.known + found.since,
        "missed": found.missed,
        "critical": any(item.revision.critical for item in items if item.answers),
        "again": asked_again(found, asks=coming.asks, following=coming.next, today=today),
        "earlier": finished if finished < today else None,
    }
    return render(request, "quizzes/result.html", context)


def _outlook(request: HttpRequest, language: str) -> reviewing.Outlook:
    return reviewing.outlook(learner=request.user, language=language, now=timezone.now())


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(
    request: HttpRequest,
    language: Callable[[HttpRequest], str] = lambda request: SOURCE,
    helped: Callable[[HttpRequest], bool] = lambda request: False,
) -> HttpResponse:
    """Show what is due and one button. POST starts or continues the review, pauses reviews for a week, or resumes them.

    The site chooses the URL, the language of the questions, and how to find out whether someone helps the learner.
    """
    if request.method == "POST":
        if not request.user.is_authenticated:
            pass  # a person who never answered has nothing to review
        elif "later" in request.POST:
            reviewing.pause(learner=request.user, now=timezone.now())
        elif "again" in request.POST:
            reviewing.resume(learner=request.user)
        elif attempt := reviewing.start(
            learner=request.user, language=language(request), now=timezone.now(), helped=helped(request)
        ):
            waiting = taking.owed(list(attempt.items.with_answers()))
            return (
                redirect("quizzes:question", attempt.pk, waiting.position)
                if waiting
                else redirect("quizzes:result", attempt.pk)
            )
        return HttpResponseRedirect(request.path)
    return render(request, "quizzes/review.html", {"outlook": _outlook(request, language(request))})
