"""Two wordings of one page: when they are the same text, and which words differ."""

from __future__ import annotations

import pytest

from learn.lessons import wordings
from learn.lessons.wordings import Bit

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("markdown", "wanted"),
    [
        ("Call your team.", ("Call your team.",)),
        ("One paragraph\non two lines.\n\nAnother.", ("One paragraph on two lines.", "Another.")),
        ("Some of them:\n\n- **Fever** or chills.\n- Cough.", ("Some of them:", "Fever or chills.", "Cough.")),
        ("1. First.\n2) Then\n   go on.", ("First.", "Then go on.")),
        ("Call [911](tel:911) now.", ("Call 911 now.",)),
        ("", ()),
        (" \n\n ", ()),
    ],
)
def test_lines_are_those_that_a_reader_sees(markdown: str, wanted: tuple[str, ...]) -> None:
    assert wordings.lines(markdown) == wanted


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Keep your team’s number.", "Keep your team's number."),
        ("Do not wait – call.", "Do  not\nwait - call."),
        ("**Call 911.**", "Call 911."),
        ("At 38\N{NO-BREAK SPACE}°C", "At 38 °C"),
    ],
    ids=["apostrophe", "dash and spaces", "bold", "no-break space"],
)
def test_spaces_marks_and_bold_are_the_same_text(before: str, now: str) -> None:
    assert wordings.key(wordings.lines(before)) == wordings.key(wordings.lines(now))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Do not wait, call.", "Do not wait. Call."),
        ("Call at 100.4 °F.", "Call at 101.4 °F."),
        ("Call now.", "Call soon."),
        ("No pill", "no pill"),
        ("- One.\n- Two.", "- Two.\n- One."),
    ],
    ids=["comma", "number", "word", "capital", "order"],
)
def test_anything_else_is_another_text(before: str, now: str) -> None:
    assert wordings.key(wordings.lines(before)) != wordings.key(wordings.lines(now))


def test_numbers_are_found_with_their_decimals() -> None:
    assert wordings.numbers(["At 100.4 °F (38 °C).", "2 days"]) == ["100.4", "38", "2"]


def test_only_lines_that_differ_are_shown_with_their_words_marked() -> None:
    (block,) = wordings.blocks(["Same.", "Call on the third day.", "Same too."], ["Same.", "Call now.", "Same too."])
    assert block.before == [[Bit("Call", False), Bit("on the third day.", True)]]
    assert block.now == [[Bit("Call", False), Bit("now.", True)]]


def test_a_new_line_and_a_missing_line_are_marked_whole() -> None:
    new, gone = wordings.blocks(["A.", "B.", "C."], ["New line.", "A.", "B."])
    assert (new.before, new.now) == ([], [[Bit("New line.", True)]])
    assert (gone.before, gone.now) == ([[Bit("C.", True)]], [])


def test_a_block_keeps_its_lines_apart() -> None:
    (block,) = wordings.blocks(["Fever.", "Cough."], ["Fever or chills.", "A cough.", "Rash."])
    assert [[bit.text for bit in line] for line in block.now] == [["Fever or chills."], ["A cough."], ["Rash."]]
    assert [" ".join(bit.text for bit in line) for line in block.before] == ["Fever.", "Cough."]


def test_the_same_text_has_no_block() -> None:
    assert wordings.blocks(["It’s **so**."], ["It's **so**."]) == []
    assert wordings.blocks([], []) == []
