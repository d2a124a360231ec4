"""Symptoms in everyday Spanish lead to the card's tier or a higher one, also where English words are known too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import override_settings
from django.utils import translation

from learn.lessons import card, overlays, reference
from learn.lessons.symptoms import tiers

HERE = Path(__file__).parent / "finder"
SAID: dict[str, list[str]] = yaml.safe_load((HERE / "symptoms_es.yaml").read_text(encoding="utf-8"))
OTHERS: dict[str, list[str]] = yaml.safe_load((HERE / "others.yaml").read_text(encoding="utf-8"))
ENGLISH: dict[str, Any] = yaml.safe_load((HERE / "symptoms.yaml").read_text(encoding="utf-8"))
ORDER = ["call-911", "call-now", "office-hours"]


@pytest.fixture(autouse=True)
def spanish() -> Iterator[None]:
    with override_settings(LANGUAGES=[("en", "English"), ("es", "Español")]), translation.override("es"):
        yield


@pytest.mark.parametrize("said", [SAID, ENGLISH], ids=["Spanish", "English"])
@pytest.mark.parametrize(
    ("part", "tier"),
    [("self-harm", "self-harm"), ("call-911", "call-911"), ("call", "call-now"), ("office-hours", "office-hours")],
)
def test_an_everyday_phrase_leads_to_its_tier(said: dict[str, list[str]], part: str, tier: str) -> None:
    assert [text for text in said[part] if tiers(text) != (tier,)] == []


def test_every_line_of_the_spanish_card_is_found_on_its_tier_or_a_higher_one() -> None:
    assert card.whole().tiers[0].name == "Llame al 911"
    low = []
    for tier in card.whole().tiers:
        for line in (line for group in tier.groups for line in group.lines):
            found = {"call-911" if name == "self-harm" else name for name in tiers(line.text)}
            if not found or min(map(ORDER.index, found)) > ORDER.index(tier.slug):
                low.append((tier.slug, line.text))
    assert low == []


def test_a_question_or_the_name_of_a_medicine_is_not_a_symptom() -> None:
    known = [name for medicine in reference.medicines().values() for name in medicine.names]
    other = [name for names in OTHERS.values() for name in names]
    assert "quimio" in known
    assert [text for text in known + other + SAID["no symptom"] + ENGLISH["no symptom"] if tiers(text)] == []


def test_the_list_of_words_has_the_tiers_of_the_source() -> None:
    assert list(overlays.own_words("es")) == list(overlays.own_words("en"))
    assert len(overlays.own_words("es")["call-now"]) > len(overlays.own_words("en")["call-now"])
