"""How long a page waits for a PostgreSQL that does not answer at all, and why there is no connection.

PostgreSQL's own limits (settings.PAGES_WAIT) end a statement that takes long. A server that hangs, or whose machine is
gone, keeps no limits, and TCP may wait for it a quarter of an hour. So pages look at the clock themselves.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import InterfaceError, InternalError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.abc import PQGen

AWAY = (OperationalError, InterfaceError, InternalError)  # the database is full, busy, read-only or not there
ALIVE = 1.0  # seconds: a server that is well answers an empty question in a thousandth of this
LONGEST = 12.0  # seconds: more than `statement_timeout`, and than a commit that waits for another standby
# What libpq and the server say, and what we log in its place: a sentence of ours, without a name or an address.
REASONS = (
    ("refused", "nothing listens at that address"),
    ("no such file", "nothing listens at that address"),
    ("authentication failed", "the name or the password is wrong"),
    ("pg_hba.conf", "the server's pg_hba.conf does not allow it"),
    ("does not exist", "there is no such database or role"),
    ("certificate", "its certificate is not accepted"),
    ("ssl", "TLS fails"),
    ("translate host name", "its name is not known"),
    ("name or service", "its name is not known"),
    ("resolve host", "its name is not known"),
    ("too many", "it has too many connections already"),
    ("connection slots", "it has too many connections already"),
    ("starting up", "it is starting up"),
    ("shutting down", "it is shutting down"),
    ("recovery", "it is starting up"),
    ("timeout", "it does not answer"),
    ("no route", "its network cannot be reached"),
    ("unreachable", "its network cannot be reached"),
    ("closed the connection", "it, or the proxy in front of it, closed the connection"),
)


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


def why(error: BaseException) -> str:
    """Return in our own words why there is no connection."""
    said = str(error).lower()
    return next((reason for part, reason in REASONS if part in said), "another reason: try with psql")


def why_not(connection: BaseDatabaseWrapper) -> str:
    """Connect once, without the pool, which keeps the reason to itself; return the reason, empty if there is none."""
    if connection.vendor != "postgresql":
        return ""
    try:
        psycopg.connect(**connection.get_connection_params()).close()
    except psycopg.Error as error:
        return why(error)
    return ""
