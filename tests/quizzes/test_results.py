"""A result in true words, for every mix of right, later right, and not yet right."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from quizzes.results import asked_again, result_of

pytestmark = pytest.mark.one_database  # without a database

TODAY, TOMORROW = date(2026, 11, 20), date(2026, 11, 21)


def attempt(marks: str, kind: str = "check") -> list[Any]:
    """Return the items of a finished attempt, one letter each: f(irst), a(gain), t(alk), o(pen), "-" not answered."""
    of = SimpleNamespace(kind=kind)
    how = {"f": (1, "right"), "a": (2, "right"), "t": (3, "wrong"), "o": (1, "unsure"), "-": (0, None)}
    return [
        SimpleNamespace(
            attempt=of,
            answers=how[letter][0],
            last_mark=how[letter][1],
            revision=SimpleNamespace(critical=letter in "at", question_id=n),
        )
        for n, letter in enumerate(marks, 1)
    ]


@pytest.mark.parametrize(
    ("kind", "marks", "words", "parts"),
    [
        ("check", "fffffff", "All 7 right the first time.", "full " * 7),
        ("check", "aaffaaa", "2 right the first time, all 7 by the end.", "full full " + "again " * 5),
        ("check", "aaa", "None right the first time, all 3 by the end.", "again " * 3),
        ("check", "ffat", "2 right the first time, 3 of 4 by the end.", "full full again talk"),
        ("check", "oat", "None right the first time, 1 of 3 by the end.", "again talk empty"),
        ("check", "offo", "2 of 4 right the first time.", "full full empty empty"),
        ("check", "oto", "None of the 3 is right yet.", "talk empty empty"),
        ("check", "f", "Right the first time.", "full"),
        ("check", "a", "Right after another look.", "again"),
        ("check", "t", "Not right yet.", "talk"),
        ("retry", "fff", "All 3 right this time.", "again " * 3),
        ("retry", "fato", "2 of 4 right this time.", "again again talk empty"),
        ("retry", "f", "Right this time.", "again"),
        ("retry", "to", "None of the 2 is right yet.", "talk empty"),
        ("review", "fff", "All 3 right straight away.", "full " * 3),
        ("review", "faf", "2 right straight away, all 3 by the end.", "full full again"),
        ("review", "fat", "1 right straight away, 2 of 3 by the end.", "full again talk"),
        ("review", "ffo", "2 of 3 right straight away.", "full full empty"),
        ("review", "aa", "None right straight away, all 2 by the end.", "again again"),
        ("review", "ao", "None right straight away, 1 of 2 by the end.", "again empty"),
        ("review", "f", "Right straight away.", "full"),
        ("review", "f--", "Right straight away.", "full"),
    ],
)
def test_says_what_was_right_when(kind: str, marks: str, words: str, parts: str) -> None:
    result = result_of(attempt(marks, kind))
    assert result.words == words
    assert result.parts == parts.split()
    assert result.of == len(marks.replace("-", ""))


@pytest.mark.parametrize(
    ("marks", "still_open", "words", "parts"),
    [
        ("ffto", (3, 4), "2 of 4 right the first time.", "full full talk empty"),
        ("ffto", (4,), "2 of 4 right the first time.", "full full again empty"),
        ("ffto", (), "2 of 4 right the first time.", "full full again again"),
        ("to", (), "None of the 2 was right then.", "again again"),
        ("t", (), "Not right then.", "again"),
    ],
)
def test_knows_what_was_put_right_since(marks: str, still_open: tuple[int, ...], words: str, parts: str) -> None:
    result = result_of(attempt(marks), still_open)
    assert (result.words, result.parts) == (words, parts.split())
    assert len(result.since) + len(result.missed) == marks.count("t") + marks.count("o")
    assert result.of == len(marks)


def test_has_no_sentence_about_what_was_not_answered() -> None:
    assert result_of(attempt("--", "review")).of == 0


@pytest.mark.parametrize(
    ("marks", "asks", "following", "n", "these", "today"),
    [
        ("ffaa", (3, 4), TOMORROW, 2, True, False),
        ("ffaa", (2, 3, 4), TOMORROW, 3, False, False),
        ("ffaa", (3, 99), TOMORROW, 1, False, False),
        ("ffaa", (98, 99), TOMORROW, 0, False, False),
        ("ffff", (1,), TOMORROW, 1, False, False),
        ("ffff", (), None, 0, False, False),
        ("ffto", (3, 4), None, 2, True, True),
    ],
)
def test_asks_again_what_the_memories_say(
    marks: str, asks: tuple[int, ...], following: date | None, n: int, these: bool, today: bool
) -> None:
    again = asked_again(result_of(attempt(marks)), asks=asks, following=following, today=TODAY)
    assert (again.n, again.of, again.these, again.today) == (n, 4, these, today)
    assert again.day == (following or (TODAY if asks else None))
