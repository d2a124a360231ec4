"""A text in another language than its page says so, and what the site says around it does not (WCAG 3.1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from learn.lessons.models import Lesson, Step
from quizzes.models import Attempt, Revision, State
from tests import overlays as made
from tests.cast import as_form, load_content, make_edition, right, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ALONE = {"meta", "link", "img", "input", "br", "hr", "path", "rect", "circle", "line", "use"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The shipped content, and a made-up translation of it."""
    with made.translated(tmp_path_factory.mktemp("content")) as found:
        yield found


class Spoken(HTMLParser):
    """Collects the texts inside <main>, each with the language that a screen reader takes it for."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.langs: list[str] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALONE:
            self.open.append(tag)
            self.langs.append(dict(attrs).get("lang") or (self.langs[-1] if self.langs else ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Do nothing: such a tag (of a picture) has no text."""

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            self.langs.pop()
        if self.langs:
            self.langs.pop()

    def handle_data(self, data: str) -> None:
        if "main" in self.open and data.strip():
            self.texts.append((" ".join(data.split()), self.langs[-1]))


def spoken(response: Any) -> dict[str, str]:
    """Return the language of each text of a page."""
    assert response.status_code == 200
    return dict(Spoken(response.content.decode()).texts)


def authored(revision: Revision) -> set[str]:
    """Return the texts of a question that its page, or the page of its answer, may show."""
    spec = revision.spec
    texts = {revision.stem}
    for part in ("choices", "rows", "cards"):
        texts |= {row[name] for row in spec.get(part, ()) for name in ("text", "match") if name in row}
    return texts


def test_a_check_goes_on_in_its_language_after_the_switch(folder: Path) -> None:
    """Each text of the question is marked; buttons, hints, headings and errors are in the reader's language."""
    load_content(folder)
    kinds = set()
    for lesson in Lesson.objects.taught().filter(
        slug__in=["antibodies-and-the-brake", "side-effects-when-to-call", "how-virus-therapy-works"]
    ):
        reader = Client(headers={"accept-language": "es"})
        reader.post(reverse("check", args=[lesson.slug]))
        attempt = Attempt.objects.get(quiz=lesson.quiz_id)
        assert attempt.language == "es"
        reader.post(reverse("language"), {"language": "en"})
        for item in attempt.items.with_answers():
            kinds.add(item.revision.kind)
            address = reverse("quizzes:question", args=[attempt.pk, item.position])
            wanted = authored(item.revision)
            for response in (reader.get(address), reader.post(address, {"number": 1})):  # the second has an error
                told = spoken(response)
                assert {told[text] for text in wanted & told.keys()} == {"es"}
                assert item.revision.stem in told
                assert told["Check my answer"] == told["I’m not sure"] == "en"
                assert {text for text, language in told.items() if language != "en"} <= wanted
            answer = wrong if item.position % 2 else right
            told = spoken(reader.post(address, as_form(item.revision, answer(item.revision)), follow=True))
            assert told[item.revision.stem] == "es"
            assert told["Why"] == "en"
            marked = {text for text, language in told.items() if language == "es"}
            assert marked
            assert not marked & {"True", "False", "Not quite", "Best answer:", "You chose:"}
            assert not [text for text in told if re.search("[áéíóú]", text) and told[text] == "en"]
        assert attempt.items.count()
    assert kinds == {"choice", "truth", "matching", "ordering"}


def test_the_result_marks_its_topics(folder: Path) -> None:
    load_content(folder)
    lesson = Lesson.objects.get(slug="what-is-immunotherapy")
    reader = Client(headers={"accept-language": "es"})
    reader.post(reverse("check", args=[lesson.slug]))
    attempt = Attempt.objects.get()
    for _ in range(40):
        page = reader.get(reverse("quizzes:result", args=[attempt.pk]))
        if page.status_code == 200:
            break
        item = reader.get(page["Location"]).context["item"]
        reader.post(page["Location"], as_form(item.revision, right(item.revision), item.answers + 1))
    reader.post(reverse("language"), {"language": "en"})
    told = spoken(reader.get(reverse("quizzes:result", args=[attempt.pk])))
    topics = Revision.objects.filter(asked__attempt=attempt).values_list("objective", flat=True)
    assert {told[topic] for topic in topics} == {"es"}
    assert told["You have finished the questions"] == "en"


def test_a_lesson_that_is_not_translated_is_marked(folder: Path) -> None:
    """English words on a page in another language; "Remember" is of the site."""
    load_content(folder)
    lesson = Lesson.objects.get(slug="what-is-immunotherapy")
    make_edition(lesson, number=2)
    reader = Client(headers={"accept-language": "es"})
    told = spoken(reader.get(reverse("step", args=["basics", lesson.slug, 3])))
    assert [told[text] for text in ("three", "Text.", "a", "b", "c", "Lesson 2")] == ["en"] * 6
    assert told["Recuerde"] == "es"
    assert Step.objects.filter(edition__state=State.PUBLISHED, edition__lesson=lesson).count() == 3


@pytest.mark.parametrize("place", ["start", "my", "therapy", "check", "on_paper", "helping", "find"])
def test_a_title_that_is_not_translated_is_marked_in_lists(folder: Path, place: str) -> None:
    """A list in Spanish that names a lesson in English: its name, or the sentence's part that names it."""
    load_content(folder)
    lesson = Lesson.objects.get(slug="what-is-immunotherapy")
    make_edition(lesson, "one xylem", number=2, title="Lymph")
    reader = Client(headers={"accept-language": "es"})
    here = ["basics", lesson.slug]
    reader.get(reverse("step", args=[*here, 1]))
    reader.post(reverse("step", args=[*here, 1]))
    reader.post(reverse("step", args=[*here, 1]), {"keep": "1"})
    args = {"therapy": here[:1], "check": here[1:]}.get(place, [])
    told = spoken(reader.get(reverse(place, args=args), {"q": "xylem"} if place == "find" else {}))
    named = {text: language for text, language in told.items() if "Lymph" in text or "xylem" in text.split()}
    assert named
    assert set(named.values()) == {"en"}


def test_a_result_marks_a_title_that_is_not_translated(folder: Path) -> None:
    load_content(folder)
    lesson = Lesson.objects.get(slug="what-is-immunotherapy")
    make_edition(lesson, number=2, title="Lymph")
    reader = Client(headers={"accept-language": "es"})
    address = reader.post(reverse("check", args=[lesson.slug]))["Location"]
    for _ in range(40):
        page = reader.get(address, follow=True)
        if "item" not in page.context:
            break
        item = page.context["item"]
        reader.post(page.request["PATH_INFO"], as_form(item.revision, right(item.revision), item.answers + 1))
        address = reverse("quizzes:result", args=[item.attempt_id])
    assert spoken(page)["Lymph"] == "en"
    assert "<span" not in page.content.decode().split("</title>")[0]
