"""Triggers that keep published text as it was, put back after every migrate.

A model that must not change declares `guard = Guard(...)`, or just the names of the columns that never change
(`guard = ("at", "who")`), which needs no import; the site's models use this too. SQLite remakes a table when it is
altered and loses its triggers, so they are put back after each migrate, and looked for at start-up. A trigger names
only its own table's columns. There are no DELETE triggers: they would break the flush of tests, and erasure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

MESSAGE = "published text never changes: make a new number instead"


@dataclass(frozen=True)
class Guard:
    """What of a row must stay, and from when on.

    `fields` are the model's field names. `once` is SQL over OLD ("OLD.state <> 'draft'"); `back` is SQL over NEW for a
    change that would open the row again ("NEW.state = 'draft'"), refused as well.
    """

    fields: tuple[str, ...]
    once: str = "1 = 1"
    back: str = "1 = 0"


def guarded() -> Iterator[tuple[type[Model], Guard]]:
    """Yield every model that declares a guard."""
    for model in apps.get_models():
        guard = getattr(model, "guard", None)
        if isinstance(guard, tuple):
            yield model, Guard(guard)
        elif isinstance(guard, Guard):
            yield model, guard


def _name(model: type[Model]) -> str:
    return f"{model._meta.db_table}_guard"


def statements(model: type[Model], guard: Guard, vendor: str) -> list[str]:
    """Return the SQL that makes this model's trigger anew, for "sqlite" or "postgresql"."""
    table, name = model._meta.db_table, _name(model)
    column_of = {field.name: field.column for field in model._meta.concrete_fields}
    columns = [column_of[name] for name in guard.fields]
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    changed = " OR ".join(f'OLD."{column}" {differs} NEW."{column}"' for column in columns)
    when = f"({guard.once}) AND (({guard.back}) OR {changed})"
    if vendor == "sqlite":
        return [
            f'DROP TRIGGER IF EXISTS "{name}"',
            f'CREATE TRIGGER "{name}" BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN {when} '
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
        ]
    # The condition stands in the function, not in the trigger's WHEN: PostgreSQL refuses to alter a column that a
    # trigger's definition names, and a later migration may have to.
    return [
        f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
        f"IF {when} THEN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN NEW; END $$",
        f'CREATE TRIGGER "{name}" BEFORE UPDATE ON "{table}" FOR EACH ROW EXECUTE FUNCTION "{name}"()',
    ]


def put_back(using: str = "default", **kwargs: Any) -> None:
    """Make every guard anew. Called after each migrate; a table that is not there yet is passed by."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model, guard in guarded():
            if model._meta.db_table in tables:
                for statement in statements(model, guard, connection.vendor):
                    cursor.execute(statement)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the tables whose guard is not in the database."""
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {row[0] for row in cursor.fetchall()}
    return [model._meta.db_table for model, _ in guarded() if _name(model) not in there]
