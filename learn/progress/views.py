"""The patient's way: start, lessons, steps, checks, my learning."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.db.models import Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from learn import looks
from learn.lessons import card, reference
from learn.lessons.models import LANGUAGE, Edition, Lesson, Step, Therapy
from learn.people.actions import learner
from learn.people.models import User
from learn.progress import actions, standing
from learn.progress.standing import Standing, Status
from quizzes import reviewing, taking
from quizzes.models import Attempt, Quiz, State, day_of
from quizzes.numbers import number

HELPER = "i-help-somebody"  # the lesson for people who help a patient


def _see(name: str, *args: Any) -> HttpResponse:
    return redirect(name, *args)


def _standings(request: HttpRequest) -> list[Standing]:
    """Return how this visitor stands in every lesson; whoever is not signed in has started none."""
    if request.user.is_authenticated:
        return standing.standings([request.user.pk])[request.user.pk]
    return [Standing(taught) for taught in standing.catalogue()]


def _today(request: HttpRequest) -> Any:
    """Return the date on this visitor's clinic's calendar."""
    return day_of(request.user, timezone.now())


def _review(request: HttpRequest) -> reviewing.Outlook:
    """Return what this visitor can review now."""
    return reviewing.outlook(learner=request.user, language=LANGUAGE, now=timezone.now())


def _steps(therapy: str, lesson: str) -> list[Step]:
    """Return the steps that readers see now, in order; 404 when there is no such published lesson.

    Each carries where the lesson for helpers stands (`helper`: its therapy type), None where it is not published: read
    with the steps, the link to it costs no query and is never dead.
    """
    helper = Lesson.objects.taught().filter(slug=HELPER).order_by().values("therapy__slug")[:1]
    steps = list(
        Step.objects.shown()
        .filter(edition__lesson__slug=lesson, edition__lesson__therapy__slug=therapy)
        .select_related("edition__lesson__therapy")
        .annotate(helper=Subquery(helper))
        .order_by("position")
    )
    if not steps:
        raise Http404("No such lesson")
    return steps


def _helper(therapy: str | None) -> str:
    """Return the address of the lesson for helpers, which stands in this therapy type; "" where there is none."""
    return reverse("lesson", args=[therapy, HELPER]) if therapy else ""


@login_not_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Say what this site is; lead a returning learner back to where they stopped, or to what the nurse asked for."""
    standings = _standings(request)
    begun = [s for s in standings if s.code in (Status.READING, Status.CHECK, Status.TALK)]
    begun.sort(key=lambda s: s.assigned is None)
    asked = [s for s in standings if s.assigned and s.code == Status.NOT_STARTED]
    context = {
        "carry_on": begun[0] if begun else None,
        "asked": min(asked, key=lambda s: s.assigned.due, default=None),  # type: ignore[union-attr]  # all are
        "review": _review(request),
        "helper": _helper(next((s.taught.therapy for s in standings if s.taught.slug == HELPER), None)),
    }
    return render(request, "progress/start.html", context)


@login_not_required
@require_safe
def therapies(request: HttpRequest) -> HttpResponse:
    """List the therapy types that have a lesson to read."""
    return render(request, "progress/therapies.html", {"therapies": Therapy.objects.taught()})


@login_not_required
@require_safe
def therapy(request: HttpRequest, therapy: str) -> HttpResponse:
    """List the lessons of one therapy type, those that a nurse asked for first.

    `?medicine=slug`, from the finder: it is named, its own lesson goes first, lessons on other medicines go last.
    """
    found = get_object_or_404(Therapy.objects.taught(), slug=therapy)
    medicine = reference.taught(request.GET.get("medicine", ""), therapy)
    others = reference.lessons_of_others(medicine) if medicine else frozenset()
    own = medicine.lesson if medicine else ""
    rows = [s for s in _standings(request) if s.taught.therapy == therapy]
    rows.sort(key=lambda s: (s.assigned is None, s.taught.slug in others, s.taught.slug != own))
    context = {
        "therapy": found,
        "medicine": medicine,
        "rows": rows,
        "read_first": any(row.taught.read_first for row in rows),
        "today": _today(request),
    }
    return render(request, "progress/therapy.html", context)


@login_not_required
@require_safe
def lesson(request: HttpRequest, therapy: str, lesson: str) -> HttpResponse:
    """Go to the step where this learner is."""
    for found in _standings(request):
        if (found.taught.therapy, found.taught.slug) == (therapy, lesson):
            return _see("step", therapy, lesson, found.step)
    raise Http404("No such lesson")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, therapy: str, lesson: str, n: int) -> HttpResponse:
    """Show step n; POST says that it was read, and goes on to the next."""
    steps = _steps(therapy, lesson)
    here = next((s for s in steps if s.position == n), None)
    if request.method == "POST" and (drawn := _as_drawn(request, here, steps)):
        read, edition = drawn
        following = actions.read(learner=learner(request), steps=edition, step=read, now=timezone.now())
        # A newer edition may have come meanwhile: go on at the same step's place in it.
        place = next((s.position for s in steps if following and s.slug == following.slug), None)
        return after_step(steps, place - 1 if place else (n if following else len(steps)))
    if here is None:
        raise Http404("No such step")
    return render(request, "progress/step.html", _shown(request, here, steps))


def _shown(request: HttpRequest, here: Step, steps: list[Step]) -> dict[str, Any]:
    """Return what the page of a step shows."""
    taught, last = here.edition.lesson, here is steps[-1]
    # A step on the card shows it before the button that leads on: nobody should go on without having met it.
    teaches_card = not card.whole().claims.isdisjoint(here.claims)
    # Whoever helps a patient opens the same card or link: said at the start, and after the call card.
    for_helpers = taught.slug != HELPER and (here is steps[0] or last or teaches_card)
    return {
        "step": here,
        "edition": here.edition,
        "lesson": taught,
        "steps": steps,
        "last": last,
        "picture": f"learn/pictures/{here.picture}",
        "words": reference.words_on(f"{here.heading} {here.body}"),
        "holds": reference.holds(here.claims) if getattr(request.user, "is_staff", False) else [],
        "sources": reference.sources_of(c for s in steps for c in s.claims) if last else [],
        "teaches_card": teaches_card,
        "shows_card": last or teaches_card,
        "helper": _helper(here.helper) if for_helpers else "",  # type: ignore[attr-defined]  # by `_steps`
    }


def _as_drawn(request: HttpRequest, here: Step | None, steps: list[Step]) -> tuple[Step, list[Step]] | None:
    """Return the step that the posted form was drawn for, with its edition's steps: one retired since, perhaps."""
    posted = number(request.POST.get("step", ""))
    if posted and posted not in {s.pk for s in steps}:
        lesson = steps[0].edition.lesson_id
        older = Step.objects.filter(pk=posted, frozen=True, edition__lesson=lesson).first()
        if older is not None:
            return older, list(Step.objects.filter(edition=older.edition_id).order_by("position"))
    return (here, steps) if here else None


def after_step(steps: list[Step], n: int) -> HttpResponse:
    """Lead from step n to the next one, after the last to the check, and without a check to my learning."""
    taught = steps[0].edition.lesson
    if n < len(steps):
        return _see("step", taught.therapy.slug, taught.slug, n + 1)
    return _see("check", taught.slug) if taught.quiz_id else _see("my")


def go_on_without_cookies(therapy: str, lesson: str, n: int) -> HttpResponse:
    """Lead to the next step and save nothing: without cookies nobody can be known again."""
    return after_step(_steps(therapy, lesson), n)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, lesson: str) -> HttpResponse:
    """Show one button; POST starts or resumes the check, or a retry of what was missed."""
    taught = get_object_or_404(
        Lesson.objects.taught().select_related("quiz", "therapy").filter(quiz__isnull=False),
        slug=lesson,
    )
    quiz = cast(Quiz, taught.quiz)
    if request.method == "POST":
        try:
            attempt = taking.start(
                learner=learner(request), quiz=quiz, language=LANGUAGE, now=timezone.now(), helped=looks.helped(request)
            )
        except taking.NothingToAsk as error:
            raise Http404("This check has no questions now") from error
        waiting = taking.owed(list(attempt.items.with_answers()))
        if waiting is None:
            return _see("quizzes:result", attempt.pk)
        return _see("quizzes:question", attempt.pk, waiting.position)
    mine = Attempt.objects.of(request.user).filter(quiz=quiz)
    kind, questions = taking.to_ask(learner=request.user, quiz=quiz, language=LANGUAGE)
    context = {
        "lesson": taught,
        "begun": mine.filter(finished=None).exists(),
        "retry": kind == Attempt.Kind.RETRY,
        "again": mine.finished().exists(),
        "questions": questions,
    }
    return render(request, "progress/check.html", context)


@login_not_required
@require_safe
def my(request: HttpRequest) -> HttpResponse:
    """List what is to do and what is done, in the words the nurse sees too; what is done also for paper."""
    rows = [s for s in _standings(request) if s.assigned or s.code != Status.NOT_STARTED]
    if "print" in request.GET:
        done = [s for s in rows if s.is_done]
        now_read = Edition.objects.filter(
            state=State.PUBLISHED, language=LANGUAGE, lesson__in=[s.taught.lesson for s in done]
        )
        points = dict(now_read.values_list("lesson", "remember"))
        context = {"done": [(s, points.get(s.taught.lesson, [])) for s in done], "today": _today(request)}
        return render(request, "progress/learned.html", context)
    context = {
        "to_do": sorted((s for s in rows if not s.is_done), key=lambda s: s.assigned is None),
        "done": (done := [s for s in rows if s.is_done]),
        # After the first finished lesson, never before.
        "offers_keeping": bool(done) and not cast(User, request.user).has_key(at=timezone.now()),
        "review": _review(request),
        "today": _today(request),
    }
    return render(request, "progress/my.html", context)
