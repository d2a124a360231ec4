"""Passwords: make a one-time password, ask for an own one at the first sign-in, change one's own.

A one-time password works for 24 hours and until its owner has chosen a password of their own. A session that it opened
leads to the page for that, and nowhere else (`first`). Hashes are made before a transaction begins: one takes a quarter
of a second, in which SQLite would let nobody else write.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from allauth.account.authentication import get_authentication_records
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from learn.people import audit, sessions
from learn.people.models import OneTimePassword, User
from learn.people.requests import LearnerRequest, SiteRequest
from learn.typed import password as composed

LASTS = timedelta(hours=24)
# Letters that nobody mistakes for a digit or for one another, and no vowels, so that no word comes out.
LETTERS = "bcdfghjkmnpqrstvwxz"
GROUPS, GROUP = 4, 4
FIRST = "first_password"  # session key: signed in with a one-time password, and no own one is chosen yet
EXPIRED = _("That one-time password is more than 24 hours old. Ask your IT department for a new one.")


def make() -> str:
    """Return a new one-time password: 16 letters in groups of four, 67 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def hand_out(*, user: User, hashed: str, by: User, now: datetime) -> OneTimePassword:
    """Give this user a one-time password (its hash), and end all their sessions. The caller has locked the user."""
    User.objects.filter(pk=user.pk).update(password=hashed)
    sessions.end_all(user.pk)
    said = {"by": by, "made": now, "expires": now + LASTS}
    row, _ = OneTimePassword.objects.update_or_create(user=user, defaults=said)
    return row


def waiting(user: User) -> OneTimePassword | None:
    """Return the one-time password that this user has not replaced yet, or None if their password is their own."""
    return OneTimePassword.objects.filter(user=user.pk).first()


def is_expired(user: User, *, now: datetime) -> bool:
    """Return whether this user's password is a one-time password whose time is over."""
    return OneTimePassword.objects.filter(user=user.pk, expires__lte=now).exists()


def typed(request: HttpRequest, user: User) -> bool:
    """Return whether this sign-in proved a one-time password.

    Only a sign-in that is known to have taken another way, such as single sign-on, asks for no password of one's own.
    """
    ways = {record.get("method") for record in get_authentication_records(request, user)}
    return (not ways or "password" in ways) and waiting(user) is not None


def change(*, user: User, old: str | None, new: str, now: datetime) -> bool:
    """Set an own password, and end all sessions of this user (`stay` keeps one). Return False if `old` is wrong.

    `old` is None only for a session that was just opened with a one-time password. If the same form is sent twice, the
    second call finds the new password set, and that is not an error.
    """
    seen = user.password
    if old is not None and not _fits(old, seen):
        return _fits(new, seen)
    hashed = make_password(composed(new))
    with transaction.atomic():
        row = User.objects.lock(user.pk)
        if row is None:
            return False
        if row.password == seen:
            User.objects.filter(pk=row.pk).update(password=hashed)
            OneTimePassword.objects.filter(user=row).delete()
            sessions.end_all(row.pk)
            patient, person = getattr(row, "patient", None), row if row.is_staff else None
            audit.note(by=row, what="password.changed", patient=patient, person=person, now=now)
        elif _fits(new, row.password):
            hashed = row.password
        else:
            return False
    user.password = hashed
    return True


def _fits(password: str, hashed: str) -> bool:
    """Return whether this is the password, as `User.check_password` does, but without a newer hash for an old one."""
    one = composed(password)
    return check_password(password, hashed) or (one != password and check_password(one, hashed))


def stay(request: LearnerRequest) -> None:
    """Keep this session after `change`, with a new key: whoever copied the old key is signed out too."""
    request.session.pop(FIRST, None)
    update_session_auth_hash(request, request.user)


def first(get_response: Callable[[SiteRequest], HttpResponse]) -> Callable[[SiteRequest], HttpResponse]:
    """Middleware: a session that a one-time password opened sees only the page for an own password."""

    def middleware(request: SiteRequest) -> HttpResponse:
        if FIRST in request.session and request.user.is_authenticated:
            chosen = reverse("admin:password")
            if request.path not in (chosen, reverse("account_logout"), reverse("stay"), reverse("help")):
                return redirect(chosen)
        return get_response(request)

    return middleware
