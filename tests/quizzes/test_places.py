"""The number of a question: "Question 3 of 7", then "Once more, 1 of 5", and never a number that goes down."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from quizzes.places import Place, Turn, place_of

pytestmark = pytest.mark.one_database  # without a database


def attempt(*answered: tuple[bool, int, str | None], kind: str = "check", finished: bool = False) -> list[Any]:
    """Return the items of an attempt: whether each is about safety, how often it was answered, and its newest mark."""
    of = SimpleNamespace(kind=kind, finished=finished)
    return [
        SimpleNamespace(
            attempt=of,
            position=n,
            answers=answers,
            last_mark=mark,
            revision=SimpleNamespace(critical=critical),
        )
        for n, (critical, answers, mark) in enumerate(answered, 1)
    ]


NEW = (False, 0, None)
RIGHT = (False, 1, "right")
MISSED = (False, 1, "wrong")
SAFE = (True, 1, "right")
BACK = (True, 1, "wrong")
UNSURE = (True, 1, "unsure")
BACK_RIGHT = (True, 2, "right")
BACK_WRONG = (True, 2, "wrong")
LAST_RIGHT = (True, 3, "right")


@pytest.mark.parametrize(
    ("items", "n", "words", "opening"),
    [
        ([NEW, NEW, NEW], 1, "Question 1 of 3", ""),
        ([RIGHT, BACK, NEW], 3, "Question 3 of 3", ""),
        ([RIGHT, BACK, SAFE, UNSURE], 2, "Once more, 1 of 2", "2 were not right yet. Here they are again."),
        ([RIGHT, BACK_RIGHT, SAFE, UNSURE], 4, "Once more, 2 of 2", ""),
        ([RIGHT, BACK_WRONG, SAFE, UNSURE], 4, "Once more, 2 of 2", ""),
        ([BACK, RIGHT], 1, "Once more, 1 of 1", "1 was not right yet. Here it is again."),
        (
            [MISSED, BACK, BACK],
            2,
            "Once more, 1 of 2",
            "2 questions about your safety were not right yet. Here they are again.",
        ),
        (
            [RIGHT, BACK_WRONG, BACK_RIGHT, BACK_WRONG],
            2,
            "One last time, 1 of 2",
            "2 questions about your safety are not right yet. Here they are one last time.",
        ),
        ([RIGHT, LAST_RIGHT, BACK_RIGHT, BACK_WRONG], 4, "One last time, 2 of 2", ""),
    ],
)
def test_of_a_check(items: list[tuple[bool, int, str | None]], n: int, words: str, opening: str) -> None:
    found = attempt(*items)
    place = place_of(found[n - 1], found)
    assert (place.words, place.opening) == (words, opening)


@pytest.mark.parametrize(
    ("items", "n", "words", "opening"),
    [
        ([NEW, NEW], 1, "Once more, 1 of 2", "2 were not right yet. Here they are again."),
        ([RIGHT, NEW], 2, "Once more, 2 of 2", ""),
        ([RIGHT, BACK], 2, "And again, 1 of 1", "1 was not right yet. Here it is again."),
        (
            [RIGHT, BACK_WRONG],
            2,
            "One last time, 1 of 1",
            "1 question about your safety is not right yet. Here it is one last time.",
        ),
    ],
)
def test_of_a_retry(items: list[tuple[bool, int, str | None]], n: int, words: str, opening: str) -> None:
    found = attempt(*items, kind="retry")
    place = place_of(found[n - 1], found)
    assert (place.words, place.opening) == (words, opening)


@pytest.mark.parametrize(
    ("items", "n", "words"),
    [
        ([RIGHT, BACK, NEW], 2, "Question 2 of 3"),
        ([RIGHT, BACK_RIGHT, UNSURE], 2, "Once more, 1 of 2"),
        ([RIGHT, BACK_RIGHT, BACK_RIGHT], 3, "Once more, 2 of 2"),
        ([RIGHT, LAST_RIGHT, BACK_RIGHT], 2, "One last time, 1 of 1"),
    ],
)
@pytest.mark.parametrize("finished", [False, True])
def test_of_an_answer_is_that_of_its_question(
    items: list[tuple[bool, int, str | None]], n: int, words: str, finished: bool
) -> None:
    found = attempt(*items, finished=finished and all(answers for _, answers, _ in items) and UNSURE not in items)
    assert place_of(found[n - 1], found, answered=True).words == words


def test_never_goes_down_in_one_turn() -> None:
    """The learner answers in order; in each turn the numbers are 1, 2, 3 … of the same total."""
    items = attempt(*[(True, 0, None)] * 4)
    read = []
    for _ in range(3):
        for item in items:
            read.append(place_of(item, items))
            item.answers, item.last_mark = item.answers + 1, "wrong"
    assert [(place.turn, place.n, place.of) for place in read] == [
        (turn, n, 4) for turn in (Turn.FIRST, Turn.AGAIN, Turn.LAST) for n in (1, 2, 3, 4)
    ]


def test_inside_a_sentence_begins_with_a_small_letter() -> None:
    assert [Place(turn, 1, 5).inside for turn in Turn] == [
        "question 1 of 5",
        "once more, 1 of 5",
        "and again, 1 of 5",
        "one last time, 1 of 5",
    ]
