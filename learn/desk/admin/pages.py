"""One page of a list that may be long: which rows stand on it. `templates/admin/_pages.html` links to the others."""

from __future__ import annotations

from typing import NamedTuple

from django.http import QueryDict

from quizzes.numbers import number

PAGE = 50  # rows


class Part(NamedTuple):
    """The rows after `start`, of so many (`of`)."""

    start: int
    of: int

    @property
    def end(self) -> int:
        """The place of the last row of this page."""
        return min(self.start + PAGE, self.of)

    @property
    def first(self) -> int:
        """The place of its first row."""
        return self.start + 1

    @property
    def before(self) -> int | None:
        """The start of the page before this one; None, which an address need not say, for the first page."""
        return max(self.start - PAGE, 0) or None


def part(asked: QueryDict, of: int) -> Part:
    """Return the page that an address asks for with `after`; the first one if there is no such page."""
    start = number(asked.get("after", "")) or 0
    return Part(start if start < of else 0, of)
