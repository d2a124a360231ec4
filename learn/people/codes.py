"""Access codes: a link and twelve letters, printed on an invitation. Made, found, used, cancelled.

A code belongs to a user, whoever made it: a nurse for a patient, or a learner for themselves. A person has one living
code: a new one cancels the old. A nurse's code waits 90 days for its first use, one's own a year; a used code lives a
year after its last use (ruling 11). After ten wrong tries a code is locked for an hour, whether anybody has it or not
(`rate_limits.backoff`).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from learn.people import audit, rate_limits
from learn.people.models import AccessCode, User

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowel: no word by chance; no I, O, digit or Y: nothing looks like another
HALF = 6
FIRST_USE = timedelta(days=90)
AFTER_USE = timedelta(days=365)


@dataclass(frozen=True)
class Made:
    """A new code with all that opens it: to be shown once and kept nowhere."""

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


def make(*, user: User, by: User, now: datetime) -> Made | None:
    """Make a code for this person, cancelling the one they had; the letters and the token are told this once.

    `by` is the person themselves, or a nurse who has been shown to be theirs. None where the person is gone.
    """
    return next(iter(make_many(users=[user], by=by, now=now)), None)


def make_many(*, users: Collection[User], by: User, now: datetime) -> list[Made]:
    """Make a code for each of these people, as `make` does one; who is gone gets none.

    The same number of queries, however many they are.
    """
    with transaction.atomic():
        here = User.objects.lock_all(user.pk for user in users)  # two at once: the later one's code is the living one
        users = [user for user in users if user.pk in here]
        AccessCode.objects.filter(user__in=users, cancelled=None).update(cancelled=now)
        made = []
        for user, letters in zip(users, _unlike(len(users)), strict=True):
            token = secrets.token_urlsafe(16)
            code = AccessCode(
                user=user,
                selector=letters[:HALF],
                secret=_proof(letters),
                token=_verifier(token),
                by=by,
                made=now,
                expires=now + (AFTER_USE if by == user else FIRST_USE),
            )
            made.append(Made(code, letters, token))
        AccessCode.objects.bulk_create(one.code for one in made)
        audit.note_each(by=by, what="card.made", patients=[user.patient for user in users if user != by], now=now)
    return made


def cancel(*, user: User, by: User, now: datetime) -> bool:
    """Cancel this person's code; return whether there was one to cancel. Who is signed in stays so."""
    with transaction.atomic():
        found = AccessCode.objects.filter(user=user, cancelled=None).update(cancelled=now)
        if found and by != user:
            audit.note(by=by, what="card.cancelled", now=now, patient=user.patient)
    return bool(found)


def wait(request: HttpRequest, letters: str, *, now: datetime) -> int:
    """Count one try at these letters, by address, device and code; return the seconds to wait, 0 where it may be made.

    The device is known by its CSRF cookie, without which no form is taken. Whoever throws it away still meets the
    code's own backoff, which counts for codes that nobody has as well: it tells nothing. Links are never counted, so
    that an invitation opens by its square while its letters are locked.
    """
    device = request.META.get("CSRF_COOKIE", "")
    return (
        rate_limits.count(rate_limits.ADDRESS, rate_limits.address(request), now=now)
        or (rate_limits.count(rate_limits.DEVICE, device, now=now) if device else 0)
        or rate_limits.backoff("code", letters[:HALF], now=now)
    )


def by_letters(letters: str, *, at: datetime) -> AccessCode | None:
    """Return the living code with these twelve letters, or None.

    Unknown, wrong, expired and cancelled take the same work: one query, one comparison. Call `wait` first.
    """
    code = AccessCode.objects.living(at=at).select_related("user").filter(selector=letters[:HALF]).first()
    right = constant_time_compare(code.secret if code else _proof(""), _proof(letters))
    return code if code and right else None


def by_token(token: str, *, at: datetime) -> AccessCode | None:
    """Return the living code with this token, or None. 128 bits cannot be guessed, so nothing is counted here."""
    return AccessCode.objects.living(at=at).select_related("user").filter(token=_verifier(token)).first()


def use(*, code: AccessCode, now: datetime) -> bool:
    """Note that a code was used: it lives on for a year, and the wrong tries at it are forgotten.

    False if it was cancelled, or its person erased, in this very moment.
    """
    living = AccessCode.objects.filter(pk=code.pk, cancelled=None)
    rate_limits.forget("code", code.selector)
    return bool(living.update(used=Coalesce(F("used"), now), last_used=now, expires=now + AFTER_USE))


def _letters() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(2 * HALF))


def _unlike(n: int) -> list[str]:
    """Return the letters of so many codes: no two begin alike, and none begins like a code that was ever made."""
    found: dict[str, str] = {}
    while len(found) < n:
        fresh = {letters[:HALF]: letters for letters in (_letters() for _ in range(n - len(found)))}
        taken = set(AccessCode.objects.filter(selector__in=fresh).values_list("selector", flat=True))
        found |= {selector: letters for selector, letters in fresh.items() if selector not in taken}
    return list(found.values())


def _proof(letters: str) -> str:
    # Keyed by SECRET_KEY, which no backup holds: six letters alone could be tried out in a minute.
    return salted_hmac("learn.people.codes.letters", letters, algorithm="sha256").hexdigest()


def _verifier(token: str) -> str:
    return salted_hmac("learn.people.codes.token", token, algorithm="sha256").hexdigest()
