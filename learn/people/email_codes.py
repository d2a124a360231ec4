"""A code by email: it keeps a record under an address, and lets its person in again. Sent, checked, used once.

What waits for its code stands in a signed cookie of the browser that asked, for 15 minutes: whoever only asks leaves no
row and no address here, and a code that somebody else reads opens nothing on their device. The cookie looks the same
whether anybody has the address. Tries and uses are counted in the database (`rate_limits`), whoever copies the cookie.

The addresses are allauth's (EmailAddress: one verified owner each). Path not taken: its views for a code by email.
They turn away a guest, who is signed in, and they count tries in the session, where parallel ones slip through.
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
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from learn.people import mail, rate_limits
from learn.people.models import User
from learn.people.rate_limits import Limit

COOKIE = "__Host-emailed" if settings.HTTPS else "emailed"
DIGITS = 6
LIVES = timedelta(minutes=15)
DOUBLE = 60  # seconds in which a code that was used may come once more: a double press, not a second use

# Emails to one address, whoever asks; from one browser; from one hospital.
AN_HOUR, A_DAY = Limit("emails to, an hour", 5, 3600), Limit("emails to, a day", 10, 24 * 3600)
DEVICE, NETWORK = Limit("emails by device", 10, 3600), Limit("emails by address", 100, 3600)
TRIES = Limit("tries of an emailed code", 5, int(LIVES.total_seconds()))
USES = Limit("uses of an emailed code", 1, int(LIVES.total_seconds()))


class Waiting(NamedTuple):
    """What waits for its code: `keeper` keeps a record under the address; 0 where somebody wants to sign in."""

    number: str
    address: str
    keeper: int
    proof: str


def wait(request: HttpRequest, address: str, *, now: datetime) -> int:
    """Count one email, by device, network and address; return the seconds to wait, 0 where it may be sent.

    It counts for addresses that nobody has as well: it tells nothing.
    """
    device = request.META.get("CSRF_COOKIE", "")
    return (
        (rate_limits.count(DEVICE, device, now=now) if device else 0)
        or rate_limits.count(NETWORK, rate_limits.address(request), now=now)
        or rate_limits.count(AN_HOUR, address, now=now)
        or rate_limits.count(A_DAY, address, now=now)
    )


def send(*, address: str, keeper: User | None) -> str:
    """Send one email, whoever has the address; return what the browser keeps (`remember`). Raises mail.NotSent."""
    if keeper is None:
        wanted, page = owner(address) is not None, "account_login"
        template = "mail/code_to_sign_in.txt" if wanted else "mail/address_unknown.txt"
    else:
        others = EmailAddress.objects.filter(email=address, verified=True).exclude(user=keeper)
        wanted, page = not others.exists(), "email_in"
        template = "mail/code_to_keep.txt" if wanted else "mail/address_taken.txt"
    code = get_random_string(DIGITS, "0123456789") if wanted else uuid.uuid4().hex  # which nobody is told
    said = {"code": f"{code[:3]} {code[3:]}"} if wanted else {"page": settings.PUBLIC_URL + reverse(page)}
    mail.send(template, address, said)
    number = uuid.uuid4().hex
    return signing.dumps(Waiting(number, address, keeper.pk if keeper else 0, _proof(number, code)), salt=COOKIE)


def remember(response: HttpResponse, token: str) -> HttpResponse:
    """Let this browser wait for its code."""
    age, secure = int(LIVES.total_seconds()), settings.HTTPS
    response.set_cookie(COOKIE, token, max_age=age, secure=secure, httponly=True, samesite="Lax")
    return response


def waiting(request: HttpRequest) -> Waiting | None:
    """Return what this browser waits for; None where it asked for nothing, or too long ago."""
    try:
        return Waiting(*signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=LIVES))
    except signing.BadSignature:
        return None


def is_over(asked: Waiting, *, now: datetime) -> bool:
    """Count one try of this code; True when it has had its five."""
    return bool(rate_limits.count(TRIES, asked.number, now=now))


def use(asked: Waiting, code: str, *, now: datetime) -> bool:
    """Use this code up: True for the right one, the first time and at a double press. Ask `is_over` first."""
    if not constant_time_compare(asked.proof, _proof(asked.number, code)):
        return False
    left = rate_limits.count(USES, asked.number, now=now)
    return left == 0 or left > USES.seconds - DOUBLE


def owner(address: str) -> User | None:
    """Return whom this address lets in. Staff never: they sign in with a password."""
    lets_in = EmailAddress.objects.filter(
        email=address, verified=True, user__is_active=True, user__is_staff=False, user__is_superuser=False
    )
    found = lets_in.select_related("user").first()
    return found.user if found else None


def set_address(*, user: User, address: str) -> bool:
    """Keep this person's record under the address whose email they have read, instead of the one before.

    False where it has come to be somebody else's. Twice is once. `User.email` says the same: who has it is a key
    (`has_key`) at no further query.
    """
    with transaction.atomic():
        row = User.objects.lock(user.pk)
        if row is None:  # erased in this very moment
            return False
        EmailAddress.objects.filter(user=user).delete()
        # ON CONFLICT: a refused row would stand in PostgreSQL's own log with the address in it.
        mine = EmailAddress(user=user, email=address, verified=True, primary=True)
        EmailAddress.objects.bulk_create([mine], ignore_conflicts=True)
        if not EmailAddress.objects.filter(user=user, email=address).exists():
            transaction.set_rollback(True)  # the one before stays
            return False
        User.objects.filter(pk=user.pk).update(email=address)
    if row.email != address:
        _tell(row.email)
    return True


def remove(*, user: User, now: datetime) -> bool:
    """Forget this person's address; False where nothing else would open their record: then it stays."""
    with transaction.atomic():
        row = User.objects.lock(user.pk)
        if row is None:  # erased in this very moment, the address too
            return True
        before, row.email = row.email, ""
        if not row.has_key(at=now):
            return False
        EmailAddress.objects.filter(user=user).delete()
        row.save(update_fields=["email"])
    _tell(before)
    return True


def _tell(before: str) -> None:
    """Tell the address that opens the record no more, if there was one: it may have been somebody else who did that."""
    if before:
        with suppress(mail.NotSent):
            mail.send("mail/address_removed.txt", before)


def _proof(number: str, code: str) -> str:
    return salted_hmac("learn.people.emailed", f"{number}\0{code}", algorithm="sha256").hexdigest()
