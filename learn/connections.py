"""Which errors say that the database is away, and why there is no connection. (How long a page waits: waiting.py.)"""

from __future__ import annotations

from django.db import InterfaceError, InternalError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

AWAY = (OperationalError, InterfaceError, InternalError)  # the database is full, busy, read-only or not there
# What libpq and the server say, and what we log in its place: a sentence of ours, without a name or an address.
REASONS = (
    ("certificate file", "a certificate file (sslrootcert, or in .postgresql of HOME) is not there or cannot be read"),
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


def why(error: BaseException) -> str:
    """Return in our own words why there is no connection."""
    said = str(error).lower()
    return next((reason for part, reason in REASONS if part in said), "another reason: try with psql")


def why_not(connection: BaseDatabaseWrapper) -> str:
    """Connect once, without the pool, which keeps the reason to itself; return the reason, empty if there is none."""
    if connection.vendor != "postgresql":
        return ""
    import psycopg  # here, because a site on SQLite does without: it takes 9 MB of each worker

    try:
        psycopg.connect(**connection.get_connection_params()).close()
    except psycopg.Error as error:
        return why(error)
    return ""
