"""The wordings of the call card that this site has shown, and what changed since somebody was shown one (ruling 21).

The card is a file that pages read. `load_content` keeps each new wording of it, so that a change can be told. A reader
is told of the lines that concern them: those for any treatment, and those of the lessons that they have read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from learn.languages import SOURCE
from learn.lessons import card, overlays, texts, wordings
from learn.lessons.changes import Change, Wording, differs
from learn.lessons.models import CardText, SharedWords


@dataclass(frozen=True)
class Version:
    """One wording, and since when it is shown."""

    number: int
    at: datetime
    same_meaning: bool
    card: card.Card


_kept: dict[int, tuple[Version, ...]] = {}


def forget() -> None:
    """Clear the cache, as in `changes`."""
    _kept.clear()


def keep(data: dict[str, Any], now: datetime) -> bool:
    """Keep this wording (the data of call_card.yaml) if it is not the same text as the newest one. Return whether."""
    text = _text(data)
    last = CardText.objects.order_by("-number").first()
    if last and _keys(card.of(last.data)) == _keys(card.of(text)):
        return False
    CardText.objects.create(
        number=last.number + 1 if last else 1, data=text, same_meaning=data.get("same_meaning", False), at=now
    )
    return True


def keep_words(data: dict[str, Any], pairs: list[tuple[str, str]], language: str) -> None:
    """Keep a translation of the newest wording, if that is the text of `data` (of call_card.yaml)."""
    last = CardText.objects.order_by("-number").first()
    if last and _keys(card.of(last.data)) == _keys(card.of(_text(data))):
        SharedWords.objects.get_or_create(
            language=language, name=_name(last.number), mark=texts.digest(pairs), defaults={"pairs": pairs}
        )


def _text(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "same_meaning"}


def _name(number: int) -> str:
    return f"{card.SLUG}-{number}"


def translated(found: Iterable[Change], language: str, lessons: Collection[str]) -> list[Change]:
    """Return changes of the card in the words of its translations, as `changes.translated`. Two queries."""
    rows = list(found)
    if language == SOURCE or not rows:
        return rows
    known = {row.read for row in rows}
    data = dict(CardText.objects.filter(number__in=known).values_list("number", "data"))
    kept = SharedWords.objects.filter(language=language, name__in=map(_name, known)).order_by("pk")
    said = {name: dict(pairs) for name, pairs in kept.values_list("name", "pairs")}
    old = {
        number: tiers_of(card.of(overlays.replaced(data[number], said[_name(number)])), lessons)
        for number in known
        if _name(number) in said
    }
    new = tiers_of(card.whole(), lessons) if card.language() == language else {}
    return [row.in_words_of(language, old.get(row.read, {}).get(row.slug), new.get(row.slug)) for row in rows]


def since(read: datetime, seen: int, newest: int, lessons: Collection[str]) -> tuple[Change, ...]:
    """Return the tiers of the card that changed since somebody was shown it.

    `read` is when they finished the last lesson that says when to call, `seen` the number of the wording that they
    said they have read (0: none), `newest` the number of the one that is shown now, `lessons` the slugs of the lessons
    that they have read. One query, unless the process has the wordings.
    """
    if newest not in _kept:
        rows = CardText.objects.filter(number__lte=newest).order_by("number")
        _kept[newest] = tuple(Version(row.number, row.at, row.same_meaning, card.of(row.data)) for row in rows)
    versions = _kept[newest]
    known = min(newest, max([seen, *(version.number for version in versions if version.at <= read)]))
    shown = [version for version in versions if version.number >= (known or versions[0].number)]
    tiers = [tiers_of(version.card, lessons) for version in shown]
    same = [version.same_meaning for version in shown[1:]]
    return tuple(
        Change(slug, tiers[0].get(slug), tiers[-1].get(slug), 0, shown[0].number)
        for slug in dict.fromkeys([*tiers[-1], *tiers[0]])
        if differs([each.get(slug) for each in tiers], same)
    )


def tiers_of(of: card.Card, lessons: Collection[str] | None = None) -> dict[str, Wording]:
    """Return the text of each tier by its slug: the lines for any treatment and of these lessons (None: of all)."""

    def concerns(row: card.Line | card.Fever) -> bool:
        return not row.lessons or lessons is None or not set(lessons).isdisjoint(row.lessons)

    def said(row: card.Line | card.Fever) -> str:
        return f"{row.treatment}: {row.text}" if row.treatment else row.text

    found = {}
    for tier in of.tiers:
        lines = [of.above, tier.top]
        for group in tier.groups:
            lines += [said(line) for line in group.lines if concerns(line)]
            if group.has_fever:
                lines += [f"{row.at} {said(row)}".strip() for row in of.fever if concerns(row)]
                lines.append(of.hidden_fever)
        text = tuple(filter(None, [*lines, tier.foot]))
        found[tier.slug] = Wording(tier.name, text, wordings.key(text), safety=True)
    return found


def _keys(of: card.Card) -> dict[str, str]:
    return {slug: f"{tier.heading} {tier.key}" for slug, tier in tiers_of(of).items()}
