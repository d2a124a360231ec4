"""Backup and restore of PostgreSQL."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

from learn.backups import ledger, sealed
from learn.backups.files import STAYS, Backup, BackupError, Contents, counted, in_a_sentence
from learn.backups.keeping import keep
from learn.backups.ledger import Restored
from learn.backups.release import brought_up_to_date

# libpq's connection options, and the environment variable that passes each of them to pg_dump and pg_restore.
LIBPQ = {
    option.keyword.decode(): option.envvar.decode() for option in psycopg.pq.Conninfo.get_defaults() if option.envvar
}


def _libpq(**over: str) -> dict[str, Any]:
    """Return the connection options of the database for libpq."""
    return {name: value for name, value in connection.get_connection_params().items() if name in LIBPQ} | over


def _connect(**over: str) -> psycopg.Connection:
    return psycopg.connect(**_libpq(**over), autocommit=True)


def _counted(db: psycopg.Connection) -> Contents:
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false)) ORDER BY 1"
    return counted(lambda query: db.execute(sql.SQL(query)).fetchall(), tables)


def there_now() -> Contents:
    """Return the contents of the site's database."""
    with _connect() as db:
        return _counted(db)


def dump(to: Path, encrypted: bool) -> Contents:
    """Dump and count in one snapshot. Then read the whole dump once, to see that it can be restored.

    For an encrypted one, the plain dump is in a file that has no name, so nothing of it is left if this is killed.
    """
    with TemporaryFile(dir=to.parent) if encrypted else to.open("w+b") as file, _connect() as db:
        with db.transaction():
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            snapshot = db.execute("SELECT pg_export_snapshot()").fetchall()[0][0]
            contents = _counted(db)
            _run(db, "pg_dump", "--format=custom", f"--snapshot={snapshot}", stdout=file)
        file.seek(0)
        _run(db, "pg_restore", f"--file={os.devnull}", stdin=file)
        if encrypted:
            file.seek(0)
            sealed.seal(file, to)
    return contents


def _run(db: psycopg.Connection, name: str, *arguments: str, stdin: Any = None, stdout: Any = None) -> None:
    """Run a PostgreSQL program that is at least as new as the server. It gets the connection in its environment."""
    environment = {LIBPQ[key]: str(value) for key, value in _libpq(dbname=db.info.dbname).items()}
    done = subprocess.run(  # noqa: S603 - ours
        [_program(name, db.info.server_version // 10_000), *arguments],
        env=os.environ | environment, stdin=stdin or subprocess.DEVNULL, stdout=stdout or subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, errors="replace",
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


def restore(backup: Backup, marks: set[str], folder: Path, now: datetime) -> Restored:
    """Fill a second database, then swap the names. Any failure before the swap leaves the live database unchanged."""
    with _connect() as db:
        live, before = db.info.dbname, _counted(db)
        if ledger.TABLE in before.rows:
            marks = marks | {mark for (mark,) in db.execute(ledger.QUERY)}
    beside = f"{live[:50]}_restore"
    with _connect(dbname="postgres") as server:
        _refuse_company(server, live)
        _make_like(server, live, beside)
        try:
            with _connect(dbname=beside) as db, TemporaryFile() as plain:  # it has no name, so nothing of it is left
                sealed.unpack(backup, plain)
                plain.seek(0)
                how = ("--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={beside}")
                _run(db, "pg_restore", *how, stdin=plain)
                if _counted(db) != backup.contents:
                    raise BackupError(f"{backup.path.name} does not hold the rows that its manifest names.")
            erased = brought_up_to_date(beside, marks=marks, now=now)
            with _connect(dbname=beside) as db:
                db.execute("ANALYZE")
            _refuse_company(server, live)  # as late as possible: anything written after this backup would be lost
            kept = None
            if before.rows:
                with in_a_sentence(STAYS):
                    kept = keep(dump, folder=folder, now=now)
            with server.transaction():  # PostgreSQL refuses this while somebody is connected to either database
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                for old, new in ((live, f"{beside}d"), (beside, live), (f"{beside}d", beside)):
                    server.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
            return Restored(kept, erased)
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
