"""When a question is asked again: properties over generated histories, and dates calculated by hand."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.test import SimpleTestCase
from hypothesis import example, given
from hypothesis import strategies as st

from quizzes.scheduling import APART, MemoryState, after, due, recall, replay

pytestmark = pytest.mark.one_database  # without a database

FIRST = date(2026, 11, 20)
# Days since the last answer (0: the same day; less: a clock that was set back), and whether the answer was right.
histories = st.lists(st.tuples(st.integers(-2, 400), st.booleans()), min_size=1, max_size=25)
safety = st.booleans()


def memories_after(history: list[tuple[int, bool]], safety: bool) -> list[MemoryState]:
    """Return the memory after each answer."""
    found: list[MemoryState] = []
    day = FIRST
    for gap, right in history:
        day += timedelta(days=gap)
        found.append(after(found[-1] if found else None, right=right, safety=safety, day=day))
    return found


def interval(memory: MemoryState) -> int:
    return (memory.due - memory.last).days


class TestTheNextDueDay(SimpleTestCase):
    @given(histories, safety)
    def test_is_at_least_one_day_away_and_never_past_the_limit(self, history, safety) -> None:
        for memory in memories_after(history, safety):
            assert 1 <= interval(memory) <= APART[safety]
            assert due(memory, safety=True) <= memory.last + timedelta(days=30)

    @given(histories, safety, st.booleans())
    def test_is_not_moved_by_a_second_answer_on_the_same_day(self, history, safety, right) -> None:
        memory = memories_after(history, safety)[-1]
        for earlier in (0, 1, 7):
            day = memory.last - timedelta(days=earlier)
            assert after(memory, right=right, safety=safety, day=day) is memory

    @given(histories, safety)
    @example([(0, True), (1, True), (1, True), (1, True)], False)  # answered long before it was due
    def test_never_comes_earlier_after_a_right_answer(self, history, safety) -> None:
        for before, now in pairwise(memories_after(history, safety)):
            if now.in_a_row > before.in_a_row:
                assert interval(now) >= interval(before)
                assert now.due > before.due or interval(now) == APART[safety]

    @given(histories, safety)
    def test_is_the_next_day_after_a_miss(self, history, safety) -> None:
        for memory in memories_after(history, safety):
            if memory.in_a_row == 0:
                assert interval(memory) == 1

    @given(histories)
    def test_of_a_safety_question_is_tomorrow_until_it_was_right_twice_in_a_row(self, history) -> None:
        for memory in memories_after(history, True):
            assert memory.in_a_row >= 2 or interval(memory) == 1

    @given(histories, safety)
    def test_is_the_same_from_a_replay_as_step_by_step(self, history, safety) -> None:
        day, answers = FIRST, []
        for gap, right in history:
            day += timedelta(days=gap)
            answers.append((day, right, safety))
        assert replay(answers) == memories_after(history, safety)[-1]


class TestRecall(SimpleTestCase):
    @given(histories, safety, st.integers(0, 1000))
    def test_is_between_0_and_1_and_only_falls(self, history, safety, days) -> None:
        memory = memories_after(history, safety)[-1]
        day = memory.last + timedelta(days=days)
        assert 0 < recall(memory, day=day + timedelta(days=1)) < recall(memory, day=day) <= 1


class TestTheDates(SimpleTestCase):
    """Each answer is given on the day when it is due."""

    def intervals(self, *answers: bool, safety: bool = False) -> list[int]:
        memory, day, found = None, FIRST, []
        for right in answers:
            memory = after(memory, right=right, safety=safety, day=day)
            found.append(interval(memory))
            day = memory.due
        return found

    def test_have_growing_intervals_after_right_answers(self) -> None:
        assert self.intervals(True, True, True, True, True) == [2, 11, 46, 163, 180]

    def test_start_again_with_the_next_day_after_a_miss(self) -> None:
        assert self.intervals(False, True, True) == [1, 2, 6]
        assert self.intervals(True, True, True, False)[-1] == 1

    def test_of_a_safety_question_stay_within_a_month(self) -> None:
        assert self.intervals(True, True, True, True, safety=True) == [1, 7, 30, 30]
        assert self.intervals(True, False, True, True, safety=True)[:3] == [1, 1, 1]

    def test_of_a_question_that_becomes_a_safety_question_come_earlier(self) -> None:
        memory = MemoryState(stability=100, difficulty=5, last=FIRST, due=FIRST + timedelta(days=100), in_a_row=4)
        assert due(memory, safety=False) == FIRST + timedelta(days=100)
        assert due(memory, safety=True) == FIRST + timedelta(days=30)

    def test_need_an_answer(self) -> None:
        assert replay([]) is None
