"""Symptoms in everyday words lead to the card's tier or a higher one; names of medicines never do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from learn.lessons import card, reference, texts
from learn.lessons.symptoms import tiers
from tests.shipped import load

pytestmark = pytest.mark.one_database

HERE = Path(__file__).parent
SAID: dict[str, Any] = texts.read(HERE / "finder" / "symptoms.yaml")
OTHERS: dict[str, list[str]] = texts.read(HERE / "finder" / "others.yaml")
WORDS: dict[str, list[str]] = load("symptom_words.yaml")
ORDER = ["call-911", "call-now", "office-hours"]


def said(part: str) -> list[str]:
    return list(SAID[part])


@pytest.mark.parametrize(
    ("part", "tier"),
    [("self-harm", "self-harm"), ("call-911", "call-911"), ("call", "call-now"), ("office-hours", "office-hours")],
)
def test_an_everyday_phrase_leads_to_its_tier(part: str, tier: str) -> None:
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
def test_a_symptom_is_found_in_long_loud_or_negated_text(text: str) -> None:
    assert tiers(text) == ("call-now",)


def test_the_most_urgent_symptom_counts_and_988_comes_with_911() -> None:
    assert tiers("a rash, and my chest hurts") == ("call-911",)
    assert tiers("a little tired, and a fever") == ("call-now",)
    assert tiers("a little tired and no other news") == ("office-hours",)
    assert tiers("chest pain and I want to die") == ("call-911", "self-harm")
    assert tiers("a little ache in my chest") == ("call-911",), "a mild word does not hide an urgent one"


def test_words_that_are_far_apart_are_not_a_phrase() -> None:
    assert tiers("my chest is where the port is; the nurse who changed it in May was kind and never hurt me") == ()


def test_every_line_of_the_card_is_found_on_its_tier_or_a_higher_one() -> None:
    low = []
    for tier in card.whole().tiers:
        for line in (line for group in tier.groups for line in group.lines):
            found = {"call-911" if name == "self-harm" else name for name in tiers(line.text)}
            if not found or min(map(ORDER.index, found)) > ORDER.index(tier.slug):
                low.append((tier.slug, line.text))
    assert low == []


@pytest.mark.parametrize("tier", list(SAID["card"]))
def test_every_symptom_word_of_the_card_is_found(tier: str) -> None:
    """For each tier: the lines of the card, and each of their words that names a symptom."""
    for line in SAID["card"][tier]:
        found = {"call-911" if name == "self-harm" else name for name in tiers(line)}
        assert found, line
        assert min(map(ORDER.index, found)) <= ORDER.index(tier), line


def test_the_name_of_a_medicine_is_not_a_symptom() -> None:
    known = [name for medicine in reference.medicines().values() for name in medicine.names]
    other = [name for names in OTHERS.values() for name in names]
    assert [name for name in known + other if tiers(name)] == []
    assert tiers("Rashtovy") == tiers("Feverall") == tiers("Strokeva") == ()


@pytest.mark.parametrize("text", said("no symptom"), ids=str)
def test_a_question_without_a_symptom_finds_nothing(text: str) -> None:
    assert tiers(text) == ()


@pytest.mark.parametrize("text", ["", "\x00", "   ", "😀", "\ud800", "a" * 10_000, "ﷺ" * 300, "1 2 3"], ids=range(8))
def test_invalid_input_gives_no_symptom_and_no_error(text: str) -> None:
    assert tiers(text) == ()


@pytest.mark.parametrize(
    "text", ["feverr", "vomitting", "diarhea", "siezure", "headahce", "dizziness", "breatheing hard"]
)
def test_a_mistyped_symptom_is_found(text: str) -> None:
    assert tiers(text)


def test_the_list_of_words_is_well_formed() -> None:
    assert list(WORDS) == ["self-harm", "call-911", "call-now", "office-hours"]
    for tier, phrases in WORDS.items():
        assert len(phrases) == len(set(phrases)), tier
        for phrase in phrases:
            assert re.fullmatch(r"[a-z0-9]+\*?(/[a-z0-9]+\*?)*( [a-z0-9]+\*?(/[a-z0-9]+\*?)*)*", phrase), phrase
            for term in phrase.split():
                assert len(term.split("/")) == len(set(term.split("/"))), f"{phrase}: {term} has a word twice"
