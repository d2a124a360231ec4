"""What a form was drawn from, so that the second of two people does not write over what the first has saved."""

from __future__ import annotations

from typing import Any

from django.utils.crypto import salted_hmac


class Stale(Exception):
    """Raised when somebody else saved first. Nothing was changed. `now` is the row as it is."""

    def __init__(self, now: Any = None) -> None:
        super().__init__()
        self.now = now


def fingerprint(*values: Any) -> str:
    """Return a text that differs if one of these values differs. A form carries it, and saving compares it."""
    text = "\0".join(map(str, values))
    return salted_hmac("learn.people.seen", text, algorithm="sha256").hexdigest()[:32]
