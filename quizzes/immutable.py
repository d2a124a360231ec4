"""Database triggers that prevent changes to published text.

A model whose rows must not change declares `guard = Guard(...)`, or only the names of the fields that never change
(`guard = ("at", "who")`), which needs no import. The site's own models use guards too.

When SQLite alters a table, it creates the table anew without its triggers. So all triggers are created again after each
migrate, and the site checks at start-up that they exist. A trigger uses only the columns of its own table. There are no
DELETE triggers, because they would break the erasure of a person's data, and the flush of test databases.
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
    """Which fields of a row must not change, and from when on.

    `fields` are the names of the model's fields. `once` is an SQL condition on OLD: the guard protects the row if it is
    true ("OLD.state <> 'draft'"). `back` is an SQL condition on NEW for updates that would end the protection
    ("NEW.state = 'draft'"); they are refused too.
    """

    fields: tuple[str, ...]
    once: str = "1 = 1"
    back: str = "1 = 0"


def guarded() -> Iterator[tuple[type[Model], Guard]]:
    """Yield every model that declares a guard, with the guard."""
    for model in apps.get_models():
        guard = getattr(model, "guard", None)
        if isinstance(guard, tuple):
            yield model, Guard(guard)
        elif isinstance(guard, Guard):
            yield model, guard


def _name(model: type[Model]) -> str:
    return f"{model._meta.db_table}_guard"


def statements(model: type[Model], guard: Guard, vendor: str) -> list[str]:
    """Return the SQL statements that replace this model's trigger. `vendor` is "sqlite" or "postgresql"."""
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
    # The condition is in the function, not in the trigger's WHEN. PostgreSQL refuses to alter a column that a trigger's
    # definition names, and a later migration may have to alter it.
    return [
        f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
        f"IF {when} THEN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN NEW; END $$",
        f'CREATE TRIGGER "{name}" BEFORE UPDATE ON "{table}" FOR EACH ROW EXECUTE FUNCTION "{name}"()',
    ]


def put_back(using: str = "default", **kwargs: Any) -> None:
    """Create all triggers again. Runs after each migrate; tables and columns that do not exist yet are skipped."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model, guard in guarded():
            if model._meta.db_table in tables and _has_columns(connection, cursor, model, guard):
                for statement in statements(model, guard, connection.vendor):
                    cursor.execute(statement)


def _has_columns(connection: BaseDatabaseWrapper, cursor: Any, model: type[Model], guard: Guard) -> bool:
    """Return whether the table has all guarded columns: it has not if a migration was taken back."""
    there = {column.name for column in connection.introspection.get_table_description(cursor, model._meta.db_table)}
    return {model._meta.get_field(name).column for name in guard.fields} <= there  # type: ignore[union-attr]


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the tables whose trigger is missing in the database or disabled."""
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {row[0] for row in cursor.fetchall()}
    return [model._meta.db_table for model, _ in guarded() if _name(model) not in there]
