"""The sheets in Spanish: no longer than their bounds, and no English word on them but names and what staff read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pypdfium2
import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import translation
from pytest_django import DjangoDbBlocker

from learn.handouts import parts, sheets
from learn.handouts.parts import Look
from learn.lessons import texts, translated
from tests.cast import load_content
from tests.english import BOTH, ENGLISH_ONLY, WORDS
from tests.learn.handouts.sheet import KNOWN, made, pages, text
from tests.shipped import LESSONS

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

# The most pages of a lesson, by the size of its letters: Spanish is a third longer than English.
MOST = {12: 5, 14: 8, 18: 10}
# Names of works and journals, what staff of an emergency room read, and what a patient says on the phone.
NAMES = [
    "What Is Immunotherapy?", "Cancer.Net, American Society of Clinical Oncology", "Spanish, please",
    str(sheets.EMERGENCY),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def content(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(LANGUAGES=ENGLISH_ONLY):  # what is loaded so is copied to other tests
            load_content()
        with override_settings(LANGUAGES=BOTH), translation.override("es"):
            translated.load(texts.FIXTURES)
            yield
        transaction.set_rollback(True)


def english(pdf: bytes) -> list[str]:
    whole = text(pdf)
    for name in NAMES:
        whole = whole.replace(name, "")
    return [re.sub(r"\s+", " ", whole[max(0, m.start() - 40) : m.end() + 40]) for m in WORDS.finditer(whole)]


@pytest.mark.parametrize("paper", parts.PAPERS)
@pytest.mark.parametrize("size", MOST)
def test_every_lesson_is_accessible_and_no_longer_than_its_bound(paper: str, size: int) -> None:
    look = Look(paper, size, KNOWN)
    counts = {slug: pages(made("lessons", sheets.lesson(slug, look))) for slug in LESSONS}
    assert {slug: n for slug, n in counts.items() if n > MOST[size]} == {}


def test_no_sheet_has_an_english_word() -> None:
    look = Look("letter", 12, KNOWN)
    found = {slug: english(made("lessons", sheets.lesson(slug, look))) for slug in LESSONS}
    found |= {
        "overview": english(made("overview", sheets.overview(look))),
        "wallet": english(made("wallet", sheets.wallet(look))),
        "questions": english(made("questions", sheets.questions(["¿Y yo?"], date(2026, 11, 24), look))),
        "therapy": english(made("lessons", sheets.therapy("basics", look))),
    }
    assert {name: words for name, words in found.items() if words} == {}


def test_a_draft_says_so_on_each_sheet() -> None:
    """As each page does, until all of it is signed."""
    look = Look("letter", 12, KNOWN)
    said = "Esta traducción es un borrador. Ninguna persona calificada la ha revisado."
    sheet, whole = sheets.lesson("il-2", look), sheets.therapy("basics", look)
    assert [said in text(made("lessons", data)) for data in (sheet, whole)] == [True, True]
    assert said in text(made("overview", sheets.overview(look)))
    assert "Traducción en borrador, sin revisar." in text(made("wallet", sheets.wallet(look)))


@pytest.mark.parametrize("paper", parts.PAPERS)
def test_the_call_card_stands_on_one_page(paper: str) -> None:
    """The last of a lesson, whole: nobody turns the page to find the last sign."""
    for slug in ("bcg-for-the-bladder", "after-a-t-vec-shot"):  # with lines of their own
        pdf = pypdfium2.PdfDocument(made("lessons", sheets.lesson(slug, Look(paper, 12, KNOWN))))
        last = " ".join(pdf[len(pdf) - 1].get_textpage().get_text_bounded().split())
        assert "Cuándo llamar" in last
        assert "Algo pequeño que no está en esta tarjeta" in last
