"""Write a lesson pack: `manage.py export_lesson basics lessons.zip`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from learn.lessons import pack
from learn.lessons.models import Lesson


class Command(BaseCommand):
    """Write the published lessons with these slugs, or of these therapy types, into one file."""

    help = "Write published lessons and their questions into a lesson pack, for import_lesson at another site."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the slugs of lessons or therapy types, and the file."""
        parser.add_argument("slug", nargs="+", help="of a lesson or of a therapy type")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        slugs = options["slug"]
        lessons = Lesson.objects.taught().filter(Q(slug__in=slugs) | Q(therapy__slug__in=slugs))
        if not lessons:
            raise CommandError(f"There is no published lesson or therapy type {', '.join(slugs)}.")
        options["file"].write_bytes(pack.write(lessons))
        self.stdout.write(f"{len(lessons)} lessons are in {options['file']}.")
