"""Bring the database and the static files to this release: `manage.py upgrade`."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

KEY = 7_305_813_926_440_517_201  # of the advisory lock: any number that nothing else on this database uses


class Command(BaseCommand):
    """Migrate, load the shipped content, collect the static files. It may run on several machines at once."""

    help = "Migrate, load the shipped content and collect the static files, one machine at a time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Upgrade. Raises CommandError behind a pooler, whose connections cannot hold the lock."""
        with self.alone():
            call_command("migrate", interactive=False, verbosity=0)
            call_command("load_content", stdout=self.stdout)
        # The static files are each machine's own.
        call_command("collectstatic", interactive=False, verbosity=0)
        self.stdout.write("The database and the pages are of this release. Restart the site.")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody else upgrades this database, and keep others waiting until the block ends."""
        if connection.vendor == "sqlite":
            # One machine. The folder is locked, so no file is left behind.
            folder = os.open(Path(connection.settings_dict["NAME"]).resolve().parent, os.O_RDONLY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                yield
            finally:
                os.close(folder)
            return
        if settings.POOLER:
            raise CommandError("Not through PgBouncer: let DATABASE_URL name the server itself, and unset POOLER.")
        with connection.cursor() as cursor:
            waited = False
            # Asked each second, because a long wait in the database could meet a statement timeout.
            while not cursor.execute("SELECT pg_try_advisory_lock(%s)", [KEY]).fetchone()[0]:
                if not waited:
                    self.stdout.write("Another machine is upgrading this database. Waiting for it…")
                waited = True
                time.sleep(1)
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [KEY])
