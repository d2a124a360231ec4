"""Codes sent by email: send, check and use them. A code links an email address to a record, or signs its owner in.

A request for a code is stored for 15 minutes in a signed cookie of the browser, not in the database. So a request alone
stores no address on the server, and the code does not work on another device. The cookie looks the same whether or not
the address belongs to a user. Tries and uses are counted in the database (`rate_limits`), so a copy of the cookie gives
no further tries.

The addresses are allauth's (EmailAddress: one verified owner each). Path not taken: allauth's own views for codes by
email. They refuse guests, because guests are signed in, and they count tries in the session, where parallel requests
are not all counted.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from learn.people import audit, mail, rate_limits
from learn.people.models import User
from learn.people.rate_limits import Limit

COOKIE = "__Host-emailed" if settings.HTTPS else "emailed"
DIGITS = 8  # of a hundred million codes, 50 tries a day at one address find one in 5,000 years
LIVES = timedelta(minutes=15)
DOUBLE = 60  # seconds; a used code that is sent again within this time is a double click

# Limits for emails to one address (from any browser), from one browser, from one hospital's network, and of the site.
AN_HOUR, A_DAY = Limit("emails to, an hour", 5, 3600), Limit("emails to, a day", 10, 24 * 3600)
# The same for a device on which the owner of the address has signed in with a code before (ruling 25): a stranger who
# asks for codes to this address uses up those of strangers only.
KNOWN_HOUR, KNOWN_DAY = Limit("emails to, by known device, an hour", 5, 3600), Limit("the same, a day", 10, 24 * 3600)
DEVICE, NETWORK = Limit("emails by device", 10, 3600), Limit("emails by address", 100, 3600)
SITE = Limit("emails of the site", 600, 3600)  # whoever has many addresses cannot make the site send spam
TRIES = Limit("tries of an emailed code", 5, int(LIVES.total_seconds()))
USES = Limit("uses of an emailed code", 1, int(LIVES.total_seconds()))


class Waiting(NamedTuple):
    """A request that waits for its code. `keeper` is the user who adds the address; 0 means a request to sign in."""

    number: str
    address: str
    keeper: int
    proof: str


def wait(request: HttpRequest, address: str, *, known: str, now: datetime) -> int:
    """Count one email by device, network, address and site. Return the seconds to wait; 0 means that it may be sent.

    Unknown addresses are counted too, so the result does not show whether an address belongs to a user. `known` is the
    number of a device that is known for this address (`tries.known_device`), or "".
    """
    device = request.META.get("CSRF_COOKIE", "")
    whose = f"{known}\0{address}" if known else address
    return (
        (rate_limits.count(DEVICE, device, now=now) if device else 0)
        or rate_limits.count(NETWORK, rate_limits.address(request), now=now)
        or rate_limits.count(KNOWN_HOUR if known else AN_HOUR, whose, now=now)
        or rate_limits.count(KNOWN_DAY if known else A_DAY, whose, now=now)
        or rate_limits.count(SITE, "", now=now)
    )


def send(*, address: str, keeper: User | None) -> str:
    """Send one email, also to an unknown address. Return the cookie's value (for `remember`). Raises mail.NotSent."""
    if keeper is None:
        wanted, page = owner(address) is not None, "account_login"
        template = "mail/code_to_sign_in.txt" if wanted else "mail/address_unknown.txt"
    else:
        others = EmailAddress.objects.filter(email=address, verified=True).exclude(user=keeper)
        wanted, page = not others.exists(), "email_in"
        template = "mail/code_to_keep.txt" if wanted else "mail/address_taken.txt"
    code = get_random_string(DIGITS, "0123456789") if wanted else uuid.uuid4().hex  # a random value that is never sent
    said = {"code": f"{code[:4]} {code[4:]}"} if wanted else {"page": settings.PUBLIC_URL + reverse(page)}
    mail.send(template, address, said)
    number = uuid.uuid4().hex
    return signing.dumps(Waiting(number, address, keeper.pk if keeper else 0, _proof(number, code)), salt=COOKIE)


def remember(response: HttpResponse, token: str) -> HttpResponse:
    """Set the cookie with this request for a code."""
    age, secure = int(LIVES.total_seconds()), settings.HTTPS
    response.set_cookie(COOKIE, token, max_age=age, secure=secure, httponly=True, samesite="Lax")
    return response


def waiting(request: HttpRequest) -> Waiting | None:
    """Return this browser's request for a code, or None if there is none or it has expired."""
    try:
        return Waiting(*signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=LIVES))
    except signing.BadSignature:
        return None


def is_over(asked: Waiting, *, now: datetime) -> bool:
    """Count one try at this code. Return True if all five tries were used before."""
    return bool(rate_limits.count(TRIES, asked.number, now=now))


def use(asked: Waiting, code: str, *, now: datetime) -> bool:
    """Use this code. Return True if it is right, for its first use and for a double click. Call `is_over` first."""
    if not constant_time_compare(asked.proof, _proof(asked.number, code)):
        return False
    left = rate_limits.count(USES, asked.number, now=now)
    return left == 0 or left > USES.seconds - DOUBLE


def owner(address: str) -> User | None:
    """Return the user who may sign in with this address, or None. Never staff, who sign in with a password."""
    lets_in = EmailAddress.objects.filter(
        email=address, verified=True, user__is_active=True, user__is_staff=False, user__is_superuser=False
    )
    found = lets_in.select_related("user").first()
    return found.user if found else None


def set_address(*, user: User, address: str) -> bool:
    """Set this verified address for the user, and remove their old one.

    Return False if the address now belongs to another user, or if this user was erased. A second call changes nothing.
    `User.email` holds a copy, so that `has_key` needs no further query.
    """
    with transaction.atomic():
        row = User.objects.lock(user.pk)
        if row is None:  # the user has just been erased
            return False
        EmailAddress.objects.filter(user=user).delete()
        # ON CONFLICT, because PostgreSQL would write a failed INSERT with the address to its log.
        mine = EmailAddress(user=user, email=address, verified=True, primary=True)
        EmailAddress.objects.bulk_create([mine], ignore_conflicts=True)
        if not EmailAddress.objects.filter(user=user, email=address).exists():
            transaction.set_rollback(True)  # keep the old address
            return False
        User.objects.filter(pk=user.pk).update(email=address)
        if row.email != address:
            audit.note_own(user=user, what="key.email", now=timezone.now())
    if row.email != address:
        _tell(row.email)
    return True


def remove(*, user: User, now: datetime) -> bool:
    """Remove this user's address. Return False and keep it if the user has no other way to open their record."""
    with transaction.atomic():
        row = User.objects.lock(user.pk)
        if row is None:  # the user has just been erased, with the address
            return True
        before, row.email = row.email, ""
        if not row.has_key(at=now):
            return False
        EmailAddress.objects.filter(user=user).delete()
        row.save(update_fields=["email"])
        audit.note_own(user=user, what="key.email.removed", now=now)
    _tell(before)
    return True


def take_away(user: User) -> None:
    """Remove the address of a user whose row is locked, even if nothing else opens the record. The address is told."""
    before = user.email
    EmailAddress.objects.filter(user=user).delete()
    User.objects.filter(pk=user.pk).update(email="")
    transaction.on_commit(lambda: _tell(before), robust=True)


def _tell(before: str) -> None:
    """Notify the old address, if there was one, that it was removed. Someone else may have made the change."""
    if before:
        with suppress(mail.NotSent):
            mail.send("mail/address_removed.txt", before)


def _proof(number: str, code: str) -> str:
    return salted_hmac("learn.people.emailed", f"{number}\0{code}", algorithm="sha256").hexdigest()
