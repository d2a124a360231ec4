"""Each index earns its keep: none repeats what another index, or a constraint, does already."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

# One row an index: its table, its name, its columns in order, whether it covers every row, whether it is unique.
# PostgreSQL: a column with its own operators (`…_like`) or order is another column. An expression counts as a column.
POSTGRESQL = """
SELECT t.relname, i.relname,
       array_agg(pg_get_indexdef(i.oid, k.n::int, true) || ' ' || x.indclass[k.n - 1] || ' ' || x.indoption[k.n - 1]
       ORDER BY k.n), x.indpred IS NULL, x.indisunique
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
WHERE k.n <= x.indnkeyatts AND t.relname = %s GROUP BY t.relname, i.relname, x.indpred IS NULL, x.indisunique
"""
SQLITE = """
SELECT i.name, coalesce(c.name, 'expression of ' || i.name) || ' ' || c.coll || ' ' || c."desc",
       NOT i.partial, i."unique"
FROM pragma_index_list(%s) i, pragma_index_xinfo(i.name) c
WHERE c.key ORDER BY i.name, c.seqno
"""

Index = tuple[str, str, list[str], bool, bool]


def indexes(table: str) -> list[Index]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL, [table])
            return [*cursor.fetchall()]
        cursor.execute(SQLITE, [table])
        found: dict[str, Index] = {}
        for name, column, whole, unique in cursor.fetchall():
            found.setdefault(name, (table, name, [], bool(whole), bool(unique)))[2].append(column)
        return [*found.values()]


def repeated(found: list[Index]) -> list[str]:
    """Return the indexes that hold the first columns of another one which covers every row."""
    return [
        f"{table}.{name}"
        for table, name, columns, _, unique in found
        if not unique
        and any(whole and other != name and longer[: len(columns)] == columns for _, other, longer, whole, _ in found)
    ]


OURS = [model for model in apps.get_models() if model.__module__.partition(".")[0] in ("learn", "quizzes")]


@pytest.mark.django_db
def test_no_index_only_repeats_the_first_columns_of_another() -> None:
    """It would cost disk and a write for each row, and find nothing that the longer one does not find."""
    found = {model: indexes(model._meta.db_table) for model in OURS}
    assert sum(map(len, found.values())) > 60
    assert [name for rows in found.values() for name in repeated(rows)] == []


@pytest.mark.django_db
def test_what_a_delete_looks_for_is_found_by_an_index() -> None:
    """Whoever erases a row asks each table that points to it: a foreign key begins some index that covers every row."""
    bare = []
    for model in OURS:
        first = {columns[0].split()[0] for _, _, columns, whole, _ in indexes(model._meta.db_table) if whole}
        keys = [field for field in model._meta.concrete_fields if field.remote_field and field.db_constraint]
        bare += [f"{model._meta.label}.{field.name}" for field in keys if field.column not in first]
    assert bare == []


@pytest.mark.django_db
def test_a_repetition_would_be_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX one_too_many ON quizzes_response (item_id)")
    assert repeated(indexes("quizzes_response")) == ["quizzes_response.one_too_many"]


@pytest.mark.django_db
@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_constraint_and_index_of_a_model_is_in_the_database(model: type[Model]) -> None:
    """A migration can drop more than it says: Django takes a partial unique index for one of a foreign key's own."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    assert {one.name for one in (*model._meta.constraints, *model._meta.indexes)} - set(found) == set()
