"""How often something may be tried: one exact limiter, in the database, so that it holds for all workers together.

One statement counts and tells. To read first and write then lets parallel tries through: of 160 at once, 152 where 20
were allowed. Keys are kept as HMACs: the table names no address and no code. A count that is rolled back is no count:
call these outside a transaction.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from learn.people.models import Hit

FORGET = 30 * 24 * 3600  # seconds after which `manage.py tidy` forgets what was tried
BACKOFF_AFTER = 10  # tries
BACKOFF = 3600  # seconds: how long the first lock lasts; each further one lasts twice as long

# Both run on SQLite (3.35 and newer) and PostgreSQL; people_hit.n is the row as it was. What is not locked is
# written as unlocked an hour ago: a worker whose clock is behind does not take it for locked.
_COUNT = """
INSERT INTO people_hit (whose, n, until) VALUES (%(whose)s, 1, %(ends)s)
ON CONFLICT (whose) DO UPDATE SET
    n = CASE WHEN people_hit.until <= %(now)s THEN 1 ELSE people_hit.n + 1 END,
    until = CASE WHEN people_hit.until <= %(now)s THEN excluded.until ELSE people_hit.until END
RETURNING n, until"""
_BACKOFF = """
INSERT INTO people_hit (whose, n, until) VALUES (%(whose)s, 1, %(now)s - %(backoff)s)
ON CONFLICT (whose) DO UPDATE SET
    n = people_hit.n + 1,
    until = %(now)s + CASE WHEN (people_hit.n + 1) %% %(after)s = 0
        THEN %(backoff)s * (1 << CAST((people_hit.n + 1) / %(after)s - 1 AS integer)) ELSE -%(backoff)s END
WHERE people_hit.until <= %(now)s
RETURNING n, until"""


class Limit(NamedTuple):
    """So many tries in so many seconds; the seconds begin with the first try."""

    name: str
    tries: int
    seconds: int


# Whoever only mistypes meets the first; the second is high, since a whole hospital may share one address.
DEVICE = Limit("code by device", 10, 3600)
ADDRESS = Limit("code by address", 300, 600)


def count(limit: Limit, whose: str, *, now: datetime) -> int:
    """Count one try of this device, address or account; return the seconds to wait, 0 where it may be made."""
    at = int(now.timestamp())
    [(n, until)] = _run(_COUNT, {"whose": _key(limit.name, whose), "now": at, "ends": at + limit.seconds})
    return 0 if n <= limit.tries else max(until - at, 1)


def backoff(name: str, whose: str, *, now: datetime) -> int:
    """Count one try at something that is locked after ten tries for an hour, after ten more for two hours, and so on.

    Returns the seconds that the lock still lasts, 0 where the try may be made. It is never locked for good. Only
    `forget` takes the count back; a try while it is locked does not count.
    """
    at, key = int(now.timestamp()), _key(name, whose)
    if _run(_BACKOFF, {"whose": key, "now": at, "after": BACKOFF_AFTER, "backoff": BACKOFF}):
        return 0
    locked = Hit.objects.filter(pk=key).first()
    return max(locked.until - at, 1) if locked else 0


def forget(name: str, whose: str) -> None:
    """Forget the tries of somebody who has now got in."""
    Hit.objects.filter(pk=_key(name, whose)).delete()


def one_at_a_time(name: str, whose: str) -> None:
    """Let whoever does this same thing too wait here until the transaction ends. It leaves no row, and no error.

    For what two rows may not both have, where ON CONFLICT cannot be said: in an UPDATE. The second looks, after this,
    whether the first has taken it; a refused row would stand in PostgreSQL's own log.
    """
    key = _key(name, whose)
    _run(_COUNT, {"whose": key, "now": 0, "ends": 0})
    Hit.objects.filter(pk=key).delete()


def tidy(*, now: datetime) -> None:
    """Forget the tries of more than a month ago."""
    Hit.objects.filter(until__lt=int(now.timestamp()) - FORGET).delete()


def address(request: HttpRequest) -> str:
    """Return where a request comes from, as our own proxies saw it; of IPv6 the network that one home or ward has.

    Only the last PROXIES entries of X-Forwarded-For were written by them: what stands before is the sender's claim.
    """
    seen = str(request.META.get("REMOTE_ADDR", ""))
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    if 0 < settings.PROXIES <= len(hops):
        seen = hops[-settings.PROXIES].strip() or seen
    try:
        found = ipaddress.ip_address(seen)
    except ValueError:
        return seen[:64]
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def refuse(request: HttpRequest, seconds: int) -> HttpResponse:
    """Answer 429: say how long to wait, in words and in Retry-After."""
    minutes = -(-seconds // 60)
    hours = -(-minutes // 60)
    if minutes < 120:
        wait = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    else:
        wait = ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    response = render(request, "429.html", {"wait": wait}, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _key(name: str, whose: str) -> str:
    return salted_hmac("learn.people.limits", f"{name}\0{whose}", algorithm="sha256").hexdigest()


def _run(sql: str, params: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
