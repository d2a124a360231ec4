"""Acts on people: a visitor becomes a guest, somebody signs in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest

from learn.people import sessions
from learn.people.models import User

BACKEND = "learn.people.backends.RoleBackend"


def learner(request: HttpRequest) -> User:
    """Return the person who learns here, making a guest of a visitor.

    Called at the first POST that is worth keeping, never at a GET: whoever only looks leaves no row.
    """
    if isinstance(request.user, User):
        return request.user
    guest = User.objects.create_guest()
    login(request, guest, backend=BACKEND)
    return guest


def sign_in(request: HttpRequest, user: User, *, shared: bool) -> None:
    """Sign this person in on this device, under a new session key; whoever was signed in here is signed out.

    A guest who learned here stays known to the new session, so that what they did can be merged. On a shared
    device nothing is offered: it may be somebody else's.
    """
    before = request.user
    login(request, user, backend=BACKEND)
    arrive(request, before, shared=shared)


def arrive(request: HttpRequest, before: Any, *, shared: bool) -> None:
    """Begin a sign-in's time on this device, and remember the guest who learned here before it."""
    request.session.pop("since", None)  # it begins anew, also for whoever was signed in before
    guest = request.session.pop("guest", None)  # nobody is signed in: left by the first press of two
    if isinstance(before, User):
        guest = before.pk if before.is_guest and before != request.user else None
    sessions.share(request, shared)
    if guest and not shared:
        sessions.remember(request, guest)
