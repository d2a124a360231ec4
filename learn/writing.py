"""Whether the database can save, and what a page says when it could not (ruling 36).

Pages that only read go on without it: a patient must reach the call card when the disk is full.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from django.db import DatabaseError, connection
from django.http import HttpRequest

FREE = 50 * 2**20  # bytes on SQLite's disk; with less, /readyz says so before anything fails
# SQLite: FULL, READONLY, IOERR_WRITE. PostgreSQL: read-only, disk full, our time limits for locks and statements.
REFUSALS = {13, 8, 778, "25006", "53100", "55P03", "57014"}
# Whoever finds this page open must not read a password or a code out of it.
SECRETS = ("password", "code", "letters", "secret", "otp", "token")
_TRY = """
INSERT INTO people_hit (whose, n, until) VALUES ('can this be saved', 1, 0)
ON CONFLICT (whose) DO UPDATE SET n = people_hit.n %% 1000 + 1"""

_failed = False


def refused(error: BaseException | None) -> bool:
    """Return whether this error says for certain that nothing was saved. /readyz tries a write after one."""
    global _failed
    cause = error.__cause__ if error else None
    sqlite, postgresql = getattr(cause, "sqlite_errorcode", None), getattr(cause, "sqlstate", None)
    found = sqlite in REFUSALS or (sqlite or 0) & 0xFF in REFUSALS or postgresql in REFUSALS
    _failed = _failed or found
    return found


def problems() -> list[str]:
    """Return the reasons why nothing can be saved in this database, one sentence each; empty if it can."""
    global _failed
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery(), current_setting('transaction_read_only')")
            replica, read_only = cursor.fetchone()
        if replica or read_only == "on":
            return [f"Nothing can be saved: PostgreSQL is {'a replica' if replica else 'read-only'}."]
    elif (free := shutil.disk_usage(Path(connection.settings_dict["NAME"]).absolute().parent).free) < FREE:
        return [f"Nothing more should be saved: {free // 2**20} MB are free on the disk."]
    if _failed:
        try:
            with connection.cursor() as cursor:
                cursor.execute(_TRY, [])
        except DatabaseError:
            return ["Nothing can be saved: the database refuses every write."]
        _failed = False
    return []


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the fields of a form that was not saved, to send it once more; none if there is a secret among them."""
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    names = {name for name, _ in fields} - {"csrfmiddlewaretoken"}
    return [] if any(secret in name.lower() for name in names for secret in SECRETS) else fields
