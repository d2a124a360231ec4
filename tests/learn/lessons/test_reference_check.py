"""A missing card line, tier, hold or fact stops load_content: it names file and line, and adds no row."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from learn.lessons import content, governance
from learn.lessons.models import Edition, Lesson, Step
from learn.people.models import CareTeam
from quizzes.models import Question
from tests.cast import FIXTURES, make_team

pytestmark = pytest.mark.one_database

CARD, SYMPTOMS, CLAIMS = "call_card.yaml", "symptoms.yaml", "claims.yaml"
HOLDS, SOURCES, NOT_TAUGHT = "holds.yaml", "sources.yaml", "not_taught.yaml"
LESSON, QUIZ = "lessons/what-is-immunotherapy.yaml", "quizzes/what-is-immunotherapy.yaml"

Change = Callable[[str], str]


def swap(old: str, new: str) -> Change:
    """Return a function that replaces the first occurrence of `old`, which must exist."""

    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return change


def drop(pattern: str) -> Change:
    """Return a function that removes what the pattern matches."""

    def change(text: str) -> str:
        found = re.sub(pattern, "", text, count=1, flags=re.MULTILINE)
        assert found != text, pattern
        return found

    return change


LINE = r" {10}- id: %s\n {12}text: .*\n"
GROUP = r"^ {6}- heading: Bleeding\n {8}lines:\n"
TIER = r"^  - slug: office-hours\n(?: {4}.*\n)+"

# Name of the case: the file to break, the change, the file in the message, a text on the named line, the message.
BROKEN: dict[str, tuple[str, Change, str, str, str]] = {
    "a card line is dropped": (
        CARD, drop(LINE % "seizure"), SYMPTOMS, "seizure: seizure", "the call card has no line seizure",
    ),
    "a card line without a claim is dropped": (
        CARD, drop(GROUP + LINE % "heavy-bleeding"), SYMPTOMS, "heavy bleeding:", "has no line heavy-bleeding",
    ),
    "the lines of a group are dropped": (
        CARD, drop(LINE % "heavy-bleeding"), CARD, "lines:\n      - heading: Mood", "lines must be a list",
    ),
    "the id of a line is changed": (
        CARD, swap("id: seizure", "id: seizures"), SYMPTOMS, "seizure: seizure", "the call card has no line seizure",
    ),
    "an id is there twice": (
        CARD, swap("id: seizure", "id: chest-pain"), CARD, "id: chest-pain\n            text: A seizure",
        "another line has the id chest-pain",
    ),
    "a text is empty": (CARD, swap("text: Chest pain.", 'text: " "'), CARD, 'text: " "', "text is empty"),
    "a text is no text": (CARD, swap("text: Chest pain.", "text: 7"), CARD, "text: 7", "text must be a str"),
    "a text is missing": (
        CARD, swap("            text: Chest pain.\n", ""), CARD, "id: chest-pain", "missing text",
    ),
    "a key is unknown": (
        CARD, swap("text: Chest pain.", "text: Chest pain.\n            tekst: x"), CARD, "tekst", "unknown tekst",
    ),
    "a key is there twice": (
        CARD, swap("text: Chest pain.", "text: Chest pain.\n            text: Pain."), CARD, "text: Pain.",
        "text stands here twice",
    ),
    "a tier is missing": (CARD, drop(TIER), CARD, "tiers:", "the tiers must be Call 911, Call your team now"),
    "a tier is renamed": (
        CARD, swap("name: Call your team in office hours", "name: Call soon"), CARD, "name: Call soon",
        "the tiers must be",
    ),
    "tiers are out of order": (
        CARD, lambda text: swap("tiers:\n", "tiers:\n" + re.search(TIER, text, re.MULTILINE)[0])(text),  # type: ignore[index]
        CARD, "name: Call your team in office hours", "in this order",
    ),
    "a tier is there twice": (
        CARD, lambda text: text + re.search(TIER, text, re.MULTILINE)[0],  # type: ignore[index]
        CARD, "last: name: Call your team in office hours", "in this order",
    ),
    "fever does not come first": (
        CARD, swap("      - heading: Fever\n", "      - heading: First\n        lines:\n          - id: first\n"
        "            text: First.\n      - heading: Fever\n"), CARD, "slug: call-now", "fever-chills must be the first",
    ),
    "no fever sentence is for any lesson": (
        CARD, swap("    limit: lower\n", "    limit: lower\n    treatment: X\n    lessons: [x]\n"), CARD, "fever:",
        "there is no sentence for any lesson",
    ),
    "two fever sentences are for one lesson": (
        CARD, swap("lessons: [bcg-for-the-bladder, interferons]", "lessons: [bcg-for-the-bladder, il-2]"), CARD,
        "id: bcg-and-interferon", "another sentence has il-2",
    ),
    "a limit is unknown": (CARD, swap("limit: any", "limit: some"), CARD, "limit: some", "limit must be lower or any"),
    "a line of one treatment does not name it": (
        CARD, swap("            treatment: BCG\n", ""), CARD, "id: bcg-flu-feeling", "must name it",
    ),
    "the card names an unknown claim": (CARD, swap("[CI-30,", "[CI-99,"), CARD, "[CI-99,", "there is no claim CI-99"),
    "the card is no YAML": (CARD, swap("tiers:", "tiers: ["), CARD, "slug: call-911", "cannot be read"),
    "the card is empty": (
        CARD, lambda text: "", CARD, "", "must have claims, above_button, above, fever, hidden_fever, tiers",
    ),
    "a line has no symptom": (
        SYMPTOMS, swap("  mild aches: mild-aches\n", ""), CARD, "id: mild-aches",
        "no symptom of symptoms.yaml leads to mild-aches",
    ),
    "a symptom is of an unknown claim": (
        SYMPTOMS, swap("CI-27:", "CI-99:"), SYMPTOMS, "CI-99", "there is no claim CI-99",
    ),
    "a claim of the symptoms is there twice": (
        SYMPTOMS, swap("\nGENERAL:", "\nCI-27:"), SYMPTOMS, "last: CI-27:", "CI-27 stands here twice",
    ),
    "a claim has no symptoms": (
        SYMPTOMS, swap("\nGENERAL:", "\nTC-08:\nGENERAL:"), SYMPTOMS, "TC-08:", "must be a list of names",
    ),
    "a hold names an unknown claim": (
        HOLDS, swap("[OV-07]", "[OV-99]"), HOLDS, "[OV-99]", "there is no claim OV-99",
    ),
    "a hold is dropped": (
        HOLDS, drop(r"^- claims: \[VX-19\]\n.*\n"), CLAIMS, "id: VX-19", "VX-19 must still be confirmed",
    ),
    "a claim to confirm has no hold": (
        CLAIMS, swap("- id: BA-01\n", "- id: BA-01\n  confirm: true\n"), CLAIMS, "id: BA-01", "has no hold",
    ),
    "a hold says nothing": (
        HOLDS, drop(r" Read the label of Tudriqev before saying more of it\."), HOLDS, "note:", "note must be a str",
    ),
    "a claim is dropped": (
        CLAIMS, drop(r"^- id: BA-02\n(?:  .*\n)+"), LESSON, "claims: [BA-01, BA-02", "there is no claim BA-02",
    ),
    "a claim is there twice": (
        CLAIMS, swap("- id: BA-02", "- id: BA-01"), CLAIMS, "last: id: BA-01", "BA-01 is there twice",
    ),
    "a claim has an unknown key": (
        CLAIMS, swap("  safety: false", "  danger: false"), CLAIMS, "danger: false", "unknown danger",
    ),
    "the safety of a claim is not true or false": (
        CLAIMS, swap("  safety: false", "  safety: maybe"), CLAIMS, "safety: maybe", "safety must be a bool",
    ),
    "a source is dropped": (
        SOURCES, drop(r"^- key: NCI-DIC\n(?:  .*\n)+"), CLAIMS, "- NCI-DIC", "there is no source NCI-DIC",
    ),
    "a source is renamed": (SOURCES, swap("- key: SEED", "- key: SEEDS"), CLAIMS, "- SEED", "there is no source SEED"),
    "a lesson names an unknown claim": (
        LESSON, swap("claims: [BA-22]", "claims: [BA-99]"), LESSON, "claims: [BA-99]", "there is no claim BA-99",
    ),
    "a question names an unknown claim": (
        QUIZ, swap("claims: [BA-0", "claims: [BA-99, BA-0"), QUIZ, "claims: [BA-99", "there is no claim BA-99",
    ),
    "a claim is no longer taught": (
        LESSON, swap("claims: [BA-22]", "claims: []"), CLAIMS, "id: BA-22", "no lesson teaches BA-22",
    ),
    "a claim is left out without a reason": (
        NOT_TAUGHT, drop(r"^VX-12: .*\n"), CLAIMS, "id: VX-12", "not_taught.yaml does not say why",
    ),
    "a claim is taught and left out": (
        NOT_TAUGHT, swap("VX-12:", "BA-22: It is.\nVX-12:"), NOT_TAUGHT, "BA-22", "BA-22 is taught",
    ),
    "an unknown claim is left out": (
        NOT_TAUGHT, swap("VX-12:", "VX-99: It is.\nVX-12:"), NOT_TAUGHT, "VX-99", "there is no claim VX-99",
    ),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FIXTURES, tmp_path, dirs_exist_ok=True)
    return tmp_path


def line_of(text: str, sought: str) -> int:
    """Return the number of the first line with this text, or of the last one after "last: "."""
    last = sought.startswith("last: ")
    at = text.rindex(sought.removeprefix("last: ")) if last else text.index(sought)
    return text.count("\n", 0, at) + 1


@pytest.mark.parametrize("what", BROKEN)
def test_an_error_is_named_with_file_and_line_and_nothing_is_loaded(folder: Path, db: None, what: str) -> None:
    broken, change, named, sought, said = BROKEN[what]
    path = folder / broken
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    line = line_of((folder / named).read_text(encoding="utf-8"), sought)
    with pytest.raises(CommandError) as caught:
        call_command("load_content", folder=folder, stdout=StringIO())
    assert str(caught.value).startswith(f"Nothing was loaded. {named}, line {line}: "), caught.value
    assert said in str(caught.value)
    assert not Lesson.objects.exists()
    assert not Question.objects.exists()


@pytest.mark.parametrize("name", [CARD, SYMPTOMS, CLAIMS, HOLDS, SOURCES, NOT_TAUGHT])
def test_a_missing_file_is_named(folder: Path, db: None, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(content.ContentError, match=rf"^{re.escape(name)}: cannot be read"):
        content.load(folder)
    assert not Lesson.objects.exists()


@pytest.mark.parametrize("name", [CARD, SYMPTOMS, CLAIMS, HOLDS, SOURCES, NOT_TAUGHT])
@pytest.mark.parametrize("junk", ["", "- 7", "a: 7", "? {a: b}\n: c", "&a [*a]"])
def test_an_invalid_file_is_refused_and_named(folder: Path, db: None, name: str, junk: str) -> None:
    (folder / name).write_text(junk, encoding="utf-8")
    with pytest.raises(content.ContentError, match=r"^\w+\.yaml|^lessons/"):
        content.load(folder)
    assert not Lesson.objects.exists()


def test_a_site_with_an_older_card_is_upgraded_and_keeps_its_own_texts(folder: Path, db: None) -> None:
    for name, change in (
        (CARD, swap("text: Chest pain.", "text: Pain in the chest.")),
        (LESSON, swap("heading: ", "heading: Older. ")),
    ):
        path = folder / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    content.load(folder)
    team = make_team(day_phone="555-010-0177", night_phone="555-010-0178", fever="100 °F")
    mine = Edition.objects.create(
        lesson=Lesson.objects.get(slug="who-to-call"), number=2, title="Ours", main_message="Ours.",
        remember=["a", "b", "c"], minutes=1, checked_on=date(2026, 11, 1),
    )  # fmt: skip
    Step.objects.create(edition=mine, position=1, slug="ours", heading="Ours", body="Ours.")
    governance.publish(edition=mine)

    report = content.load(FIXTURES)

    assert any("what-is-immunotherapy" in line for line in report.added)
    assert Edition.objects.get(lesson__slug="who-to-call", state="published") == mine
    kept: Any = CareTeam.objects.get(pk=team.pk)
    assert (kept.day_phone, kept.night_phone, kept.fever) == ("555-010-0177", "555-010-0178", "100 °F")
