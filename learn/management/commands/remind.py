"""Send today's reminders: `manage.py remind`, once a day."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from learn.assignments import reminders
from learn.assignments.models import Reminder
from learn.people import known_keys, mail
from learn.progress import standing

AT_ONCE = 100  # people whose standings are read in one batch
GIVE_UP = 3  # failures in a row: the mail server is down, so stop; the others can still get their email today


class Command(BaseCommand):
    """Send one email to each patient who asked for reminders and has a lesson to do. A second run sends nothing."""

    help = "Send one reminder to each patient who wants one today. Run it daily."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept --dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="Say how many would be sent, and send none.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Send the reminders; print how many. Raises CommandError if any was refused, or if a key is foreign."""
        if problems := known_keys.problems():
            raise CommandError(f"No reminder was sent: its links would not work. {problems[0]}")
        now = timezone.now()
        due = due_now(now)
        if options["dry_run"]:
            self.stdout.write(f"Reminders to send today: {len(due)}. None was sent.")
            return
        sent = failed = refused = in_a_row = 0
        for reminder in due:
            try:
                sent += reminders.send(reminder=reminder, now=now)
                in_a_row = 0
            except mail.Refused:  # about this address alone
                refused += 1
            except mail.NotSent:
                failed, in_a_row = failed + 1, in_a_row + 1
            if in_a_row == GIVE_UP:
                break
        self.stdout.write(f"Reminders sent: {sent}.")
        if refused:
            self.stdout.write(f"Addresses that the mail server refuses for good: {refused}. Their nurses see it.")
        if failed:
            raise CommandError(f"The mail server did not take {failed}. These people are tried again tomorrow.")


def due_now(now: datetime) -> list[Reminder]:
    """Return the reminders to send today: those that may be sent and whose patient has a lesson that is due soon.

    "Today" is the date at each patient's clinic. The rule for due dates is `reminders.worth_a_mail`.
    """
    found = Reminder.objects.filter(confirmed__isnull=False, patient__ended_on=None, patient__user__is_active=True)
    found = found.exclude(address="").select_related("patient__care_team", "patient__user").order_by("pk")
    due = []
    for start in range(0, len(found), AT_ONCE):
        some = found[start : start + AT_ONCE]
        stands = standing.standings([reminder.patient.user_id for reminder in some])
        for reminder in some:
            today = reminder.patient.care_team.today(now)
            waiting = (s for s in stands[reminder.patient.user_id] if s.is_wanted)
            if reminder.next_day(today) == today and any(
                reminders.worth_a_mail(s.assigned.due, today) for s in waiting if s.assigned
            ):
                due.append(reminder)
    return due
