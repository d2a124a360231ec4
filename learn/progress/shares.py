"""The arithmetic of the lead's page: shares with their interval, first tries by time, days and weeks. Plain Python.

The definitions that the page states are made here:

- **A first try** is the first answer to a safety question in one check or review. A second try in the same check, and a
  retry of what was missed, do not count.
- **Day 0** is the day of a patient's very first try at the question. **After a week** is their first try 5 to 13 days
  later, **after a month** the first one 21 to 45 days later. Each patient counts once in each.
- **The interval** is Wilson's, for 95 of 100. Under ENOUGH tries there is none: too few answers yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

ENOUGH = 30  # first tries, from which on a share is drawn
SMALLEST = 5  # patients of one nurse, under which her numbers are not exported
Z = 1.959964  # 97.5 % of a normal distribution lie below this
# When a try counts, by the days since the patient's first one.
AFTER = {"day": range(1), "week": range(5, 14), "month": range(21, 46)}
# The days from the invitation to the first lesson.
WAITS = [
    ("Same day", range(1)),
    ("Next day", range(1, 2)),
    ("2 to 3 days", range(2, 4)),
    ("4 to 7 days", range(4, 8)),
    ("8 to 14 days", range(8, 15)),
    ("Over 14 days", range(15, 100_000)),
]


class Try(NamedTuple):
    """The first answer of one person to one safety question in one check or review."""

    learner: int
    question: int
    day: date
    right: bool


@dataclass(frozen=True)
class Share:
    """How many of the first tries were right."""

    right: int = 0
    of: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether there are enough tries to draw it."""
        return self.of >= ENOUGH

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of 95 %, as two parts of 1. `of` must not be 0.

        See https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval.
        """
        n, p = self.of, self.right / self.of
        middle = p + Z * Z / (2 * n)
        reach = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        whole = 1 + Z * Z / n
        return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)

    @property
    def likely(self) -> tuple[int, int]:
        """The interval in numbers of tries, as in "15 to 27 of 41"."""
        low, high = self.interval
        return round(low * self.of), round(high * self.of)


def first_tries(tries: Iterable[Try], *, since: date = date.min) -> dict[int, dict[str, Share]]:
    """Return, for each question, its share on day 0, after a week and after a month (the keys of AFTER).

    Tries on days before `since` are not counted, but day 0 may be one of these days.
    """
    by_person: dict[tuple[int, int], list[Try]] = {}
    for one in sorted(tries, key=lambda one: one.day):
        by_person.setdefault((one.question, one.learner), []).append(one)
    counted: dict[int, dict[str, Share]] = {}
    for (question, _), theirs in by_person.items():
        shares = counted.setdefault(question, dict.fromkeys(AFTER, Share()))
        for after, days in AFTER.items():
            found = next((one for one in theirs if (one.day - theirs[0].day).days in days), None)
            if found and found.day >= since:
                shares[after] = Share(shares[after].right + found.right, shares[after].of + 1)
    return counted


def monday(day: date) -> date:
    """Return the first day of this day's week."""
    return day - timedelta(days=day.weekday())


def weeks(today: date, n: int) -> list[date]:
    """Return the first days of the last `n` weeks, the running one at the end."""
    return [monday(today) - timedelta(weeks=back) for back in range(n - 1, -1, -1)]


def waits(days: Iterable[int | None]) -> list[tuple[str, int]]:
    """Return how many people waited how long. None is for those who have not begun; they stand at the end.

    Who had begun before the invitation (a guest who got a card later) counts as the same day.
    """
    waited = list(days)
    known = [max(0, n) for n in waited if n is not None]
    return [(words, sum(n in some for n in known)) for words, some in WAITS] + [("Not yet", waited.count(None))]


def half(days: Sequence[int | None]) -> int | None:
    """Return the days by which half of all people had begun, or None if fewer than half of them have."""
    known = sorted(max(0, n) for n in days if n is not None)
    middle = (len(days) + 1) // 2
    return known[middle - 1] if days and len(known) >= middle else None
