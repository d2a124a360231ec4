"""Back up the whole database into one checked file while the site runs, and restore it.

Each backup file has a manifest next to it, FILE.json: kind of database, time, hash, number of rows. A file without a
manifest is no backup. With BACKUP_RECIPIENT, the file is encrypted. Beside the backups lies a list of the people who
asked to be erased, as hashes; a restore erases them again (ruling 27). If a function here fails, it raises BackupError
with one sentence, and nothing has changed.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from learn.backups import ledger, postgresql, sealed, sqlite
from learn.backups.files import FORMAT, Backup, BackupError, Contents, in_a_sentence, sha256
from learn.backups.keeping import keep
from learn.backups.ledger import Restored

__all__ = ["Backup", "BackupError", "Contents", "Restored", "back_up", "read", "restore", "there_now"]


def back_up(*, folder: Path, now: datetime) -> Backup:
    """Write a backup into this folder and return it. The site may keep running. Raises BackupError."""
    with in_a_sentence():
        if connection.vendor != "sqlite":
            backup = keep(postgresql.dump, folder=folder, now=now)
        else:
            with closing(sqlite.opened(sqlite.live())) as source:
                backup = keep(partial(sqlite.copy, source), folder=folder, now=now)
        if ledger.TABLE in backup.contents.rows:
            ledger.write(folder)
        return backup


def read(path: Path, *, identity: Path | None = None) -> Backup:
    """Return the backup in this file. `identity` is the file with the key that opens an encrypted one.

    Raises BackupError if it cannot be restored with this release, database and key.
    """
    manifest = path.with_name(f"{path.name}.json")
    with in_a_sentence():
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
        if sha256(path) != backup.sha256:
            raise BackupError(f"{path.name} is damaged: it is not the file that its manifest describes.")
        return replace(backup, keys=sealed.keys_for(path, identity)) if sealed.is_sealed(path) else backup


def restore(*, backup: Backup, folder: Path, now: datetime) -> Restored:
    """Replace the database by this backup, and erase again whoever asked to be erased since.

    The backup is unpacked into a second database, counted, migrated to this release and checked before anything is
    replaced. Sessions are restored too: a guest has no other way to their work, and staff sessions have timed out.
    """
    with in_a_sentence():
        marks = ledger.read(backup.path.parent) | ledger.read(folder)
        way = sqlite.restore if connection.vendor == "sqlite" else postgresql.restore
        return way(backup, marks, folder, now)


def there_now() -> Contents:
    """Return the contents of the site's database; empty contents if there is none. Raises BackupError."""
    with in_a_sentence("What is there now cannot be read: "):
        return sqlite.there_now() if connection.vendor == "sqlite" else postgresql.there_now()
