"""Actions on users: make a visitor a guest, and sign a user in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest

from learn.people import sessions
from learn.people.models import User

BACKEND = "learn.people.backends.RoleBackend"


def learner(request: HttpRequest) -> User:
    """Return the user of this request. For a visitor, create a guest and sign them in.

    Call it at the first POST that must be stored, never at a GET: a visitor who only reads gets no database row.
    """
    if isinstance(request.user, User):
        return request.user
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
