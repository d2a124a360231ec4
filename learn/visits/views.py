"""The page "My questions for my team", its buttons, and the same list to print."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
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

from learn.lessons import shown, symptoms
from learn.people.actions import learner
from learn.people.models import Patient
from learn.visits import actions
from learn.visits.forms import OwnForm
from learn.visits.models import LONGEST, MyQuestion, SuggestedQuestion, said
from quizzes.models import AttemptItem
from quizzes.numbers import number

SHOWN = 10  # maximum number of suggested questions shown at once; the others are under "More questions"
REMOVED = "removed_question"  # session key: the text of the question that "Put it back" restores

LessonsRead = Callable[[Any], Collection[int]]


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest, lessons_read: LessonsRead) -> HttpResponse:
    """Show the person's list and the suggested questions. A POST is one of VERBS, or a question in their own words.

    `lessons_read` returns the lessons (pks) that a user has read. It is passed in by urls.py, because this app may not
    import from the progress app.
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
        message, room = _put(request, form.cleaned_data["text"])
        if room:
            messages.success(request, message)
            return redirect(about["address"] if about else reverse("questions"))
        form.add_error("text", message)
    return _page(request, form, lessons_read, about)


def _page(request: HttpRequest, form: OwnForm, lessons_read: LessonsRead, about: dict[str, str] | None) -> HttpResponse:
    mine = list(MyQuestion.objects.of(request.user))
    waiting = [q for q in mine if q.talked is None]
    if "print" in request.GET:
        return render(request, "visits/print.html", {"waiting": waiting, "today": timezone.localdate()})
    held = {q.suggested_id for q in mine} | {q.text for q in mine}
    offered = said(SuggestedQuestion.objects.offered())
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
    """Return the suggested questions to show first, and the others by group.

    Safety questions come first, then questions of lessons that the person has read. Three are shown while the person's
    own list is empty, later three to SHOWN. An extra question is offered only to people who read one of its lessons.
    """
    fitting = {q.pk for q in offered if any(lesson.pk in read for lesson in q.lessons.all())}
    offered = [q for q in offered if q.pk in fitting or not q.extra]
    ranked = sorted(offered, key=lambda q: (not q.safety, not (q.safety or q.pk in fitting), q.position))
    urgent = sum(q.safety or q.pk in fitting for q in offered)
    first = ranked[: min(max(urgent, 3), SHOWN) if mine else 3]
    others = [q for q in offered if q not in first]
    groups: dict[str, list[SuggestedQuestion]] = {}
    for question in others:
        groups.setdefault(question.group, []).append(question)
    return first, list(groups.items())


def _about(value: str) -> dict[str, str] | None:
    """Return the step that a question is about: {"value", "heading", "address"}; None if there is none.

    Takes "lesson/step" (two slugs) as it was posted.
    """
    if not re.fullmatch(r"[-a-z0-9]{1,80}/[-a-z0-9]{1,80}", value):
        return None
    lesson, slug = value.split("/")
    here = next((page for page in shown.pages({lesson}).get(lesson, ()) if page.slug == slug), None)
    return {"value": value, "heading": here.heading, "address": here.address} if here else None


def _result(address: str) -> str:
    """Return the address if it is that of a check's result, otherwise ""."""
    try:
        return address if resolve(address).view_name == "quizzes:result" else ""
    except Resolver404:
        return ""


def _at(question: MyQuestion) -> HttpResponse:
    """Redirect to the question's place on the page, with its buttons open."""
    return redirect(f"{reverse('questions')}?at={question.pk}#q{question.pk}")


def _put(request: HttpRequest, text: str, suggested: SuggestedQuestion | None = None) -> tuple[str, bool]:
    """Add a question to this person's list. Return the message for them, and False if the list is full."""
    try:
        new = actions.add(learner=learner(request), text=text, suggested=suggested, now=timezone.now())
    except actions.Full:
        full = _("Your list has %(most)s questions, and holds no more. Remove one first")
        return full % {"most": actions.MOST}, False
    return _("Added to your questions.") if new else _("That is on your list already."), True


def _unwell(request: HttpRequest, text: str) -> None:
    """If the text mentions a symptom, show the call card's tier once, at the top of the next page.

    The question is saved as usual. This is no diagnosis: see `lessons.symptoms`. base.html renders a warning message
    with the tiers in its `extra_tags` as the tier of the call card.
    """
    if tiers := symptoms.tiers(text):
        messages.warning(request, _("Feeling unwell? Who to call"), extra_tags=" ".join(tiers))


def _mine(request: HttpRequest, value: str) -> MyQuestion | None:
    """Return this person's question with the posted pk, or None after a message that it is not on the list."""
    question = MyQuestion.objects.of(request.user).filter(pk=number(value) or 0).first()
    if question is None:
        messages.info(request, _("That question is not on your list any more."))
    return question


def _sharing(request: HttpRequest) -> Patient | None:
    """Return this person's patient row if a care team has them as a patient now: then they can share. Else None."""
    patient: Patient | None = getattr(request.user, "patient", None)
    return patient if patient and patient.ended_on is None else None


def add(request: HttpRequest, value: str) -> HttpResponse:
    """Add a suggested question (its slug) to the list. Redirect to where it was offered."""
    suggested = next((q for q in said(SuggestedQuestion.objects.offered()) if q.slug == value), None)
    if suggested is None:
        messages.info(request, _("That question is not offered any more. Here is what is."))
        return redirect("questions")
    message, room = _put(request, suggested.text, suggested)
    if not room or (after := _result(request.POST.get("after", ""))):
        messages.success(request, message)
        return redirect(after if room else reverse("questions"))
    query = urlencode({"added": suggested.slug} | ({"more": 1} if "more" in request.POST else {}))
    return redirect(f"{reverse('questions')}?{query}#others")


def item(request: HttpRequest, value: str) -> HttpResponse:
    """Add a question of a check (the pk of its attempt item) to the list. Redirect to its feedback page."""
    asked = AttemptItem.objects.of(request.user).select_related("revision").filter(pk=number(value) or 0).first()
    if asked is None:
        messages.info(request, _("That page was out of date. You can write your question here."))
        return redirect("questions")
    text = _("Please go over this with me: %(question)s") % {"question": asked.revision.stem}
    message, room = _put(request, text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")
    messages.success(request, message)
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
    """Remove a question from the list. The page then offers to put it back."""
    question = _mine(request, value)
    if question is not None:
        actions.remove(learner=learner(request), question=question)
        request.session[REMOVED] = question.text
    return redirect("questions")


def share(request: HttpRequest, value: str) -> HttpResponse:
    """Share one question (its pk), or "all" open ones, with the patient's nurses."""
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
    """Stop sharing one question (its pk), or "all"."""
    question = None if value == "all" else _mine(request, value)
    if request.user.is_authenticated and (question or value == "all"):
        actions.stop_sharing(learner=request.user, question=question)
    return _at(question) if question else redirect(f"{reverse('questions')}#share")


# The button's name -> the function that handles the button's value.
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
