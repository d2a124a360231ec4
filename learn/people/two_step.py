"""The second step of a staff sign-in: a code from an app, a passkey or a recovery code (ruling 22).

The rows are allauth's (`Authenticator`). A session remembers that its person gave the second step (`passed`), so no
page asks the database. `led` sends staff without it to set it up; the Desk calls it for each of its pages. Patients
have no second step and are never asked.

Path not taken: allauth's own check of app codes. It remembers used codes in the cache, one for each worker, and for
30 seconds only: another worker, or the same one a little later, would take a code a second time.
"""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.stages import LoginStage
from allauth.core.internal.httpkit import headed_redirect_response
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from learn.people import audit, sealing, sessions
from learn.people.models import User
from learn.people.rate_limits import Limit

REQUIRED = "required"
TRIES = Limit("second step", 5, 15 * 60)  # wrong codes or passwords of one person; who types them knows the password
PERIOD = 30  # seconds that an app shows one code
DRIFT = 1  # a phone's clock may be this many periods early or late
TYPES = Authenticator.Type
ASKED = "reset asked"  # key in an authenticator's data: who of IT asked for the reset, and when
WAITS = 24 * 3600  # seconds in which a second person of IT can confirm a reset
_FIRST = "first_password"  # session key: opened with a one-time password, and confined to the page for an own one
_PENDING = "two_step_secret"  # session keys
_PASSED = "two_step"


class Adapter(DefaultMFAAdapter):
    """allauth's adapter: secrets are sealed, and only staff have a second step."""

    def encrypt(self, text: str) -> str:
        """Return the text sealed."""
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the text again. Raises Unreadable."""
        return sealing.unseal(encrypted_text)

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        """Return whether this person has a second step. For patients there is no query."""
        return user.is_authenticated and user.is_staff and bool(super().is_mfa_enabled(user, types))


class Stage(LoginStage):
    """The part of allauth's sign-in that asks for the second step. allauth's own would load fido2 for every sign-in."""

    key = "mfa_authenticate"
    urlname = "two_step_code"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Lead staff who set up a second step to its page, unless the hospital's own sign-in asked for one."""
        user = self.login.user
        if not isinstance(user, User) or by_hospital(self.request, user) or not is_set_up(user):
            return None, True
        return headed_redirect_response(self.urlname), True


def is_set_up(user: User) -> bool:
    """Return whether this person has an app or a passkey. Recovery codes alone do not count."""
    return Adapter().is_mfa_enabled(user, [TYPES.TOTP, TYPES.WEBAUTHN])


def second_factors(people: Iterable[User]) -> dict[int, bool]:
    """Return for each of these people, by primary key, whether they have an app or a passkey. One query."""
    asked = [person.pk for person in people]
    rows = Authenticator.objects.filter(user__in=asked, type__in=(TYPES.TOTP, TYPES.WEBAUTHN))
    return dict.fromkeys(asked, False) | dict.fromkeys(rows.values_list("user_id", flat=True), True)


def by_hospital(request: HttpRequest, user: User) -> bool:
    """Return whether this sign-in came from the hospital's single sign-on, and IT said that it asks twice itself."""
    records = get_authentication_records(request, user)
    return settings.OIDC_TWO_STEP and any(record.get("method") == "socialaccount" for record in records)


def mark(request: HttpRequest) -> None:
    """Store in the session that its person gave the second step."""
    request.session[_PASSED] = request.user.pk


def passed(request: HttpRequest) -> bool:
    """Return whether the person of this session gave the second step in it."""
    return request.session.get(_PASSED) == request.user.pk


def led(request: HttpRequest) -> HttpResponse | None:
    """Return a redirect for staff who must give or set up the second step first; else None. Mostly without a query.

    An own password comes before it: a session that a one-time password opened sees the page for that and no other.
    """
    if settings.STAFF_TWO_STEP != REQUIRED or passed(request) or _FIRST in request.session:
        return None
    if is_set_up(request.user):  # type: ignore[arg-type]  # the Desk lets in staff only
        return HttpResponseRedirect(f"{reverse('again')}?{urlencode({'next': request.get_full_path()})}")
    return HttpResponseRedirect(reverse("two_step"))


def use_code(user: User, typed: str, *, now: datetime) -> bool:
    """Return whether this is the app's code, or a recovery code, and was not used before. It is used up then.

    Count the try first (TRIES), outside a transaction.
    """
    code = re.sub(r"[\s-]", "", typed)
    if not re.fullmatch(r"[0-9]{6,8}", code):
        return False
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update().filter(user=user, type__in=(TYPES.TOTP, TYPES.RECOVERY_CODES))
        for found in rows.order_by("pk"):
            try:
                fits = _fits(found, code, now) if found.type == TYPES.TOTP else RecoveryCodes(found).validate_code(code)
            except sealing.Unreadable:  # CODE_KEY is another one: only a reset helps
                continue
            if fits:
                Authenticator.objects.filter(pk=found.pk).update(last_used_at=now)
                return True
    return False


def _fits(app: Authenticator, code: str, now: datetime) -> bool:
    """Return whether the app shows this code about now, later than the last code that was used; store its period."""
    period = period_of(sealing.unseal(app.data["secret"]), code, now=now)
    if period is None or period <= app.data.get("last", -1):
        return False
    app.data["last"] = period
    app.save(update_fields=["data"])
    return True


def period_of(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the number of the period in which an app with this secret shows this code, if that is about now."""
    current = int(now.timestamp()) // PERIOD
    for period in range(current - DRIFT, current + DRIFT + 1):
        if constant_time_compare(format_hotp_value(hotp_value(secret, period)), code):
            return period
    return None


def pending(request: HttpRequest) -> str:
    """Return the secret of the app that is being set up in this session. It stays the same until it is used."""
    try:
        return sealing.unseal(request.session[_PENDING])
    except (KeyError, sealing.Unreadable):
        secret = b32encode(secrets.token_bytes(20)).decode()
        request.session[_PENDING] = sealing.seal(secret)
        return secret


def set_up_app(request: HttpRequest, typed: str, *, now: datetime) -> bool:
    """Set up the app whose secret is pending, if this is the code that it shows. It replaces an earlier app."""
    secret, user = pending(request), request.user
    period = period_of(secret, re.sub(r"[\s-]", "", typed), now=now)
    if period is None or not isinstance(user, User):
        return False
    with transaction.atomic():
        if User.objects.select_for_update().filter(pk=user.pk, is_active=True).first() is None:
            return False
        Authenticator.objects.filter(user=user, type=TYPES.TOTP).delete()
        data = {"secret": sealing.seal(secret), "last": period}
        Authenticator.objects.create(user=user, type=TYPES.TOTP, data=data, created_at=now)
        added(request, user, now=now)
    request.session.pop(_PENDING, None)
    return True


def added(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Finish adding a second step: recovery codes, if there are none; end the other sessions; note it."""
    if not Authenticator.objects.filter(user=user, type=TYPES.RECOVERY_CODES).exists():
        RecoveryCodes.activate(user)
        request.session[SHOW] = True
    sessions.end_all(user.pk, but=request.session.session_key)
    mark(request)
    audit.note(by=user, what="two_step.set", now=now)


SHOW = "two_step_codes"  # session key: the recovery codes are new, and the next page may show them


def new_codes(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Replace the recovery codes; the next page shows the new ones once."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        Authenticator.objects.filter(user=user, type=TYPES.RECOVERY_CODES).delete()
        RecoveryCodes.activate(user)
        audit.note(by=user, what="two_step.codes", now=now)
    request.session[SHOW] = True


def codes_left(user: User) -> list[str]:
    """Return the recovery codes that were not used yet; none if their key is gone."""
    found = Authenticator.objects.filter(user=user, type=TYPES.RECOVERY_CODES).first()
    try:
        return [*RecoveryCodes(found).get_unused_codes()] if found else []
    except sealing.Unreadable:
        return []


def remove(user: User, pk: int, *, now: datetime) -> bool:
    """Remove one's own app or passkey. Return False if it is the only one and the site requires a second step."""
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update().filter(user=user, type__in=(TYPES.TOTP, TYPES.WEBAUTHN))
        by_pk = {row.pk: row for row in rows}
        if pk not in by_pk:
            return True  # it is gone already: a second press
        if len(by_pk) == 1 and settings.STAFF_TWO_STEP == REQUIRED:
            return False
        by_pk[pk].delete()
        if len(by_pk) == 1:
            Authenticator.objects.filter(user=user).delete()  # recovery codes open nothing by themselves
        audit.note(by=user, what="two_step.removed", now=now)
    return True


class SamePerson(Exception):
    """A reset needs two people of IT, and neither may be the person whose second step it is."""


def asked_by(of: User, *, now: datetime) -> User | None:
    """Return who of IT asked within the last day to reset this person's second step, if they may still do that."""
    for row in Authenticator.objects.filter(user=of).order_by("pk"):
        asked = row.data.get(ASKED)
        if asked and now.timestamp() - asked["at"] < WAITS:
            by = User.objects.filter(pk=asked["by"], is_active=True, is_staff=True).first()
            return by if by and by.has_perm(MAY_RESET) else None
    return None


MAY_RESET = "people.change_user"


def ask_reset(*, of: User, by: User, now: datetime) -> None:
    """Store that `by` asks to reset this person's second step. Raises SamePerson for one's own."""
    if of.pk == by.pk:
        raise SamePerson
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().filter(user=of).order_by("pk").first()
        if row:
            row.data[ASKED] = {"by": by.pk, "at": int(now.timestamp())}
            row.save(update_fields=["data"])
            audit.note(by=by, what="two_step.asked", now=now)


def reset_second_factor(*, of: User, by: User, confirmed_by: User, now: datetime) -> bool:
    """Take a person's second step off, and end their sessions. They set it up anew at the next sign-in.

    `by` asked for it and `confirmed_by` confirms it. Return False if there was none (a second press). Raises SamePerson
    unless these are three people. The audit gets a row for each of the three.
    """
    if len({of.pk, by.pk, confirmed_by.pk}) != 3:
        raise SamePerson
    return take_off(of, notes=[(by, "two_step.reset"), (confirmed_by, "two_step.confirmed")], now=now)


def take_off(of: User, *, notes: list[tuple[User, str]], now: datetime) -> bool:
    """Delete a person's second step and end their sessions; note who did what, and that it is gone. False if none."""
    with transaction.atomic():
        if not list(Authenticator.objects.select_for_update().filter(user=of)):
            return False
        Authenticator.objects.filter(user=of).delete()
        sessions.end_all(of.pk)
        for who, what in [*notes, (of, "two_step.gone")]:
            audit.note(by=who, what=what, now=now)
    return True
