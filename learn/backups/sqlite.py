"""Backup and restore of SQLite."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection

from learn.backups import ledger, sealed
from learn.backups.files import STAYS, Backup, BackupError, Contents, counted, in_a_sentence
from learn.backups.keeping import keep
from learn.backups.ledger import Restored
from learn.backups.release import brought_up_to_date

BESIDE = ".backup-"  # begins the name of the folder of a plain copy


def live() -> Path:
    """Return the path of the site's database."""
    return Path(connection.settings_dict["NAME"])


def opened(path: Path) -> sqlite3.Connection:
    """Return a connection to an existing database. Not read-only: that would leave -wal and -shm files behind."""
    if not path.exists():
        raise BackupError(f"There is no database {path}.")
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=10)


def there_now() -> Contents:
    """Return the contents of the site's database; empty contents if there is none."""
    if not live().exists():
        return Contents({}, [])
    with closing(opened(live())) as db:
        return _counted(db)


def copy(source: sqlite3.Connection, to: Path, encrypted: bool) -> Contents:
    """Copy a database with SQLite's backup API. A copy of the file would miss what is still in the -wal file.

    For an encrypted one, a plain copy stands for a moment beside the live database, which is not encrypted either.
    """
    if not encrypted:
        return _copy(source, to)
    _sweep()
    with TemporaryDirectory(prefix=BESIDE, dir=live().parent) as folder:
        name = Path(folder) / live().name
        name.touch(mode=0o600)
        contents = _copy(source, name)
        with name.open("rb") as plain:
            name.unlink()  # if this is killed from here on, no plain copy is left
            sealed.seal(plain, to)
    return contents


def _sweep() -> None:
    """Remove plain copies that were left when an earlier backup was killed. Another one may be running now."""
    for left in live().parent.glob(f"{BESIDE}*"):
        if left.stat().st_mtime < time.time() - 24 * 3600:
            shutil.rmtree(left, ignore_errors=True)


def _copy(source: sqlite3.Connection, to: Path) -> Contents:
    with closing(opened(to)) as copy:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master")  # takes the snapshot; a locked database fails here
        source.backup(copy)
        source.execute("COMMIT")
        copy.execute("PRAGMA journal_mode=DELETE")  # one file
        return _checked(copy)


def _checked(db: sqlite3.Connection) -> Contents:
    if (result := db.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
        raise BackupError(f"The database is damaged: {result}.")
    if dangling := db.execute("PRAGMA foreign_key_check").fetchone():
        raise BackupError(f"The database is damaged: a row of {dangling[0]} points at nothing in {dangling[2]}.")
    return _counted(db)


def _counted(db: sqlite3.Connection) -> Contents:
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
    return counted(lambda query: db.execute(query).fetchall(), tables)


def restore(backup: Backup, marks: set[str], folder: Path, now: datetime) -> Restored:
    """Write the backup over the live database with SQLite's backup API, in one transaction.

    Rejected: os.replace. If the site started at that moment, its -wal file would not belong to the new database. A file
    that root replaces has the wrong owner. A file that is a mount point cannot be replaced.
    """
    there = live()
    if not there.exists() and there.with_name(f"{there.name}-wal").exists():
        raise BackupError(f"{there.name}-wal lies there without {there.name}: bring them together, or move it away.")
    with _alone(there) as target, TemporaryDirectory(prefix=".restore-", dir=there.parent) as beside:
        unpacked = Path(beside) / there.name
        with unpacked.open("xb") as file:
            sealed.unpack(backup, file)
        with closing(opened(unpacked)) as db:
            if _checked(db) != backup.contents:
                raise BackupError(f"{backup.path.name} does not hold the rows that its manifest names.")
        before = _counted(target)
        if ledger.TABLE in before.rows:
            marks = marks | {mark for (mark,) in target.execute(ledger.QUERY)}
        erased = brought_up_to_date(str(unpacked), marks=marks, now=now)
        kept = None
        if before.rows:
            with in_a_sentence(STAYS):
                kept = keep(partial(copy, target), folder=folder, now=now)
        with closing(opened(unpacked)) as source:
            source.backup(target)
        return Restored(kept, erased)


@contextmanager
def _alone(there: Path) -> Iterator[sqlite3.Connection]:
    """Lock the live database so that nobody else can read or write. Raises BackupError if somebody has it open."""
    with closing(sqlite3.connect(there, isolation_level=None, timeout=1)) as db:
        try:
            for statement in ("PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE", "COMMIT"):
                db.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise BackupError("The site is running: stop it first.") from error
        yield db
