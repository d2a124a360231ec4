"""Load the shipped lessons, questions, pathways and suggested questions: `manage.py load_content`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from learn.assignments import content as pathways
from learn.lessons import content as lessons
from learn.lessons import left_alone, translated
from learn.visits import content as questions

# In this order, because a later loader refers to rows of an earlier one.
LOADERS = (lessons.load, translated.load, pathways.load, questions.load)


def load(folder: Path) -> left_alone.Report:
    """Load the shipped content of every app from this folder, all or nothing.

    Raises lessons.content.ContentError at the first rule that a file breaks.
    """
    whole = left_alone.Report()
    with transaction.atomic():
        for loader in LOADERS:
            part = loader(folder)
            whole.added += part.added
            whole.left_alone += part.left_alone
    return whole


class Command(BaseCommand):
    """Add what is new and leave the rest unchanged. It is safe to run this at every start."""

    help = "Load the shipped lessons, questions, pathways and suggestions; what you changed yourself is left alone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept --folder; the default is the shipped fixtures/."""
        parser.add_argument("--folder", type=Path, default=Path(settings.BASE_DIR) / "fixtures")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load; print what was added and what was left alone."""
        try:
            report = load(options["folder"])
        except lessons.ContentError as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        if options["verbosity"] > 1:
            for line in report.added:
                self.stdout.write(f"  added {line}")
        self.stdout.write(
            f"Lessons and questions: {len(report.added)} added." if report.added else "Lessons: up to date."
        )
        for line in report.left_alone:
            self.stdout.write(self.style.WARNING(line))
