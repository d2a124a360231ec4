"""Staff at their devices, for the tests of the Desk."""

from __future__ import annotations

from django.test import Client

from tests.cast import make_staff


def signed_in(name: str, role: str) -> Client:
    """Return a new device on which a new member of staff with this role is signed in."""
    client = Client()
    client.force_login(make_staff(name, role))
    return client
