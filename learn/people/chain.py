"""Seals of the audit log: a chain of hashes that shows if a row was changed or is missing.

A seal is the hash of the seal before it and of the content of one row, and the seals are numbered without a gap. So a
changed row no longer matches its seal, a deleted row leaves a seal without a row, and a deleted seal leaves a gap. Only
the end of the chain can be cut off unseen: write the last seal (`check` returns it) down elsewhere, and compare.

Who makes seals holds a lock until the transaction ends, so that of two at once each has the seal before its own. A lock
that is held while a transaction waits for others would lead to deadlocks. So `add` seals at once only where it is the
whole transaction. Inside another one, the rows are sealed right after its commit, in a transaction of their own.

Each page of the Desk pays for this, so the lock, the rows and the end of the chain take one round trip to the database,
and the seals another. The lock is a statement of its own, before the one that reads the end of the chain: a statement
sees what was committed when it began, so one that waits for the lock itself would read an end that is out of date.

Path not taken: the hash of the row before as a column of the row. The row must be in the transaction of what it tells
of, so each such transaction would have to wait for all others that began before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, OuterRef

from learn.people.models import AuditEvent, AuditSeal

LOCK = 7_201_316  # PostgreSQL's advisory lock of the chain; any number that nothing else uses
START = "0" * 64  # stands before the first seal
AT_ONCE = 1000  # rows
_LAST = f"SELECT place, hash FROM {AuditSeal._meta.db_table} ORDER BY place DESC"  # noqa: S608 - only our own names


class Seal(NamedTuple):
    """The end of a chain: the number of the last seal, and its hash. It is (0, START) for an empty chain."""

    place: int
    hash: str

    def __str__(self) -> str:
        return f"{self.place}:{self.hash}"


class Checked(NamedTuple):
    """What `check` has found: the last seal, one sentence for each fault, and the rows that have no seal."""

    last: Seal
    faults: list[str]
    unsealed: list[int]


def add(events: Sequence[AuditEvent]) -> None:
    """Insert these rows and seal them: in the same transaction, or right after the commit of the one that is open."""
    if connection.in_atomic_block:
        AuditEvent.objects.bulk_create(events)
        transaction.on_commit(partial(_seal_alone, events), robust=True)
    elif events:
        with transaction.atomic():
            if len(events) > AT_ONCE:
                AuditEvent.objects.bulk_create(events)
                _seal(events)
            else:
                _write(events, _insert(events))


def _seal_alone(events: Sequence[AuditEvent]) -> None:
    with transaction.atomic():
        _seal(events)


def _seal(events: Sequence[AuditEvent]) -> None:
    """Append a seal for each of these rows. Call it at the end of a transaction, which holds the lock from here on."""
    with connection.cursor() as cursor:
        _locked(cursor, f"{_LAST} LIMIT 1", [])
        found = cursor.fetchall()
    _write(events, Seal(*found[0]) if found else Seal(0, START))


def _write(events: Sequence[AuditEvent], end: Seal) -> None:
    """Append a seal for each of these rows after `end`, the end of the chain. The caller has the lock."""
    AuditSeal.objects.bulk_create(_sealed(end, events), batch_size=AT_ONCE)


def _insert(events: Sequence[AuditEvent]) -> Seal:
    """Lock the chain and insert these rows, with one statement; set their primary keys. Return the end of the chain."""
    fields = [field for field in AuditEvent._meta.concrete_fields if not field.primary_key]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    statement = f"""
INSERT INTO {AuditEvent._meta.db_table} ({names}) VALUES {", ".join([row] * len(events))}
RETURNING id, (SELECT s.place FROM ({_LAST} LIMIT 1) s), (SELECT s.hash FROM ({_LAST} LIMIT 1) s)"""  # noqa: S608 - as below
    values = [f.get_db_prep_save(f.pre_save(one, add=True), connection) for one in events for f in fields]
    with connection.cursor() as cursor:
        _locked(cursor, statement, values)
        found = cursor.fetchall()
    for event, (pk, *_) in zip(events, found, strict=True):
        event.pk, event._state.adding, event._state.db = pk, False, connection.alias
    _, place, end = found[0]
    return Seal(place or 0, end or START)


def _locked(cursor: CursorWrapper, statement: str, values: Sequence[Any]) -> None:
    """Run this statement with the lock of the chain, which is held until the transaction ends."""
    if connection.vendor != "postgresql":  # on SQLite, each transaction has locked the whole database already
        cursor.execute(statement, values)
        return
    # Two statements in one round trip: the second one sees all that was committed before the lock was given.
    cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK}); {statement}", values)
    cursor.nextset()


def _sealed(seal: Seal, events: Sequence[AuditEvent]) -> Iterator[AuditSeal]:
    for event in events:
        seal = Seal(
            seal.place + 1, link(seal.hash, event.pk, {name: getattr(event, name) for name in AuditEvent.guard})
        )
        yield AuditSeal(place=seal.place, event=event.pk, hash=seal.hash)


def link(before: str, pk: int, columns: dict[str, Any]) -> str:
    """Return the hash of a row after the seal `before`.

    Empty columns are left out, so that a column that is added later changes no seal from before.
    """
    held = {name: _text(value) for name, value in columns.items() if value is not None}
    return hashlib.sha256(json.dumps([before, pk, held], sort_keys=True).encode()).hexdigest()


def _text(value: Any) -> Any:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def last() -> Seal:
    """Return the end of the chain."""
    found = AuditSeal.objects.order_by("-place").values_list("place", "hash").first()
    return Seal(*found) if found else Seal(0, START)


def check(*, known: Seal | None = None) -> Checked:
    """Compute all hashes again and compare them. `known` is an earlier end of the chain, which must still be in it."""
    seal, faults = Seal(0, START), []
    for seals in _batches():
        found = AuditEvent.objects.filter(pk__in=[one.event for one in seals])
        rows = {row.pop("pk"): row for row in found.values("pk", *AuditEvent.guard)}
        for one in seals:
            if one.place != seal.place + 1:
                faults.append(f"Seals {seal.place + 1} to {one.place - 1} are missing.")
            elif one.event not in rows:
                faults.append(f"Row {one.event} is missing (seal {one.place}).")
            elif link(seal.hash, one.event, rows[one.event]) != one.hash:
                faults.append(f"Row {one.event} or its seal {one.place} was changed.")
            if known and one.place == known.place and one.hash != known.hash:
                faults.append(f"Seal {known.place} is not the one that was written down: the log was made anew.")
            seal = Seal(one.place, one.hash)
    if known and known.place > seal.place:
        faults.append(f"Seals {seal.place + 1} to {known.place} are missing at the end.")
    return Checked(seal, faults, [event.pk for event in unsealed()])


def unsealed() -> list[AuditEvent]:
    """Return the rows without a seal: a crash came between the two, or somebody has inserted the row by hand."""
    has_seal = Exists(AuditSeal.objects.filter(event=OuterRef("pk")))
    return list(AuditEvent.objects.filter(~has_seal).order_by("pk"))


def seal_rest() -> int:
    """Seal the rows that have no seal, and return how many there were. Nobody may write to the log at the same time."""
    rest = unsealed()
    _seal_alone(rest)
    return len(rest)


def _batches() -> Iterator[list[AuditSeal]]:
    done = 0
    while seals := list(AuditSeal.objects.filter(place__gt=done).order_by("place")[:AT_ONCE]):
        yield seals
        done = seals[-1].place
