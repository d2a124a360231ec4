"""Make the first administrator: `manage.py make_admin`."""

import os
import secrets
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from learn.people import roles
from learn.people.models import User


class Command(BaseCommand):
    """Create one superuser with the role IT, unless there is one already."""

    help = "Make the first administrator, called admin, unless there is one. ADMIN_PASSWORD chooses the password."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the superuser on the first run. Later runs change nothing and print no password."""
        if User.objects.filter(is_superuser=True, is_active=True).exists():
            self.stdout.write("Administrator: here already.")
            return
        password = os.environ.get("ADMIN_PASSWORD") or secrets.token_urlsafe(12)
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError("ADMIN_PASSWORD cannot be taken. " + " ".join(error.messages)) from error
        if User.objects.filter(username="admin").exists():
            raise CommandError(
                "Somebody is called admin already. Make an administrator with manage.py createsuperuser."
            )
        User.objects.create_superuser("admin", password=password).groups.add(Group.objects.get(name=roles.IT))
        shown = "the one in ADMIN_PASSWORD" if os.environ.get("ADMIN_PASSWORD") else password
        self.stdout.write(f"Administrator: admin. Password: {shown}")
