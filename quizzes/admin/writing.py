"""Write a draft, publish it, discard it, and retire a published revision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from quizzes import authoring
from quizzes.admin.forms import FORMS, Words
from quizzes.admin.question import changes
from quizzes.admin.requests import LANGUAGE, StaffRequest, find
from quizzes.models import Question, Quiz, Revision, State
from quizzes.numbers import number

CHANGED = "Somebody changed this question while you had it open. Read it as it stands now, then go on."


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("quizzes.change_question", raise_exception=True)
def write(request: StaffRequest, pk: int) -> HttpResponse:
    """Edit the text of a question; POST saves it as the draft."""
    question = find(pk)
    newest = question.newest(LANGUAGE)
    kind = newest.kind if newest else "choice"
    data = request.POST if request.method == "POST" else None
    form = FORMS[kind](newest, authoring.fingerprint(newest), data)
    if form.is_bound and form.is_valid() and _save(request, form, question, kind):
        return redirect("admin:quizzes_question_change", pk)
    context = {"title": "Change the words", "question": question, "form": form}
    return render(request, "quizzes/admin/write.html", context)


def _save(request: StaffRequest, form: Words, question: Question, kind: str) -> Revision | None:
    """Save the form as a draft and return it. If that fails, add the errors to the form and return None.

    A draft of which something is still to be written, as from a file, may be saved unfinished.
    """
    newest = question.newest(LANGUAGE)
    unfinished = newest is not None and newest.state == State.DRAFT and bool(authoring.to_write(newest))
    try:
        return authoring.write(
            question=question,
            language=LANGUAGE,
            seen=form.cleaned_data["seen"] or "",
            by=request.user,
            now=timezone.now(),
            kind=kind,
            unfinished=unfinished,
            **form.words(),
        )
    except authoring.Stale as stale:
        _show_theirs(request, form, kind, stale.now)
    except authoring.Unfit as unfit:
        form.refuse(unfit.problems)
    return None


def _show_theirs(request: StaffRequest, form: Words, kind: str, theirs: Revision | None) -> None:
    """Say on the form that somebody else saved first, and what differs.

    The form keeps the typed text. If it is posted again, it replaces the text of the other author.
    """
    form.data = data = request.POST.copy()
    data["seen"] = authoring.fingerprint(theirs)
    if theirs and theirs.kind == kind:
        form.theirs = changes(theirs, Revision(kind=kind, **form.words()))
    form.add_error(
        "stem",
        f"{theirs.author if theirs and theirs.author else 'Somebody'} changed this question while you wrote. Yours is "
        "not saved yet. Below is what differs; if you save once more, your words take their place.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("quizzes.add_question", raise_exception=True)
def add(request: StaffRequest) -> HttpResponse:
    """Choose a quiz and a kind, then write a new question; POST saves it as a draft at the end of the quiz."""
    quizzes = list(Quiz.objects.order_by("title"))
    quiz = next((one for one in quizzes if one.slug == request.GET.get("quiz")), None)
    kind = request.GET.get("kind", "")
    old = _instead_of(request, quiz)
    context: dict[str, Any] = {"title": "A new question", "quizzes": quizzes, "quiz": quiz, "kind": kind, "old": old}
    if quiz is None or kind not in FORMS:
        return render(request, "quizzes/admin/add.html", context | {"incomplete": "kind" in request.GET})
    form = FORMS[kind](None, "", request.POST if request.method == "POST" else None)
    if old:
        form.initial.update(critical=old.critical, source=old.source)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            # One new question at a time: its slug and position are set here, and a repeated post adds none.
            list(Quiz.objects.select_for_update().order_by("pk"))
            if twin := _twin(form, quiz, kind):
                return redirect("admin:quizzes_question_change", twin.question_id)
            question = authoring.begin(quiz, form.cleaned_data["stem"], instead_of=old.question if old else None)
            saved = _save(request, form, question, kind)
            if saved is None:
                transaction.set_rollback(True)
        if saved:
            return redirect("admin:quizzes_question_change", question.pk)
    return render(request, "quizzes/admin/write.html", context | {"form": form})


def _instead_of(request: StaffRequest, quiz: Quiz | None) -> Revision | None:
    """Return what is asked now in whose place a new question is written (`?instead=`), or None."""
    pk = number(request.GET.get("instead", ""))
    asked = Revision.objects.published(language=LANGUAGE).select_related("question")
    return asked.filter(question=pk, question__quizitem__quiz=quiz).first() if pk and quiz else None


def _twin(form: Words, quiz: Quiz, kind: str) -> Revision | None:
    """Return the draft that an earlier post of the same form created in this quiz; None if there is none."""
    words = form.words()
    drafts = Revision.objects.filter(state=State.DRAFT, question__quizitem__quiz=quiz, stem=words["stem"])
    return next((one for one in drafts if authoring.says(one, kind=kind, **words)), None)


@require_POST
@permission_required("quizzes.publish_revision", raise_exception=True)
def publish(request: StaffRequest, pk: int) -> HttpResponse:
    """Publish the draft that the user has read, as a corrected typo or as a change of meaning."""
    newest, meaning = find(pk).newest(LANGUAGE), request.POST.get("as")
    try:
        if newest is None:
            raise authoring.Stale(None)
        if meaning not in ("typo", "meaning"):
            raise authoring.Unfit(["Say how to publish it: as a mended typo, or as a changed meaning."])
        authoring.publish(
            revision=newest,
            same_meaning=meaning == "typo",
            by=request.user,
            now=timezone.now(),
            seen=request.POST.get("seen", ""),
        )
        messages.success(request, "Published. New checks ask it so; a check that was begun goes on as it was.")
    except authoring.Stale:
        messages.warning(request, CHANGED)
    except authoring.Unfit as unfit:
        messages.warning(request, str(unfit))
    return redirect("admin:quizzes_question_change", pk)


@require_POST
@permission_required("quizzes.change_question", raise_exception=True)
def move(request: StaffRequest, pk: int) -> HttpResponse:
    """Move a question up or down (POST "do") in a quiz (POST "quiz"); "at" is its place as the page showed it."""
    question = find(pk)
    quiz = Quiz.objects.filter(pk=number(request.POST.get("quiz", "")) or 0, items__question=question).first()
    up, at = request.POST.get("do") == "up", number(request.POST.get("at", ""))
    if quiz and at is not None and authoring.move(quiz=quiz, question=question, up=up, at=at):
        messages.success(request, "Moved up." if up else "Moved down.")
    else:
        messages.info(request, "It was not moved: its place has changed meanwhile, or there is none beside it.")
    return redirect(f"{reverse('admin:quizzes_question_change', args=[pk])}#place")


@require_POST
@permission_required("quizzes.change_question", raise_exception=True)
def discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Discard the draft that the user has read."""
    draft = Revision.objects.filter(question=pk, language=LANGUAGE, state=State.DRAFT).first()
    try:
        if draft is None:
            messages.info(request, "There is no draft of this question now.")
        else:
            authoring.discard(revision=draft, seen=request.POST.get("seen", ""))
            messages.success(request, "The draft was thrown away.")
    except authoring.Stale:
        messages.warning(request, CHANGED)
    if not Question.objects.filter(pk=pk).exists():
        return redirect("admin:quizzes_question_changelist")
    return redirect("admin:quizzes_question_change", pk)


@require_POST
@permission_required("quizzes.change_question", raise_exception=True)
def retire(request: StaffRequest, pk: int) -> HttpResponse:
    """Retire the published revision that the user has read: it is not asked any more."""
    question = find(pk)
    asked = question.revisions.filter(language=LANGUAGE, state=State.PUBLISHED).first()
    try:
        if asked is None:
            raise authoring.Unfit(["This question is not asked now."])
        authoring.retire(revision=asked, by=request.user, now=timezone.now(), seen=request.POST.get("seen", ""))
        messages.success(request, "Taken out. It is asked no more; what was answered stays.")
    except authoring.Stale:
        messages.warning(request, CHANGED)
    except authoring.Unfit as unfit:
        messages.warning(request, str(unfit))
    return redirect("admin:quizzes_question_change", pk)
