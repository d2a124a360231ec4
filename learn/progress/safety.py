"""When a patient needs help with a safety question, and when no longer (rulings 4, 7 and 8). Pure Python.

The input is every answer and teach-back of one patient for one question; the output is a `Verdict`. What the patient
sees and what the nurse sees come from the same pass over the same rows:

- **Needs help** (only staff see it) is raised when a finished check, retry or review ended with the question wrong or
  unsure, or when the first tries were wrong or unsure on two different days and nothing between them cleared it. It is
  cleared by a right answer on a later day than the last miss, or by a teach-back "in own words".
- **Talk about it** (patient and staff see it) is raised only when a check, retry or review ended so. Any later right
  answer ends it, and so does a teach-back "in own words".
- **Unsettled** (the lesson is not Done) is raised only when a check, retry or review ended so. Any later right answer
  ends it.

The two views differ in one point, on purpose. A right answer on the day of the miss ends "Talk about it" and makes the
lesson Done, but the nurse sees "needs help" until a right answer on a later day, because repeating something read a
minute ago does not show that the patient remembers it. A teach-back "in own words" ends both; the lesson then has a
check to do. A right answer in the re-ask of the same check prevents a flag. Only safety questions raise a flag. The
code uses no totals, so no total can hide a miss, and it raises nothing before the first answer. Days are dates on the
clinic's calendar; the caller computes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

ENDED, TWO_DAYS = "ended", "two-days"
WHY = {
    ENDED: "still not right at the end",
    TWO_DAYS: "not right at first on two days",
}


@dataclass(frozen=True)
class Answer:
    """One answer to the question."""

    at: datetime
    day: date
    right: bool  # False when the answer was "unsure"
    safety: bool = True  # of the wording that was asked
    first: bool = True  # the first try in its check, retry or review
    last: bool = True  # the last try there, and the check, retry or review is finished


@dataclass(frozen=True)
class SaidBack:
    """A teach-back about the question with the outcome "in own words". No other outcome clears a flag."""

    at: datetime


@dataclass(frozen=True)
class Flag:
    """Why this patient needs help with the question."""

    why: str  # a key of WHY
    times: int  # wrong or unsure answers since the flag was last cleared
    at: datetime  # the time of the newest of them
    day: date

    @property
    def words(self) -> str:
        """The reason in the words that the nurse reads."""
        return WHY[self.why]


@dataclass(frozen=True)
class Verdict:
    """The result for one question of one patient."""

    flag: Flag | None = None  # needs help
    talk: bool = False  # the lesson says "Talk about it"
    unsettled: bool = False  # the lesson is not Done
    settled: datetime | None = None  # when a right answer last ended `unsettled`


def judge(events: Iterable[Answer | SaidBack]) -> Verdict:
    """Return the verdict on these events; they can be in any order."""
    why: str | None = None
    first_misses: set[date] = set()
    last: Answer | None = None  # the newest answer that was wrong or unsure
    times = 0
    talk = unsettled = False
    settled: datetime | None = None
    # When the times are equal, the answer comes first: a teach-back always follows the question.
    for event in sorted(events, key=lambda e: (e.at, isinstance(e, SaidBack))):
        if isinstance(event, SaidBack):
            why, first_misses, times, talk = None, set(), 0, False
        elif event.right:
            if unsettled:
                talk, unsettled, settled = False, False, event.at
            if last and event.day > last.day:
                why, first_misses, times = None, set(), 0
        elif event.safety:
            last, times = event, times + 1
            if event.first:
                first_misses.add(event.day)
            if event.last:
                why, talk, unsettled = ENDED, True, True
            elif len(first_misses) > 1 and why is None:
                why = TWO_DAYS
    flag = Flag(why, times, last.at, last.day) if why and last else None
    return Verdict(flag, talk, unsettled, settled)
