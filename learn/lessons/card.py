"""The call card: whom to call for which symptom, in three tiers. One text for every page. Plain Python."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from learn.lessons import overlays, texts
from learn.lessons.texts import SOURCE

# The id of the line that the fever sentences belong to.
FEVER = "fever-chills"
# 100.4 °F: every fever sentence uses this value. With a higher limit of its own team, a patient would call later.
CELSIUS = Decimal(38)
_TEMPERATURE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:°|degrees?)?\s*(?:(f|fahrenheit|c|celsius)\b)?")


@dataclass(frozen=True)
class Line:
    """One symptom. It is shown on the pages of the `lessons` (slugs) it names; on every page if it names none."""

    id: str
    text: str
    treatment: str = ""
    lessons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fever:
    """When to call for a fever, for some treatments or, without `lessons`, for any.

    `limit` says how a care team's own fever limit is used ("lower" or "any", see `own`). `at` is the part of the text
    that names the temperature at which to call.
    """

    id: str
    text: str
    limit: str
    at: str = ""
    treatment: str = ""
    lessons: tuple[str, ...] = ()

    def own(self, value: str) -> str:
        """Return the care team's own fever limit (free text) to show with this sentence, or "" to show none.

        The limit must never make a patient call later than the sentence does:

        - A limit that cannot be read as a temperature is never shown: "call at ask us or more" helps nobody.
        - If the sentence says to call for every fever (`limit: lower`), only a limit of 100.4 °F (38 °C) or less is
          shown, next to the sentence. A higher limit would tell people with a lower fever that they need not call.
        - If the sentence names the temperature itself (`at`), only a lower limit replaces it. An equal limit does not:
          our own wording, with "call now", stays.
        - With T-VEC, sipuleucel-T, BCG and interferon (`limit: any`) a mild fever is expected, and the care team
          decides which temperature means "call". Its limit is shown as it is.

        The limit replaces the temperature only. What the sentence says about fever pills and chemo stays.
        """
        high = celsius(value)
        if high is None or (self.limit == "lower" and (high > CELSIUS or (self.at and high == CELSIUS))):
            return ""
        return value.strip()


@dataclass(frozen=True)
class Group:
    """Symptoms under one heading, so that readers can scan the card."""

    heading: str
    lines: tuple[Line, ...]

    @property
    def has_fever(self) -> bool:
        """True if the fever sentences are shown with this group."""
        return any(line.id == FEVER for line in self.lines)


@dataclass(frozen=True)
class Tier:
    """How fast to call. `top` is shown under the name, `foot` after the lines."""

    slug: str
    name: str
    groups: tuple[Group, ...]
    top: str = ""
    foot: str = ""


@dataclass(frozen=True)
class Card:
    """The whole card, or the part that the pages of one lesson show; then `fever` has one sentence."""

    tiers: tuple[Tier, ...]
    above: str
    fever: tuple[Fever, ...]
    hidden_fever: str  # shown with every fever sentence
    claims: frozenset[str]  # a step that teaches one of these facts shows the card
    above_button: frozenset[str]  # the slugs of the steps that show it above their button


def fever(card: Card, value: str) -> tuple[str, list[tuple[Fever, str]]]:
    """Return the care team's limit that is valid for all sentences of this card, and each sentence with its own limit.

    Takes the team's limit as free text. If the card has several sentences and the limit is 100.4 °F or less, it makes
    nobody call later: it is shown once, above all sentences. A limit is "" where none is shown.
    """
    if len(card.fever) > 1 and (high := celsius(value)) is not None and high <= CELSIUS:
        return value.strip(), [(sentence, "") for sentence in card.fever]
    return "", [(sentence, sentence.own(value)) for sentence in card.fever]


def fitting(*texts: str) -> str:
    """Return the slug of the tier that a text names, or the most urgent tier if none names one.

    Takes the texts of a question, the most telling first. "Call your team now, day or night" in one of them names that
    tier. The first text that names a tier decides; if it names several, the most urgent of them.
    """
    tiers = [(tier.slug, tier.name.casefold()) for each in (_in_source(), whole()) for tier in each.tiers]
    order = [tier.slug for tier in whole().tiers]
    for text in texts:
        if named := {slug for slug, name in tiers if name in text.casefold()}:
            return min(named, key=order.index)
    return order[0]


def celsius(value: str) -> Decimal | None:
    """Return the highest temperature in a text, in °C.

    Reads "100.4 °F (38 °C)", "38,3 C", "101". A number of 90 or more without a unit is °F. Returns None if there is no
    number, or if any number is not a possible body temperature (35 to 43 °C).
    """
    plain = unicodedata.normalize("NFKC", value.replace("º", "°").replace("˚", "°")).casefold()
    found = []
    for number, unit in _TEMPERATURE.findall(plain):
        degrees = Decimal(number.replace(",", "."))
        if unit.startswith("f") or (not unit and degrees >= 90):
            degrees = (degrees - 32) * 5 / 9
        found.append(degrees)
    return max(found) if found and all(35 <= degrees <= 43 for degrees in found) else None


SLUG = "call-card"  # of the one card, among the texts that a hospital can change
FILE = "call_card.yaml"


def _own() -> dict[str, Any]:
    """Return the hospital's own card, or {} if there is none or it was only signed as it ships."""
    shipped = texts.read_once(FILE)
    own: dict[str, Any] = texts.own().rows.get("card", {}).get(SLUG, {})
    return own if any(shipped.get(key) != value for key, value in own.items()) else {}


def is_own() -> bool:
    """Return whether the hospital has changed the card."""
    return bool(_own())


@texts.kept
def language() -> str:
    """Return the language of the card: the reader's, or the source's as long as nobody has translated this card."""
    mine = texts.reader()
    return SOURCE if _own() or not overlays.is_fresh(FILE, mine) else mine


@texts.kept
def _in_source() -> Card:
    return of(texts.read_once(FILE) | _own())


@texts.kept
def whole() -> Card:
    """Return the card with every line and every fever sentence, as the help page and printed pages show it.

    It is in the reader's language. If that translation is older than the card, it is the card as it is.
    """
    return _in_source() if language() == SOURCE else of(overlays.file(FILE, language()))


def reviewed(today: date) -> date | None:
    """Return when a clinician reviewed the card as it is now, if the review still counts on this day.

    The review is of the words in the source language: of a translation there is none.
    """
    on, until = texts.own().card_reviewed or (None, date.min)
    return on if until >= today and language() == SOURCE else None


def of(data: dict[str, Any]) -> Card:
    """Return the card that is written in a file like call_card.yaml."""

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
        above_button=frozenset(data["above_button"]),
    )


@texts.kept
def for_lesson(lesson: str) -> Card:
    """Return the card for the pages of one lesson (its slug).

    It has one fever sentence, no lines for other treatments, and no treatment labels. A lesson that no fever sentence
    names, such as one that the hospital added, gets the sentence for any treatment.
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
