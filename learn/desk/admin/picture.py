"""The picture above the grid: for each lesson, a bar of how many patients stand where. Each bar has its numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from learn.desk.admin.grid import PatientRow, table

WIDTH = 110  # of a bar, in SVG units
# What a cell counts as, with its words, in the order in which the parts of a bar stand.
KINDS = {
    "done": "Done",
    "taught": "Taught in person",
    "begun": "Begun or check to do",
    "late": "Late",
    "talk": "Talk about it",
    "notyet": "Not yet",
}


@dataclass(frozen=True)
class Part:
    """One segment of a bar."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """One lesson: the number of patients of each kind, among those who were assigned it or started it."""

    title: str
    short: str
    counts: dict[str, int]  # in the order of KINDS

    @property
    def whole(self) -> int:
        """The number of patients who were assigned the lesson or started it."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """The number of those who have done it."""
        return self.counts["done"]

    @property
    def parts(self) -> list[Part]:
        """The segments of the bar. The width of each is in proportion to its count."""
        x, found = 1.0, []
        for kind, count in self.counts.items():
            width = (WIDTH - 2) * count / self.whole if self.whole else 0
            if count:
                found.append(Part(kind, round(x, 1), round(width, 1)))
            x += width
        return found


def bars(rows: list[PatientRow]) -> list[Bar]:
    """Return a bar for each lesson that these patients were asked for, in the site's order."""
    lessons, lines = table(rows, rows)
    found = []
    for n, lesson in enumerate(lessons):
        counts = Counter(cells[n].kind for _, cells in lines if cells[n].shown)
        found.append(Bar(lesson.title, lesson.short, {kind: counts[kind] for kind in KINDS}))
    return found
