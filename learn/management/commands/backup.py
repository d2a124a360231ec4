"""Back up the whole database into one checked file: `manage.py backup [FOLDER]`."""

import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from learn import backups
from learn.backups import sealed


class Command(BaseCommand):
    """Back up the database while the site runs."""

    help = "Back up the whole database into one checked file; the site may run meanwhile."
    requires_system_checks = []  # a failed system check must not prevent the nightly backup

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the folder to write to; the default is backups/ next to manage.py."""
        parser.add_argument("folder", nargs="?", type=Path, default=Path(settings.BASE_DIR) / "backups")
        parser.add_argument(
            "--new-key",
            type=Path,
            metavar="FILE",
            help="make a key for encrypted backups instead, and print what to set",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Back up; print the file, the number of rows and the size. With --new-key, make a key instead."""
        if options["new_key"]:
            return self._new_key(options["new_key"])
        # As an exception, SIGTERM lets `back_up` remove its unfinished files.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped; no backup was made."))
        try:
            backup = backups.back_up(folder=options["folder"], now=timezone.now())
        except backups.BackupError as error:
            raise CommandError(f"No backup was made. {error}") from error
        size = backup.path.stat().st_size / 1_000_000
        self.stdout.write(f"{backup.path}: {backup.contents.total:,} rows, {size:,.1f} MB.")
        if not settings.BACKUP_RECIPIENT:
            self.stdout.write("It is not encrypted. To encrypt backups, set BACKUP_RECIPIENT (docs/hospital-it.md).")

    def _new_key(self, path: Path) -> None:
        try:
            public = sealed.make_key(path)
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"No key was made. {error}") from error
        self.stdout.write(f"Keep {path} on another machine, twice: without it, nobody can open the backups. Then set:")
        self.stdout.write(f"BACKUP_RECIPIENT={public}")
