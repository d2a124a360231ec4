"""Replace the database by a backup: `manage.py restore FILE --yes`."""

import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from learn import backups


class Command(BaseCommand):
    """Replace the database by a backup. The site must be stopped. The old database is backed up first."""

    help = "Put a backup in the place of the database; what is there is backed up first. Stop the site before."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the backup file, --yes to confirm, and --folder for the backup of the old database."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="do it; without this, only say what would be done")
        parser.add_argument(
            "--identity", type=Path, metavar="FILE", help="the file with the key of an encrypted backup"
        )
        parser.add_argument("--folder", type=Path, default=Path(settings.BASE_DIR) / "backups")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what the database has now and what the backup has. With --yes, restore."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # an exception, so that cleanup code runs
        try:
            backup = backups.read(options["file"], identity=options["identity"])
            now = backups.there_now()
            self.stdout.write(f"The backup: {backup.at:%Y-%m-%d %H:%M} UTC, {backup.contents.total:,} rows.")
            self.stdout.write(f"There now:  {now.total:,} rows in {connection.settings_dict['NAME']}.")
            if not options["yes"]:
                raise CommandError(
                    "Nothing was changed. Stop the site first, then run this again with --yes (make: YES=1)."
                )
            done = backups.restore(backup=backup, folder=options["folder"], now=timezone.now())
        except backups.BackupError as error:
            raise CommandError(f"Nothing was restored. {error}") from error
        if done.kept:
            self.stdout.write(f"What was there is kept in {done.kept.path}.")
        if done.erased:
            self.stdout.write(f"People who have asked to be erased, and are erased again: {done.erased}.")
        self.stdout.write(self.style.SUCCESS("Restored. Start the site."))
