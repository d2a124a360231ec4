"""The app's name for Django; hooks the guards to migrate and to the start-up checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.models.signals import post_migrate

from quizzes import immutable


class QuizzesConfig(AppConfig):
    """The engine: asks, marks, remembers. Needs only settings.AUTH_USER_MODEL."""

    name = "quizzes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The one signal of the house: SQLite loses triggers when it alters a table."""
        post_migrate.connect(immutable.put_back, sender=self)
        checks.register(guards_are_there, checks.Tags.database)


def guards_are_there(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Start-up check: an unguarded table would let published text change under answers."""
    return [
        checks.Error(
            f"The guard of {table} is not in the database.", hint="Run `manage.py migrate`.", id="quizzes.E001"
        )
        for using in databases or ()
        for table in immutable.missing(connections[using])
    ]
