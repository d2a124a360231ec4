"""The three views that set the limit: session + user + one ORM query + one small template; a form; an answer."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path

from tests.bench.floor.models import Answer, Progress


def _progress(request: HttpRequest, lesson: str) -> Progress:
    if not request.user.is_authenticated:
        raise Http404("Nobody is signed in")
    return Progress.objects.select_related("lesson").get(learner_id=request.user.pk, lesson__slug=lesson)


def read(request: HttpRequest, lesson: str) -> HttpResponse:
    """Show a lesson: also the limit of the feedback page."""
    return render(request, "lesson.html", {"progress": _progress(request, lesson)})


def ask(request: HttpRequest, lesson: str, n: int) -> HttpResponse:
    """Show a question with a CSRF token; POST keeps the answer: one insert and one update."""
    if request.method == "POST":
        if not request.user.is_authenticated:
            raise Http404("Nobody is signed in")
        with transaction.atomic():
            Answer.objects.create(progress_id=int(request.POST["progress"]), question=n, given=request.POST["choice"])
            Progress.objects.filter(pk=int(request.POST["progress"])).update(answered=F("answered") + 1)
        return HttpResponseRedirect(f"/{lesson}/", status=303)
    return render(request, "question.html", {"progress": _progress(request, lesson), "n": n})


urlpatterns = [path("<slug:lesson>/", read), path("<slug:lesson>/<int:n>/", ask)]
