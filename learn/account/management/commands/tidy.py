"""Erase guests who no longer use the site, and delete expired data: `manage.py tidy`."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from learn.account import data, guests, merging
from learn.people import rate_limits
from learn.progress import actions as progress
from learn.progress.models import Contact
from quizzes.models import ItemAnalysis


class Command(BaseCommand):
    """Erase guests without progress after 30 days, idle guests after 12 months (ruling 19), old sessions and tries."""

    help = "Erase guests without progress after 30 days and idle guests after 12 months. Run it once a day."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option --dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be erased.")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        """Erase the guests and print the number of each kind."""
        now = timezone.now()
        number = dict.fromkeys((guests.LEFT, guests.NO_PROGRESS, guests.IDLE), 0)
        for batch in guests.candidates(at=now):
            found = guests.to_erase(batch, at=now) if dry_run else guests.tidy(batch, at=now)
            for why, whom in found.items():
                number[why] += len(whom)
        for why, n in number.items():
            self.stdout.write(f"Guests {why}: {n}{' would be' if dry_run else ''} erased.")
        if not dry_run:
            rate_limits.tidy(now=now)
            ItemAnalysis.objects.all().delete()  # counted anew in minutes, without who was erased
            self.stdout.write(f"Merged records of which the rest was erased: {merging.finish_all(now=now)}.")
            emptied = progress.forget_staff_only(now=now)
            self.stdout.write(f"Words only for staff, older than {Contact.KEPT.days} days: {emptied} emptied.")
            call_command("clearsessions")
            transaction.on_commit(data.empty_log, robust=True)
