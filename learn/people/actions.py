"""Acts on people: a visitor becomes a guest, somebody signs in with a code."""

from __future__ import annotations

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

    A guest who learned here stays known to the new session, so that they can bring along what they did. On a shared
    device nothing is offered: it may be somebody else's.
    """
    guest = request.user if isinstance(request.user, User) and request.user.is_guest else None
    login(request, user, backend=BACKEND)
    request.session.pop("since", None)  # it begins anew, also for whoever was signed in before
    request.session.pop("guest", None)
    sessions.share(request, shared)
    if guest and guest != user and not shared:
        request.session["guest"] = guest.pk
