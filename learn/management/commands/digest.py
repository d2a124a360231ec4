"""Send the morning emails of nurses: `manage.py digest`, once an hour."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from learn.assignments.models import Digest
from learn.desk import digests
from learn.people import mail

GIVE_UP = 3  # failures in a row: the mail server is down


class Command(BaseCommand):
    """Send one email to each nurse who chose it, on weekday mornings of their team. A second run sends nothing."""

    help = "Send the morning emails that nurses chose. Run it once an hour."

    def handle(self, *args: Any, **options: Any) -> None:
        """Send the emails; print how many. Raises CommandError if the mail server did not take some."""
        now = timezone.now()
        sent = refused = failed = in_a_row = 0
        wanted = Digest.objects.filter(confirmed__isnull=False, refused=None, nurse__is_active=True).exclude(address="")
        for digest in wanted.select_related("nurse").order_by("pk"):
            try:
                sent += digests.send(digest=digest, now=now)
                in_a_row = 0
            except mail.Refused:
                refused += 1
            except mail.NotSent:
                failed, in_a_row = failed + 1, in_a_row + 1
            if in_a_row == GIVE_UP:
                break
        self.stdout.write(f"Morning emails sent: {sent}.")
        if refused:
            self.stdout.write(f"Addresses that the mail server refuses for good: {refused}. Their nurses see it.")
        if failed:
            raise CommandError(f"The mail server did not take {failed}. These are tried again tomorrow.")
