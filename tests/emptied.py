"""What `migrate` leaves in a database (permissions, groups), written again after a test with real commits emptied it.

Django lets every app make it again: 180 queries in 32 transactions after each such test, half of the time of many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connections, transaction

from quizzes import immutable


class PutBack:
    """Stands in for Django's `emit_post_migrate_signal` in `flush`: that runs once, then its rows are written again."""

    def __init__(self, emit: Callable[..., None]) -> None:
        self.emit = emit
        self.rows: dict[str, list[tuple[Any, ...]]] = {}  # by table
        self.sequences: list[str] = []

    def __call__(self, verbosity: int, interactive: bool, db: str, **more: Any) -> None:
        """Put everything back into an empty database, the triggers too, which a test may have dropped."""
        if not self.rows:
            self.emit(verbosity, interactive, db, **more)
            self._keep(db)
            return
        with transaction.atomic(using=db), connections[db].cursor() as cursor:
            for table, rows in self.rows.items():
                marks = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - a table of ours
            for statement in self.sequences:  # which the flush may have set back to the keys of these rows
                cursor.execute(statement)
        ContentType.objects.clear_cache()
        immutable.put_back(db)

    def _keep(self, db: str) -> None:
        tables = [m for m in apps.get_models(include_auto_created=True) if m._meta.managed and not m._meta.proxy]
        filled = []
        with connections[db].cursor() as cursor:
            for model in tables:
                cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608 - a table of ours
                if rows := cursor.fetchall():
                    self.rows[model._meta.db_table] = rows
                    filled.append(model)
        self.sequences = connections[db].ops.sequence_reset_sql(no_style(), filled)
