"""The patient's pages: start, lessons, steps, checks, my learning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from learn import looks
from learn.languages import reader
from learn.lessons import reference, shown
from learn.lessons import reviewing as clinical
from learn.lessons.models import Lesson, Step
from learn.lessons.shown import HELPER, Page
from learn.people.actions import learner
from learn.people.models import User
from learn.progress import actions, held, standing
from learn.progress.models import Reading
from learn.progress.standing import Standing, Status
from learn.study import looking_up, next_up, returning
from quizzes import reviewing, taking
from quizzes.models import Attempt, Quiz, day_of
from quizzes.numbers import number


def _standings(request: HttpRequest) -> list[Standing]:
    """Return this visitor's status in every lesson; a visitor who is not signed in has started none."""
    if isinstance(request.user, User):
        return standing.own(request.user).standings
    return [Standing(taught) for taught in standing.catalogue()]


def _is_visitor(request: HttpRequest) -> bool:
    """Return whether this visitor has nothing to sign in with, as far as we know: nobody, or a guest."""
    return not isinstance(request.user, User) or request.user.is_guest


def _today(request: HttpRequest) -> Any:
    """Return today's date on the calendar of this visitor's clinic."""
    return day_of(request.user, timezone.now())


def _review(request: HttpRequest) -> reviewing.Outlook:
    """Return what this visitor can review now."""
    return reviewing.outlook(learner=request.user, language=reader(), now=timezone.now())


def _pages(therapy: str, lesson: str, reader: Any = None) -> tuple[Sequence[Page], str]:
    """Return the published pages of the lesson, in order, and the slug of the helpers' lesson's therapy type.

    When the lesson was retired, a `reader` who has begun it gets the edition that they read last, and can finish it.

    The slug is "" when the helpers' lesson is not published, so that no page links to a missing lesson. Raises
    `Http404` when this lesson is not published.
    """
    found = shown.pages({lesson, HELPER})
    pages = found.get(lesson) or _begun(lesson, reader)
    if not pages or pages[0].lesson.row.therapy != therapy:
        raise Http404("No such lesson")
    return pages, found[HELPER][0].lesson.row.therapy if HELPER in found else ""


def _begun(lesson: str, reader: Any) -> Sequence[Page]:
    """Return the pages of the retired edition of this lesson that this person read last; empty if there is none."""
    if not isinstance(reader, User):
        return ()
    last = Reading.objects.of(reader).filter(edition__lesson__slug=lesson).order_by("-started").first()
    return shown.retired({last.edition_id}).get(last.edition_id, ()) if last else ()


def _helper(therapy: str) -> str:
    """Return the URL of the lesson for helpers in this therapy type; "" when `therapy` is empty."""
    return reverse("lesson", args=[therapy, HELPER]) if therapy else ""


@login_not_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Show what the site is for; show a returning learner what is next."""
    standings = _standings(request)
    coming = next_up.after(standings)
    context = {
        "coming": coming,
        "any": coming.begun or coming.asked > 0,
        "review": _review(request),
        "is_visitor": _is_visitor(request),
        "helper": reverse("helping") if any(s.taught.slug == HELPER for s in standings) else "",
    }
    return render(request, "study/start.html", context)


@login_not_required
@require_safe
def therapies(request: HttpRequest) -> HttpResponse:
    """List the therapy types that have a published lesson."""
    rows = (lesson.row for lesson, _ in shown.lessons())
    therapies = [
        {"slug": slug, "title": title, "summary": summary}
        for slug, title, summary in dict.fromkeys((row.therapy, row.therapy_title, row.therapy_summary) for row in rows)
    ]
    return render(request, "study/therapies.html", {"therapies": therapies})


@login_not_required
@require_safe
def therapy(request: HttpRequest, therapy: str) -> HttpResponse:
    """List the lessons of one therapy type, with the assigned lessons first.

    With `?medicine=slug`, from the finder, the page names that medicine. Its own lesson comes first, and lessons about
    other medicines come last; they are not counted in the bar.
    """
    standings = _standings(request)  # first: its statement knows which medicines are the hospital's own
    medicine = reference.taught(request.GET.get("medicine", ""), therapy)
    others = reference.lessons_of_others(medicine) if medicine else frozenset()
    own = medicine.lesson if medicine else ""
    rows = [s for s in standings if s.taught.therapy == therapy]
    if not rows:
        raise Http404("No such therapy type")
    rows.sort(key=lambda s: (s.assigned is None, s.taught.slug in others, s.taught.slug != own))
    offered = next_up.fitting(rows, own)
    days = [s.assigned.due for s in rows if s.assigned and not s.is_done]
    context = {
        "therapy": rows[0].taught,
        "medicine": medicine,
        "rows": rows,
        "next": next_up.first(offered),
        "bar": next_up.bar(offered),
        "begun": any(s.code != Status.NOT_STARTED for s in offered),
        "asked": len(days),
        "due": min(days, default=None),
        "for_all": [] if rows[0].taught.for_all else _for_all(standings),
        "read_first": any(row.taught.read_first for row in rows),
        "today": _today(request),
    }
    return render(request, "study/therapy.html", context)


def _for_all(standings: list[Standing]) -> list[Standing]:
    """Return the lessons for everyone that are not done, in the order in which to do them."""
    for_all = [s for s in next_up.fitting(standings) if s.taught.for_all and not s.is_done]
    return next_up.in_order(for_all)


@login_not_required
@require_safe
def lesson(request: HttpRequest, therapy: str, lesson: str) -> HttpResponse:
    """Redirect to the step where this learner continues; if safety pages changed since they read it, to the first."""
    for found in _standings(request):
        if (found.taught.therapy, found.taught.slug) == (therapy, lesson):
            place = next((change.position for change in found.changed if change.position), found.step)
            said = "?changed=1" if found.changed else ""
            return redirect(reverse("step", args=[therapy, lesson, place]) + said)
    raise Http404("No such lesson")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, therapy: str, lesson: str, n: int) -> HttpResponse:
    """Show step n; POST records that it was read and redirects to the next step, or keeps the step for later."""
    pages, helper = _pages(therapy, lesson, request.user)
    here = next((page for page in pages if page.position == n), None)
    if here and "keep" in request.POST:
        older = _older(request.POST.get("step", ""), pages)
        return returning.keep(request, next((page for page in pages if older and page.slug == older.slug), here))
    if request.method == "POST" and (following := _read(request, here, pages)):
        return following
    if here is None:
        raise Http404("No such step")
    context = _shown(request, here, helper)
    if found := looking_up.waiting(request.user, request.GET.get("from", "")):
        context |= {
            "back": False,
            "looking_up": found,
            "beside": [page for page in pages if abs(page.position - n) == 1],
        }
    return render(request, "study/step.html", context)


def _shown(request: HttpRequest, here: Page, helper: str) -> dict[str, Any]:
    """Return the template context of a step."""
    # A helper may use the patient's card or link, so these steps link to the helpers' lesson.
    for_helpers = here.lesson.row.slug != HELPER and (here.position == 1 or here.last or here.teaches_card)
    return {
        "step": here,
        "back": True,
        "holds": clinical.open_holds(here.claims) if getattr(request.user, "is_staff", False) else [],
        "shows_card": here.last or here.teaches_card,
        "helper": _helper(helper) if for_helpers else "",
    }


def _read(request: HttpRequest, here: Page | None, pages: Sequence[Page]) -> HttpResponse | None:
    """Record that the step in the submitted form was read, and redirect to the next; None when there is no such step.

    The form may be for a step of an edition that was replaced since. Then the old step in its own edition is recorded.
    """
    steps: Sequence[Step | Page] = pages
    step: Step | Page | None = here
    if older := _older(request.POST.get("step", ""), pages):
        steps, step = list(Step.objects.filter(edition=older.edition_id).order_by("position")), older
    if step is None:
        return None
    language = pages[0].lesson.row.language
    onward = actions.read(
        learner=learner(request), steps=steps, step=step, now=timezone.now(), shown=pages, language=language
    )
    if onward.unseen and pages[0].lesson.row.quiz:
        messages.info(request, _("You have not seen this step yet. Then the questions."))
    elif onward.unseen:
        messages.info(request, _("You have not seen this step yet."))
    # A newer edition may have been published since: continue at the position of the same step in it.
    place = next((page.position for page in pages if onward.step and page.slug == onward.step.slug), None)
    return after_step(pages, place - 1 if place else (step.position if onward.step else len(pages)))


def _older(posted: str, pages: Sequence[Page]) -> Step | None:
    """Return the step of a form from before the edition changed; None for a current step or one of another lesson."""
    pk = number(posted)
    if pk is None or pk in {page.pk for page in pages}:
        return None
    return Step.objects.filter(pk=pk, frozen=True, edition__lesson=pages[0].lesson.row.lesson).first()


def after_step(pages: Sequence[Page], n: int) -> HttpResponse:
    """Redirect from step n to the next step; after the last step, to the check, or to my learning without a check."""
    taught = pages[0].lesson.row
    if n < len(pages):
        return redirect("step", taught.therapy, taught.slug, n + 1)
    return redirect("check", taught.slug) if taught.quiz else redirect("my")


def go_on_without_cookies(therapy: str, lesson: str, n: int) -> HttpResponse:
    """Redirect to the next step and save nothing: without cookies, the site cannot recognise the visitor."""
    return after_step(_pages(therapy, lesson)[0], n)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, lesson: str) -> HttpResponse:
    """Show one button; POST starts or resumes the check, or starts a retry of the missed questions.

    With `?on`, the address of "Carry on" elsewhere, a check that was begun opens at its next question at once.
    """
    taught = _with_check(request, lesson)
    quiz = cast(Quiz, taught.quiz)
    if request.method == "POST":
        try:
            attempt = taking.start(
                learner=learner(request), quiz=quiz, language=reader(), now=timezone.now(), helped=looks.helped(request)
            )
        except taking.NothingToAsk as error:
            raise Http404("This check has no questions now") from error
        return _go_on(attempt)
    mine = Attempt.objects.of(request.user).filter(quiz=quiz)
    if "on" in request.GET and (begun := mine.filter(finished=None).first()):
        return _go_on(begun)
    kind, questions = taking.to_ask(learner=request.user, quiz=quiz, language=reader())
    context = {
        "lesson": taught,
        "begun": mine.filter(finished=None).exists(),
        "retry": kind == Attempt.Kind.RETRY,
        "again": mine.finished().exists(),
        "questions": questions,
    }
    return render(request, "study/check.html", context)


def _go_on(attempt: Attempt) -> HttpResponse:
    """Redirect to the question that waits for an answer; without one, to the result."""
    waiting = taking.owed(list(attempt.items.with_answers()))
    if waiting is None:
        return redirect("quizzes:result", attempt.pk)
    return redirect("quizzes:question", attempt.pk, waiting.position)


def _with_check(request: HttpRequest, lesson: str) -> Lesson:
    """Return a lesson with a check, also a retired one that this person has begun. Raises `Http404`."""
    rows = {"quiz__isnull": False, "slug": lesson}
    taught = Lesson.objects.taught().select_related("quiz", "therapy").filter(**rows)
    mine = Lesson.objects.select_related("quiz", "therapy").filter(editions__readings__learner=request.user.pk, **rows)
    mine = mine.annotate(title=F("editions__title"), language=F("editions__language"))
    here = taught.first() or (mine.order_by("-editions__readings__started").first() if request.user.pk else None)
    if here is None:
        raise Http404("No such lesson with a check")
    return here


@login_not_required
@require_safe
def last_result(request: HttpRequest, lesson: str) -> HttpResponse:
    """Redirect to the result of the newest finished check or retry of a lesson; without one, to its check.

    Lists of lessons link here: they need no query to know which attempt that is.
    """
    newest = Attempt.objects.of(request.user).filter(quiz__lesson__slug=lesson).last_result()
    return redirect("quizzes:result", newest.pk) if newest else redirect("check", lesson)


@login_not_required
@require_safe
def my(request: HttpRequest) -> HttpResponse:
    """List lessons to do and lessons done, in the words that the nurse sees too; `?print` gives those done on paper."""
    found = standing.own(request.user) if request.user.is_authenticated else None
    standings = found.standings if found else _standings(request)
    rows = [s for s in standings if s.assigned or s.code != Status.NOT_STARTED]
    if "print" in request.GET:
        return _learned(request, [s for s in rows if s.is_done])
    asked, done = next_up.asked(rows), next_up.in_order(s for s in rows if s.is_done)
    grouped = {s.taught.lesson for group in asked for s in group.rows}
    context = {
        "coming": next_up.after(standings),
        "any": bool(rows),
        "asked": asked,
        "talk": [s for s in rows if s.code == Status.TALK],
        "to_do": next_up.in_order(s for s in rows if not (s.is_done or s.assigned)),
        "done": [s for s in done if s.taught.lesson not in grouped],
        "learned": bool(done),
        # Only offered after the first finished lesson.
        "offers_keeping": bool(done) and not cast(User, request.user).has_key(at=timezone.now()),
        "review": _review(request),
        "today": _today(request),
        "changed": [s for s in rows if s.changed],
        "card": found.card if found else (),
        "kept_pages": held.kept_pages(request.user) if isinstance(request.user, User) else [],
        "is_patient": hasattr(request.user, "patient") and request.user.patient.ended_on is None,
        "is_visitor": _is_visitor(request),
    }
    return render(request, "study/my.html", context)


def _learned(request: HttpRequest, done: list[Standing]) -> HttpResponse:
    """Show the points to remember of these lessons, to print."""
    now_read = shown.pages(s.taught.slug for s in done)
    points = {slug: pages[0].lesson.remember for slug, pages in now_read.items()}
    context = {"done": [(s, points.get(s.taught.slug, ())) for s in done], "today": _today(request)}
    return render(request, "study/learned.html", context)
