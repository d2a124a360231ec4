"""One text outside of the lessons: write, send for review, discard, take out; read it as a reviewer, and decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from learn.desk.admin.lesson import PUBLISHES, SIGNS
from learn.desk.admin.lessons import SEES, WRITES
from learn.desk.admin.texts import KINDS, choices, found, titles
from learn.desk.lesson_forms import BACK, PUBLISH, SIGN, TYPO, SendForm
from learn.desk.text_forms import TextDecisionForm, TextForm
from learn.lessons import bodies, card, mentions, rewording, writing
from learn.lessons.bodies import CARD, MEDICINE, TERM
from learn.lessons.models import ClinicalReview, Edition, Lesson
from learn.lessons.parts import PATHWAY
from learn.lessons.rewording import Standing
from learn.people.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(SEES, raise_exception=True)
def change(request: StaffRequest, kind: str, slug: str) -> HttpResponse:
    """Show a text to write in; POST saves the draft, if nothing is wrong with it."""
    text = found(kind, slug)
    of = choices(text)
    form = TextForm(kind, text.next, text.fingerprint, of, request.POST if request.method == "POST" else None)
    if form.is_bound:
        if not request.user.has_perm(WRITES):
            raise Http404("Not for this role")
        if form.is_valid() and _save(request, form, text):
            return redirect("admin:lessons_text_change", kind, slug)
    context = _context(text, of) | {
        "form": form,
        "may_write": request.user.has_perm(WRITES),
        "may_publish": request.user.has_perm(PUBLISHES),
        "send": SendForm(initial={"seen": text.fingerprint}),
    }
    return render(request, "admin/text.html", context)


def _save(request: StaffRequest, form: TextForm, text: Standing) -> bool:
    """Save the draft and return True. If something is wrong, or somebody else saved meanwhile, say it on the form."""
    body = form.filled()
    if wrong := rewording.problems(text, body):
        form.tell(wrong)
        return False
    try:
        rewording.write(
            kind=text.kind,
            slug=text.slug,
            seen=form.cleaned_data["seen"],
            body=body,
            by=request.user,
            now=timezone.now(),
        )
    except rewording.Stale as stale:
        form.data = request.POST.copy()
        form.data["seen"] = stale.now.fingerprint
        who = str(stale.now.draft.author) if stale.now.draft else "Somebody"
        form.add_error(
            None,
            f"{who} changed this text while you wrote. Yours is not saved yet. Below, see what differs; "
            "if you save once more, your words take the place of theirs.",
        )
        form.theirs = bodies.compare(text.kind, stale.now.next, body)
        return False
    messages.success(request, "Saved. Patients still read what was there before.")
    return True


def _context(text: Standing, of: dict[str, list[tuple[str, str]]]) -> dict[str, Any]:
    """Return what both pages of a text say about it: what changed, and for the card every place that says it too.

    Of a word or a medicine that will not be used here: the pages that say it.
    """
    differs = text.draft is not None
    hides = differs and text.kind in (MEDICINE, TERM) and text.next.get("hidden") and not text.hidden
    review = ClinicalReview.objects.filter(text=text.published).select_related("who").order_by("-pk").first()
    return {
        "title": text.name,
        "text": text,
        "kind": text.kind,
        "kind_name": KINDS[text.kind],
        "seen": text.fingerprint,
        "differences": bodies.compare(text.kind, text.read, text.next, titles(of)) if differs else [],
        "hides": hides,
        "calls": text.kind != PATHWAY or Lesson.objects.filter(slug__in=text.next["lessons"], read_first=True).exists(),
        "pages": mentions.of_hidden(text.kind, text.next) if hides else [],
        "lines": mentions.of_change(text.read, text.next) if differs and text.kind == CARD and text.read else [],
        "review": review if text.published else None,
        "reviewed_on": card.reviewed(timezone.localdate()) if text.kind == CARD else None,
    }


def _act(request: StaffRequest, kind: str, slug: str, act: Callable[[Standing], str]) -> HttpResponse:
    """Do something with a text, say what came of it, and go back to the text, or to the list if it is gone."""
    text = found(kind, slug)
    try:
        messages.success(request, act(text))
    except writing.Unfit as unfit:
        messages.warning(request, str(unfit))
    if rewording.standing(kind, slug) is None:
        response = redirect("admin:lessons_text_changelist")
        response["Location"] += f"?kind={kind}"
        return response
    return redirect("admin:lessons_text_change", kind, slug)


@require_POST
@permission_required(WRITES, raise_exception=True)
def send(request: StaffRequest, kind: str, slug: str) -> HttpResponse:
    """Send the draft that this person has seen for review."""
    form = SendForm(request.POST)

    def act(text: Standing) -> str:
        if not form.is_valid():
            raise writing.Unfit("Use 500 letters at most for the reviewer.")
        rewording.send(kind=kind, slug=slug, now=timezone.now(), **form.cleaned_data)
        return "Sent for review. A second person reads and publishes it."

    return _act(request, kind, slug, act)


@require_POST
@permission_required(WRITES, raise_exception=True)
def discard(request: StaffRequest, kind: str, slug: str) -> HttpResponse:
    """Throw away the draft that this person has seen."""

    def act(text: Standing) -> str:
        rewording.discard(kind=kind, slug=slug, seen=request.POST.get("seen", ""))
        return "The draft was thrown away."

    return _act(request, kind, slug, act)


@require_POST
@permission_required(PUBLISHES, raise_exception=True)
def retire(request: StaffRequest, kind: str, slug: str) -> HttpResponse:
    """Take out a text that the hospital added."""

    def act(text: Standing) -> str:
        seen = request.POST.get("seen", "")
        rewording.retire(kind=kind, slug=slug, seen=seen, by=request.user, now=timezone.now())
        return "Taken out. Patients no longer find it."

    return _act(request, kind, slug, act)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PUBLISHES, raise_exception=True)
def read(request: StaffRequest, kind: str, slug: str) -> HttpResponse:
    """Show a text with what changed and where its words are, and the decision about it; POST decides."""
    text = found(kind, slug)
    form = TextDecisionForm(
        request.POST if request.method == "POST" else None,
        verdicts=_verdicts(request, text),
        today=timezone.localdate(),
        initial={"seen": text.fingerprint},
    )
    if form.is_bound and form.is_valid() and _decide(request, text, form):
        return redirect("admin:lessons_text_change", kind, slug)
    writers = (text.draft or text.published).writers if text.draft or text.published else []  # type: ignore[union-attr]
    of = choices(text)
    context = _context(text, of) | {"form": form, "wrote": request.user.pk in writers}
    context["parts"] = bodies.said(kind, text.next, titles(of))
    return render(request, "admin/text_read.html", context)


def _verdicts(request: StaffRequest, text: Standing) -> list[tuple[str, str]]:
    """Return what this person may decide about this text."""
    signs = request.user.has_perm(SIGNS)
    if text.draft is None:
        wrote = text.published is not None and request.user.pk in text.published.writers
        own = text.kind == CARD and signs and not wrote
        return [(SIGN, "As a clinician, I have reviewed this card, and patients may go on reading it")] if own else []
    if text.draft.stage != Edition.Stage.SENT or request.user.pk in text.draft.writers:
        return []
    back = (BACK, f"It goes back to {text.draft.author}")
    if text.draft.body.get("hidden"):
        return [(PUBLISH, "Publish it. Patients do not find it from now on"), back]
    if text.kind != CARD:
        return [(PUBLISH, "Publish it. Patients read it from now on"), back]
    if not signs:
        return [back]
    said = "As a clinician, I have reviewed this card, and it may be shown"
    return [
        (SIGN, f"{said}. Readers are told what changed"),
        (TYPO, f"{said}. It means the same, so nobody is told"),
        back,
    ]


def _decide(request: StaffRequest, text: Standing, form: TextDecisionForm) -> bool:
    """Do what was decided; return whether it was done. What stands against it is said on the form."""
    data, now = form.cleaned_data, timezone.now()
    at = {"seen": data["seen"]}
    of = {"kind": text.kind, "slug": text.slug} | at
    signed: dict[str, Any] = {"role": data.get("role") or "", "until": data.get("next_check")}
    try:
        if data["verdict"] == BACK:
            rewording.send_back(**of, why=data["why"])
            messages.success(request, "It went back.")
        elif text.draft is None:
            rewording.sign(**at, by=request.user, now=now, **signed)
            messages.success(request, "Signed. Patients read “Reviewed by a clinician”.")
        else:
            rewording.publish(**of, by=request.user, now=now, same_meaning=data["verdict"] == TYPO, **signed)
            read = "do not find" if text.next.get("hidden") else "read"
            messages.success(request, f"Published. Patients {read} it from now on.")
    except writing.Unfit as unfit:
        form.add_error(None, str(unfit))
        return False
    return True
