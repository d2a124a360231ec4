"""Who asked to be erased, as hashes, so that a backup from before does not bring them back (ruling 27).

A hash is made of the number of the user's row and the moment in which it was created. It names nobody. With the number
alone, a restore could erase somebody else: after an earlier restore, the database gives the same numbers once more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime

from learn.people.marks import ErasedMark
from learn.people.models import User


def note(user: User) -> None:
    """Add this user to the list. Call it before their row is emptied, in the same transaction."""
    ErasedMark.objects.get_or_create(mark=_mark(user.pk, user.date_joined))


def marks() -> set[str]:
    """Return the whole list."""
    return set(ErasedMark.objects.values_list("mark", flat=True))


def add(wanted: Collection[str]) -> None:
    """Add these hashes to the list."""
    ErasedMark.objects.bulk_create([ErasedMark(mark=mark) for mark in wanted], ignore_conflicts=True, batch_size=1000)


def back_again(wanted: Collection[str]) -> list[int]:
    """Return the primary keys of users who are in the list and in the database."""
    joined = User.objects.filter(is_active=True).order_by("pk").values_list("pk", "date_joined")
    return [pk for pk, at in joined.iterator(chunk_size=2000) if _mark(pk, at) in wanted] if wanted else []


def _mark(pk: int, joined: datetime) -> str:
    return hashlib.sha256(f"{pk} {joined.astimezone(UTC).isoformat(timespec='microseconds')}".encode()).hexdigest()
