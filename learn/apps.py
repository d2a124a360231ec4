"""App configuration for the site and the Desk, and the check of the database at start-up."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db import connection

from quizzes import immutable

# A saved answer must be on disk before the reply, readers must not block the writer, and foreign keys are enforced.
# Erased data must be overwritten (secure_delete).
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


class SiteConfig(AppConfig):
    """The site itself: its static files, and the management commands that belong to no single app."""

    name = "learn"


class DeskConfig(AdminConfig):
    """Django's admin, with the Desk as the default site: `admin.site.register` registers there."""

    default_site = "learn.admin.Desk"


def close_files() -> None:
    """Take SQLite's files away from other users of this machine. Files of before may be open to all (0644)."""
    if connection.vendor == "sqlite":
        for suffix in ("", "-wal", "-shm"):
            path = Path(f"{connection.settings_dict['NAME']}{suffix}")
            with suppress(OSError):  # not there, or another user's: then it is not ours to close
                path.chmod(0o600)


def database_problems() -> list[str]:
    """Return the reasons why the site must not run on this database, one sentence each; empty if it may.

    This is not a Django system check: `migrate` runs those first, so it could not repair what they report. SQLite's
    settings are read from the open connection, because a setting in the wrong place of OPTIONS is silently ignored.
    """
    found = [f"The guard of {table} is missing. Run `manage.py migrate`." for table in immutable.missing(connection)]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name, wanted in PRAGMAS.items():
                value = cursor.execute(f"PRAGMA {name}").fetchone()[0]
                if value != wanted:
                    found.append(f"SQLite's {name} is {value}, not {wanted}.")
    else:
        with connection.cursor() as cursor:
            if cursor.execute("SELECT pg_is_in_recovery()").fetchone()[0]:
                found.append("This database is a replica, which takes no answers. Let DATABASE_URL name the leader.")
    return found
