"""Encrypts the short secrets that the database must be able to give back: those of the second step.

The key is derived from CODE_KEY (`keys.py`), so a copy of the database alone opens nothing. Its fallbacks still open
what they sealed. `cryptography` is imported at the first use, because most workers never need it.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from django.utils.crypto import salted_hmac

from learn.people import keys

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

SALT = "learn.people.sealing"


class Unreadable(Exception):
    """The text was sealed with a key that this site does not have any more."""


def seal(text: str) -> str:
    """Return the text encrypted, with a signature."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the text again. Raises Unreadable if it was changed, or if its key is gone."""
    from cryptography.fernet import InvalidToken

    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


def _keys() -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet

    found = [salted_hmac(SALT, "key", secret=key, algorithm="sha256").digest() for key in keys.of_codes()]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in found])
