"""A reviewer reads one lesson as patients will, step by step and with its questions, remarks, and decides."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from learn.desk.admin.lesson import PUBLISHES, SIGNS, find
from learn.desk.lesson_forms import BACK, PUBLISH, SIGN, TYPO, DecisionForm, RemarkForm
from learn.lessons import draft, pack, reviewing, shown, writing
from learn.lessons.models import ClinicalReview, Edition, HoldAct, Lesson, Remark
from learn.people.requests import StaffRequest
from quizzes.models import Revision, State


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PUBLISHES, raise_exception=True)
def read(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a lesson with what changed, and the decision about it; POST decides."""
    lesson, edition = find(pk)
    asked = reviewing.questions(lesson) if lesson.quiz_id else []
    text = writing.text_of(edition)
    found, replaced = writing.compared(edition, text)
    form = DecisionForm(
        request.POST if request.method == "POST" else None,
        verdicts=_verdicts(request, edition, asked, found),
        today=timezone.localdate(),
        initial={"seen": reviewing.fingerprint(edition, asked)},
    )
    if form.is_bound and form.is_valid() and _decide(request, lesson, form):
        return redirect("admin:lessons_lesson_review")
    context = _context(edition, text, asked)
    context |= {"found": found, "replaced": replaced, "wrote": request.user.pk in edition.writers, "form": form}
    context["opening"] = [one for one in found.differences if not one.slug]
    for row in context["pages"]:
        row["changed"] = [one for one in found.differences if one.slug == row["page"].slug]
    return render(request, "admin/lesson_review.html", context)


def _context(edition: Edition, text: draft.Text, asked: list[Revision]) -> dict[str, Any]:
    """Return what the page says about an edition: its pages, its questions, remarks and reviews."""
    acts = reviewing.acts()
    remarks = list(Remark.objects.filter(edition=edition).select_related("by", "done_by"))
    return {
        "title": text.title,
        "lesson": edition.lesson,
        "edition": edition,
        "safety": _is_safety(edition.lesson, text),
        "pages": [_page(page, remarks, acts) for page in shown.drafted(edition, text)],
        "asked": [_question(revision, remarks) for revision in asked],
        "whole": [remark for remark in remarks if not remark.about],
        "open": sum(not remark.done_at for remark in remarks),
        "reviews": ClinicalReview.objects.filter(edition=edition).select_related("who").order_by("-pk"),
        "remark": RemarkForm(),
    }


def _is_safety(lesson: Lesson, text: draft.Text) -> bool:
    return lesson.read_first or any(draft.is_safety(step.text, step.claims) for step in text.steps)


def _verdicts(
    request: StaffRequest, edition: Edition, asked: list[Revision], found: draft.Comparison
) -> list[tuple[str, str]]:
    """Return what this person may decide about this edition."""
    if request.user.pk in edition.writers:
        return []
    waits = edition.state == State.DRAFT and edition.stage == Edition.Stage.SENT
    with_questions = f" and its {len(asked)} question{'s' * (len(asked) != 1)}" if asked else ""
    verdicts = []
    if request.user.has_perm(SIGNS) and (waits or edition.state == State.PUBLISHED):
        may = "it may be shown to patients" if waits else "patients may go on reading it"
        verdicts.append((SIGN, f"As a clinician, I have reviewed this lesson{with_questions}, and {may}"))
    if waits:
        verdicts.append((PUBLISH, "Publish it. Patients still read “Not yet reviewed by a clinician.”"))
        if found.typo:
            verdicts.append((TYPO, "Publish it as a mended typo: it means the same, so nobody is told of a change"))
        author = f" to {edition.author}" if edition.author else ""
        verdicts.append((BACK, f"It goes back{author} with the open remarks"))
    return verdicts


def _page(page: shown.Page, remarks: list[Remark], acts: dict[str, HoldAct]) -> dict[str, Any]:
    return {
        "page": page,
        "remarks": [remark for remark in remarks if remark.about == page.slug],
        "holds": reviewing.open_holds(page.claims, acts),
    }


def _question(revision: Revision, remarks: list[Remark]) -> dict[str, Any]:
    about = f"?{revision.question.slug}"
    return {
        "revision": revision,
        "about": about,
        "texts": texts_of(revision),
        "remarks": [remark for remark in remarks if remark.about == about],
    }


def texts_of(revision: Revision) -> list[tuple[str, str]]:
    """Return all that a question says, each with a name: choices, feedback, the reason."""
    parts, found = pack.parts_of(revision), []
    for n, row in enumerate(parts.get("choices") or parts.get("rows") or (), 1):
        right = " (right)" if row.get("right") else f" → {row['match']}" if "match" in row else ""
        found += [(f"{n}", f"{row['text']}{right}"), (f"{n}, feedback", row["feedback"])]
    found += [(f"{n}", text) for n, text in enumerate(parts.get("cards", ()), 1)]
    names = {"answer": "The statement is", "if_true": "Feedback, True", "if_false": "Feedback, False"}
    names |= {"if_wrong": "Feedback, another order", "choose": "How many to choose"}
    found += [(words, str(parts[name])) for name, words in names.items() if name in parts]
    return [*found, ("Why", revision.why), ("Topic", revision.objective), ("Taught in", revision.source)]


def _decide(request: StaffRequest, lesson: Lesson, form: DecisionForm) -> bool:
    """Do what was decided. If that is impossible, say why on the form and return False."""
    said, now = form.cleaned_data, timezone.now()
    try:
        if said["verdict"] == BACK:
            reviewing.send_back(lesson=lesson, seen=said["seen"])
            messages.success(request, "It went back, with the open remarks.")
            return True
        reviewing.approve(
            lesson=lesson,
            seen=said["seen"],
            by=request.user,
            now=now,
            next_check=said["next_check"],
            role=said["role"] if said["verdict"] == SIGN else "",
            same_meaning=said["verdict"] == TYPO,
        )
        messages.success(request, "Signed. Patients read it as reviewed." if said["verdict"] == SIGN else "Published.")
        return True
    except writing.Unfit as unfit:
        form.add_error("verdict", str(unfit))
        return False


@require_POST
@permission_required(PUBLISHES, raise_exception=True)
def remark(request: StaffRequest, pk: int) -> HttpResponse:
    """Keep a remark about a step, a question or the whole lesson."""
    _, edition = find(pk)
    form = RemarkForm(request.POST)
    about = ""
    if form.is_valid():
        about = form.cleaned_data["about"]
        reviewing.remark(edition=edition, by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, "The remark is kept.")
    else:
        messages.warning(request, " ".join(str(error) for errors in form.errors.values() for error in errors) + ".")
    return redirect(reverse("admin:lessons_lesson_read", args=[pk]) + f"#{_anchor(about)}")


def _anchor(about: str) -> str:
    """Return the anchor of what a remark is about."""
    bare = about.removeprefix("?")
    plain = bare.replace("-", "").replace("_", "").isalnum() and bare.isascii()
    return f"about-{bare}" if plain else "remarks"
