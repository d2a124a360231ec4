"""Back up the whole database into one checked file while the site runs, and restore it.

Each backup file has a manifest next to it, FILE.json: kind of database, time, hash, number of rows. A file without a
manifest is no backup. If a function here fails, it raises BackupError with one sentence, and nothing has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from learn.apps import database_problems

FORMAT = 1
STAYS = "What is there now could not be backed up, so it stays: "
SUFFIXES = {"sqlite": ".sqlite3", "postgresql": ".pgdump"}
# libpq's connection options, and the environment variable that passes each of them to pg_dump and pg_restore.
LIBPQ = {
    option.keyword.decode(): option.envvar.decode() for option in psycopg.pq.Conninfo.get_defaults() if option.envvar
}


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


def back_up(*, folder: Path, now: datetime) -> Backup:
    """Write a backup into this folder and return it. The site may keep running. Raises BackupError."""
    with _in_a_sentence():
        if connection.vendor != "sqlite":
            return _keep(_dump, folder=folder, now=now)
        with closing(_open(_live())) as source:
            return _keep(partial(_copy, source), folder=folder, now=now)


def read(path: Path) -> Backup:
    """Return the backup in this file. Raises BackupError if it cannot be restored with this release and database."""
    manifest = path.with_name(f"{path.name}.json")
    with _in_a_sentence():
        if not path.is_file():
            raise BackupError(f"There is no file {path}.")
        if not manifest.is_file():
            raise BackupError(f"{path.name} has no manifest: {manifest.name} must lie beside it.")
        try:
            fields = json.loads(manifest.read_text())
            if fields["format"] != FORMAT:
                raise BackupError(f"{path.name} was made by another release, in a format that this one does not know.")
            contents = Contents(dict(fields["rows"]), list(fields["migrations"]))
            backup = Backup(path, fields["vendor"], datetime.fromisoformat(fields["at"]), fields["sha256"], contents)
        except (ValueError, KeyError, TypeError) as error:
            raise BackupError(f"The manifest {manifest.name} is damaged.") from error
        if backup.vendor != connection.vendor:
            raise BackupError(f"{path.name} is a backup of {backup.vendor}, and this site runs on {connection.vendor}.")
        known = MigrationLoader(None).disk_migrations
        ours = {f"{app}.{name}" for key, one in known.items() for app, name in [key, *one.replaces]}
        if unknown := sorted(set(contents.migrations) - ours):
            raise BackupError(f"{path.name} is from a newer release than this one, which has no {unknown[0]}.")
        if _sha256(path) != backup.sha256:
            raise BackupError(f"{path.name} is damaged: it is not the file that its manifest describes.")
        return backup


def restore(*, backup: Backup, folder: Path, now: datetime) -> Backup | None:
    """Replace the database by this backup. Return a backup of the old database, or None if it was empty.

    The backup is unpacked into a second database, counted, migrated to this release and checked before anything is
    replaced. Sessions are restored too: a guest has no other way to their work, and staff sessions have timed out.
    """
    with _in_a_sentence():
        return (_restore_sqlite if connection.vendor == "sqlite" else _restore_postgresql)(backup, folder, now)


def there_now() -> Contents:
    """Return the contents of the site's database; empty contents if there is none. Raises BackupError."""
    with _in_a_sentence("What is there now cannot be read: "):
        if connection.vendor != "sqlite":
            with _connect() as db:
                return _counted_postgresql(db)
        if not _live().exists():
            return Contents({}, [])
        with closing(_open(_live())) as db:
            return _counted_sqlite(db)


@contextmanager
def _in_a_sentence(about: str = "") -> Iterator[None]:
    try:
        yield
    except (BackupError, OSError, sqlite3.Error, psycopg.Error, Error) as error:
        raise BackupError(f"{about}{' '.join(str(error).split()).rstrip('.')}.") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _counted(ask: Callable[[str], Sequence[Sequence[Any]]], tables: str) -> Contents:
    rows = {name: ask(f'SELECT count(*) FROM "{name}"')[0][0] for (name,) in ask(tables)}  # noqa: S608 - its own tables
    done = ask("SELECT app, name FROM django_migrations ORDER BY id") if "django_migrations" in rows else []
    return Contents(rows, [f"{app}.{name}" for app, name in done])


def _keep(write: Callable[[Path], Contents], *, folder: Path, now: datetime) -> Backup:
    """Let `write` fill a file and count its rows. File and manifest get their names when both are safely on disk."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, part = _claim(folder, now)
    try:
        contents = write(part)
        if not contents.rows:
            raise BackupError("There is nothing to back up: the database has no tables.")
        backup = Backup(path, connection.vendor, now, _sha256(part), contents)
        manifest = part.with_name(f"{part.name}.json")
        manifest.touch(mode=0o600)
        fields = {"format": FORMAT, "vendor": backup.vendor, "at": now.isoformat(), "sha256": backup.sha256}
        manifest.write_text(json.dumps(fields | asdict(contents), indent=1))
        for name in (part, manifest):
            _to_disk(name)
        # Rename the manifest first: once the backup has its final name, it is complete.
        manifest.replace(folder / f"{path.name}.json")
        part.replace(path)
        _to_disk(folder)
        return backup
    finally:
        for left in folder.glob(f"{part.name}*"):
            left.unlink()


def _claim(folder: Path, now: datetime, n: int = 1) -> tuple[Path, Path]:
    """Return the final path, named by UTC time, and an empty file to write to. Two in one minute: add a number."""
    name = f"{now.astimezone(UTC):%Y-%m-%dT%H%MZ}{f'-{n}' if n > 1 else ''}{SUFFIXES[connection.vendor]}"
    path, part = folder / name, folder / f".{name}.part"
    with suppress(FileExistsError):  # another backup is being written there, or was interrupted
        part.touch(mode=0o600, exist_ok=False)
        if not path.exists():
            return path, part
        part.unlink()
    return _claim(folder, now, n + 1)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)  # Path.open cannot open a folder
    os.fsync(descriptor)
    os.close(descriptor)


def _brought_to_this_release(name: str) -> None:
    """Migrate the database with this name (this also creates the guards), and check that the site may run on it.

    Meanwhile it is the default database, as in Django's tests. So a migration that does not name its database cannot
    change the live one.
    """
    live = connection.settings_dict["NAME"]
    _hang_up()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
        problems = database_problems()
    except Exception as error:  # a migration can fail in any way
        raise BackupError(f"It could not be migrated to this release: {error}") from error
    finally:
        _hang_up()
        connection.settings_dict["NAME"] = live
    if problems:
        raise BackupError(" ".join(problems))


def _hang_up() -> None:
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's alone has one


# SQLite


def _live() -> Path:
    return Path(connection.settings_dict["NAME"])


def _open(path: Path) -> sqlite3.Connection:
    """Return a connection to an existing database. Not read-only: that would leave -wal and -shm files behind."""
    if not path.exists():
        raise BackupError(f"There is no database {path}.")
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=10)


def _copy(source: sqlite3.Connection, to: Path) -> Contents:
    """Copy a database with SQLite's backup API. A copy of the file would miss what is still in the -wal file."""
    with closing(_open(to)) as copy:
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
    return _counted_sqlite(db)


def _counted_sqlite(db: sqlite3.Connection) -> Contents:
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
    return _counted(lambda query: db.execute(query).fetchall(), tables)


def _restore_sqlite(backup: Backup, folder: Path, now: datetime) -> Backup | None:
    """Write the backup over the live database with SQLite's backup API, in one transaction.

    Rejected: os.replace. If the site started at that moment, its -wal file would not belong to the new database. A file
    that root replaces has the wrong owner. A file that is a mount point cannot be replaced.
    """
    live = _live()
    if not live.exists() and live.with_name(f"{live.name}-wal").exists():
        raise BackupError(f"{live.name}-wal lies there without {live.name}: bring them together, or move it away.")
    with _alone(live) as target, TemporaryDirectory(prefix=".restore-", dir=live.parent) as beside:
        unpacked = Path(shutil.copyfile(backup.path, Path(beside) / live.name))
        with closing(_open(unpacked)) as db:
            if _checked(db) != backup.contents:
                raise BackupError(f"{backup.path.name} does not hold the rows that its manifest names.")
        _brought_to_this_release(str(unpacked))
        kept = None
        if _counted_sqlite(target).rows:
            with _in_a_sentence(STAYS):
                kept = _keep(partial(_copy, target), folder=folder, now=now)
        with closing(_open(unpacked)) as source:
            source.backup(target)
        return kept


@contextmanager
def _alone(live: Path) -> Iterator[sqlite3.Connection]:
    """Lock the live database so that nobody else can read or write. Raises BackupError if somebody has it open."""
    with closing(sqlite3.connect(live, isolation_level=None, timeout=1)) as db:
        try:
            for statement in ("PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE", "COMMIT"):
                db.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise BackupError("The site is running: stop it first.") from error
        yield db


# PostgreSQL


def _libpq(**over: str) -> dict[str, Any]:
    """Return the connection options of the database for libpq."""
    return {name: value for name, value in connection.get_connection_params().items() if name in LIBPQ} | over


def _connect(**over: str) -> psycopg.Connection:
    return psycopg.connect(**_libpq(**over), autocommit=True)


def _counted_postgresql(db: psycopg.Connection) -> Contents:
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false)) ORDER BY 1"
    return _counted(lambda query: db.execute(sql.SQL(query)).fetchall(), tables)


def _dump(to: Path) -> Contents:
    """Dump and count in one snapshot. Then read the whole dump once, to see that it can be restored."""
    with _connect() as db:
        with db.transaction():
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            snapshot = db.execute("SELECT pg_export_snapshot()").fetchall()[0][0]
            contents = _counted_postgresql(db)
            _run(db, "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={to}")
        _run(db, "pg_restore", f"--file={os.devnull}", str(to))
    return contents


def _run(db: psycopg.Connection, name: str, *arguments: str) -> None:
    """Run a PostgreSQL program that is at least as new as the server. It gets the connection in its environment."""
    environment = {LIBPQ[key]: str(value) for key, value in _libpq(dbname=db.info.dbname).items()}
    done = subprocess.run(  # noqa: S603 - ours
        [_program(name, db.info.server_version // 10_000), *arguments],
        env=os.environ | environment, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode:
        output = done.stderr.strip().splitlines() or [f"{name} ended with code {done.returncode}"]
        raise BackupError(f"{next((line for line in output if 'error:' in line), output[-1])}.")


def _program(name: str, version: int) -> str:
    places = [shutil.which(name), *map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))]
    for program in filter(None, places):
        says = subprocess.run([program, "--version"], capture_output=True, text=True).stdout  # noqa: S603
        if (found := re.search(r"\) (\d+)", says)) and int(found[1]) >= version:
            return program
    raise BackupError(f"{name} {version} or newer is not here: install it (Debian: apt install postgresql-client).")


def _restore_postgresql(backup: Backup, folder: Path, now: datetime) -> Backup | None:
    """Fill a second database, then swap the names. Any failure before the swap leaves the live database unchanged."""
    with _connect() as db:
        live, before = db.info.dbname, _counted_postgresql(db)
    beside = f"{live[:50]}_restore"
    with _connect(dbname="postgres") as server:
        _refuse_company(server, live)
        _make_like(server, live, beside)
        try:
            with _connect(dbname=beside) as db:
                how = ("--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={beside}")
                _run(db, "pg_restore", *how, str(backup.path))
                if _counted_postgresql(db) != backup.contents:
                    raise BackupError(f"{backup.path.name} does not hold the rows that its manifest names.")
            _brought_to_this_release(beside)
            with _connect(dbname=beside) as db:
                db.execute("ANALYZE")
            _refuse_company(server, live)  # as late as possible: anything written after this backup would be lost
            kept = None
            if before.rows:
                with _in_a_sentence(STAYS):
                    kept = _keep(_dump, folder=folder, now=now)
            with server.transaction():  # PostgreSQL refuses this while somebody is connected to either database
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                for old, new in ((live, f"{beside}d"), (beside, live), (f"{beside}d", beside)):
                    server.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
            return kept
        finally:  # drops the unfinished database, or after the swap the old one
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(beside)))


def _refuse_company(server: psycopg.Connection, live: str) -> None:
    """Raise BackupError if somebody is connected to the live database. PostgreSQL's own workers have no user."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usesysid IS NOT NULL"
    for _ in range(20):  # a connection that was just closed, like our own, is listed for a moment longer
        if not (others := server.execute(query, [live]).fetchall()[0][0]):
            return
        time.sleep(0.1)
    raise BackupError(f"The site is running ({others} connected to {live}): stop it first.")


def _make_like(server: psycopg.Connection, live: str, beside: str) -> None:
    """Create an empty database with the encoding and the collation of the live one."""
    encoding, collate, ctype = server.execute(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = %s", [live]
    ).fetchall()[0]
    make = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}")
    try:
        server.execute(make.format(sql.Identifier(beside), encoding, collate, ctype))
    except psycopg.errors.InsufficientPrivilege as error:
        role = f"ALTER ROLE {server.info.user} CREATEDB"
        raise BackupError(f"The database's user may not make databases: let an administrator run {role}.") from error
    except psycopg.errors.DuplicateDatabase as error:
        raise BackupError(f"The database {beside} is left from a restore that broke off: drop it first.") from error
