"""An authenticator app: the codes of RFC 6238, written apart from the site's code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
from datetime import datetime


def code(secret: str, at: datetime | float) -> str:
    """Return the six digits that an app with this secret (base32) shows at this moment."""
    moment = at.timestamp() if isinstance(at, datetime) else at
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(moment) // 30), hashlib.sha1).digest()
    offset = digest[19] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def secret_on(page: str) -> str:
    """Return the secret that a page shows for typing."""
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert found, "no secret on this page"
    return found[1].replace(" ", "")
