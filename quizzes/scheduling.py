"""When to ask again: the one place that calls FSRS. Plain Python.

`MemoryState` is what is known of one question in one learner's head; `after` moves it by one day's first answer. Days
are dates on the learner's calendar, which the caller gives, so all of it is a function of the record and the date:

- The next asking is the next day at the earliest (asked again within the hour, people remember where the answer stood).
- What was not right comes back the next day. A right answer never shortens the interval.
- A safety question comes back day after day until it was right twice in a row, on different days, and then 30 days
  apart at most; any other question 180.

FSRS (https://github.com/open-spaced-repetition/py-fsrs) tells how long a memory lasts. Its default parameters, no
learning steps (they are minutes) and no fuzz: the same answers give the same dates. "I'm not sure" counts as forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import cast

import fsrs

APART = {False: 180, True: 30}  # days between two askings at most, by "is it a safety question"
RIGHT_DAYS = 2  # in a row, before a safety question is asked less often than daily

_FSRS = {
    safety: fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False, maximum_interval=apart)
    for safety, apart in APART.items()
}


@dataclass(frozen=True)
class MemoryState:
    """One question in one learner's head."""

    stability: float  # days until recall has fallen to nine in ten (FSRS)
    difficulty: float  # 1 to 10 (FSRS)
    last: date  # the day of the last answer that counted
    due: date  # when to ask again
    in_a_row: int  # days on which the first answer was right, since the last that was not


def _noon(day: date) -> datetime:
    # FSRS wants moments. The same hour every day: what lies between two of them is whole days.
    return datetime.combine(day, time(12), UTC)


def _card(memory: MemoryState | None) -> fsrs.Card:
    if memory is None:
        return fsrs.Card(card_id=0)
    return fsrs.Card(
        card_id=0,
        state=fsrs.State.Review,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=_noon(memory.due),
        last_review=_noon(memory.last),
    )


def after(memory: MemoryState | None, *, right: bool, safety: bool, day: date) -> MemoryState:
    """Return what is known after an answer on this day. Only the first of a day counts.

    Takes None for a question that was never answered, and whether it is a safety question as it was worded.
    """
    if memory is not None and day <= memory.last:
        return memory
    rating = fsrs.Rating.Good if right else fsrs.Rating.Again
    card, _ = _FSRS[safety].review_card(_card(memory), rating, _noon(day))
    in_a_row = (memory.in_a_row if memory else 0) + 1 if right else 0
    due = card.due.date()
    if not right or (safety and in_a_row < RIGHT_DAYS):
        due = day + timedelta(days=1)
    # FSRS leaves neither empty after a review.
    return MemoryState(cast(float, card.stability), cast(float, card.difficulty), day, due, in_a_row)


def due(memory: MemoryState, *, safety: bool) -> date:
    """Return when to ask again, for a question that may have become a safety question since."""
    return min(memory.due, memory.last + timedelta(days=APART[safety]))


def recall(memory: MemoryState, *, day: date) -> float:
    """Return how likely it is, from 0 to 1, that the answer is still known on this day."""
    return float(_FSRS[False].get_card_retrievability(_card(memory), _noon(day)))


def replay(answers: Iterable[tuple[date, bool, bool]]) -> MemoryState | None:
    """Return what is known after these answers to one question, as they were given: (day, right, safety) each."""
    memory = None
    for day, right, safety in answers:
        memory = after(memory, right=right, safety=safety, day=day)
    return memory
