"""Make the demo people: `manage.py make_demo`."""

import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from learn.people import roles
from learn.people.models import CareTeam, Membership, Patient, User


class Command(BaseCommand):
    """Create ana (a patient), noor (her nurse), omar (a nurse of another team), and eda, rex and ivy.

    The roles of the last three are educator, reviewer and IT.
    """

    help = "Make the demo people once. Only on this machine: PUBLIC_URL must be a loopback address."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the users on the first run. Later runs change nothing and print no password."""
        if not settings.ON_LOOPBACK:
            raise CommandError("Demo people are made only where PUBLIC_URL is on 127.0.0.1 or localhost.")
        if User.objects.filter(username__in=["ana", "noor", "omar", *STAFF]).exists():
            self.stdout.write("Demo people: here already.")
            return
        password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)
        with transaction.atomic():
            make(password)
        made_up = "" if os.environ.get("DEMO_PASSWORD") else " (set DEMO_PASSWORD to choose it yourself)"
        self.stdout.write(
            "Demo people: ana (patient), noor and omar (nurses), eda (educator), rex (reviewer), ivy (IT). "
            f"Password: {password}{made_up}"
        )


STAFF = {"eda": roles.EDUCATOR, "rex": roles.REVIEWER, "ivy": roles.IT}


def make(password: str) -> None:
    """Create both care teams and all users, who all have this password. The phone numbers are fictitious."""
    now = timezone.now()
    nurse = Group.objects.get(name=roles.NURSE)
    for name, team_name, number in (("noor", "Maple team", "0199"), ("omar", "Cedar team", "0188")):
        team = CareTeam.objects.create(
            name=team_name, day_phone=f"555-010-{number}", night_phone=f"555-011-{number}", fever="100.4 °F (38 °C)"
        )
        user = User.objects.create_user(name, password=password, first_name=name.title(), is_staff=True)
        user.groups.add(nurse)
        Membership.objects.create(care_team=team, nurse=user, started=now)
        if name == "noor":
            ana = User.objects.create_user("ana", password=password, first_name="Ana")
            Patient.objects.create(user=ana, care_team=team, label="Ana")
    for name, role in STAFF.items():
        user = User.objects.create_user(name, password=password, first_name=name.title(), is_staff=True)
        user.groups.add(Group.objects.get(name=role))
