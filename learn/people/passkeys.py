"""Passkeys: a phone, a computer or a key with a chip signs a challenge of this site. allauth and fido2 check it.

Import this module where it is used: it loads fido2 and cryptography, which most workers never need.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.db import transaction
from django.http import HttpRequest

from learn.people import two_step
from learn.people.models import User

LONGEST = 20_000  # letters; what a browser sends has about 1,500
_ODD = (
    forms.ValidationError,
    TypeError,
    ValueError,
    KeyError,
    AttributeError,
    RecursionError,
)  # of a forged credential


def to_add(user: User) -> str:
    """Return the challenge for a new passkey, as JSON for passkey.js. The session keeps its other half."""
    return json.dumps(auth.begin_registration(user, passwordless=False))


def to_use(user: User) -> str:
    """Return the challenge for a passkey of this person, as JSON for passkey.js. The session keeps its other half."""
    return json.dumps(auth.begin_authentication(user))


def add(request: HttpRequest, user: User, name: str, sent: str, *, now: datetime) -> bool:
    """Add the passkey whose answer the browser sent. Return False if it does not fit the challenge."""
    try:
        credential = _read(sent)
        auth.parse_registration_response(credential)
        auth.complete_registration(credential)
    except _ODD:
        return False
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        auth.WebAuthn.add(user, name, credential)
        two_step.added(request, user, now=now)
    return True


def use(user: User, sent: str, *, now: datetime) -> bool:
    """Return whether the browser sent the answer of one of this person's passkeys to the challenge of this session."""
    try:
        credential = _read(sent)
        auth.parse_authentication_response(credential)
        found = auth.complete_authentication(user, credential)
    except _ODD:
        return False
    Authenticator.objects.filter(pk=found.pk).update(last_used_at=now)
    return True


def _read(sent: str) -> dict[str, Any]:
    credential = json.loads(sent) if len(sent) <= LONGEST else None
    if not isinstance(credential, dict):
        raise ValueError("not a credential")
    return credential
