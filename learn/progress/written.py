"""Read rows with written SQL, for the pages that people open most: start, My learning, a therapy type, a result.

The ORM builds its statement again for every page, which takes ten times as long as the query itself. Statements hold
names of our own tables and columns; values are passed as parameters. A test compares each one with the ORM.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime


def rows(statement: str, *lists: Collection[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement. Each "IN ()" in it gets the values of one list, in order; none may be empty."""
    parts = statement.split("IN ()")
    marks = [f"IN ({', '.join(['%s'] * len(values))})" for values in lists]
    filled = "".join(part + mark for part, mark in zip(parts, [*marks, ""], strict=True))
    with connection.cursor() as cursor:
        cursor.execute(filled, [value for values in lists for value in values])
        return list(cursor.fetchall())


def moment(value: Any) -> Any:
    """Return a time, or None, as the ORM does. SQLite stores no time zone, and gives the result of MIN as text."""
    at = parse_datetime(value) if isinstance(value, str) else value
    return timezone.make_aware(at, connection.timezone) if at is not None and timezone.is_naive(at) else at
