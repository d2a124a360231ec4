"""Access codes: a link and twelve letters, printed on an invitation. Create, find, use and cancel them.

A code belongs to one user. A nurse creates it for a patient, or a learner for themselves. A user has one valid code: a
new code cancels the old one, and the sessions that the old one opened end. An unused code expires after 90 days if a
nurse created it, else after a year. A used code expires one year after its last use (ruling 11). After ten wrong tries
a code is locked for an hour, whether or not it exists (`rate_limits.backoff`).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from learn.people import audit, keys, rate_limits, sessions
from learn.people.models import AccessCode, User

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words by chance; no I, O, Y or digits, which look alike
HALF = 6
FIRST_USE = timedelta(days=90)
AFTER_USE = timedelta(days=365)
NO_PROOF = "0" * 64  # is compared when there is no such code
# A link leads to an address without its token at once, so that the token is in no browser's history. A cookie carries
# it until the button is pressed.
COOKIE = "__Host-card" if settings.HTTPS else "card"
CARRIED = timedelta(minutes=15)


@dataclass(frozen=True)
class Made:
    """A new code with its letters and its token. They are shown once and never stored."""

    code: AccessCode
    letters: str
    token: str

    @property
    def groups(self) -> str:
        """The letters as an invitation shows them: three groups of four."""
        return in_groups(self.letters)


def in_groups(letters: str) -> str:
    """Return twelve letters in three groups of four."""
    return " ".join(letters[n : n + 4] for n in range(0, 2 * HALF, 4))


def make(*, user: User, by: User, now: datetime, here: str | None = None) -> Made | None:
    """Create a code for this user and cancel their old one. Only this result contains the letters and the token.

    `by` is the user themselves or a nurse; the caller has checked that the patient is in the nurse's team. `here` is
    the key of the session of a user who makes a code for themselves: that session goes on. Return None if the user is
    gone.
    """
    return next(iter(make_many(users=[user], by=by, now=now, here=here)), None)


def make_many(
    *, users: Collection[User], by: User, now: datetime, here: str | None = None, ahead: bool = False
) -> list[Made]:
    """Create a code for each of these users, as `make` does for one. Users who are gone are skipped.

    With `ahead`, nobody has these codes yet. The number of queries does not depend on the number of users.
    """
    with transaction.atomic():
        left = User.objects.lock_all(user.pk for user in users)  # of two requests at once, the later code is valid
        users = [user for user in users if user.pk in left]
        end(AccessCode.objects.filter(user__in=users), now=now, but=here)
        made = []
        for user, letters in zip(users, _unlike(len(users)), strict=True):
            token = secrets.token_urlsafe(16)
            code = AccessCode(
                user=user,
                selector=letters[:HALF],
                secret=_proofs(letters)[0],
                token=_verifiers(token)[0],
                by=by,
                made=now,
                ahead=ahead,
                expires=now + (AFTER_USE if by == user else FIRST_USE),
            )
            made.append(Made(code, letters, token))
        AccessCode.objects.bulk_create(one.code for one in made)
        audit.note_each(by=by, what="card.made", patients=[user.patient for user in users if user != by], now=now)
    return made


def cancel(*, user: User, by: User, now: datetime) -> bool:
    """Cancel this user's code, and end the sessions that it opened. Return whether there was one."""
    with transaction.atomic():
        User.objects.lock(user.pk)
        found = end(AccessCode.objects.filter(user=user), now=now)
        if found and by != user:
            audit.note(by=by, what="card.cancelled", now=now, patient=user.patient)
    return found


def end(found: QuerySet[AccessCode], *, now: datetime, but: str | None = None) -> bool:
    """Cancel these codes and end the sessions that they opened, but the one with the key `but`.

    Return whether there was such a code. Call it in a transaction.
    """
    owners = dict(found.filter(cancelled=None).values_list("pk", "user"))
    AccessCode.objects.filter(pk__in=owners, cancelled=None).update(cancelled=now)
    sessions.end_of_codes(owners, but=but)
    return bool(owners)


def carry(response: HttpResponse, token: str) -> None:
    """Put the token of a link into a cookie, signed, for 15 minutes."""
    age, value = int(CARRIED.total_seconds()), signing.dumps(token[:100], salt=COOKIE)
    response.set_cookie(COOKIE, value, max_age=age, secure=settings.HTTPS, httponly=True, samesite="Lax")


def carried(request: HttpRequest) -> str | None:
    """Return the token of the link that led here, or None."""
    try:
        return str(signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=CARRIED))
    except signing.BadSignature:
        return None


def wait(request: HttpRequest, letters: str, *, now: datetime) -> int:
    """Count one try at these letters by IP address, device and code. Return the seconds to wait; 0 allows the try.

    The CSRF cookie identifies the device; a form without it is refused. A client that deletes the cookie still meets
    the lock of the code itself. Tries at unknown codes are counted too, so a lock does not show which codes exist.
    Links are never counted, so the QR code of an invitation works while its letters are locked.
    """
    device = request.META.get("CSRF_COOKIE", "")
    return (
        rate_limits.count(rate_limits.ADDRESS, rate_limits.address(request), now=now)
        or (rate_limits.count(rate_limits.DEVICE, device, now=now) if device else 0)
        or rate_limits.backoff("code", letters[:HALF], now=now)
    )


def by_letters(letters: str, *, at: datetime) -> AccessCode | None:
    """Return the valid code with these twelve letters, or None. Call `wait` first.

    Unknown, wrong, expired and cancelled codes cause the same work: one query, and one comparison for each key.
    """
    code = AccessCode.objects.living(at=at).select_related("user").filter(selector=letters[:HALF]).first()
    proofs = _proofs(letters)
    right = [constant_time_compare(code.secret if code else NO_PROOF, proof) for proof in proofs]
    if code is None or not any(right):
        return None
    code.secret = proofs[0]  # `use` stores it
    return code


def by_token(token: str, *, at: datetime) -> AccessCode | None:
    """Return the valid code with this token, or None. There is no rate limit, because 128 bits cannot be guessed."""
    verifiers = _verifiers(token)
    code = AccessCode.objects.living(at=at).select_related("user").filter(token__in=verifiers).first()
    if code is not None:
        code.token = verifiers[0]  # `use` stores it
    return code


def use(*, code: AccessCode, now: datetime) -> bool:
    """Record a use of this code: it is valid for another year, and its count of tries is deleted.

    What was shown, letters or link, is stored under the newest key, so it no longer needs an earlier one. Return False
    if the code was cancelled or its user erased in the meantime.
    """
    living = AccessCode.objects.filter(pk=code.pk, cancelled=None)
    rate_limits.forget("code", code.selector)
    proofs = {"secret": code.secret, "token": code.token}
    return bool(living.update(used=Coalesce(F("used"), now), last_used=now, expires=now + AFTER_USE, **proofs))


def _letters() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(2 * HALF))


def _unlike(n: int) -> list[str]:
    """Return the letters of `n` codes. The first half of each is unique, also among all codes in the database."""
    found: dict[str, str] = {}
    while len(found) < n:
        fresh = {letters[:HALF]: letters for letters in (_letters() for _ in range(n - len(found)))}
        taken = set(AccessCode.objects.filter(selector__in=fresh).values_list("selector", flat=True))
        found |= {selector: letters for selector, letters in fresh.items() if selector not in taken}
    return list(found.values())


def _proofs(letters: str) -> list[str]:
    # Keyed hashes, whose keys are in no backup. A plain hash of six letters could be broken in a minute.
    return keys.hashes("learn.people.codes.letters", letters)


def _verifiers(token: str) -> list[str]:
    return keys.hashes("learn.people.codes.token", token)
