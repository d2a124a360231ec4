"""Template tags for the call card, the team's phone numbers, and the step that teaches a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils import timezone

from learn.languages import SOURCE, reader
from learn.lessons import card, shown, signatures, texts
from learn.people.models import Phones, phones_for
from learn.people.phones import dial
from quizzes.asked import Item
from quizzes.models import Quiz
from quizzes.tongues import said

register = template.Library()
CLOSED = "none"  # stands for the tier that is open where none is


def _phones(context: dict[str, Any]) -> Phones:
    # An error page may be rendered without a request.
    return phones_for(getattr(context.get("request"), "user", None))


@register.inclusion_tag("lessons/_call_card.html", takes_context=True)
def call_card(
    context: dict[str, Any],
    source: str = "",
    best: Sequence[str] = (),
    stem: str = "",
    folded: bool = True,
    closed: bool = False,
) -> dict[str, Any]:
    """Render the call card: the whole card, or the part for the pages of one lesson.

    `source` is a lesson's slug, or "lesson/step" (the `source` of a question). Empty means the whole card, with nothing
    folded. Inside another page the tiers are folded, and one is open: the one that the question is about (`best` is its
    right answer, `stem` its text), or the most urgent one. With `folded` false nothing is folded there either. With
    `closed` true none is open: before the button of a step, where it would push the button off the second screen.
    """
    unfolded = CLOSED if closed else card.fitting(" ".join(best), stem)
    return {
        "lesson": source.partition("/")[0],
        "phones": _phones(context),
        "unfolded": unfolded if source and folded else "",
        "texts": texts.own(),
        "reviewed_on": signatures.card_reviewed(timezone.localdate()),
    }


@register.simple_tag
def card_of(lesson: str, limit: str) -> dict[str, Any]:
    """Return the call card of a lesson (its slug; "" for the whole card), with the team's own fever limit inserted."""
    drawn = card.for_lesson(lesson) if lesson else card.whole()
    own, fever = card.fever(drawn, limit)
    language = card.language()
    return {"card": drawn, "own": own, "fever": fever, "stale": language != reader(), "language": language}


@register.inclusion_tag("lessons/_call_line.html", takes_context=True)
def call_line(context: dict[str, Any]) -> dict[str, Any]:
    """Render the line "Feeling unwell? Who to call" with the team's number."""
    return {"phones": _phones(context)}


@register.simple_tag(takes_context=True)
def phones(context: dict[str, Any]) -> Phones:
    """Return the team's phone numbers, for a part of a page that is kept for them."""
    return _phones(context)


@register.inclusion_tag("lessons/_unwell.html", takes_context=True)
def unwell(context: dict[str, Any], tiers: str | Sequence[str], first: bool = False) -> dict[str, Any]:
    """Render what to do first for a person who mentioned a symptom.

    `tiers` is the result of symptoms.tiers(), or the same as one text with spaces. `first` is true if this is at the
    start of the page that finds a medicine: then it gets the focus, and the card follows below. Elsewhere it says not
    to wait for a visit, and has the tier of the card, folded.
    """
    tiers = tiers.split() if isinstance(tiers, str) else tiers
    tier = next((tier for tier in card.whole().tiers if tier.slug == tiers[0]), None)
    return {"tiers": tiers, "tier": tier, "phones": _phones(context), "first": first}


@register.inclusion_tag("lessons/_numbers.html", takes_context=True)
def numbers(context: dict[str, Any], where: str = "") -> dict[str, Any]:
    """Render the team's phone numbers as links, or where to find them. On "paper": as text, with room to write."""
    return {"phones": _phones(context), "paper": where == "paper"}


@register.filter
def tel(number: str) -> str:
    """Return a phone number for a tel: link: digits, the leading plus if there is one, and the extension."""
    return dial(number)


@register.simple_tag
def taught_in(items: Item | Sequence[Item]) -> list[tuple[Item, dict[str, str] | None]]:
    """Return each asked item with the step that teaches it: {"url", "heading", "language"}, or None. One query for all.

    A question's source is "lesson/step". The result is None if that step is no longer published.
    """
    items = items if isinstance(items, Sequence) else [items]
    sources = {item.revision.source for item in items if "/" in item.revision.source}
    taught = shown.pages({source.partition("/")[0] for source in sources})
    places = {
        f"{lesson}/{page.slug}": {"url": page.address, "heading": page.heading, "language": page.lesson.row.language}
        for lesson, pages in taught.items()
        for page in pages
    }
    return [(item, places.get(item.revision.source)) for item in items]


@register.simple_tag
def lesson_title(quiz: Quiz, plain: bool = False) -> str:
    """Return the title of a quiz, which is its lesson's, in the reader's language. No query in the source language.

    It is marked where it is in another language than the page; not if `plain`, for the title of a page.
    """
    title, language = quiz.title, SOURCE
    if reader() != SOURCE and (pages := shown.pages({quiz.slug}).get(quiz.slug)):
        title, language = pages[0].lesson.title, pages[0].lesson.row.language
    return title if plain else said(title, language)
