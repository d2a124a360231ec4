"""`manage.py readability`: a table of how hard the shipped texts are to read."""

from __future__ import annotations

from io import StringIO

import pytest
import yaml
from django.core.management import call_command

from tests.cast import FIXTURES

pytestmark = pytest.mark.one_database


def table(*which: str) -> list[str]:
    """Return the lines that the command prints."""
    out = StringIO()
    call_command("readability", *which, stdout=out)
    return out.getvalue().splitlines()


def test_one_lesson_has_a_row_for_itself_each_step_and_each_question() -> None:
    lesson = yaml.safe_load((FIXTURES / "lessons" / "who-to-call.yaml").read_text())
    quiz = yaml.safe_load((FIXTURES / "quizzes" / "who-to-call.yaml").read_text())
    head, whole, *parts = table("who-to-call")
    assert head.split() == ["grade", "unmasked", "SMOG", "words", "longest"]
    assert whole.split()[0] == "who-to-call"
    assert len(whole.split()) == 6
    named = [tuple(line.split()[:2]) for line in parts]
    assert named == [
        *(("step", step["slug"]) for step in lesson["steps"]),
        *(("question", question["slug"]) for question in quiz["questions"]),
    ]
    assert all(float(line.split()[2]) <= float(line.split()[3]) for line in parts), "masked words make no text harder"


def test_all_lessons_are_shown_without_a_name_and_none_for_an_unknown_one() -> None:
    lessons = [line for line in table()[1:] if not line.startswith(" ")]
    assert len(lessons) == len(list((FIXTURES / "lessons").iterdir()))
    assert len(table("nobody")) == 1
