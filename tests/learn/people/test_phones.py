"""Phone numbers: one spelling of an extension, and what a phone dials."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError

from learn.lessons.templatetags.calls import tel
from learn.people import phones
from learn.people.models import phone_number

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("typed", "kept", "dialed"),
    [
        ("555-010-0199", "555-010-0199", "5550100199"),
        ("+1 (555) 010-0199", "+1 (555) 010-0199", "+15550100199"),
        ("555-010-0199 ext. 3", "555-010-0199 ext. 3", "5550100199;ext=3"),
        ("555 010 0199, Extension 42", "555 010 0199 ext. 42", "5550100199;ext=42"),
        ("555-010-0199x7", "555-010-0199 ext. 7", "5550100199;ext=7"),
        (" 555–010–0199   #9 ", "555-010-0199 ext. 9", "5550100199;ext=9"),
        ("555 010 0199", "555 010 0199", "5550100199"),  # no-break spaces, as copied from a web page
    ],
)
def test_a_number_is_kept_in_one_spelling_and_dialed_without_its_extension(typed: str, kept: str, dialed: str) -> None:
    assert phones.tidy(typed) == kept
    phone_number(kept)
    assert tel(kept) == dialed


@pytest.mark.parametrize("typed", ["call the ward", "5 (", "12", "", "ext. 3", "555-010-0199 ext. 1234567", "5" * 31])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="Write a phone number"):
        phone_number(phones.tidy(typed))


@pytest.mark.parametrize("text", [",;" * 50_000, " " * 100_000, "5" * 100_000, "ext. " * 20_000])
def test_a_huge_text_is_refused_at_once(text: str) -> None:
    assert re.match(phones.PATTERN, phones.tidy(text)) is None
