"""Symptoms in plain words lead to the call card: on the tier of the card or a higher one, and never for a name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from learn.lessons import card, reference
from learn.lessons.symptoms import tiers
from tests.shipped import load

HERE = Path(__file__).parent
SAID: dict[str, Any] = yaml.safe_load((HERE / "finder" / "symptoms.yaml").read_text(encoding="utf-8"))
OTHERS: dict[str, list[str]] = yaml.safe_load((HERE / "finder" / "others.yaml").read_text(encoding="utf-8"))
WORDS: dict[str, list[str]] = load("symptom_words.yaml")
ORDER = ["call-911", "call-now", "office-hours"]


def said(part: str) -> list[str]:
    return list(SAID[part])


@pytest.mark.parametrize(
    ("part", "tier"),
    [("self-harm", "self-harm"), ("call-911", "call-911"), ("call", "call-now"), ("office-hours", "office-hours")],
)
def test_what_people_say_leads_to_its_tier(part: str, tier: str) -> None:
    assert sum(len(SAID[name]) for name in ("self-harm", "call-911", "call", "office-hours")) >= 80
    assert [text for text in said(part) if tiers(text) != (tier,)] == []


@pytest.mark.parametrize(
    "text",
    [
        "I had no fever until today, but now I shiver",
        "My husband had his second infusion on Monday, and since last night he is on the toilet all the time",
        "FEVER!!!", "fever?", "re: rash", "  rash\x00 ", "is a RASH normal", "never had a cough",
    ],
    ids=str,
)  # fmt: skip
def test_long_loud_and_denied_it_is_a_symptom_still(text: str) -> None:
    assert tiers(text) == ("call-now",)


def test_the_worst_that_is_said_counts_and_988_stands_beside_911() -> None:
    assert tiers("a rash, and my chest hurts") == ("call-911",)
    assert tiers("a little tired, and a fever") == ("call-now",)
    assert tiers("a little tired and no other news") == ("office-hours",)
    assert tiers("chest pain and I want to die") == ("call-911", "self-harm")
    assert tiers("a little ache in my chest") == ("call-911",), "a mild word takes nothing from an urgent one"


def test_words_far_apart_are_no_phrase() -> None:
    assert tiers("my chest is where the port is; the nurse who changed it in May was kind and never hurt me") == ()


def test_every_line_of_the_card_is_known_on_its_tier_or_a_higher_one() -> None:
    low = []
    for tier in card.whole().tiers:
        for line in (line for group in tier.groups for line in group.lines):
            found = {"call-911" if name == "self-harm" else name for name in tiers(line.text)}
            if not found or min(map(ORDER.index, found)) > ORDER.index(tier.slug):
                low.append((tier.slug, line.text))
    assert low == []


@pytest.mark.parametrize("tier", list(SAID["card"]))
def test_every_word_of_the_card_that_is_coming_is_known(tier: str) -> None:
    """Section by section: the lines of the new card, and each word of theirs that names a symptom."""
    for line in SAID["card"][tier]:
        found = {"call-911" if name == "self-harm" else name for name in tiers(line)}
        assert found, line
        assert min(map(ORDER.index, found)) <= ORDER.index(tier), line


def test_no_name_of_a_medicine_is_taken_for_a_symptom() -> None:
    known = [name for medicine in reference.medicines().values() for name in medicine.names]
    other = [name for names in OTHERS.values() for name in names]
    assert [name for name in known + other if tiers(name)] == []
    assert tiers("Rashtovy") == tiers("Feverall") == tiers("Strokeva") == ()


@pytest.mark.parametrize("text", said("no symptom"), ids=str)
def test_a_plain_question_is_left_alone(text: str) -> None:
    assert tiers(text) == ()


@pytest.mark.parametrize("text", ["", "\x00", "   ", "😀", "\ud800", "a" * 10_000, "ﷺ" * 300, "1 2 3"], ids=range(8))
def test_odd_input_is_no_symptom_and_no_error(text: str) -> None:
    assert tiers(text) == ()


@pytest.mark.parametrize(
    "text", ["feverr", "vomitting", "diarhea", "siezure", "headahce", "dizziness", "breatheing hard"]
)
def test_a_slip_of_the_finger_hides_nothing(text: str) -> None:
    assert tiers(text)


def test_the_list_of_words_is_well_formed() -> None:
    assert list(WORDS) == ["self-harm", "call-911", "call-now", "office-hours"]
    for tier, phrases in WORDS.items():
        assert len(phrases) == len(set(phrases)), tier
        for phrase in phrases:
            assert re.fullmatch(r"[a-z0-9]+\*?(/[a-z0-9]+\*?)*( [a-z0-9]+\*?(/[a-z0-9]+\*?)*)*", phrase), phrase
            for term in phrase.split():
                assert len(term.split("/")) == len(set(term.split("/"))), f"{phrase}: {term} says a word twice"
