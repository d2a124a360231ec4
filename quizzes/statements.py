"""Run SQL statements that are written by hand, for pages that learners open all the time.

PostgreSQL parses and plans a statement each time that it runs, which takes longer than reading a few rows. So these
statements are prepared: each connection keeps their plans (psycopg does this after `prepare_threshold` executions, an
option of the database). Django's own statements never are, because Django puts the values into the text.

For SQLite, Django searches the text of a statement for the places of its values each time that it runs. That and its
cursors take as long as the query. So the text for SQLite is kept, and SQLite's own cursor runs it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from functools import lru_cache
from importlib import import_module
from typing import Any, cast

from django.db import connection

_PLACE = re.compile(r"(?<!%)%s")  # of a value; as in Django's convert_query


def run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement with its values; return the rows of a query, an empty list for any other statement."""
    here = cast(Any, connection)
    # Django's own cursor tells all that was written to `connection.queries` and to its wrappers.
    if here.vendor == "sqlite" and not here.queries_logged and not here.execute_wrappers:
        here.ensure_connection()
        here.validate_no_broken_transaction()
        with here.wrap_database_errors, closing(here.connection.execute(_for_sqlite(statement), values)) as cursor:
            return list(cursor.fetchall()) if cursor.description else []
    with _cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


@lru_cache(maxsize=256)
def _for_sqlite(statement: str) -> str:
    return _PLACE.sub("?", statement).replace("%%", "%")


def _cursor() -> Any:
    # For a prepared statement, Django would log no text: `connection.queries` must tell all that was written.
    if connection.vendor != "postgresql" or connection.queries_logged:
        return connection.cursor()
    # Not imported at the top: it needs psycopg, which a site on SQLite does not have.
    postgresql, here = import_module("django.db.backends.postgresql.base"), cast(Any, connection)
    here.ensure_connection()
    with here.wrap_database_errors:
        # As `connection.cursor()`, but the server binds the values.
        return here._prepare_cursor(postgresql.ServerBindingCursor(here.connection))
