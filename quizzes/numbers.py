"""Parse the positive integers in URLs and forms: primary keys and positions of questions.

Both databases store integers in 64 bits. A greater number would cause a database error instead of a 404.
"""

from __future__ import annotations

import re

MOST = 2**63 - 1


class Number:
    """Path converter `<number:pk>`: integers from 1 to the maximum of the databases, without leading zeros; else 404.

    `apps.py` registers it when the app starts, so that a site can use it in its own URLs too.
    """

    regex = "[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        """Return the number. Raises ValueError if it is too large; Django then treats the URL as not matching."""
        if (found := int(value)) > MOST:
            raise ValueError("no table of ours has such a number")
        return found

    def to_url(self, value: int) -> str:
        """Return the number as it is written in a URL."""
        return str(value)


def number(value: str) -> int | None:
    """Return the number in a form field or a query string; None for a text that `<number:…>` would not match."""
    try:
        return Number().to_python(value) if re.fullmatch(Number.regex, value) else None
    except ValueError:
        return None
