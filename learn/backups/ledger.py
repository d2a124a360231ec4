"""The list of people who asked to be erased, which no restore takes away: a table, and a file beside the backups.

The table is written with each erasure. `backup` adds its rows to the file; `restore` puts both together, erases these
people again in the database that it restores, and stores the list there. Only hashes are in it (`account/erased.py`).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from learn.account import actions, erased
from learn.backups.files import Backup, BackupError, to_disk

NAME = "erased.txt"
TABLE = "people_erasedmark"
QUERY = "SELECT mark FROM people_erasedmark"
HEAD = "# People who asked to be erased, as hashes. `restore` erases them again. Keep this file with the backups.\n"


@dataclass(frozen=True)
class Restored:
    """What a restore did: the backup of the old database, or None if it was empty, and how many it erased again."""

    kept: Backup | None
    erased: int


def read(folder: Path) -> set[str]:
    """Return the hashes in the list of this folder. Raises BackupError if it is damaged."""
    path = folder / NAME
    if not path.exists():
        return set()
    lines = {line.strip() for line in path.read_text(errors="replace").splitlines() if not line.startswith("#")} - {""}
    if not all(re.fullmatch("[0-9a-f]{64}", line) for line in lines):
        raise BackupError(f"{path} is damaged: each of its lines must be a hash of 64 letters.")
    return lines


def write(folder: Path) -> None:
    """Add the hashes of the site's database to the list of this folder. What is in the list stays."""
    path, part = folder / NAME, folder / f".{NAME}.{os.getpid()}"
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(HEAD + "".join(f"{mark}\n" for mark in sorted(erased.marks() | read(folder))))
    to_disk(part)
    part.replace(path)
    to_disk(folder)


def apply(marks: set[str], *, now: datetime) -> int:
    """Erase these people in the default database, and store the list there. Return how many were erased."""
    return actions.erase_again(marks, now=now)
