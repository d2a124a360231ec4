"""How long a sign-in lasts (ruling 12).

A patient's own phone: one year, renewed by a POST at most once a day. A shared device: 30 minutes without a POST.
Staff: 15 minutes without a POST, and 12 hours in total. Only a POST renews a session: a page that reloads itself must
not keep a user signed in after they have left the desk.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, logout
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from learn import connections
from learn.people import who
from learn.people.models import Session, User
from learn.people.requests import SiteRequest

STAFF_IDLE = 15 * 60  # seconds
STAFF_LONGEST = 12 * 3600  # seconds
SHARED_IDLE = 30 * 60  # seconds
DOUBLE = timedelta(minutes=1)  # a sign-in form sent again within this time is a double click
_DAY = 24 * 3600
Key = Session.Key

ENDED = _(
    "You were signed out because some time had passed. Sign in to go on. "
    "What you had not sent yet, please fill in again."
)

GONE = _("You are not signed in here any more. What you sent just now was not saved.")

Handler = Callable[[SiteRequest], HttpResponse]

# Django's SessionStore is generic for the type checker only.
if TYPE_CHECKING:
    _Store = db.SessionStore[Session]
else:
    _Store = db.SessionStore


class SessionStore(_Store):
    """Django's database session store with our own table, where each row also has the primary key of the user."""

    _person: User | None = None  # read together with the session; `person` returns it once

    def load(self) -> dict[str, Any]:
        """Return the session data, as Django's store does. The same SQL statement also reads the user."""
        found = who.living(self.session_key)
        if found is None:
            self._session_key = None
            return {}
        data, self._person = found
        return dict(self.decode(data))

    def person(self, pk: Any) -> User | None:
        """Return the user of this session, if `pk` is their primary key and this is the first call; else None.

        After None, the caller must read the user from the database.
        """
        person, self._person = self._person, None
        return person if person and person.pk == pk else None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return our own session model."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row to save. Its user and its key come from the session data, which a sign-in changes."""
        row = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        row.opened_by, row.code_id = data.get("opened", (Key.UNKNOWN, None))
        return row

    def save(self, must_create: bool = False) -> None:
        """Save the session. If it was ended elsewhere during this request, it stays ended, and nothing is saved.

        Django would answer 400 then. This way the person is signed out from the next request on, as when the session
        ends between two requests. Django also calls it so when the database is away: then the request has failed.
        """
        try:
            super().save(must_create=must_create)
        except UpdateError as error:
            if isinstance(error.__context__, connections.AWAY):
                raise error.__context__ from error.__context__.__cause__

    def _validate_session_key(self, key: str) -> bool:
        """Accept only ASCII letters and digits. PostgreSQL rejects NUL, so such a key would cause a server error."""
        valid = bool(super()._validate_session_key(key))  # type: ignore[misc]  # the stubs leave it out
        return valid and key.isascii() and key.isalnum()


# The session whose user Django is reading now. Django's `auth.get_user` does not pass the request to the backend.
_reading: ContextVar[SessionStore | None] = ContextVar("reading", default=None)


class PersonMiddleware(AuthenticationMiddleware):
    """Django's middleware, but it uses the user who was read with the session. Django still makes every check."""

    def process_request(self, request: HttpRequest) -> None:
        """Set `request.user`. Not lazily: `lengths` needs the user of each request, and a proxy slows each use."""
        super().process_request(request)
        request.user = _user_of(request)


def _user_of(request: HttpRequest) -> Any:
    token = _reading.set(request.session if isinstance(request.session, SessionStore) else None)
    try:
        return get_user(request)
    finally:
        _reading.reset(token)


def read_with_session(pk: Any) -> User | None:
    """Return the user with this primary key, if they were read with the current session; else None.

    `RoleBackend.get_user` calls it.
    """
    store = _reading.get()
    return store.person(pk) if store else None


def sign_out_gone(request: HttpRequest) -> HttpResponse:
    """Sign out a user who was erased, merged or closed during this request; redirect to the same page as a visitor."""
    logout(request)
    messages.info(request, GONE)
    return HttpResponseRedirect(request.path)


def share(request: HttpRequest, shared: bool) -> None:
    """Store in the session whether other people use this device too. On a shared device, an idle session ends."""
    request.session["shared"] = shared
    request.session.set_expiry(2 * SHARED_IDLE if shared else None)  # kept longer, to tell the user that it has ended


def remember(request: HttpRequest, guest: int) -> None:
    """Store the primary key of the guest who learned here in the new session, and for a minute in the old session.

    After a double click, the second request has the cookie of the old session, which the sign-in has ended. The browser
    shows the response to the second request, so that response must also offer to merge the guest's record.
    """
    request.session["guest"] = guest
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if key and key != request.session.session_key and len(key) <= 40:
        data = SessionStore().encode({"guest": guest})
        Session.objects.bulk_create(
            [Session(session_key=key, session_data=data, expire_date=timezone.now() + DOUBLE)], ignore_conflicts=True
        )


def opened(request: HttpRequest, by: Key, code: int | None = None) -> None:
    """Store in the session which key has opened it, so that the session ends with the key. Call it at each sign-in."""
    request.session["opened"] = (by, code)


def _limits(user: Any, shared: Any) -> tuple[float, float]:
    """Return the longest time without a POST and the longest total time of a session of this user, in seconds."""
    if user.is_authenticated and user.is_staff:
        return STAFF_IDLE, STAFF_LONGEST
    return (SHARED_IDLE if shared else math.inf), math.inf


def _to_the_form(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Make the sign-in redirect back to the page with the form, because the form's own URL may accept only POST."""
    sign_in = resolve_url("account_login")
    to = urlsplit(response.get("Location", ""))
    if to.path == sign_in and "next=" in to.query:
        came_from = urlsplit(request.headers.get("referer", ""))
        page = came_from.path if came_from.netloc == request.get_host() else resolve_url(settings.LOGIN_REDIRECT_URL)
        query = f"?{came_from.query}" if came_from.query and page == came_from.path else ""
        response["Location"] = f"{sign_in}?{urlencode({'next': page + query})}"
    return response


def lengths(get_response: Handler) -> Handler:
    """Middleware: end sessions that are too old, renew the others, and use the time zone of the patient's clinic."""

    def middleware(request: SiteRequest) -> HttpResponse:
        now = int(time.time())
        request.idle = None
        if request.user.is_authenticated and "since" in request.session:
            idle, longest = _limits(request.user, request.session.get("shared"))
            since, seen = request.session["since"], request.session["seen"]
            if now - seen > idle or now - since > longest:
                logout(request)
                messages.info(request, ENDED)
            else:
                left = min(idle - (0 if request.method == "POST" else now - seen), longest - (now - since))
                if left < _DAY:  # seconds; the page shows a warning (templates/_stay.html)
                    request.idle = {"left": left, "all": idle}
        zone = request.user.patient.care_team.zone if hasattr(request.user, "patient") else None
        with timezone.override(zone) if zone else nullcontext():
            response = get_response(request)
        if not request.user.is_authenticated:
            return _to_the_form(request, response) if request.method == "POST" else response
        if "since" not in request.session:  # the user signed in during this request
            request.session["since"] = request.session["seen"] = now
            if request.user.is_staff:
                request.session.set_expiry(STAFF_LONGEST)
        elif request.method == "POST" and (
            _limits(request.user, request.session.get("shared"))[0] < _DAY or now - request.session["seen"] > _DAY
        ):
            request.session["seen"] = now
        return response

    return middleware


def end_all(user_id: int, *, but: str | None = None) -> int:
    """Delete all sessions of this user, on all devices, but the one with this key. Return how many there were.

    It is one statement, which uses the index.
    """
    found = Session.objects.filter(user_id=user_id)
    return (found.exclude(pk=but) if but else found).delete()[0]


def end_of_codes(owners: dict[int, int], *, but: str | None = None) -> int:
    """Delete all sessions that these access codes opened, but the one with this key. Return how many there were.

    `owners` has the user's primary key for each code's. A session of such a user of which nobody knows the key may have
    been opened by the code, so it ends too. It is one statement, which uses both indexes.
    """
    unknown = Q(user_id__in=set(owners.values()), opened_by=Key.UNKNOWN)
    found = Session.objects.filter(Q(code_id__in=owners) | unknown)
    return (found.exclude(pk=but) if but else found).delete()[0] if owners else 0


@dataclass(frozen=True)
class Place:
    """A device on which a user is signed in now. `mark` names it in a form and does not reveal the session's key."""

    mark: str
    key: str  # of the session
    opened_by: str  # in words
    since: datetime
    seen: datetime  # the last time that something was sent; on a patient's own phone, exact to the day
    shared: bool


def places(user: User) -> list[Place]:
    """Return where this user is signed in now, the newest first. One query.

    A row whose time is over, or which is from before the last change of the password, lets nobody in and is left out.
    """
    found = [place for row in Session.objects.filter(user_id=user.pk) if (place := _place(row, user))]
    return sorted(found, key=lambda place: place.since, reverse=True)


def _place(row: Session, user: User) -> Place | None:
    data, now = row.get_decoded(), timezone.now().timestamp()
    since, seen, shared = data.get("since", now), data.get("seen", now), bool(data.get("shared"))
    idle, longest = _limits(user, shared)
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    is_over = now - seen > idle or now - since > longest or row.expire_date.timestamp() <= now
    if is_over or data.get(HASH_SESSION_KEY) not in hashes:
        return None
    begun, used = datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(seen, UTC)
    mark = salted_hmac("learn.people.sessions.place", row.pk, algorithm="sha256").hexdigest()[:20]
    return Place(mark, row.pk, row.get_opened_by_display(), begun, used, shared)


def end(place: Place) -> None:
    """Sign out there."""
    Session.objects.filter(pk=place.key).delete()
