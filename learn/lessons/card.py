"""The call card: one text in three tiers, the same in lesson, feedback, result and help. Plain Python."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any

from learn.lessons import texts

# The line beside which the fever sentences stand.
FEVER = "fever-chills"
# 100.4 °F: what every sentence calls a fever. A team's own limit above it would make somebody call later.
CELSIUS = Decimal(38)
_TEMPERATURE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:°|degrees?)?\s*(?:(f|fahrenheit|c|celsius)\b)?")


@dataclass(frozen=True)
class Line:
    """One symptom. `lessons` names those on whose pages it shows; empty means everywhere."""

    id: str
    text: str
    treatment: str = ""
    lessons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fever:
    """What a fever means with some treatments, or with any (no `lessons`). `at` carries the value at which to call."""

    id: str
    text: str
    limit: str
    at: str = ""
    treatment: str = ""
    lessons: tuple[str, ...] = ()

    def own(self, value: str) -> str:
        """Return a care team's own limit as it may show with this sentence, or "" when it may not.

        It must never make anybody call later than the sentence does:

        - One that cannot be read as a temperature shows nowhere: "call at ask us or more" helps nobody.
        - Where the sentence says to call for every fever (`limit: lower`), only a limit of 100.4 °F (38 °C) or less
          shows, beside it. A higher one would tell those who have less that they need not call.
        - Where the sentence gives the value itself (`at`), only a lower one takes its place. The same value stays as we
          say it: with "call now".
        - With T-VEC, sipuleucel-T, BCG and interferon (`limit: any`) a mild fever is expected, and the team is asked
          how high means call: there its answer shows as it is.

        It takes the place of the value, and of nothing else: what is said on fever pills and on chemo stays.
        """
        high = celsius(value)
        if high is None or (self.limit == "lower" and (high > CELSIUS or (self.at and high == CELSIUS))):
            return ""
        return value.strip()


@dataclass(frozen=True)
class Group:
    """Symptoms under a plain heading, so that the card can be scanned."""

    heading: str
    lines: tuple[Line, ...]

    @property
    def has_fever(self) -> bool:
        """True where the fever sentences belong."""
        return any(line.id == FEVER for line in self.lines)


@dataclass(frozen=True)
class Tier:
    """How fast to call. `top` stands under its name, `foot` after its lines."""

    slug: str
    name: str
    groups: tuple[Group, ...]
    top: str = ""
    foot: str = ""


@dataclass(frozen=True)
class Card:
    """The whole card, or as the pages of one lesson show it; then `fever` is one sentence."""

    tiers: tuple[Tier, ...]
    above: str
    fever: tuple[Fever, ...]
    hidden_fever: str  # stands with every fever sentence
    claims: frozenset[str]  # a step that teaches one of these shows the card


def fever(card: Card, value: str) -> tuple[str, list[tuple[Fever, str]]]:
    """Return a team's own limit where it holds for all of this card's sentences, and the sentences, each with its own.

    Beside several sentences a limit that makes nobody call later is said once, above them all.
    """
    if len(card.fever) > 1 and (high := celsius(value)) is not None and high <= CELSIUS:
        return value.strip(), [(sentence, "") for sentence in card.fever]
    return "", [(sentence, sentence.own(value)) for sentence in card.fever]


def celsius(value: str) -> Decimal | None:
    """Return the highest temperature that a text names, in °C; None when any number in it cannot be one of a person.

    Reads "100.4 °F (38 °C)", "38,3 C", "101"; without a letter 90 and more is °F.
    """
    plain = unicodedata.normalize("NFKC", value.replace("º", "°").replace("˚", "°")).casefold()
    found = []
    for number, unit in _TEMPERATURE.findall(plain):
        degrees = Decimal(number.replace(",", "."))
        if unit.startswith("f") or (not unit and degrees >= 90):
            degrees = (degrees - 32) * 5 / 9
        found.append(degrees)
    return max(found) if found and all(35 <= degrees <= 43 for degrees in found) else None


@cache
def whole() -> Card:
    """Return the card with every line and every fever sentence, as help and paper show it."""
    data = texts.read(texts.FIXTURES / "call_card.yaml")

    def lessons(row: dict[str, list[str]]) -> tuple[str, ...]:
        return tuple(row.get("lessons", ()))

    def lines(group: dict[str, list[dict[str, Any]]]) -> tuple[Line, ...]:
        return tuple(Line(**row | {"lessons": lessons(row)}) for row in group["lines"])

    return Card(
        tiers=tuple(
            Tier(**tier | {"groups": tuple(Group(group["heading"], lines(group)) for group in tier["groups"])})
            for tier in data["tiers"]
        ),
        above=data["above"],
        fever=tuple(Fever(**row | {"lessons": lessons(row)}) for row in data["fever"]),
        hidden_fever=data["hidden_fever"],
        claims=frozenset(data["claims"]),
    )


@cache
def for_lesson(lesson: str) -> Card:
    """Return the card as this lesson's pages show it: its own fever sentence, no lines of other treatments, no labels.

    A lesson that no sentence names (one of the hospital's own, perhaps) gets the sentence for any treatment.
    """
    card = whole()
    tiers = []
    for tier in card.tiers:
        groups = []
        for group in tier.groups:
            lines = (line for line in group.lines if not line.lessons or lesson in line.lessons)
            if mine := tuple(replace(line, treatment="") for line in lines):
                groups.append(Group(group.heading, mine))
        tiers.append(replace(tier, groups=tuple(groups)))
    own = next((row for row in card.fever if lesson in row.lessons), None)
    fever = own or next(row for row in card.fever if not row.lessons)
    return replace(card, tiers=tuple(tiers), fever=(replace(fever, treatment=""),))
