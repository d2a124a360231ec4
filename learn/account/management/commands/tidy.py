"""Erase guests who no longer use the site, and delete expired data: `manage.py tidy`."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from learn.account import data, guests, merging
from learn.people import rate_limits
from learn.people.models import User
from learn.progress import actions as progress
from learn.progress.models import Contact


class Command(BaseCommand):
    """Erase guests without progress after 30 days, idle guests after 12 months (ruling 19), old sessions and tries."""

    help = "Erase guests without progress after 30 days and idle guests after 12 months. Run it once a day."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option --dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be erased.")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        """Erase the guests and print the number of each kind. Each guest is locked and checked again first."""
        now = timezone.now()
        for what, found in guests.to_tidy(at=now).items():
            erased = 0
            for pk in list(found.values_list("pk", flat=True)):
                with transaction.atomic():
                    # Lock first, then check again: while this waited for the lock, the guest may have come back.
                    User.objects.select_for_update().filter(pk=pk).first()
                    guest = found.filter(pk=pk).first()
                    if guest and not dry_run:
                        guests.erase(guest=guest)
                    erased += guest is not None
            self.stdout.write(f"Guests {what}: {erased}{' would be' if dry_run else ''} erased.")
        if not dry_run:
            rate_limits.tidy(now=now)
            self.stdout.write(f"Merged records of which the rest was erased: {merging.finish_all(now=now)}.")
            emptied = progress.forget_staff_only(now=now)
            self.stdout.write(f"Words only for staff, older than {Contact.KEPT.days} days: {emptied} emptied.")
            call_command("clearsessions")
            transaction.on_commit(data.empty_log, robust=True)
