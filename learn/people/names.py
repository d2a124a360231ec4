"""Show patients' names in full or as initials, for screens that other people can see. Plain Python.

The code that renders a page sets this once (`as_initials`) for all names on it, so that no template can forget it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Letters that run from right to left, and the marks that turn or frame text (U+202A to U+2069).
_TURNS = {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"}

ERASED = "Erased"  # the label of a patient whose record was erased

_INITIALS: ContextVar[bool] = ContextVar("initials", default=False)


@contextmanager
def as_initials(wanted: bool) -> Iterator[None]:
    """Context manager: inside it, `shown` returns initials (`wanted` is True) or full labels."""
    before = _INITIALS.set(wanted)
    try:
        yield
    finally:
        _INITIALS.reset(before)


def shown(label: str) -> str:
    """Return the label to show: "Iris Morgan" or "I. M.". Words with a digit are not shortened."""
    if not _INITIALS.get():
        return isolated(label)
    return isolated(" ".join(map(_initial, label.replace(",", " ").split())))


def isolated(typed: str) -> str:
    """Return what somebody typed, to be put into a sentence or a title.

    If it has letters that run from right to left, it gets the marks that keep them from moving the words around it.
    Where there can be elements, a page has `<bdi>` as well; in a message or a title there can be none.
    """
    return f"\u2068{typed}\u2069" if any(unicodedata.bidirectional(sign) in _TURNS for sign in typed) else typed


def stopped(sentence: str) -> str:
    """Return a sentence with its full stop, and with one only when it ends with a name like "Ben T."."""
    return sentence if sentence.rstrip("\u2069").endswith(".") else f"{sentence}."


def _initial(word: str) -> str:
    letter = next((c for c in word if c.isalpha()), "")
    return word if not letter or any(c.isdigit() for c in word) else f"{letter.upper()}."
