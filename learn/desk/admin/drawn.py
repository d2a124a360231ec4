"""What the Desk's lists draw: the bar of a patient's lessons. Templates draw it from the signs in admin/_signs.html."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from learn.progress.standing import Standing, Status

STEP = 16  # SVG units from one square to the next
WIDE = 8  # more squares than these are drawn narrower, so that each bar has the same width
# The squares of a bar, in the order in which they stand: the sign of each, and the statuses that it is for.
ORDER = {
    "done": {Status.DONE},
    "taught": {Status.TAUGHT},
    "talk": {Status.TALK},
    "begun": {Status.READING, Status.CHECK},
    "notyet": {Status.NOT_STARTED},
}
KEY = [
    ("done", "Done"),
    ("taught", "Taught in person"),
    ("begun", "Begun"),
    ("talk", "Talk about it"),
    ("notyet", "Not yet"),
]
SIGN = {status: sign for sign, statuses in ORDER.items() for status in statuses}


@dataclass(frozen=True)
class Bar:
    """The lessons that a patient was asked for: a square for each, and how many are done."""

    done: int
    asked: int
    squares: list[tuple[str, int]]  # the sign of a square and its place, in SVG units

    @property
    def width(self) -> int:
        """The width of all squares, in SVG units."""
        return STEP * self.asked

    @property
    def is_narrow(self) -> bool:
        """Whether the squares must be drawn narrower than they are high."""
        return self.asked > WIDE


def bar(standings: Iterable[Standing]) -> Bar:
    """Return the bar of the lessons among these that the patient was asked for."""
    counts = Counter(SIGN[standing.code] for standing in standings if standing.assigned)
    signs = [sign for sign in ORDER for _ in range(counts[sign])]
    return Bar(counts["done"], len(signs), [(sign, STEP * place) for place, sign in enumerate(signs)])


def treatments(standings: Iterable[Standing]) -> dict[str, str]:
    """Return the title of each type of therapy that has a lesson here, by its slug. It costs no query."""
    return {standing.taught.therapy: standing.taught.therapy_title for standing in standings}
