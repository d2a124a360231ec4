"""How long a sign-in lasts (ruling 12).

A patient's own phone: one year, renewed at a POST, once a day at most. A shared one: 30 minutes without a POST. Staff:
15 minutes without a POST, 12 hours in all. Only a POST renews: a page that reloads itself must not keep an empty chair
signed in.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.sessions.backends import db
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from learn.people import who
from learn.people.models import Session, User
from learn.people.requests import SiteRequest

STAFF_IDLE = 15 * 60  # seconds
STAFF_LONGEST = 12 * 3600  # seconds
SHARED_IDLE = 30 * 60  # seconds
DOUBLE = timedelta(minutes=1)  # in which a form that signs in may come once more: a double press
_DAY = 24 * 3600

ENDED = _(
    "You were signed out because some time had passed. Sign in to go on. "
    "What you had not sent yet, please fill in again."
)

GONE = _("You are not signed in here any more. What you sent just now was not saved.")

Handler = Callable[[SiteRequest], HttpResponse]

# Django's says for whose rows it is, to the type checker only.
if TYPE_CHECKING:
    _Store = db.SessionStore[Session]
else:
    _Store = db.SessionStore


class SessionStore(_Store):
    """Django's, on our own table: each row also holds the number of the person who is signed in."""

    _person: User | None = None  # read with the session, until `person` gives it away

    def load(self) -> dict[str, Any]:
        """Return what the session holds, as Django's does; its person is read by the same statement."""
        found = who.living(self.session_key)
        if found is None:
            self._session_key = None
            return {}
        data, self._person = found
        return dict(self.decode(data))

    def person(self, pk: Any) -> User | None:
        """Give the person of this session, once and to whoever asks for this number; None: read them yourself."""
        person, self._person = self._person, None
        return person if person and person.pk == pk else None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return our own table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row to save. Signing in and out change the data, and so the number follows them."""
        row = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        return row

    def _validate_session_key(self, key: str) -> bool:
        """Refuse more than Django does: PostgreSQL takes no NUL, and whoever sent one would get an error page."""
        valid = bool(super()._validate_session_key(key))  # type: ignore[misc]  # the stubs leave it out
        return valid and key.isascii() and key.isalnum()


# The session whose user Django is reading at this moment: its `auth.get_user` hands the backend no request.
_reading: ContextVar[SessionStore | None] = ContextVar("reading", default=None)


class PersonMiddleware(AuthenticationMiddleware):
    """Django's, with the person who was read together with the session; each check stays Django's own."""

    def process_request(self, request: HttpRequest) -> None:
        """Give the request its user, to be read when somebody asks."""
        super().process_request(request)
        request.user = SimpleLazyObject(partial(_user_of, request))  # type: ignore[assignment]


def _user_of(request: HttpRequest) -> Any:
    token = _reading.set(request.session if isinstance(request.session, SessionStore) else None)
    try:
        return get_user(request)
    finally:
        _reading.reset(token)


def read_with_session(pk: Any) -> User | None:
    """Return the person with this number, if the session that is being looked at brought them; for the backend."""
    store = _reading.get()
    return store.person(pk) if store else None


def sign_out_gone(request: HttpRequest) -> HttpResponse:
    """Sign out somebody who was erased, merged or closed while they sent this; lead to the same page as a visitor."""
    logout(request)
    messages.info(request, GONE)
    return HttpResponseRedirect(request.path)


def share(request: HttpRequest, shared: bool) -> None:
    """Say whether other people use this device too; whoever is signed in on it now is signed out when idle."""
    request.session["shared"] = shared
    request.session.set_expiry(2 * SHARED_IDLE if shared else None)  # so long it can say that it is over


def remember(request: HttpRequest, guest: int) -> None:
    """Keep the guest (pk) who learned here known to the new session, and for a minute to the one before it.

    A second press was sent with the cookie of the session before, which the sign-in has ended; its answer is the one
    that the browser shows, and it must ask the same.
    """
    request.session["guest"] = guest
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if key and key != request.session.session_key and len(key) <= 40:
        data = SessionStore().encode({"guest": guest})
        Session.objects.bulk_create(
            [Session(session_key=key, session_data=data, expire_date=timezone.now() + DOUBLE)], ignore_conflicts=True
        )


def _limits(request: HttpRequest) -> tuple[float, float]:
    """Return how long this session may be without a POST, and in all; seconds."""
    if request.user.is_authenticated and request.user.is_staff:
        return STAFF_IDLE, STAFF_LONGEST
    return (SHARED_IDLE if request.session.get("shared") else math.inf), math.inf


def _to_the_form(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let the sign-in lead to the page whose form was sent, not to an address that may take posts only."""
    sign_in = resolve_url("account_login")
    if urlsplit(response.get("Location", "")).path == sign_in:
        came_from = urlsplit(request.headers.get("referer", ""))
        page = came_from.path if came_from.netloc == request.get_host() else resolve_url(settings.LOGIN_REDIRECT_URL)
        query = f"?{came_from.query}" if came_from.query and page == came_from.path else ""
        response["Location"] = f"{sign_in}?{urlencode({'next': page + query})}"
    return response


def lengths(get_response: Handler) -> Handler:
    """Middleware: end a staff session that is over, renew the others; patients' days are their clinic's."""

    def middleware(request: SiteRequest) -> HttpResponse:
        now = int(time.time())
        ended, request.idle = False, None
        if request.user.is_authenticated and "since" in request.session:
            idle, longest = _limits(request)
            since, seen = request.session["since"], request.session["seen"]
            if now - seen > idle or now - since > longest:
                logout(request)
                ended = True
                messages.info(request, ENDED)
            else:
                left = min(idle - (0 if request.method == "POST" else now - seen), longest - (now - since))
                if left < _DAY:  # what a page warns of (templates/_stay.html); seconds
                    request.idle = {"left": left, "all": idle}
        zone = request.user.patient.care_team.zone if hasattr(request.user, "patient") else None
        with timezone.override(zone):
            response = get_response(request)
        if not request.user.is_authenticated:
            return _to_the_form(request, response) if ended and request.method == "POST" else response
        if "since" not in request.session:  # the sign-in itself has just happened
            request.session["since"] = request.session["seen"] = now
            if request.user.is_staff:
                request.session.set_expiry(STAFF_LONGEST)
        elif request.method == "POST" and (_limits(request)[0] < _DAY or now - request.session["seen"] > _DAY):
            request.session["seen"] = now
        return response

    return middleware


def end_all(user_id: int) -> None:
    """End every session of this person, on every device: one statement, by the index."""
    Session.objects.filter(user_id=user_id).delete()
