"""Reset the second step of one member of staff: `manage.py reset_two_step NAME`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from learn.people import two_step
from learn.people.models import User


class Command(BaseCommand):
    """For a hospital with one person of IT, whose phone is lost: on the Desk, a reset takes two others."""

    help = "Reset the two-step sign-in of one member of staff, and end their sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the sign-in name."""
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset it. Raises CommandError if nobody on the staff has this name."""
        of = User.objects.filter(username=options["name"].lower(), is_staff=True).first()
        if of is None:
            raise CommandError("Nobody on the staff has this sign-in name.")
        done = two_step.take_off(of, notes=[], now=timezone.now())
        self.stdout.write("It is off. They set it up anew at the next sign-in." if done else "It was not set up.")
