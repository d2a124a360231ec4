"""The reviewer's home: what waits, what patients read unreviewed, what runs out, and the holds that are open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from learn.desk.admin import translation
from learn.desk.admin.lesson import PUBLISHES, SIGNS
from learn.desk.lesson_forms import HoldForm
from learn.languages import SOURCE
from learn.lessons import card, draft, reference, reviewing, rewording, writing
from learn.lessons.models import ClinicalReview, Edition, Step
from learn.people.requests import StaffRequest
from quizzes.models import Revision, State

SOON = timedelta(days=60)
MINE = 10  # what this reviewer signed last


@require_safe
@permission_required(PUBLISHES, raise_exception=True)
def home(request: StaffRequest) -> HttpResponse:
    """Show what waits for a second person, safety and oldest first, and what patients read unreviewed."""
    now, today = timezone.now(), timezone.localdate()
    unchecked = _unchecked(today)
    context = {
        "title": "To review",
        "waiting": _waiting(now.date()),
        "drafts": _questions(),
        "texts": rewording.waiting(),
        "card_reviewed": card.reviewed(today),
        "unchecked": [row for row in unchecked if row["why"] != "soon"],
        "soon": [row for row in unchecked if row["why"] == "soon"],
        "translations": translation.waiting(today),
        "signed": ClinicalReview.objects.filter(who=request.user, edition__isnull=False).select_related("edition")
        .order_by("-on", "-pk")[:MINE],
        "holds": sum(not (act and act.settled) for act in _holds().values()),
        "may_sign": request.user.has_perm(SIGNS),
        "today": today,
    }  # fmt: skip
    return render(request, "admin/review.html", context)


def _waiting(today: date) -> list[dict[str, Any]]:
    """Return the lessons in review, those about safety first, then the oldest."""
    editions = list(
        Edition.objects.filter(state=State.DRAFT, stage=Edition.Stage.SENT, language=SOURCE)
        .select_related("lesson__therapy", "author")
        .order_by("sent")
    )
    steps: dict[int, list[Step]] = {}
    for step in Step.objects.filter(edition__in=editions).order_by("position"):
        steps.setdefault(step.edition_id, []).append(step)
    rows = []
    for edition in editions:
        text = writing.text_of(edition, steps.get(edition.pk, []))
        safety = edition.lesson.read_first or any(draft.is_safety(step.text, step.claims) for step in text.steps)
        days = (today - timezone.localdate(edition.sent)).days if edition.sent else 0
        rows.append({"edition": edition, "safety": safety, "days": days, "steps": len(text.steps)})
    return sorted(rows, key=lambda row: not row["safety"])


def _questions() -> list[Revision]:
    """Return the drafts of questions, those about safety first, then the oldest."""
    drafts = Revision.objects.filter(state=State.DRAFT, language=SOURCE).select_related("author")
    return list(drafts.order_by("-critical", "written", "pk"))


def _unchecked(today: date) -> list[dict[str, Any]]:
    """Return the published lessons without a valid clinical review, and those whose review or check runs out soon."""
    published = Edition.objects.filter(state=State.PUBLISHED, language=SOURCE).select_related("lesson__therapy")
    last: dict[int, ClinicalReview] = {}
    for made in ClinicalReview.objects.filter(edition__in=published.values("pk")).order_by("until", "pk"):
        last[made.edition_id or 0] = made
    found = []
    for edition in published.order_by("lesson__therapy__position", "lesson__position"):
        review = last.get(edition.pk)
        due = review.until if review else edition.next_check
        why = "never" if review is None else "over" if review.until < today else ""
        if not why and min(filter(None, (due, edition.next_check))) <= today + SOON:
            why = "soon"
        if why:
            found.append({"edition": edition, "due": due, "review": review, "why": why})
    return found


def _holds() -> dict[str, Any]:
    """Return every hold with the newest act about it, or None."""
    acts = reviewing.acts()
    return {note: acts.get(note) for note in reference.all_holds()}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PUBLISHES, raise_exception=True)
def holds(request: StaffRequest) -> HttpResponse:
    """List what must be confirmed before launch; POST settles one hold or opens it again, with who and why."""
    form = HoldForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        if not request.user.has_perm(SIGNS):
            raise Http404("Not for this role")
        if form.is_valid():
            if reviewing.settle(by=request.user, now=timezone.now(), **form.cleaned_data):
                messages.success(request, "Kept, with your name, your role and the reason.")
            else:
                messages.info(request, "Nothing changed: it stands so already.")
            return redirect("admin:lessons_lesson_holds")
    facts = reference.claims()
    rows = []
    for n, (note, act) in enumerate(_holds().items()):
        claims = [facts[id_] for id_ in sorted(reference.all_holds()[note]) if id_ in facts]
        rows.append({"n": n, "note": note, "act": act, "claims": claims})
    context = {
        "title": "To be confirmed before launch",
        "open": [row for row in rows if not (row["act"] and row["act"].settled)],
        "settled": [row for row in rows if row["act"] and row["act"].settled],
        "form": form,
        "may_sign": request.user.has_perm(SIGNS),
    }
    return render(request, "admin/holds.html", context)
