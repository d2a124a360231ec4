"""Readers of another language are told what changed in its words, as far as both wordings are in it (ruling 21)."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from learn.lessons import card, card_texts, governance, overlays, texts
from learn.lessons.models import Edition, Lesson, SharedWords, Step, Therapy
from quizzes import authoring, taking, translating
from quizzes.models import Revision
from tests.cast import at, make_edition, make_patient, make_question, make_quiz, make_team, right, words
from tests.quizzes.cast import give

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PAGE, CARD_PAGE = "/lessons/basics/a-lesson/changes/", "/help/changes/"
OLD, NEW = {"two": "Call if the fever is 101 °F."}, {"two": "Call if the fever is 100.4 °F."}
OLD_ES, NEW_ES = "Llame si tiene 101 °F.", "Llame si tiene 100.4 °F."
NOT_YET, NO_OLD = "Esta parte todavía no está en español.", "No tenemos en español lo que decía antes."
SAME = "En español dice lo mismo que antes."
SHIPPED = texts.read(texts.FIXTURES / card.FILE)


@pytest.fixture(autouse=True)
def _two_languages(settings: Any) -> Iterator[None]:
    settings.LANGUAGES = [("en", "English"), ("es", "Español")]
    with time_machine.travel(at(24), tick=False):
        yield


def translation(source: Edition, two: str, number: int = 1) -> Edition:
    """Return a published translation of an edition, whose step two says this."""
    said = {"title": "Lección", "main_message": "M.", "remember": ["x", "y", "z"], "minutes": 3}
    made = Edition.objects.create(lesson=source.lesson, language="es", translates=source, number=number, **said)
    for step in source.steps.order_by("position"):
        Step.objects.create(
            edition=made, position=step.position, slug=step.slug, heading=f"Título {step.slug}",
            body=two if step.slug == "two" else "Texto.", claims=step.claims,
        )  # fmt: skip
    governance.publish(edition=made)
    return made


@pytest.fixture
def lesson() -> Lesson:
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    lesson = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1, read_first=True)
    make_edition(lesson, safety=OLD)
    card_texts.keep(SHIPPED, at(1))
    return lesson


@pytest.fixture
def reader(lesson: Lesson) -> Client:
    client = Client(headers={"accept-language": "es"})
    for n in (1, 2, 3):
        client.post(f"/lessons/basics/a-lesson/{n}/")
    return client


def publish(lesson: Lesson, before: str = "", now: str = "") -> None:
    """Publish a changed text; say what its translations said before, and say now."""
    if before:
        translation(lesson.editions.get(language="en"), before)
    newer = make_edition(lesson, number=2, safety=NEW)
    if now:
        translation(newer, now, number=2)


def test_a_lesson_with_both_wordings(lesson: Lesson, reader: Client) -> None:
    publish(lesson, OLD_ES, NEW_ES)
    page = reader.get(PAGE)
    said = words(page)
    assert f"Título two Antes {OLD_ES} Ahora {NEW_ES}" in said
    assert "Call if" not in said
    assert "<del>101</del>" in page.content.decode()
    assert "<ins>100.4</ins>" in page.content.decode()
    assert not [text for text in (NOT_YET, NO_OLD, SAME) if text in said]


def test_a_lesson_that_is_not_translated_yet(lesson: Lesson, reader: Client) -> None:
    """It says so kindly, and shows the English words, marked as English."""
    publish(lesson, OLD_ES)
    page = reader.get(PAGE)
    assert NOT_YET in words(page)
    assert "Antes Call if the fever is 101 °F. Ahora Call if the fever is 100.4 °F." in words(page)
    assert page.content.decode().count('<p lang="en">') == 2
    assert OLD_ES not in words(page)


def test_a_lesson_whose_older_words_are_not_there(lesson: Lesson, reader: Client) -> None:
    publish(lesson, now=NEW_ES)
    said = words(reader.get(PAGE))
    assert f"{NO_OLD} Esto es lo que dice ahora. {NEW_ES}" in said
    assert "Call if" not in said


def test_a_lesson_that_says_the_same_in_their_language(lesson: Lesson, reader: Client) -> None:
    publish(lesson, NEW_ES, NEW_ES)
    assert f"{SAME} Aquí está. {NEW_ES}" in words(reader.get(PAGE))


def test_an_english_reader_sees_english(lesson: Lesson, reader: Client) -> None:
    publish(lesson, OLD_ES, NEW_ES)
    reader.post(reverse("language"), {"language": "en"})
    assert "Before Call if the fever is 101 °F. Now Call if the fever is 100.4 °F." in words(reader.get(PAGE))


def change_the_card() -> None:
    data = deepcopy(SHIPPED)
    data["tiers"][0]["top"] = "Other words."
    card_texts.keep(data, at(25))


def test_the_card_with_both_wordings(lesson: Lesson, reader: Client) -> None:
    """What it said in the other language is kept with each wording, because the file has the newest only."""
    pairs = overlays.pairs(card.FILE, "es")
    top = next(tier["top"] for tier in SHIPPED["tiers"] if tier.get("top"))
    card_texts.keep_words(SHIPPED, [(one, "Decía otra cosa." if one == top else other) for one, other in pairs], "es")
    change_the_card()
    said = words(reader.get(CARD_PAGE))
    assert "Antes Decía otra cosa. Ahora" in said
    assert "Llame al 911" in said
    assert "Call 911" not in said


def test_the_card_whose_older_words_are_not_there(lesson: Lesson, reader: Client) -> None:
    change_the_card()
    said = words(reader.get(CARD_PAGE))
    assert f"Llame al 911 {NO_OLD}" in said
    assert "Call 911" not in said


def test_the_card_that_is_not_translated_yet(lesson: Lesson, reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    change_the_card()
    monkeypatch.setattr(overlays, "is_fresh", lambda name, language: language == "en")
    texts.forget()
    page = reader.get(CARD_PAGE)
    assert f"Call 911 {NOT_YET}" in words(page)
    assert '<h2 lang="en">Call 911</h2>' in page.content.decode()
    texts.forget()


def test_the_words_of_a_card_are_kept_once_with_its_number(lesson: Lesson) -> None:
    pairs = overlays.pairs(card.FILE, "es")
    for _ in range(2):
        card_texts.keep_words(SHIPPED, pairs, "es")
    card_texts.keep_words(SHIPPED | {"above": "Of another card."}, pairs, "es")
    assert [row.name for row in SharedWords.objects.all()] == ["call-card-1"]


def in_spanish(of: Revision, stem: str) -> Revision:
    return translating.translate(of=of, language="es", spec=of.spec, objective="O.", stem=stem, why="P.")


def newer(first: Revision) -> Revision:
    fields = {name: getattr(first, name) for name in ("kind", "spec", "critical", "objective")}
    made = authoring.draft(question=first.question, language="en", stem="Another fever?", why="New why.", **fields)
    authoring.publish(revision=made, same_meaning=False)
    return made


@pytest.mark.parametrize(("answered", "old", "new", "shown"), [
    ("es", "¿Fiebre?", "¿Otra fiebre?", "Antes: ¿Fiebre? Así es hoy: ¿Otra fiebre?"),
    ("en", "¿Fiebre?", "¿Otra fiebre?", "Antes: ¿Fiebre? Así es hoy: ¿Otra fiebre?"),  # answered in English
    ("en", "", "¿Otra fiebre?", "No tenemos en español la pregunta de antes. Esta es la pregunta como es ahora. "
     "¿Otra fiebre?"),
    ("es", "¿Fiebre?", "", "Antes: Stem of fever Así es hoy: Another fever?"),  # it is asked in English
])  # fmt: skip
def test_a_changed_safety_question(answered: str, old: str, new: str, shown: str) -> None:
    first = make_question("fever", critical=True)
    ana = make_patient(make_team(), name="ana").user
    ana.language = "es"
    ana.save()
    if old:
        in_spanish(first, old)
    give(taking.start(learner=ana, quiz=make_quiz(first), language=answered, now=at(20)), right, now=at(20))
    made = newer(first)
    if new:
        in_spanish(made, new)
    client = Client()
    client.force_login(ana)
    page = client.get(reverse("review"))
    assert shown.replace("Stem of fever", first.stem) in words(page)
    assert ('<span lang="en">Another fever?</span>' in page.content.decode()) is not new
