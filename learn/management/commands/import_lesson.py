"""Take in a lesson pack as drafts: `manage.py import_lesson lessons.zip --by eda`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from learn.lessons import pack
from learn.people.models import User


class Command(BaseCommand):
    """Check a lesson pack whole, then save its lessons and questions as drafts, or nothing."""

    help = "Take in a lesson pack as drafts. A second person reviews and publishes them on the Desk."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the file, and the sign-in name of the educator in whose name the drafts come in."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", required=True, help="sign-in name of the educator who takes them in")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it in; print what came in."""
        by = User.objects.filter(username=User.normalize_username(options["by"]).lower(), is_staff=True).first()
        if by is None or not by.has_perm("lessons.add_edition"):
            raise CommandError(f"{options['by']} is no educator.")
        try:
            with options["file"].open("rb") as file:
                packed = file.read(pack.MOST_BYTES + 1)
            taken = pack.take_in(packed, by=by, now=timezone.now())
        except (OSError, pack.BadPack) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(taken.drafts)} lessons and {taken.questions} questions came in as drafts.")
        if taken.same:
            self.stdout.write(f"{len(taken.same)} lessons are here already, word for word.")
