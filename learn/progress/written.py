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

from quizzes import statements


def rows(statement: str, *lists: Collection[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement. Each "IN ()" in it gets the values of one list, in order; none may be empty.

    On PostgreSQL, many numbers are one parameter: to read two thousand places for values takes as long as the query.
    """
    parts, whole = statement.split("IN ()"), connection.vendor == "postgresql"
    marks, values = [], list[Any]()
    for some in lists:
        if whole and len(some) > 1 and all(isinstance(value, int) for value in some):
            marks.append("= ANY (%s::bigint[])")
            values.append(list(some))
        else:
            marks.append(f"IN ({', '.join(['%s'] * len(some))})")
            values.extend(some)
    filled = "".join(part + mark for part, mark in zip(parts, [*marks, ""], strict=True))
    return statements.run(filled, values)


def moment(value: Any) -> Any:
    """Return a time, or None, as the ORM does. SQLite stores no time zone, and gives the result of MIN as text."""
    at = parse_datetime(value) if isinstance(value, str) else value
    return timezone.make_aware(at, connection.timezone) if at is not None and timezone.is_naive(at) else at
