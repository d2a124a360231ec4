"""The call card: one text in three tiers, the same in lesson, feedback, result and help. Plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from learn.lessons import texts


@dataclass(frozen=True)
class Line:
    """One symptom. `lessons` names those on whose pages it shows; empty means everywhere."""

    id: str
    text: str
    lessons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Symptoms under a plain heading, so that the card can be scanned."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Tier:
    """How fast to call."""

    slug: str
    name: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Card:
    """The whole card; `fever` says what to make of a fever that was to be expected."""

    tiers: tuple[Tier, ...]
    fever: str
    claims: frozenset[str]  # a step that teaches one of these is followed by the card


@cache
def whole() -> Card:
    """Return the card with every line, as help and paper show it."""
    data = texts.read(texts.FIXTURES / "call_card.yaml")
    return Card(
        tuple(
            Tier(
                tier["slug"],
                tier["name"],
                tuple(
                    Group(
                        group["heading"],
                        tuple(Line(x["id"], x["text"], tuple(x.get("lessons", ()))) for x in group["lines"]),
                    )
                    for group in tier["groups"]
                ),
            )
            for tier in data["tiers"]
        ),
        data["fever"],
        frozenset(data["claims"]),
    )


@cache
def for_lesson(lesson: str) -> Card:
    """Return the card as this lesson's pages show it: without the lines that belong to other treatments."""
    tiers = []
    for tier in whole().tiers:
        groups = []
        for group in tier.groups:
            lines = tuple(line for line in group.lines if not line.lessons or lesson in line.lessons)
            if lines:
                groups.append(Group(group.heading, lines))
        tiers.append(Tier(tier.slug, tier.name, tuple(groups)))
    return Card(tuple(tiers), whole().fever, whole().claims)
