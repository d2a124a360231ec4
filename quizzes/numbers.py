"""Numbers that come from outside, in an address or a form: a primary key, the place of a question, and no other.

Both databases count in 64 bits; a greater number would end in an error of theirs, not in "not found".
"""

from __future__ import annotations

import re

MOST = 2**63 - 1


class Number:
    """Path converter, `<number:pk>`: 1 up to what the databases can hold, written as we write it; all else is 404.

    Registered when the engine starts (`apps.py`), so a site's own addresses can have it too.
    """

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        """Return the number. Raises ValueError when it is too great, which Django takes for no match."""
        if (found := int(value)) > MOST:
            raise ValueError("no table of ours has such a number")
        return found

    def to_url(self, value: int) -> str:
        """Return the number as an address has it."""
        return str(value)


def number(value: str) -> int | None:
    """Return the number that a form or a query string holds; None for anything that `<number:…>` would not take."""
    try:
        return Number().to_python(value) if re.fullmatch(Number.regex, value) else None
    except ValueError:
        return None
