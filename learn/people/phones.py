"""Phone numbers: how one is written, and what a phone dials. Plain Python.

A number is kept as people write it, "555-010-0199 ext. 3". The extension has one spelling, because a tel: link must
keep it apart from the number: without that, a phone would dial one long wrong number.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

LONGEST = 30
# A number as it is stored. At least three digits, so that a stray "5" is no number.
PATTERN = r"\A(?=(?:[^0-9]*[0-9]){3})\+?[0-9][0-9 ().-]{2,28}(?: ext\. [0-9]{1,6})?\Z"
SAY = "Write a phone number with digits, like 555 010 0199 or 555 010 0199 ext. 3."
_EXTENSION = re.compile(r"[\s,;]*(?:\bext(?:ension|n)?\b\.?|\bx\.?|(?<=[0-9])x|#)\s*([0-9]{1,6})\s*\Z", re.IGNORECASE)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")


def tidy(text: str) -> str:
    """Return a typed number in the one spelling: "555–010 0199, x3" becomes "555-010 0199 ext. 3".

    Text that is no number is returned without surrounding and doubled spaces; PATTERN then refuses it.
    """
    if len(text) > 3 * LONGEST:  # too long in any spelling; the search for an extension would take long too
        return text
    plain = " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())
    main, extension = _parts(plain)
    return f"{main} ext. {extension}" if extension else main


def dial(text: str) -> str:
    """Return a number for a tel: link (RFC 3966): digits, the leading plus if there is one, ";ext=" at the end."""
    main, extension = _parts(text)
    digits = re.sub(r"(?!^\+)[^0-9]", "", main)
    return f"{digits};ext={extension}" if extension else digits


def _parts(text: str) -> tuple[str, str]:
    found = _EXTENSION.search(text)
    return (text[: found.start()].strip(), found[1]) if found else (text, "")


class Phones(NamedTuple):
    """The phone numbers and the fever number that a user was given. Each is empty if there is none."""

    day: str
    night: str
    fever: str  # the temperature at which to call
