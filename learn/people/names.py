"""Show patients' names in full or as initials, for screens that other people can see. Plain Python.

The code that renders a page sets this once (`as_initials`) for all names on it, so that no template can forget it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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
        return label
    return " ".join(map(_initial, label.replace(",", " ").split()))


def _initial(word: str) -> str:
    letter = next((c for c in word if c.isalpha()), "")
    return word if not letter or any(c.isdigit() for c in word) else f"{letter.upper()}."
