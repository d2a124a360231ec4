"""A reviewer reads a translation beside the English, and signs it: as a translator, or as a clinician (ruling 57)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learn.desk.admin.lesson import PUBLISHES, SIGNS
from learn.desk.admin.lesson_review import texts_of
from learn.desk.lesson_forms import SignatureForm
from learn.languages import SOURCE, name_in_english
from learn.lessons import signatures, writing
from learn.lessons.models import ClinicalReview, Edition
from learn.lessons.signatures import Kind, Text
from learn.people.requests import StaffRequest

SOON = timedelta(days=60)
MISSING = {Kind.TRANSLATOR: "a qualified translator", Kind.CLINICIAN: "a bilingual clinician"}
SAYS = {
    Kind.TRANSLATOR: "As a qualified translator, I have compared every sentence with the English: it says the same",
    Kind.CLINICIAN: "As a bilingual clinician, I have read it, and patients may read it",
}


class Pair(NamedTuple):
    """A text beside its translation. `rich` is Markdown."""

    where: str
    source: str
    said: str
    rich: bool = False


class Section(NamedTuple):
    """Pairs under one heading, with its anchor."""

    anchor: str
    title: str
    pairs: list[Pair]


def waiting(today: date) -> list[dict[str, Any]]:
    """Return, for each language that is on, the texts that somebody still has to sign, and those that run out soon.

    Four queries for each language.
    """
    found = []
    for code, _ in settings.LANGUAGES:
        if code != SOURCE:
            rows = [_row(code, text, today) for text in signatures.all_texts(code)]
            name = name_in_english(code)
            lists = {why: [row for row in rows if row["why"] == why] for why in ("waits", "soon")}
            found.append({"code": code, "language": name, "all": len(rows)} | lists)
    return found


def _row(code: str, text: Text, today: date) -> dict[str, Any]:
    until = {kind: text.until(kind) for kind in MISSING}
    missing = [MISSING[kind] for kind, day in until.items() if day is None]
    over = {kind: day for kind, day in until.items() if day and day < today}
    days = [day for day in until.values() if day]
    why = "waits" if missing or over else "soon" if min(days) <= today + SOON else ""
    return {
        "title": text.title, "code": code, "url": _address(code, text), "is_lesson": bool(text.edition), "why": why,
        "missing": " and ".join(missing), "over": min(over.values(), default=None),
        "until": min(days, default=None), "safety": _is_safety(text),
    }  # fmt: skip


def _is_safety(text: Text) -> bool:
    if text.edition:
        return text.edition.lesson.read_first or any(revision.critical for revision in text.revisions)
    return text.name in ("call-card", signatures.SITE)


def _address(code: str, text: Text) -> str:
    if text.edition:
        return reverse("admin:lessons_lesson_translation", args=[text.edition.lesson_id, code])
    return reverse("admin:lessons_lesson_shared_words", args=[code, text.name])


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PUBLISHES, raise_exception=True)
def lesson(request: StaffRequest, pk: int, language: str) -> HttpResponse:
    """Show a lesson and the questions of its check in a language beside the English; POST signs them."""
    _need(language)
    text = next(iter(signatures.all_texts(language, lesson=pk)), None)
    if text is None:
        raise Http404("Not translated")
    return _page(request, language, text, {"lesson": pk})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PUBLISHES, raise_exception=True)
def words(request: StaffRequest, language: str, name: str) -> HttpResponse:
    """Show a file that many pages share in a language beside the English; POST signs it."""
    _need(language)
    text = signatures.shared_text(language, name)
    if text is None:
        raise Http404("No such text")
    return _page(request, language, text, {"name": name})


def _need(language: str) -> None:
    if language == SOURCE or language not in dict(settings.LANGUAGES):
        raise Http404("No such language here")


def _page(request: StaffRequest, language: str, text: Text, of: dict[str, Any]) -> HttpResponse:
    """Show a text and the form to sign it; POST signs."""
    today = timezone.localdate()
    kinds = [kind for kind in SAYS if kind != Kind.CLINICIAN or request.user.has_perm(SIGNS)]
    form = SignatureForm(
        request.POST if request.method == "POST" else None,
        verdicts=[(kind.value, SAYS[kind]) for kind in kinds],
        today=today,
        initial={"seen": text.seen},
    )
    if form.is_bound and form.is_valid() and _sign(request, language, form, of):
        return redirect("admin:lessons_lesson_review")
    name = name_in_english(language)
    context = {
        "title": f"{text.edition.translates if text.edition else text.title}, in {name}",
        "language": name,
        "code": language,
        "text": text,
        "safety": _is_safety(text),
        "sections": list(_of_lesson(text, text.edition) if text.edition else _of_words(text)),
        "reviews": _reviews(text),
        "row": _row(language, text, today),
        "form": form,
    }
    return render(request, "admin/translation.html", context)


def _sign(request: StaffRequest, language: str, form: SignatureForm, of: dict[str, Any]) -> bool:
    """Sign. If that is impossible, say why on the form and return False."""
    said = form.cleaned_data
    try:
        signatures.sign(
            language=language, seen=said["seen"], kind=said["verdict"], by=request.user, role=said["role"],
            now=timezone.now(), until=said["next_check"], **of,
        )  # fmt: skip
    except writing.Unfit as unfit:
        form.add_error("verdict", str(unfit))
        return False
    messages.success(request, "Signed. With both signatures, the line that it is a draft goes from its pages.")
    return True


def _reviews(text: Text) -> list[ClinicalReview]:
    """Return who signed the text, the newest first: of a lesson with its questions, the lesson's row stands for all."""
    of, key = text.parts[0]
    wanted = {"edition": key} if text.edition else {"words__name": of, "words__mark": key}
    return list(ClinicalReview.objects.filter(**wanted).select_related("who").order_by("-pk"))


def _of_words(text: Text) -> Iterator[Section]:
    pairs = [Pair(str(n), source, said) for n, (source, said) in enumerate(text.pairs, 1)]
    yield Section("words", f"{len(pairs)} texts", pairs)


def _of_lesson(text: Text, edition: Edition) -> Iterator[Section]:
    """Yield the parts of a lesson and the questions of its check, each text beside its translation."""
    source = edition.translates
    assert source is not None  # noqa: S101 - all editions in another language are translations
    here, there = writing.text_of(source), writing.text_of(edition)
    around = [Pair("Title", here.title, there.title), Pair("Short title", source.short_title, edition.short_title)]
    around += [Pair("Main message", here.main_message, there.main_message)]
    points = zip(here.remember, there.remember, strict=True)
    around += [Pair(f"Remember, {n}", one, other) for n, (one, other) in enumerate(points, 1)]
    yield Section("around", "Around the steps", _told(around))
    for n, (one, other) in enumerate(zip(here.steps, there.steps, strict=True), 1):
        pairs = [Pair("Heading", one.heading, other.heading), Pair("Text", one.body, other.body, rich=True)]
        pairs += [Pair("Key point", one.key_point, other.key_point), Pair("Picture in words", one.alt, other.alt)]
        pairs += [Pair(f"In the picture, {m}", *both) for m, both in enumerate(zip(one.key, other.key, strict=True), 1)]
        yield Section(f"step-{n}", f"Step {n}: {one.heading}", _told(pairs))
    for n, revision in enumerate(text.revisions, 1):
        of = revision.translates
        assert of is not None  # noqa: S101 - as above
        named = zip(texts_of(of), texts_of(revision), strict=True)
        pairs = [Pair("Question", of.stem, revision.stem)]
        pairs += [Pair(name, one, other) for (name, one), (_, other) in named if name != "Taught in"]
        yield Section(f"question-{n}", f"Question {n}{' (safety)' * revision.critical}", _told(pairs))


def _told(pairs: list[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair.source or pair.said]
