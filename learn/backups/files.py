"""A backup on disk: its file, its manifest, and what is counted in it. The same for both kinds of databases."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.db import Error

FORMAT = 1
STAYS = "What is there now could not be backed up, so it stays: "
SUFFIXES = {"sqlite": ".sqlite3", "postgresql": ".pgdump"}
SEALED = ".age"  # is added to the name of an encrypted one


class BackupError(Exception):
    """The backup or restore failed and nothing has changed. The message is one sentence that says why."""


@dataclass(frozen=True)
class Contents:
    """The contents of a database: number of rows by table, and the applied migrations as "app.name"."""

    rows: dict[str, int]
    migrations: list[str]

    @property
    def total(self) -> int:
        """The number of rows in all tables."""
        return sum(self.rows.values())


@dataclass(frozen=True)
class Backup:
    """A backup on disk, as described by its manifest."""

    path: Path
    vendor: str
    at: datetime
    sha256: str
    contents: Contents
    keys: tuple[Any, ...] = ()  # the private keys that open an encrypted one


@contextmanager
def in_a_sentence(about: str = "") -> Iterator[None]:
    """Turn what can go wrong with files and databases into a BackupError of one sentence, which begins with `about`."""
    try:
        yield
    except (BackupError, OSError, sqlite3.Error, psycopg.Error, Error) as error:
        raise BackupError(f"{about}{' '.join(str(error).split()).rstrip('.')}.") from error


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def counted(ask: Callable[[str], Sequence[Sequence[Any]]], tables: str) -> Contents:
    """Count all rows. `ask` runs a query, and `tables` is the query for the names of the tables."""
    rows = {name: ask(f'SELECT count(*) FROM "{name}"')[0][0] for (name,) in ask(tables)}  # noqa: S608 - its own tables
    done = ask("SELECT app, name FROM django_migrations ORDER BY id") if "django_migrations" in rows else []
    return Contents(rows, [f"{app}.{name}" for app, name in done])


def claim(folder: Path, now: datetime, suffix: str, n: int = 1) -> tuple[Path, Path]:
    """Return the final path, named by UTC time, and an empty file to write to.

    Two in one minute: add a number.
    """
    name = f"{now.astimezone(UTC):%Y-%m-%dT%H%MZ}{f'-{n}' if n > 1 else ''}{suffix}"
    path, part = folder / name, folder / f".{name}.part"
    with suppress(FileExistsError):  # another backup is being written there, or was interrupted
        part.touch(mode=0o600, exist_ok=False)
        if not path.exists():
            return path, part
        part.unlink()
    return claim(folder, now, suffix, n + 1)


def to_disk(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)  # Path.open cannot open a folder
    os.fsync(descriptor)
    os.close(descriptor)
