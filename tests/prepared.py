"""New databases for served sites: a command runs once for all sites and workers of a run, later ones get copies."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

IN_A_DATABASE = ("migrate", "load_content", "make_demo --people")


def bring(database: Path, command: str, *, after: str, manage: Callable[..., object], kept: Path) -> str:
    """Bring a new database to where it is after this command of manage.py. Return the name of where it is then.

    `after` is such a name too: the same commands with the same settings. A command that does more than change the
    database runs each time. `migrate` alone takes nine seconds of a processor, and what it makes depends on no setting.
    """
    if command not in IN_A_DATABASE:
        manage(*command.split())
        return after
    there = f"{after} {command}".replace(" ", "-")
    copy = kept / f"after{there}.sqlite3"
    with (kept / "after.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker that makes the same one is waited for
        if copy.exists():
            for rest in ("-wal", "-shm"):  # of what the commands before have made
                database.with_name(database.name + rest).unlink(missing_ok=True)
            shutil.copy(copy, database)  # with its mode: the command decides who may read it
        else:
            manage(*command.split())
            new = copy.with_suffix(".new")
            with closing(sqlite3.connect(database)) as there_now, closing(sqlite3.connect(new)) as into:
                there_now.backup(into)
            shutil.copymode(database, new)
            new.rename(copy)
    return there
