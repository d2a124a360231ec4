"""The lock order: a function that writes rows of a person locks the row of that person first.

Every function that writes rows which refer to a person (start, answer, rebuild, merge, erase) takes its locks in this
order:

1. the rows of the learners, by primary key (`FOR NO KEY UPDATE`: foreign keys can still be checked against them);
2. their attempts, by primary key;
3. the items of these attempts;
4. their memories, then all other rows that refer to them (tables of the site).

With one order for all, there are no deadlocks. A function that waited for an erasure finds that the person is gone and
writes nothing, so no data is left after an erasure and no answer is saved in part. Functions of the site use `locked`
too. SQLite has no row locks: there a transaction allows one writer at a time, and `is_active` is read inside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import connection, transaction

from quizzes import statements

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class Gone(PermissionDenied):
    """The account of this person (`learner`, a primary key) was erased, merged or closed. Nothing was written.

    If a site does not handle it, the response is 403, because it is a PermissionDenied.
    """

    def __init__(self, learner: int) -> None:
        super().__init__("This person is not here any more.")
        self.learner = learner


def lock(*learners: int) -> dict[int, AbstractBaseUser]:
    """Lock these people (primary keys) until the transaction ends; return the active ones by primary key."""
    people = get_user_model()._base_manager.filter(pk__in=learners).order_by("pk")
    # `is_active` is checked in Python, because not every user model has a column for it.
    return {person.pk: person for person in people.select_for_update(no_key=True) if person.is_active}


@contextmanager
def locked(learner: int) -> Iterator[None]:
    """Run a block in a transaction that locks this person (a primary key). Raises Gone."""
    with transaction.atomic():
        if not _lock_one(learner):
            raise Gone(learner)
        yield


@cache
def _lock_statement() -> str:
    """Return the SQL of `lock` for one person; "" if the user model has no column `is_active`.

    It is written as SQL for speed, because it runs with every answer.
    """
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
    """Lock this person until the transaction ends; return whether their account exists and is active."""
    statement = _lock_statement()
    if not statement:
        return learner in lock(learner)
    if connection.features.has_select_for_no_key_update:
        statement += " FOR NO KEY UPDATE"
    rows = statements.run(statement, [learner])
    return bool(rows and rows[0][0])
