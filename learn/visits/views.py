"""My questions for my team: one page, what its buttons do, and the same list for paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from learn.lessons import symptoms
from learn.lessons.models import Step
from learn.people.actions import learner
from learn.people.models import Patient
from learn.visits import actions
from learn.visits.forms import OwnForm
from learn.visits.models import LONGEST, MyQuestion, SuggestedQuestion
from quizzes.models import AttemptItem
from quizzes.numbers import number

SHOWN = 10  # suggested questions that stand open; the others are under "More questions"
REMOVED = "removed_question"  # in the session: what "Put it back" brings back

LessonsRead = Callable[[Any], Collection[int]]


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest, lessons_read: LessonsRead) -> HttpResponse:
    """Show my list and what others ask; a POST is one of VERBS, or a question of my own.

    Takes from the floor above which lessons somebody has read: user -> primary keys.
    """
    about = _about((request.POST if request.method == "POST" else request.GET).get("about", ""))
    if request.method != "POST":
        form = OwnForm(initial={"text": _("About “%(heading)s”: ") % about} if about else None)
        return _page(request, form, lessons_read, about)
    request.session.pop(REMOVED, None)
    for verb, act in VERBS.items():
        if verb in request.POST:
            return act(request, request.POST[verb])
    form = OwnForm(request.POST)
    _unwell(request, request.POST.get("text", ""))
    if form.is_valid():
        told, room = _put(request, form.cleaned_data["text"])
        if room:
            messages.success(request, told)
            return redirect(about["address"] if about else reverse("questions"))
        form.add_error("text", told)
    return _page(request, form, lessons_read, about)


def _page(request: HttpRequest, form: OwnForm, lessons_read: LessonsRead, about: dict[str, str] | None) -> HttpResponse:
    mine = list(MyQuestion.objects.of(request.user))
    waiting = [q for q in mine if q.talked is None]
    if "print" in request.GET:
        return render(request, "visits/print.html", {"waiting": waiting, "today": timezone.localdate()})
    held = {q.suggested_id for q in mine} | {q.text for q in mine}
    offered = list(SuggestedQuestion.objects.offered())
    first, groups = _suggest([q for q in offered if held.isdisjoint({q.pk, q.text})], lessons_read(request.user), mine)
    context = {
        "form": form,
        "about": about,
        "waiting": waiting,
        "talked": [q for q in mine if q.talked],
        "shared": sum(q.shared is not None for q in waiting),
        "first": first,
        "groups": groups,
        "at": number(request.GET.get("at", "")),
        "added": next((q for q in offered if q.slug == request.GET.get("added")), None),
        "removed": request.session.get(REMOVED),
        "sharing": _sharing(request),
    }
    return render(request, "visits/questions.html", context)


def _suggest(
    offered: list[SuggestedQuestion], read: Collection[int], mine: list[MyQuestion]
) -> tuple[list[SuggestedQuestion], list[tuple[str, list[SuggestedQuestion]]]]:
    """Return what to show first and what else there is, by group.

    First what matters for safety, then what the lessons lead to that were read: three to begin with, later three to
    SHOWN. An extra belongs to its lessons alone.
    """
    fitting = {q.pk for q in offered if any(lesson.pk in read for lesson in q.lessons.all())}
    offered = [q for q in offered if q.pk in fitting or not q.extra]
    ranked = sorted(offered, key=lambda q: (not q.safety, not (q.safety or q.pk in fitting), q.position))
    urgent = sum(q.safety or q.pk in fitting for q in offered)
    first = ranked[: min(max(urgent, 3), SHOWN) if mine else 3]
    others = [q for q in offered if q not in first]
    return first, [(name, list(rows)) for name, rows in groupby(others, key=lambda q: q.group)]


def _about(value: str) -> dict[str, str] | None:
    """Return the step ("lesson/step") that a question is about: {"value", "heading", "address"}."""
    if not re.fullmatch(r"[-a-z0-9]{1,80}/[-a-z0-9]{1,80}", value):
        return None
    lesson, slug = value.split("/")
    step = Step.objects.shown().filter(edition__lesson__slug=lesson, slug=slug)
    found = step.values_list("heading", "edition__lesson__therapy__slug", "position").first()
    if found is None:
        return None
    return {"value": value, "heading": found[0], "address": reverse("step", args=[found[1], lesson, found[2]])}


def _result(address: str) -> str:
    """Return the address where it is that of a check's result, and nothing for any other."""
    try:
        return address if resolve(address).view_name == "quizzes:result" else ""
    except Resolver404:
        return ""


def _at(question: MyQuestion) -> HttpResponse:
    """Lead back to a question's own place on the page, its buttons open."""
    return redirect(f"{reverse('questions')}?at={question.pk}#q{question.pk}")


def _put(request: HttpRequest, text: str, suggested: SuggestedQuestion | None = None) -> tuple[str, bool]:
    """Put a question on this person's list; return what to tell them, and whether there was room."""
    try:
        new = actions.add(learner=learner(request), text=text, suggested=suggested, now=timezone.now())
    except actions.Full:
        full = _("Your list has %(most)s questions, and holds no more. Remove one first")
        return full % {"most": actions.MOST}, False
    return _("Added to your questions.") if new else _("That is on your list already."), True


def _unwell(request: HttpRequest, text: str) -> None:
    """Lead whoever writes of a symptom to the phone, first on the next page and once; the question is kept as always.

    Nothing is diagnosed: the words are the card's (`lessons.symptoms`). base.html draws a warning as the card's tier.
    """
    if tiers := symptoms.tiers(text):
        messages.warning(request, _("Feeling unwell? Who to call"), extra_tags=" ".join(tiers))


def _mine(request: HttpRequest, value: str) -> MyQuestion | None:
    """Return a question of this person's own, or tell them that it is not there."""
    question = MyQuestion.objects.of(request.user).filter(pk=number(value) or 0).first()
    if question is None:
        messages.info(request, _("That question is not on your list any more."))
    return question


def _sharing(request: HttpRequest) -> Patient | None:
    """Return the patient that this person is to a care team now: whose nurses can be shown something."""
    patient: Patient | None = getattr(request.user, "patient", None)
    return patient if patient and patient.ended_on is None else None


def add(request: HttpRequest, value: str) -> HttpResponse:
    """Put a suggested question (its slug) on my list; lead back to where it was offered."""
    suggested = next((q for q in SuggestedQuestion.objects.offered() if q.slug == value), None)
    if suggested is None:
        messages.info(request, _("That question is not offered any more. Here is what is."))
        return redirect("questions")
    told, room = _put(request, suggested.text, suggested)
    if not room or (after := _result(request.POST.get("after", ""))):
        messages.success(request, told)
        return redirect(after if room else reverse("questions"))
    query = urlencode({"added": suggested.slug} | ({"more": 1} if "more" in request.POST else {}))
    return redirect(f"{reverse('questions')}?{query}#others")


def item(request: HttpRequest, value: str) -> HttpResponse:
    """Put a question that I was asked in a check (its item) on my list; lead back to its feedback."""
    asked = AttemptItem.objects.of(request.user).select_related("revision").filter(pk=number(value) or 0).first()
    if asked is None:
        messages.info(request, _("That page was out of date. You can write your question here."))
        return redirect("questions")
    text = _("Please go over this with me: %(question)s") % {"question": asked.revision.stem}
    told, room = _put(request, text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")
    messages.success(request, told)
    feedback = reverse("quizzes:feedback", args=[asked.attempt_id, asked.position])
    return redirect(feedback if room else reverse("questions"))


def _moved(where: actions.Where) -> Callable[[HttpRequest, str], HttpResponse]:
    def move(request: HttpRequest, value: str) -> HttpResponse:
        question = _mine(request, value)
        if question is None:
            return redirect("questions")
        actions.move(learner=learner(request), question=question, where=where)
        return _at(question)

    return move


def remove(request: HttpRequest, value: str) -> HttpResponse:
    """Take a question off my list; the page offers to put it back."""
    question = _mine(request, value)
    if question is not None:
        actions.remove(learner=learner(request), question=question)
        request.session[REMOVED] = question.text
    return redirect("questions")


def share(request: HttpRequest, value: str) -> HttpResponse:
    """Let my nurses see one question, or "all" that are open."""
    patient = _sharing(request)
    if patient is None:
        messages.info(
            request, _("No nurse is linked with you here, so there is nobody to share with. Print your list.")
        )
        return redirect("questions")
    question = None if value == "all" else _mine(request, value)
    if question is None and value != "all":
        return redirect("questions")
    actions.share(patient=patient, question=question, now=timezone.now())
    return _at(question) if question else redirect(f"{reverse('questions')}#share")


def stop(request: HttpRequest, value: str) -> HttpResponse:
    """Share one question, or "all", no more."""
    question = None if value == "all" else _mine(request, value)
    if request.user.is_authenticated and (question or value == "all"):
        actions.stop_sharing(learner=request.user, question=question)
    return _at(question) if question else redirect(f"{reverse('questions')}#share")


# The name of a button -> what it does with the button's value.
VERBS: dict[str, Callable[[HttpRequest, str], HttpResponse]] = {
    "add": add,
    "item": item,
    "up": _moved("up"),
    "down": _moved("down"),
    "first": _moved("first"),
    "remove": remove,
    "share": share,
    "stop": stop,
}
