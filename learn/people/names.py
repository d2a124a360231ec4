"""Names on a screen that others can see: whole, or as initials. Plain Python.

Whoever draws a page says once how (`as_initials`), and every name on it follows: no template can forget to ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_INITIALS: ContextVar[bool] = ContextVar("initials", default=False)


@contextmanager
def as_initials(wanted: bool) -> Iterator[None]:
    """Show names as initials, or whole, for as long as this lasts."""
    before = _INITIALS.set(wanted)
    try:
        yield
    finally:
        _INITIALS.reset(before)


def shown(label: str) -> str:
    """Return a label as it is to be shown now: "Iris Morgan", or "I. M."; what has a digit in it stays."""
    if not _INITIALS.get():
        return label
    return " ".join(map(_initial, label.replace(",", " ").split()))


def _initial(word: str) -> str:
    letter = next((c for c in word if c.isalpha()), "")
    return word if not letter or any(c.isdigit() for c in word) else f"{letter.upper()}."
