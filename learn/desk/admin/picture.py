"""A bar chart of the team: the number of patients with each status, per lesson. Each bar has its numbers beside it."""

from __future__ import annotations

from dataclasses import dataclass

from learn.desk.admin.grid import PatientRow, table
from learn.progress.standing import Status

WIDTH = 240  # width in SVG units
GAP = 2  # between two parts of a bar, so that readers can tell them apart without colour
# Each status with its column heading. The parts of a bar have the same order.
STATUS = [
    (Status.DONE, "Done"),
    (Status.CHECK, "Check to do"),
    (Status.TAUGHT, "Taught in person"),
    (Status.READING, "In the steps"),
    (Status.NOT_STARTED, "Not started"),
    (Status.TALK, "Talk about it"),
]


@dataclass(frozen=True)
class Part:
    """One segment of a bar."""

    code: str
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """One lesson: the number of patients with each status, among those who were assigned it or started it."""

    title: str
    counts: list[int]  # in the order of STATUS
    late: int
    help: int

    @property
    def parts(self) -> list[Part]:
        """The segments of the bar. The width of each is in proportion to its count."""
        whole, x, found = sum(self.counts), 0.0, []
        for (code, _), count in zip(STATUS, self.counts, strict=True):
            width = WIDTH * count / whole if whole else 0
            if count:
                found.append(Part(code, round(x, 1), round(max(width - GAP, 1), 1)))
            x += width
        return found


def bars(rows: list[PatientRow]) -> list[Bar]:
    """Return a bar for each lesson that these patients were asked for or began, in the site's order."""
    lessons, lines = table(rows)
    found = []
    for n, lesson in enumerate(lessons):
        cells = [cells[n] for _, cells in lines if cells[n].shown]
        found.append(
            Bar(
                lesson.title,
                [sum(cell.code == code for cell in cells) for code, _ in STATUS],
                late=sum(cell.late for cell in cells),
                help=sum(cell.help for cell in cells),
            )
        )
    return found
