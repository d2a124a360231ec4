"""The admin config that makes the Desk the default site, and the start-up check of the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.core import checks
from django.db import connections

# What an answer's "saved" rests on: written to disk before the reply, readers beside a writer, no dangling row.
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
ON = {"fsync": "on", "synchronous_commit": "on"}


class DeskConfig(AdminConfig):
    """The stock admin; every app's ModelAdmin registers on the Desk without knowing it."""

    default_site = "learn.admin.Desk"

    def ready(self) -> None:
        """Look at the database before serving from it."""
        super().ready()
        checks.register(database_keeps_what_it_takes, checks.Tags.database)


def database_keeps_what_it_takes(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Start-up check: settings in the wrong place of OPTIONS have no effect and say nothing."""
    found: list[checks.CheckMessage] = []
    for using in databases or ():
        connection = connections[using]
        with connection.cursor() as cursor:
            for name, wanted in (PRAGMAS if connection.vendor == "sqlite" else ON).items():
                cursor.execute(f"PRAGMA {name}" if connection.vendor == "sqlite" else f"SHOW {name}")
                value = cursor.fetchone()[0]
                if value != wanted:
                    kind = checks.Error if connection.vendor == "sqlite" else checks.Warning
                    hint = "An answer that was called saved could be lost when the power fails."
                    found.append(kind(f"{name} is {value}, not {wanted}.", hint=hint, id="learn.E001"))
    return found
