"""Brings a database that was unpacked from a backup up to date, before it replaces the live one."""

from __future__ import annotations

from datetime import datetime

from django.core.management import call_command
from django.db import connection

from learn.apps import database_problems
from learn.backups import ledger
from learn.backups.files import BackupError


def brought_up_to_date(name: str, *, marks: set[str], now: datetime) -> int:
    """Migrate the database with this name (this also creates the guards), and check that the site may run on it.

    Then erase the people behind these marks again, and return how many they were.

    Meanwhile it is the default database, as in Django's tests. So a migration that does not name its database cannot
    change the live one.
    """
    live = connection.settings_dict["NAME"]
    hang_up()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
        problems = database_problems()
        again = 0 if problems else ledger.apply(marks, now=now)
    except Exception as error:  # a migration can fail in any way
        raise BackupError(f"It could not be brought up to this release: {error}") from error
    finally:
        hang_up()
        connection.settings_dict["NAME"] = live
    if problems:
        raise BackupError(" ".join(problems))
    return again


def hang_up() -> None:
    """Close all connections to the default database."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's alone has one
