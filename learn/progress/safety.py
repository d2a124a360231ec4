"""When a patient needs help with a safety question, and when no longer (rulings 4, 7 and 8). Plain Python.

One question of one patient: everything that happened to it goes in, `Verdict` comes out. Patient and nurse are told
from the same pass over the same rows:

- **Needs help** (staff see it) is raised when a finished check, retry or review ended with it wrong or unsure, or when
  the first tries at it were wrong or unsure on two different days with nothing between that cleared it. It is cleared
  by a right answer on a later day than the last miss, or by saying it back in own words.
- **Talk about it** (both see it) is raised by such an ending only, and ended by any later right answer, or by saying it
  back in own words.
- **Unsettled** (the lesson is not Done) is raised by such an ending, and ended by any later right answer.

So the two sides differ in one thing, on purpose: a right answer given on the day of the miss ends "Talk about it" and
makes the lesson Done, but the nurse is told until a later day, for what was read a minute ago is not yet remembered.
Saying it back in own words ends both; the lesson then has a check to do. Right in the same check's re-ask raises
nothing. Only safety questions raise a flag. Nothing here knows a total, so none can hide a miss; nothing is raised
before an answer. Days are dates on the clinic's calendar, which the caller gives.
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
    right: bool  # unsure is not right
    safety: bool = True  # as it was worded then
    first: bool = True  # the first try in its check, retry or review
    last: bool = True  # the last one there, and the check, retry or review is finished


@dataclass(frozen=True)
class SaidBack:
    """A teach-back about the question, in the patient's own words. No other outcome clears anything."""

    at: datetime


@dataclass(frozen=True)
class Flag:
    """Why this patient needs help with the question."""

    why: str  # a key of WHY
    times: int  # answers that were not right since it was last cleared
    at: datetime  # the newest of them
    day: date

    @property
    def words(self) -> str:
        """The reason as the nurse reads it."""
        return WHY[self.why]


@dataclass(frozen=True)
class Verdict:
    """What follows from all that happened to one question of one patient."""

    flag: Flag | None = None  # needs help
    talk: bool = False  # the lesson says "Talk about it"
    unsettled: bool = False  # the lesson is not Done
    settled: datetime | None = None  # when a miss was last put right


def judge(events: Iterable[Answer | SaidBack]) -> Verdict:
    """Return the verdict over these events, whatever order they come in."""
    why: str | None = None
    first_misses: set[date] = set()
    last: Answer | None = None  # the newest answer that was not right
    times = 0
    talk = unsettled = False
    settled: datetime | None = None
    # At the same moment the answer comes first: nobody says back what was not asked.
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
