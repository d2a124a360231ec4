"""Spaced repetition: when to ask a question again. This is the only place that calls FSRS. Plain Python.

`MemoryState` is the state of one learner's memory of one question. `after` updates it with the first answer of a day.
The caller passes the dates, on the learner's calendar, so the result depends on the answers and the dates only.

- A question is asked again on the next day at the earliest. Within an hour, people only remember the answer's place.
- After an answer that is not right, the question is due the next day. A right answer never shortens the interval.
- A safety question is due every day until it was right twice in a row, on different days. After that, at most 30 days
  lie between two askings. For any other question, at most 180.

FSRS (https://github.com/open-spaced-repetition/py-fsrs) estimates how long a memory lasts. It runs with its default
parameters, without learning steps (they are minutes) and without fuzz, so equal answers give equal dates. "I'm not
sure" counts as forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import cast

import fsrs

APART = {False: 180, True: 30}  # maximum number of days between two askings; the key: is it a safety question?
RIGHT_DAYS = 2  # how many days in a row a safety question must be right before it is asked less than daily

_FSRS = {
    safety: fsrs.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False, maximum_interval=apart)
    for safety, apart in APART.items()
}


@dataclass(frozen=True)
class MemoryState:
    """The state of one learner's memory of one question."""

    stability: float  # days until recall has fallen to nine in ten (FSRS)
    difficulty: float  # 1 to 10 (FSRS)
    last: date  # the day of the last answer that counted
    due: date  # when to ask again
    in_a_row: int  # number of right days in a row: days whose first answer was right, since the last wrong one


def _noon(day: date) -> datetime:
    # FSRS needs datetimes. With the same hour every day, the difference of two is always whole days.
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
    """Return the memory state after an answer on this day. A second answer on the same day changes nothing.

    `memory` is None for a question that was never answered. `safety` is true if the question, in the wording that was
    asked, is a safety question.
    """
    if memory is not None and day <= memory.last:
        return memory
    rating = fsrs.Rating.Good if right else fsrs.Rating.Again
    card, _ = _FSRS[safety].review_card(_card(memory), rating, _noon(day))
    in_a_row = (memory.in_a_row if memory else 0) + 1 if right else 0
    due = card.due.date()
    if not right or (safety and in_a_row < RIGHT_DAYS):
        due = day + timedelta(days=1)
    # After a review, FSRS has set both stability and difficulty.
    return MemoryState(cast(float, card.stability), cast(float, card.difficulty), day, due, in_a_row)


def due(memory: MemoryState, *, safety: bool) -> date:
    """Return the date on which to ask again. `safety` is current: the question may have become a safety question."""
    return min(memory.due, memory.last + timedelta(days=APART[safety]))


def recall(memory: MemoryState, *, day: date) -> float:
    """Return the probability, 0 to 1, that the learner still knows the answer on this day."""
    return float(_FSRS[False].get_card_retrievability(_card(memory), _noon(day)))


def replay(answers: Iterable[tuple[date, bool, bool]]) -> MemoryState | None:
    """Return the memory state after these answers to one question, in the order given: (day, right, safety) each.

    Returns None if there are no answers.
    """
    memory = None
    for day, right, safety in answers:
        memory = after(memory, right=right, safety=safety, day=day)
    return memory
