"""Days and times in the words of the Desk."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.formats import date_format

from quizzes.templatetags.days import weekday

OTHER_YEAR = "M j, Y"  # in a narrow column


def day(on: date, today: date) -> str:
    """Return a date in words: today, yesterday, or the date, with the year when it is not this year."""
    return {0: "today", 1: "yesterday"}.get((today - on).days) or weekday(
        on, "MONTH_DAY_FORMAT" if on.year == today.year else "DATE_FORMAT"
    )


def short(on: date | None, today: date) -> str:
    """Return a date for a narrow column: "Nov 26", or "Jan 3, 2027" in another year; "" without a date."""
    return date_format(on, "SHORT_DATE_FORMAT" if on.year == today.year else OTHER_YEAR) if on else ""


def moment(at: datetime, today: date) -> str:
    """Return a date and time in words. `at` is in the clinic's time zone (`CareTeam.local`)."""
    return f"{day(at.date(), today)} at {date_format(at, 'TIME_FORMAT')}"
