"""Count for every worker what the educators' pages say of each question: `manage.py item_analysis`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from quizzes import health
from quizzes.models import SOURCE


class Command(BaseCommand):
    """Store the statistics of a large site once in ten minutes. Without it, each worker counts for itself."""

    help = "Counts the statistics of the questions for all workers of a large site. Run it every ten minutes."

    def handle(self, *args: Any, **options: Any) -> None:
        """Count what is published in the language of the Desk, without staff; print whether that was needed."""
        large = health.store(language=SOURCE, leave_out=health.STAFF, now=timezone.now())
        small = f"No check was taken {health.NEWEST} times yet: the pages count for themselves."
        self.stdout.write("Counted, for every worker." if large else small)
