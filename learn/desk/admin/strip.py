"""The strip on a patient's page: on which days of the last weeks they read, answered, were contacted, taught back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from learn.desk.admin.days import short
from learn.people.models import CareTeam
from learn.progress.acts import Done
from learn.progress.record import Record

BACK, AHEAD = 28, 7  # days before and after today
LANES = {"read": "Read", "answered": "Answered", "contact": "Contact", "taught": "Teach-back"}
LEFT, DAY, LANE, TOP = 84, 8, 22, 14  # SVG units: where the days begin, a day's width, a lane's height, the first lane
SIZE = 7


@dataclass(frozen=True)
class Square:
    """One day in one lane, in SVG units."""

    x: int
    y: int


class Strip:
    """The picture and its table. `days` has the days of each lane, also those before the picture begins."""

    width, height = LEFT + (BACK + AHEAD) * DAY, TOP + len(LANES) * LANE + 22
    bottom = TOP + len(LANES) * LANE
    size = SIZE

    def __init__(self, record: Record, done: Iterable[Done], team: CareTeam, today: date, due: date | None) -> None:
        self.today, self.first = today, today - timedelta(days=BACK - 1)
        read = [at for r in record.whole.readings for at in (r.started, r.moved, r.finished)]
        answered = [row.at for history in record.histories.values() for row in history.rows]
        contacts = [act.at for act in done if act.code == "contact"]
        taught = [row.at for talk in record.talks for row in (talk.first, *talk.added)]
        times: dict[str, list[datetime | None]] = {
            "read": [*read], "answered": [*answered], "contact": [*contacts], "taught": [*taught]
        }  # fmt: skip
        self.days = {lane: {team.today(at) for at in found if at} for lane, found in times.items()}
        self.here = self.days["read"] | self.days["answered"]  # the days on which the patient did something
        self.due = due if due and due <= today + timedelta(days=AHEAD) and due >= self.first else None

    def x(self, day: date) -> int:
        """Return where this day begins, in SVG units."""
        return LEFT + (day - self.first).days * DAY

    def _shown(self, lane: str) -> list[date]:
        return sorted(day for day in self.days[lane] if self.first <= day <= self.today)

    @property
    def lanes(self) -> list[dict[str, Any]]:
        """Each lane: its words, where they stand, and its squares."""
        return [
            {
                "code": lane,
                "words": words,
                "y": TOP + n * LANE + SIZE,
                "squares": [Square(self.x(day), TOP + n * LANE) for day in self._shown(lane)],
            }
            for n, (lane, words) in enumerate(LANES.items())
        ]

    @property
    def weeks(self) -> list[tuple[int, str]]:
        """The first day of each week of the picture: where it stands, and its words."""
        days = [self.first + timedelta(days=n) for n in range(0, BACK, 7)]
        return [(self.x(day), short(day, self.today)) for day in days]

    @property
    def today_x(self) -> int:
        """Where today stands."""
        return self.x(self.today) + DAY // 2

    @property
    def due_x(self) -> int | None:
        """Where the next due day stands, if it is in the picture."""
        return self.x(self.due) + DAY // 2 if self.due else None

    @property
    def table(self) -> list[tuple[str, str]]:
        """The picture in words: each day with what happened on it, the newest first."""
        days = sorted({day for lane in LANES for day in self._shown(lane)}, reverse=True)
        return [
            (short(day, self.today), ", ".join(words for lane, words in LANES.items() if day in self.days[lane]))
            for day in days
        ]

    @property
    def says(self) -> str:
        """The picture in one sentence."""
        found = {words.lower(): len(self._shown(lane)) for lane, words in LANES.items()}
        counts = [f"{words} on {n} day{'' if n == 1 else 's'}" for words, n in found.items()]
        return f"In the last {BACK} days: {', '.join(counts)}."
