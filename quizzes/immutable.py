"""Database triggers that prevent changes to published text.

A model whose rows must not change declares `guard = Guard(...)`, or only the names of the fields that never change
(`guard = ("at", "who")`), which needs no import. The site's own models use guards too.

When SQLite alters a table, it creates the table anew without its triggers. So missing triggers are created again after
each migrate, and the site checks at start-up that they exist. A trigger uses only the columns of its own table. There
are no DELETE triggers, because they would break the erasure of a person's data, and the flush of test databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connections, transaction
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


def _condition(model: type[Model], guard: Guard, vendor: str) -> str:
    """Return the SQL condition under which an update of the model's row is refused."""
    column_of = {field.name: field.column for field in model._meta.concrete_fields}
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    changed = " OR ".join(f'OLD."{column_of[name]}" {differs} NEW."{column_of[name]}"' for name in guard.fields)
    return f"({guard.once}) AND (({guard.back}) OR {changed})"


def _text(model: type[Model], guard: Guard, vendor: str) -> str:
    """Return the trigger as the database stores it: SQLite its statement, PostgreSQL the body of its function."""
    when = _condition(model, guard, vendor)
    if vendor == "sqlite":
        return (
            f'CREATE TRIGGER "{_name(model)}" BEFORE UPDATE ON "{model._meta.db_table}" FOR EACH ROW WHEN {when} '
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )
    # The condition is in the function, not in the trigger's WHEN. PostgreSQL refuses to alter a column that a trigger's
    # definition names, and a later migration may have to alter it.
    return (
        f" BEGIN IF {when} THEN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN NEW; END "
    )


def statements(model: type[Model], guard: Guard, vendor: str) -> list[str]:
    """Return the SQL statements that create or replace this model's trigger. `vendor` is "sqlite" or "postgresql"."""
    name, text = _name(model), _text(model, guard, vendor)
    if vendor == "sqlite":
        return [f'DROP TRIGGER IF EXISTS "{name}"', text]
    return [
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $${text}$$',
        f'CREATE OR REPLACE TRIGGER "{name}" BEFORE UPDATE ON "{model._meta.db_table}" '
        f'FOR EACH ROW EXECUTE FUNCTION "{name}"()',
    ]


# Only enabled triggers. Type 19: before an update, for each row.
THERE = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype = 19",
}


def _there(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the triggers of the database: their text by their name."""
    with connection.cursor() as cursor:
        cursor.execute(THERE[connection.vendor])
        return dict(cursor.fetchall())


def put_back(using: str = "default", **kwargs: Any) -> None:
    """Create the triggers that are missing or different. Runs after each migrate, and changes nothing that is right.

    To replace a trigger, PostgreSQL waits for every reader of the table, and every page then waits behind it. So it is
    not done without need, and it gives up after three seconds (OperationalError): while a backup reads, for example.
    Tables and columns that do not exist yet are skipped.
    """
    connection = connections[using]
    there = _there(connection)
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        wrong = [
            (model, guard)
            for model, guard in guarded()
            if model._meta.db_table in tables
            and there.get(_name(model)) != _text(model, guard, connection.vendor)
            and _has_columns(connection, cursor, model, guard)
        ]
    if wrong:
        with transaction.atomic(using=using), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL lock_timeout = '3s'")
            for model, guard in wrong:
                for statement in statements(model, guard, connection.vendor):
                    cursor.execute(statement)


def _has_columns(connection: BaseDatabaseWrapper, cursor: Any, model: type[Model], guard: Guard) -> bool:
    """Return whether the table has all guarded columns: it has not if a migration was taken back."""
    there = {column.name for column in connection.introspection.get_table_description(cursor, model._meta.db_table)}
    return {model._meta.get_field(name).column for name in guard.fields} <= there  # type: ignore[union-attr]


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the tables whose trigger is missing in the database or disabled."""
    there = _there(connection)
    return [model._meta.db_table for model, _ in guarded() if _name(model) not in there]
