"""Tries at a password: counted by sign-in name, and on a device that is known for that name by the device.

Whoever knows a name could lock its owner out with wrong passwords. So a device on which somebody has signed in before
is known for that name: its tries have a count of their own, which tries from elsewhere do not touch. A signed cookie
says for which names the device is known. It contains keyed hashes and no names, and a random number for the device: the
count belongs to that number, so a copy of the cookie gives no further tries.

A try is counted before the password is checked, and taken back if the password was right. The key is the name as it is
stored, never the Host header or the case in which it was typed. Unknown names are counted in the same way.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from learn import typed
from learn.people import keys, rate_limits
from learn.people.models import User
from learn.people.rate_limits import Limit

COOKIE = "__Host-known" if settings.HTTPS else "known"
LIVES = timedelta(days=365)
NAMES = 30  # per device: a ward's computer is known for the last thirty people who signed in there

# From all unknown devices together. The third is high, because a whole hospital may share one address.
NAME, A_DAY = Limit("passwords by name", 5, 300), Limit("passwords by name, a day", 100, 24 * 3600)
ADDRESS = Limit("passwords by address", 300, 600)
KNOWN = Limit("passwords by known device", 10, 900)
SIGN_UPS = Limit("sign-ups by address", 100, 600)

Counted = tuple[tuple[Limit, str], ...]


class Device(NamedTuple):
    """What the cookie contains: the device's number, and a mark for each name it is known for, the newest first."""

    number: str
    marks: list[str]


def wait(request: HttpRequest, name: str) -> int:
    """Count one try at the password of this name. Return the seconds to wait; 0 means that it may be checked.

    Call `right` if the password was right. Call both outside a transaction.
    """
    now = timezone.now()
    for limit, whose in _counts(request, name):
        if seconds := rate_limits.count(limit, whose, now=now):
            return seconds
    return 0


def right(request: HttpRequest, name: str) -> None:
    """Take back the try that `wait` has counted, and no other: a stranger gets no new tries when the owner signs in."""
    rate_limits.take_back(_counts(request, name))


def check(request: HttpRequest, user: User, password: str) -> bool:
    """Count one try and check this user's password. Return False without a look at it if there were too many tries."""
    name = str(user.username)
    if wait(request, name) or not user.check_password(password):
        return False
    right(request, name)
    return True


def know(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """Set the cookie, so that this device is known for this name (or email address), whose owner has just signed in."""
    device, (mark, *earlier) = _device(request), _marks(name)
    number = device.number if device else secrets.token_urlsafe(12)
    marks = [mark, *(other for other in (device.marks if device else []) if other not in (mark, *earlier))][:NAMES]
    age, secure = int(LIVES.total_seconds()), settings.HTTPS
    value = keys.sign(Device(number, marks), salt=COOKIE)
    response.set_cookie(COOKIE, value, max_age=age, secure=secure, httponly=True, samesite="Lax")


def known_device(request: HttpRequest, name: str) -> str:
    """Return the number of this device if it is known for this name (or email address); else ""."""
    device = _device(request)
    return device.number if device and not set(_marks(name)).isdisjoint(device.marks) else ""


def owner(name: str) -> User | None:
    """Return the user whom this spelling of a name opens, or None."""
    try:
        return User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        return None


def _counts(request: HttpRequest, as_typed: str) -> Counted:
    """Return what limits a try at this name from this device, in the order in which it is counted."""
    name = _stored(as_typed)
    if number := known_device(request, name):
        return ((KNOWN, f"{number}\0{name}"),)
    return ((ADDRESS, rate_limits.address(request)), (NAME, name), (A_DAY, name))


def _stored(as_typed: str) -> str:
    """Return the name in lower case, as it is stored for the user whom this spelling opens, or as it would be."""
    user = owner(as_typed)
    return str(user.username).lower() if user else typed.name(as_typed)


def _device(request: HttpRequest) -> Device | None:
    try:
        return Device(*keys.signed(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=LIVES))
    except signing.BadSignature:
        return None


def _marks(name: str) -> list[str]:
    return [mark[:16] for mark in keys.hashes("learn.people.tries", name.lower())]
