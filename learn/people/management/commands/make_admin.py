"""Make the first person of IT, who does all the rest in the browser: `manage.py make_admin`."""

import os
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from learn.people import roles, staff
from learn.people.models import OneTimePassword


class Command(BaseCommand):
    """Create one person with the role IT, unless there is one already."""

    help = (
        "Make the first person of IT with a one-time password, unless there is one. ADMIN_PASSWORD chooses a password "
        "that stays. If every IT person has lost theirs: --new-password NAME."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --name and --new-password."""
        parser.add_argument("--name", default="admin", help="the sign-in name; admin if you give none")
        parser.add_argument(
            "--new-password", metavar="NAME", default="", help="make a one-time password for this IT person"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the person on the first run. Later runs change nothing, unless --new-password asks for it."""
        if options["new_password"]:
            return self._again(options["new_password"])
        if staff.it_people().exists():
            self.stdout.write("Administrator: here already.")
            return
        typed = os.environ.get("ADMIN_PASSWORD", "")
        try:
            if typed:
                validate_password(typed)
        except ValidationError as error:
            raise CommandError("ADMIN_PASSWORD cannot be taken. " + " ".join(error.messages)) from error
        try:
            made = staff.add(
                name="", username=options["name"].lower(), role=roles.IT, care_teams=[], by=None, now=timezone.now()
            )
        except staff.Taken as error:
            raise CommandError(f"Somebody is called {options['name']} already. Choose another with --name.") from error
        if typed:
            made.person.set_password(typed)
            made.person.save(update_fields=["password"])
            OneTimePassword.objects.filter(user=made.person).delete()
            self.stdout.write(f"Administrator: {made.person.username}. Password: the one in ADMIN_PASSWORD")
        else:
            self._say(made)

    def _again(self, name: str) -> None:
        person = staff.it_people().filter(username=name).first()
        if person is None:
            raise CommandError(f"No person of IT who can sign in is called {name}.")
        self._say(staff.new_password(person=person, by=None, now=timezone.now()))

    def _say(self, made: staff.Password) -> None:
        self.stdout.write(f"Administrator: {made.person.username}. One-time password, for 24 hours: {made.text}")
