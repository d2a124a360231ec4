"""The one lock order: whoever writes rows of a person locks that person's own row first.

A verb that starts, answers, rebuilds, merges or erases, and any other verb that writes rows which lead to a person,
takes its locks in this order:

1. the learners' own rows, by primary key (`FOR NO KEY UPDATE`: foreign keys may still be checked against them);
2. their attempts, by primary key;
3. the items of those;
4. their memories; then whatever else leads to them (a site's own tables).

Two verbs that take one order cannot wait for each other for ever. A verb that waited for an erasure finds the person
gone, and writes nothing: nothing is kept after an erase, and no answer is half kept. A site's own verbs use `locked`
too. SQLite has no row locks: there the transaction lets one writer in at a time, and `is_active` is read inside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import connection, transaction

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class Gone(PermissionDenied):
    """This person (`learner`, their primary key) is not here any more: erased, merged, or closed. Nothing was written.

    A site that does not handle it answers 403, never 500.
    """

    def __init__(self, learner: int) -> None:
        super().__init__("This person is not here any more.")
        self.learner = learner


def lock(*learners: int) -> dict[int, AbstractBaseUser]:
    """Lock these people (primary keys) until the transaction ends; return, by key, those who are still here."""
    people = get_user_model()._base_manager.filter(pk__in=learners).order_by("pk")
    # Python looks at `is_active`: not every user model has a column for it.
    return {person.pk: person for person in people.select_for_update(no_key=True) if person.is_active}


@contextmanager
def locked(learner: int) -> Iterator[None]:
    """Run a block in a transaction that holds this person's lock. Raises Gone."""
    with transaction.atomic():
        if not _lock_one(learner):
            raise Gone(learner)
        yield


@cache
def _lock_statement() -> str:
    """Return what `lock` asks for one person, written out: each answer asks it. "" for a model without the column."""
    people = get_user_model()._meta
    try:
        fields = [people.get_field("is_active"), people.pk]
    except FieldDoesNotExist:
        return ""
    is_active, pk, table = (
        connection.ops.quote_name(str(name)) for name in (*(field.column for field in fields), people.db_table)
    )
    return f"SELECT {is_active} FROM {table} WHERE {pk} = %s"  # noqa: S608 - names of the user model


def _lock_one(learner: int) -> bool:
    """Lock this person until the transaction ends; tell whether they are still here."""
    statement = _lock_statement()
    if not statement:
        return learner in lock(learner)
    if connection.features.has_select_for_no_key_update:
        statement += " FOR NO KEY UPDATE"
    with connection.cursor() as cursor:
        cursor.execute(statement, [learner])
        row = cursor.fetchone()
    return bool(row and row[0])
