"""Run SQL statements that are written by hand, for pages that learners open all the time.

PostgreSQL parses and plans a statement each time that it runs, which takes longer than reading a few rows. So these
statements are prepared: each connection keeps their plans (psycopg does this after `prepare_threshold` executions, an
option of the database). Django's own statements never are, because Django puts the values into the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, cast

from django.db import connection


def run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement with its values; return the rows of a query, an empty list for any other statement."""
    with _cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


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
