"""Writes a backup: the file, encrypted if the settings say so, and its manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.db import connection

from learn.backups import sealed
from learn.backups.files import FORMAT, SEALED, SUFFIXES, Backup, BackupError, Contents, claim, sha256, to_disk

Write = Callable[[Path, bool], Contents]  # fills the file, encrypted or not


def keep(write: Write, *, folder: Path, now: datetime) -> Backup:
    """Let `write` fill a file and count its rows. File and manifest get their names when both are safely on disk."""
    to = sealed.recipients()  # a wrong key is told before anything is read
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, part = claim(folder, now, SUFFIXES[connection.vendor] + (SEALED if to else ""))
    try:
        contents = write(part, bool(to))
        if not contents.rows:
            raise BackupError("There is nothing to back up: the database has no tables.")
        backup = Backup(path, connection.vendor, now, sha256(part), contents)
        manifest = part.with_name(f"{part.name}.json")
        manifest.touch(mode=0o600)
        fields = {"format": FORMAT, "vendor": backup.vendor, "at": now.isoformat(), "sha256": backup.sha256}
        manifest.write_text(json.dumps(fields | asdict(contents), indent=1))
        for name in (part, manifest):
            to_disk(name)
        # Rename the manifest first: once the backup has its final name, it is complete.
        manifest.replace(folder / f"{path.name}.json")
        part.replace(path)
        to_disk(folder)
        return backup
    finally:
        for left in folder.glob(f"{part.name}*"):
            left.unlink()
