"""Compile the site's own words: `manage.py catalogs`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from learn.catalogs import catalogs, compiled, entries


class Command(BaseCommand):
    """Write the compiled file (.mo) of each .po file, and say how much of it is still to be translated."""

    help = "Compile the .po files of all languages. Needs no GNU gettext."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile every catalog."""
        for path in catalogs(Path(settings.BASE_DIR)):
            text = path.read_text(encoding="utf-8")
            path.with_suffix(".mo").write_bytes(compiled(text))
            empty = sum(not all(v for k, v in entry.items() if k.startswith("msgstr")) for entry in entries(text))
            self.stdout.write(f"{path.relative_to(settings.BASE_DIR)}: {empty} texts are not translated.")
