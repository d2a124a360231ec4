"""Every page that a patient or visitor can open, in Spanish: no English word but names, and what is marked as English.

The walk is that of the made-up language (tests/learn/test_pseudo_language.py). English shows in two ways: a sentence of
the catalogs or of the shipped files as it is in English, or a word that only English has ("the", "your").
"""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client, override_settings
from django.utils import translation

from learn import catalogs
from learn.lessons import overlays, texts, translated
from learn.lessons.models import Lesson, Step
from tests.cast import load_content, make_patient
from tests.english import BOTH, ENGLISH_ONLY, WORDS
from tests.learn import test_pseudo_language as walk
from tests.shipped import READ_OUT

pytestmark = [pytest.mark.one_database]

ALONE = {"meta", "link", "img", "input", "br", "hr", "path", "rect", "circle", "line", "use"}


@cache
def english() -> frozenset[str]:
    """Return the English texts, of two words or more, that the site has in Spanish in other words."""
    pairs = [pair for name in overlays.names(texts.FIXTURES) for pair in overlays.pairs(name, "es")]
    for path in catalogs.catalogs(Path(settings.BASE_DIR)):
        if path.parts[-3] == "es":
            for source, said in catalogs.said(path.read_text(encoding="utf-8")).items():
                pairs.append((source.rpartition(catalogs.CONTEXT)[2], said))
    spanish = {plain(said) for _, said in pairs}
    return frozenset(plain(source) for source, said in pairs if source.count(" ")) - spanish


def plain(text: str) -> str:
    return " ".join(text.split()).casefold().strip(" .:?!")


class Seen(HTMLParser):
    """Collects the texts of a page that are not marked as English: those that it shows, and those that are read out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        self._end()

    @property
    def lang(self) -> str:
        return self.open[-1][1] if self.open else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag not in walk.Shown.INLINE or named.get("lang"):
            self._end()
        lang = named.get("lang") or self.lang
        if lang != "en":
            self.texts += [value for name in READ_OUT if (value := named.get(name))]
        if tag not in ALONE:
            self.open.append((tag, lang))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Do nothing: such a tag (of a picture) has no text."""

    def handle_endtag(self, tag: str) -> None:
        if tag not in walk.Shown.INLINE or self.lang != (self.open[-2][1] if len(self.open) > 1 else ""):
            self._end()
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.lang != "en" and not (self.open and self.open[-1][0] in ("script", "style")):
            self.text += data

    def _end(self) -> None:
        if self.text.strip():
            self.texts.append(" ".join(self.text.split()))
        self.text = ""


# What patients say, names of works and journals in a Spanish sentence, and what nurses, authors and care teams of this
# walk have written.
NAMES = [
    "Spanish, please", "What Is Immunotherapy?", "Cancer.Net, American Society of Clinical Oncology", "Maple team",
    "Before your first day", "By phone", "Lesson 2",
]  # fmt: skip


def is_english(text: str) -> bool:
    """Return whether a text is English, or has a word that only English has. Names do not count."""
    for name in NAMES:
        text = text.replace(name, "")
    return plain(text) in english() or bool(WORDS.search(text))


@override_settings(LANGUAGES=BOTH)
class TestInSpanish(walk.TestThePseudoLanguage):
    test_has_brackets_around_every_text_of_the_site = None  # type: ignore[assignment]  # not this one

    @classmethod
    def setUpTestData(cls) -> None:
        with override_settings(LANGUAGES=ENGLISH_ONLY):  # what is loaded so is copied to other tests
            load_content()
        translated.load(texts.FIXTURES)
        with translation.override("es"):
            super().setUpTestData()

    def setUp(self) -> None:
        self.enterContext(translation.override("es"))
        self.typed: set[str] = set()
        self.found: dict[str, str] = {}
        self.visited: set[str] = set()
        self.drawn: set[str] = set()

        def client(**over: Any) -> Client:
            return Client(headers={"accept-language": "es-MX,es;q=0.9"}, **over)

        def patient(*args: Any, **over: Any) -> Any:
            made = make_patient(*args, **over)
            made.user.language = "es"
            made.user.save()
            return made

        self.enterContext(mock.patch.object(walk, "Client", client))
        self.enterContext(mock.patch.object(walk, "make_patient", patient))

    def look_at(self, page: str, where: str) -> None:
        """Record the English texts of a page that are not marked as such."""
        for text in Seen(page).texts:
            for typed in sorted(filter(None, self.typed), key=len, reverse=True):
                text = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", "", text)
            # What was talked about is kept in the words that the nurse read.
            if is_english(text) and (text, where) != ("When to call", "/my/data/"):
                self.found[text] = where

    def forms(self, response: Any) -> list[Any]:
        """Look at the messages of the forms on a page; return none, because the other walk looks for brackets."""
        for form in super().forms(response):
            for name, field in form.fields.items():
                for text in map(str, field.error_messages.values()):
                    if is_english(text):
                        self.found[text] = f"{type(form).__name__}.{name}"
        return []

    def mailed(self) -> str:
        sent = mail.outbox[-1]
        for line in [str(sent.subject), *str(sent.body).splitlines()]:
            if is_english(re.sub(r"https?://\S+", "", line)):
                self.found[line] = "a mail"
        code = re.search(r"\d{4} \d{4}", str(sent.body))
        return code[0] if code else ""

    def test_no_page_has_an_english_word(self) -> None:
        self.look_around()
        self.learn_as_a_guest()
        self.learn_with_a_nurse()
        self.hold_a_card()
        self.meet_errors()
        self.come_back()
        assert self.found == {}

    def test_no_step_of_any_lesson_has_an_english_word(self) -> None:
        self.client = walk.Client()
        for lesson in Lesson.objects.taught().select_related("therapy"):
            self.get("lesson_print", lesson.therapy.slug, lesson.slug)
            for n in Step.objects.shown().filter(edition__lesson=lesson).values_list("position", flat=True):
                self.get("step", lesson.therapy.slug, lesson.slug, n)
        assert self.found == {}
