"""The arithmetic of the lead's page, against numbers that were worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from learn.progress import shares
from learn.progress.shares import Share, Try

pytestmark = pytest.mark.one_database
DAY = date(2026, 11, 2)  # a Monday


# 95 %: z = 1.96, z² = 3.8416. For 21 of 41: middle (0.51220 + 3.8416/82) / (1 + 3.8416/41) = 0.55904/1.09370 = 0.51115;
# reach 1.96 · √(0.51220 · 0.48780/41 + 3.8416/6724) / 1.09370 = 1.96 · √(0.0060939 + 0.0005713) / 1.09370 = 0.14631.
# The other rows are from the same formula; 0 of 30 is 3.8416/33.8416, 30 of 30 is 1 less that.
@pytest.mark.parametrize(
    ("right", "of", "low", "high", "likely"),
    [(21, 41, 0.3648, 0.6575, (15, 27)), (0, 30, 0.0, 0.1135, (0, 3)), (30, 30, 0.8865, 1.0, (27, 30))],
)
def test_the_interval_is_wilsons(right: int, of: int, low: float, high: float, likely: tuple[int, int]) -> None:
    share = Share(right, of)
    assert share.interval == pytest.approx((low, high), abs=0.0001)
    assert share.likely == likely


def test_thirty_answers_are_enough() -> None:
    assert [Share(20, n).is_enough for n in (0, 29, 30, 31)] == [False, False, True, True]


def tries(*found: tuple[int, int, bool], question: int = 1) -> list[Try]:
    return [Try(learner, question, DAY + timedelta(days=days), right) for learner, days, right in found]


def test_each_person_counts_once_at_each_time_with_the_first_try() -> None:
    answers = tries(
        (1, 0, False), (1, 0, True),  # the second check of the day is no first try
        (1, 4, True), (1, 5, True), (1, 6, False),  # 4 days later is not yet a week
        (1, 14, True), (1, 20, True),  # between a week and a month
        (1, 21, False), (1, 30, True),
        (2, 3, True), (2, 16, False),  # day 0 is this person's own: 13 days later
        (3, 0, True), (3, 45, True), (4, 0, True), (4, 46, True),
    )  # fmt: skip
    found = shares.first_tries([*answers, *tries((1, 9, True), question=2)])
    assert found[1] == {"day": Share(3, 4), "week": Share(1, 2), "month": Share(1, 2)}
    assert found[2] == {"day": Share(1, 1), "week": Share(), "month": Share()}


def test_tries_before_the_time_shown_are_left_out_but_are_still_day_0() -> None:
    found = shares.first_tries(tries((1, 0, True), (1, 7, True)), since=DAY + timedelta(days=1))
    assert found[1] == {"day": Share(), "week": Share(1, 1), "month": Share()}


def test_weeks_begin_on_mondays() -> None:
    assert shares.weeks(date(2026, 11, 29), 3) == [date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 23)]
    assert shares.monday(DAY) == DAY


def test_days_to_the_first_lesson_are_counted_in_groups() -> None:
    days = [-3, 0, 1, 2, 3, 4, 7, 8, 14, 15, 400, None, None]
    assert [n for _, n in shares.waits(days)] == [2, 1, 2, 2, 2, 2, 2]
    assert sum(n for _, n in shares.waits(days)) == len(days)
    assert shares.waits([])[-1] == ("Not yet", 0)


@pytest.mark.parametrize(
    ("days", "half"),
    [([], None), ([None], None), ([5], 5), ([1, None], 1), ([1, None, None], None), ([9, 1, 4], 4), ([2, 8, 3, 9], 3)],
)
def test_half_of_all_people_had_begun_by_then(days: list[int | None], half: int | None) -> None:
    assert shares.half(days) == half
