"""Make the demo people and their ward: `manage.py make_demo`."""

import os
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from learn.management import ward
from learn.people import roles
from learn.people.models import CareTeam, Membership, Patient, User


class Command(BaseCommand):
    """Create ana (a patient), noor (her nurse), lena (who leads their team), omar (another team's nurse), and others.

    eda, rex and ivy are an educator, a reviewer and IT. Maple team gets patients in every state (`ward`).
    """

    help = "Make the demo people once. Only on this machine: PUBLIC_URL must be a loopback address."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept --people."""
        parser.add_argument("--people", action="store_true", help="Only those who can sign in, without the ward.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the users on the first run. Later runs change nothing and print no password."""
        if not settings.ON_LOOPBACK:
            raise CommandError("Demo people are made only where PUBLIC_URL is on 127.0.0.1 or localhost.")
        if User.objects.filter(username__in=["ana", "noor", "omar", "lena", *STAFF]).exists():
            self.stdout.write("Demo people: here already.")
            return
        password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)
        with transaction.atomic():
            ana, noor = make(password)
            if not options.get("people"):
                ward.Ward(team=ana.care_team, noor=noor, now=timezone.now()).make(ana)
        made_up = "" if os.environ.get("DEMO_PASSWORD") else " (set DEMO_PASSWORD to choose it yourself)"
        self.stdout.write(
            "Demo people: ana (patient), noor and omar (nurses), lena (lead nurse), eda (educator), rex (reviewer), "
            "ivy (IT). "
            f"Password: {password}{made_up}"
        )


STAFF = {"eda": roles.EDUCATOR, "rex": roles.REVIEWER, "ivy": roles.IT}


def make(password: str) -> tuple[Patient, User]:
    """Create both care teams and all users, who all have this password. Return ana and noor.

    The phone numbers are fictitious. The password is hashed once: each hash takes a good part of a second.
    """
    now, hashed = timezone.now(), make_password(password)

    def person(name: str, role: str = "") -> User:
        user = User(username=name, password=hashed, first_name=name.title(), is_staff=bool(role))
        user.save()
        user.groups.set(Group.objects.filter(name=role))
        return user

    maple, cedar = (
        CareTeam.objects.create(
            name=name, day_phone=f"555-010-{number}", night_phone=f"555-011-{number}", fever="100.4 °F (38 °C)"
        )
        for name, number in (("Maple team", "0199"), ("Cedar team", "0188"))
    )
    noor, omar, lena = person("noor", roles.NURSE), person("omar", roles.NURSE), person("lena", roles.LEAD)
    began = now - timedelta(days=40)
    for nurse, team in ((noor, maple), (omar, cedar), (lena, maple)):
        Membership.objects.create(care_team=team, nurse=nurse, started=began, lead=nurse is lena)
    for name, role in STAFF.items():
        person(name, role)
    return Patient.objects.create(user=person("ana"), care_team=maple, label="Ana"), noor
