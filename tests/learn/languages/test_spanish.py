"""The Spanish texts of fixtures/es, as far as they are there: reading ease, words that are not used, the call card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from learn.catalogs import catalogs, compiled, entries
from learn.lessons import card, overlays, reference, texts
from learn.lessons.overlays import State
from quizzes import spanish
from quizzes.readability import plain

pytestmark = pytest.mark.one_database

FOLDER = texts.FIXTURES
THERE = [name for name in overlays.names(FOLDER) if (FOLDER / "es" / name).exists()]
LESSONS = [name for name in THERE if name.startswith("lessons/")]
TIERS = {
    "call-911": "Llame al 911",
    "call-now": "Llame a su equipo ahora mismo, de día o de noche",
    "office-hours": "Llame a su equipo en horas de oficina",
}
# What a machine, or a translator in a hurry, writes. "Once" is eleven in Spanish, a known error of doses.
NEVER = {
    "once", "ahorita", "fatiga", "vesícula", "droga", "drogas", "taburete", "juicio", "disparo", "severo", "severa",
    "exantema", "prurito", "disnea", "neurotoxicidad", "tamizaje", "cribado", "escaneo", "goteo", "viroterapia", "tú",
    "vos", "terminal", "guerra", "batalla", "milagro", "billetera", "ataque", "delirio",
}  # fmt: skip
PHRASES = ["terapia inmune", "terapia objetivo", "dolor frío", "quita los frenos", "cuanto antes", "reacción adversa"]


def test_each_translation_has_the_parts_of_its_source() -> None:
    for name in THERE:
        overlays.state(FOLDER, name, "es")


def test_no_safety_text_is_older_than_its_source() -> None:
    """The call card, and each lesson and check that teaches a safety fact. `manage.py translations` lists all."""
    known = reference.claims()

    def is_safety(name: str) -> bool:
        if "/" not in name:
            return name == "call_card.yaml"
        data = texts.read(FOLDER / name)
        parts = data.get("steps") or data["questions"]
        return any(known[claim].safety for part in parts for claim in part["claims"])

    stale = [name for name in THERE if is_safety(name) and overlays.state(FOLDER, name, "es") is State.STALE]
    assert stale == [], "Compare these with the source, then: manage.py translations --stamp FILE"


def strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    names = ("slug", "id", "file", "of")
    told = [value for key, value in data.items() if key not in names] if isinstance(data, dict) else data
    for inner in told if isinstance(told, list) else ():
        yield from strings(inner)


def said() -> Iterator[tuple[str, str]]:
    """Yield every Spanish text, with the file it stands in."""
    for name in THERE:
        yield from ((name, text) for text in strings(texts.read(FOLDER / "es" / name)))
    for path in catalogs(Path(settings.BASE_DIR)):
        for entry in entries(path.read_text(encoding="utf-8")):
            if entry["msgid"] and "search" not in entry.get("msgctxt", ""):  # not what people type
                yield from ((path.parts[-5], text) for key, text in entry.items() if key.startswith("msgstr"))


def test_forbidden_words_are_absent() -> None:
    found = [
        (name, word, text)
        for name, text in said()
        for word in re.findall(r"\w+", text.lower())
        if word in NEVER and not (word == "ataque" and "corazón" in text)
    ]
    found += [(name, phrase, text) for name, text in said() for phrase in PHRASES if phrase in text.lower()]
    assert found == []


def test_the_tiers_have_their_names() -> None:
    """Lessons and questions repeat them word for word, and the site finds the tier by them."""
    if "call_card.yaml" in THERE and overlays.state(FOLDER, "call_card.yaml", "es") is State.FRESH:
        drawn = card.of(overlays.file("call_card.yaml", "es"))
        assert {tier.slug: tier.name for tier in drawn.tiers} == TIERS


def test_symptom_words_have_the_same_tiers() -> None:
    path = FOLDER / "es" / overlays.WITH_OWN_WORDS
    if path.exists():
        own = texts.read(path)
        assert own.keys() - {"of"} == texts.read(FOLDER / overlays.WITH_OWN_WORDS).keys()


PHONE = re.compile(r"\(?\b1-\d[\w-]*\)?")  # nobody reads a telephone number as a word


def mask(*bodies: str) -> list[str]:
    return [*reference.mask(bodies), *(term for body in bodies for term in re.findall(r"\*\*(.+?)\*\*", body))]


def test_lessons_are_easy_enough() -> None:
    """Fernández-Huerta 75, INFLESZ 70 for a lesson; INFLESZ 60 for a step; sentences of 25 words, 13 on average."""
    hard = []
    for name in LESSONS:
        steps = texts.read(FOLDER / "es" / name)["steps"]
        bodies = [PHONE.sub("", plain(step["body"] + "\n\n" + step.get("key_point", ""))) for step in steps]
        whole, masked = "\n".join(bodies), mask(*(step["body"] for step in steps))
        if spanish.fernandez_huerta(whole, mask=masked) < 75 or spanish.inflesz(whole, mask=masked) < 70:
            hard.append((name, "the lesson"))
        if spanish.longest_sentence(whole) > 25 or spanish.mean_sentence(whole) > 13:
            hard.append((name, "its sentences"))
        pairs = zip(steps, bodies, strict=True)
        hard += [(name, step["slug"]) for step, body in pairs if spanish.inflesz(body, mask=masked) < 60]
    assert hard == []


@pytest.mark.parametrize(("term", "text", "found"), [
    ("célula T", "Las células T", True), ("ganglio linfático", "ganglios linfáticos", True),
    ("infusión", "dos infusiones", True), ("virus", "un virus", True), ("CAR", "car", False), ("gen", "gente", False),
])  # fmt: skip
def test_words_of_the_list_are_found_in_the_plural(term: str, text: str, found: bool) -> None:
    pattern = re.compile(rf"(?<![\w-])(?:{reference._spelled(term, 'es')})(?![\w-])")
    assert bool(pattern.search(text)) is found


def test_compiled_catalogs_are_those_of_the_texts() -> None:
    """`manage.py catalogs` writes them; nothing else has to run on a server."""
    for path in catalogs(Path(settings.BASE_DIR)):
        assert path.with_suffix(".mo").read_bytes() == compiled(path.read_text(encoding="utf-8")), path


FILLED = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|</?\w[^>]*>")


def test_each_text_has_the_values_and_tags_of_its_source() -> None:
    wrong = []
    for path in catalogs(Path(settings.BASE_DIR)):
        for entry in entries(path.read_text(encoding="utf-8")):
            for key, text in entry.items():
                source = entry.get("msgid_plural", entry["msgid"]) if key == "msgstr[1]" else entry["msgid"]
                if key.startswith("msgstr") and text and entry["msgid"] and "{%" not in source:
                    wanted, has = sorted(FILLED.findall(source)), sorted(FILLED.findall(text))
                    if wanted != has and not (key == "msgstr[0]" and set(has) <= set(wanted)):
                        wrong.append((source, text))
    assert wrong == []


def test_nothing_that_patients_read_is_left_in_english() -> None:
    """Only what staff alone read is empty."""
    of_staff = re.compile(r"templates/admin/|learn/admin\.py|learn/people/(staff|two_step|sso|roles)\.py|learn/desk/")
    empty = [
        entry["msgid"]
        for path in catalogs(Path(settings.BASE_DIR))
        for entry in entries(path.read_text(encoding="utf-8"))
        if not all(text for key, text in entry.items() if key.startswith("msgstr"))
        and not all(of_staff.match(place) for place in entry["places"].split())
    ]
    assert empty == []
