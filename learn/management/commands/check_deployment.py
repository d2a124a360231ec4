"""`manage.py check_deployment https://learn.hospital.example`: look at the running site from outside, as a visitor."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from learn import deployment


class Command(BaseCommand):
    """Print what is wrong with the site at this address, in words. Exit with 1 if something is."""

    help = "Looks at the running site from outside and says what is wrong with its proxy, certificate and settings."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address, and for a test a port or a certificate of its own."""
        parser.add_argument("url", help="the public address, like https://learn.hospital.example")
        parser.add_argument("--ca", help="a file with the hospital's own root certificates")
        parser.add_argument("--to", help="connect to this host (an address) instead of the name's own")
        parser.add_argument("--plain-port", type=int, default=80, help="the port of plain HTTP (80)")

    def handle(self, **given: Any) -> None:
        """Check, print, and raise CommandError if something is wrong."""
        try:
            place = deployment.Place.of(given["url"], ca=given["ca"], to=given["to"], plain=given["plain_port"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        wrong = 0
        for found in deployment.look(place):
            wrong += not found.right
            self.stdout.write(f"{'ok   ' if found.right else 'WRONG'}  {found.said}")
        if wrong:
            raise CommandError(f"{wrong} of these must be mended.")
        self.stdout.write("Nothing is wrong.")
