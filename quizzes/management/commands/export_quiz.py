"""`manage.py export_quiz SLUG --format gift`: give the questions of a quiz out as a file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from quizzes import interchange
from quizzes.formats.known import FORMATS
from quizzes.models import Quiz


class Command(BaseCommand):
    """Writes the file to standard output, or to --out; what is lost is said on standard error."""

    help = "Give the questions of a quiz out as a file, as they are asked now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("slug")
        parser.add_argument("--format", required=True, choices=[name for name, form in FORMATS.items() if form.write])
        parser.add_argument("--language", default="en")
        parser.add_argument("--out", type=Path, metavar="FILE")

    def handle(self, *, slug: str, format: str, language: str, out: Path | None, **_: Any) -> None:
        """Write the file."""
        quiz = Quiz.objects.filter(slug=slug).first()
        if quiz is None:
            raise CommandError(f"There is no quiz {slug!r}.")
        form, document = FORMATS[format], interchange.give_out(quiz, language=language)
        if form.write is None:
            raise CommandError(f"{form.label} is only read.")
        for says, times in interchange.losses(document, form):
            self.stderr.write(f"Lost: {says}: {times} of {len(document.items)}.")
        data = form.write(document)
        if out:
            out.write_bytes(data)
        else:
            self.stdout._out.buffer.write(data)  # type: ignore[attr-defined]  # bytes, past Django's wrapper for text
