"""How long a page waits for a PostgreSQL that does not answer at all. A site on SQLite does not load this module.

PostgreSQL's own limits (settings.PAGE_OPTIONS) end a statement that takes long. A server that hangs, or whose machine
is gone, keeps no limits, and TCP may wait for it a quarter of an hour. So pages look at the clock themselves.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.abc import PQGen

ALIVE = 1.0  # seconds: a server that is well answers an empty question in a thousandth of this
LONGEST = 12.0  # seconds: more than `statement_timeout`, and than a commit that waits for another standby


class Timed(psycopg.Connection[Any]):
    """A connection that gives a server up which does not answer. It is closed then, and the pool opens another."""

    _longest = LONGEST

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """As psycopg's, but never for ever."""
        try:
            return super().wait(gen, interval, timeout or self._longest)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server does not answer: connection given up") from error

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Only the pool calls this, with an empty statement, to see whether the connection is alive."""
        self._longest = ALIVE
        try:
            return super().execute(*args, **kwargs)
        finally:
            self._longest = LONGEST
