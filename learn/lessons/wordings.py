"""Compare two wordings of one page: is it the same text, and if not, which words differ? Plain Python.

Two wordings are the same if they differ only in spaces and line breaks, in how quotes, dashes and dots are written, or
in bold. Every other difference counts, a comma or a letter too: no program can tell a typo from another meaning. An
author who corrects a typo says so with `same_meaning` (`models.Edition`); where a number differs, that is not believed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_MARKS = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "…": "..."})
_BEGIN = re.compile(r"^\s*(?:[-*+]|\d+[.)]|#+|>)\s+")  # of an item of a list, a heading or a quotation
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


class Bit(NamedTuple):
    """A part of a line. `changed` is true if the other wording does not have it."""

    text: str
    changed: bool


Line = list[Bit]


class Block(NamedTuple):
    """Lines of the older wording, and those of the newer one that stand in their place. One of them may be empty."""

    before: list[Line]
    now: list[Line]


def lines(markdown: str) -> tuple[str, ...]:
    """Return the lines of a text as a reader sees them: a paragraph or an item of a list each, without Markdown."""
    found: list[str] = []
    open_ = False
    for row in markdown.splitlines():
        bare = re.sub(r"\*\*|__|`", "", _LINK.sub(r"\1", _BEGIN.sub("", row))).strip()
        if bare and open_ and not _BEGIN.match(row):
            found[-1] += f" {bare}"  # one paragraph may stand on several lines of the source
        elif bare:
            found.append(bare)
        open_ = bool(bare)
    return tuple(found)


def key(text: Sequence[str]) -> str:
    """Return what two wordings (lines) must have in common to be the same text."""
    return "\n".join(" ".join(unicodedata.normalize("NFKC", line).translate(_MARKS).split()) for line in text)


def numbers(text: Sequence[str]) -> list[str]:
    """Return the numbers in a wording (lines), in order."""
    return re.findall(r"\d+(?:[.,]\d+)*", key(text))


def blocks(before: Sequence[str], now: Sequence[str]) -> list[Block]:
    """Return what differs between two wordings (lines), in order, with the words that differ marked."""
    old, new = ([key([line]) for line in side] for side in (before, now))
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [_block(before[a:b], now[c:d]) for what, a, b, c, d in changes if what != "equal"]


def _block(before: Sequence[str], now: Sequence[str]) -> Block:
    """Return one block, with the words marked that the other side does not have in the same order."""
    old, new = _words(before), _words(now)
    if not old or not new:
        return Block(_lines([(word, True) for word in old]), _lines([(word, True) for word in new]))
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        left += [(word, what != "equal") for word in old[a:b]]
        right += [(word, what != "equal") for word in new[c:d]]
    return Block(_lines(left), _lines(right))


def _words(text: Sequence[str]) -> list[str]:
    """Return the words of some lines, with a line break as a word between two lines."""
    return [word for n, line in enumerate(text) for word in (*("\n" * bool(n)), *line.split())]


def _lines(words: Sequence[tuple[str, bool]]) -> list[Line]:
    return [_bits(line) for line in _split(words)]


def _split(words: Sequence[tuple[str, bool]]) -> Iterator[list[tuple[str, bool]]]:
    line: list[tuple[str, bool]] = []
    for word, changed in words:
        if word == "\n":
            yield line
            line = []
        else:
            line.append((word, changed))
    if line:
        yield line


def _bits(line: Sequence[tuple[str, bool]]) -> Line:
    """Join words with the same mark. Between two bits is a space, which is in neither."""
    found: Line = []
    for word, changed in line:
        if found and found[-1].changed == changed:
            found[-1] = Bit(f"{found[-1].text} {word}", changed)
        else:
            found.append(Bit(word, changed))
    return found
