"""The site as an app, the Desk as the default admin site, and what a start looks for in the database."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db import connection

from quizzes import immutable

# What an answer's "saved" rests on: written to disk before the reply, readers beside a writer, no dangling row.
# And what "erased" rests on: what is deleted is overwritten.
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


class SiteConfig(AppConfig):
    """The site itself: its static files, and the commands that are about no one app."""

    name = "learn"


class DeskConfig(AdminConfig):
    """The stock admin; every app's ModelAdmin registers on the Desk without knowing it."""

    default_site = "learn.admin.Desk"


def database_problems() -> list[str]:
    """Return why this database must not be served from, a sentence each; empty when it may.

    Not among Django's checks: `migrate` runs those first, and would refuse to mend what it alone can mend. SQLite's
    settings are asked of the open connection, since in the wrong place of OPTIONS they have no effect and say nothing.
    """
    found = [f"The guard of {table} is missing. Run `manage.py migrate`." for table in immutable.missing(connection)]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name, wanted in PRAGMAS.items():
                value = cursor.execute(f"PRAGMA {name}").fetchone()[0]
                if value != wanted:
                    found.append(f"SQLite's {name} is {value}, not {wanted}.")
    return found
