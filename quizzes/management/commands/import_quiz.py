"""`manage.py import_quiz FILE --quiz SLUG --by NAME`: take questions in from a file, as drafts."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from quizzes import interchange
from quizzes.formats import MOST_BYTES, BadFile, known
from quizzes.models import Quiz


class Command(BaseCommand):
    """Exits with 1 if a question was refused; the others are taken in."""

    help = "Take questions in from a file (GIFT, Moodle XML, CSV, XLSX, QTI, Common Cartridge, Aiken) as drafts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--quiz", required=True, metavar="SLUG", help="the quiz that they belong to")
        parser.add_argument("--by", metavar="NAME", help="who takes them in: somebody else has to publish them")
        parser.add_argument("--language", default="en")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *, file: Path, quiz: str, by: str | None, language: str, dry_run: bool, **_: Any) -> None:
        """Take the questions in, or say what would change."""
        there = Quiz.objects.filter(slug=quiz).first()
        if there is None:
            raise CommandError(f"There is no quiz {quiz!r}.")
        users = get_user_model().objects
        user = users.filter(**{get_user_model().USERNAME_FIELD: by}).first() if by else None
        if user is None and not dry_run:
            raise CommandError(f"There is nobody called {by!r}." if by else "Say who takes them in: --by NAME")
        try:
            with file.open("rb") as opened:
                document = known.read(opened.read(MOST_BYTES + 1))
        except (OSError, BadFile) as error:
            raise CommandError(str(error)) from error
        plan = interchange.plan(document, there, language=language)
        for line in interchange.report(plan):
            self.stdout.write(line)
        if user is not None and not dry_run:
            self.stdout.write(f"Taken in: {interchange.take_in(plan, by=user, now=timezone.now())} drafts.")
        if plan.refused:
            raise CommandError(f"{len(plan.refused)} questions were not taken in.")
