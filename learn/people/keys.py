"""The keys of whatever must outlive a new SECRET_KEY: access codes, second steps, links in emails, known devices.

They are made with CODE_KEY. Keys in CODE_KEY_FALLBACKS still open what they made. A site without a CODE_KEY uses
SECRET_KEY and its fallbacks. Sessions and cookies of minutes stay with SECRET_KEY, as Django does it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac


def of_codes() -> list[str]:
    """Return the keys, first the one with which new things are made."""
    if settings.CODE_KEY:
        return [settings.CODE_KEY, *settings.CODE_KEY_FALLBACKS]
    return [settings.SECRET_KEY, *settings.CODE_KEY_FALLBACKS, *settings.SECRET_KEY_FALLBACKS]


def hashes(salt: str, text: str) -> list[str]:
    """Return the keyed hash of the text by each key, 64 letters each; the first is the one to store."""
    return [hashed(salt, text, key) for key in of_codes()]


def hashed(salt: str, text: str, key: str) -> str:
    """Return the keyed hash (HMAC) of the text by this key. The salt says what the hash is for."""
    return salted_hmac(salt, text, secret=key, algorithm="sha256").hexdigest()


def sign(value: Any, *, salt: str) -> str:
    """Return the value as a signed text for an address."""
    return signing.dumps(value, key=of_codes()[0], salt=salt)


def signed(text: str, *, salt: str, max_age: Any = None) -> Any:
    """Return the value again. Raises signing.BadSignature if the text was changed, is too old, or its key is gone."""
    first, *others = of_codes()
    return signing.loads(text, key=first, fallback_keys=[*others], salt=salt, max_age=max_age)
