"""Actions on users: make a visitor a guest, and sign a user in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from learn.people import rate_limits, sessions
from learn.people.models import User
from learn.people.rate_limits import Limit

BACKEND = "learn.people.backends.RoleBackend"
# New guests from one address (ruling 37). A whole hospital may share one: a class of patients starts at the same time.
GUESTS, GUESTS_A_DAY = Limit("guests by address", 300, 600), Limit("guests by address, a day", 3000, 24 * 3600)


class TooManyGuests(PermissionDenied):
    """Too many guests came from this address; nothing was written. `seconds` says how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many guests from one address.")
        self.seconds = seconds


def learner(request: HttpRequest) -> User:
    """Return the user of this request. For a visitor, create a guest and sign them in.

    Call it at the first POST that must be stored, never at a GET: a visitor who only reads gets no database row. Call
    it outside a transaction. Raises TooManyGuests; whoever is a guest or a patient already is never counted.
    """
    if isinstance(request.user, User):
        return request.user
    where, now = rate_limits.address(request), timezone.now()
    for limit in (GUESTS, GUESTS_A_DAY):
        if seconds := rate_limits.count(limit, where, now=now):
            raise TooManyGuests(seconds)
    guest = User.objects.create_guest()
    login(request, guest, backend=BACKEND)
    sessions.opened(request, sessions.Key.GUEST)
    return guest


def sign_in(request: HttpRequest, user: User, *, by: sessions.Key, code: int | None = None, shared: bool) -> None:
    """Sign this user in with a new session key. The user who was signed in on this device before is signed out.

    `by` and `code` are the key that opened the session. If the user before was a guest, the new session remembers them,
    so that their record can be merged. A shared device does not offer to merge, because the guest may be a different
    person.
    """
    before = request.user
    login(request, user, backend=BACKEND)
    sessions.opened(request, by, code)
    arrive(request, before, shared=shared)


def arrive(request: HttpRequest, before: Any, *, shared: bool) -> None:
    """Start the time limits of this session, and remember the guest who learned on this device before the sign-in."""
    request.session.pop("since", None)  # the time starts again, even if a user was signed in before
    guest = request.session.pop("guest", None)  # set by the first request of a double click
    if isinstance(before, User):
        guest = before.pk if before.is_guest and before != request.user else None
    sessions.share(request, shared)
    if guest and not shared:
        sessions.remember(request, guest)


def reads_in(user: User, language: str) -> None:
    """Store the language (a code) in which this person reads and is written to."""
    User.objects.filter(pk=user.pk).exclude(language=language).update(language=language)
