"""Exact rate limits. They are stored in the database, so that they apply to all workers together.

One statement counts the try and returns the result. With a read before the write, parallel tries pass the limit: of 160
parallel tries, 152 passed a limit of 20. The keys are stored as HMACs, so the table contains no addresses and no codes.
Call these functions outside a transaction, because a rollback would undo the count.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from learn.people.models import Hit

FORGET = 30 * 24 * 3600  # seconds after which `manage.py tidy` deletes the counts
BACKOFF_AFTER = 10  # tries
BACKOFF = 3600  # seconds of the first lock; each further lock lasts twice as long

# Both statements run on SQLite (3.35 and newer) and PostgreSQL. people_hit.n is the old value of the row. For an
# unlocked code, `until` is set an hour into the past, so that a worker with a slow clock does not see a lock.
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
    """A number of tries in a number of seconds. The time starts with the first try."""

    name: str
    tries: int
    seconds: int


# A user who mistypes reaches only the first limit. The second is high, because a whole hospital may share one address.
DEVICE = Limit("code by device", 10, 3600)
ADDRESS = Limit("code by address", 300, 600)


def count(limit: Limit, whose: str, *, now: datetime) -> int:
    """Count one try by `whose` (a device, address or account). Return the seconds to wait; 0 allows the try."""
    at = int(now.timestamp())
    [(n, until)] = _run(_COUNT, {"whose": _key(limit.name, whose), "now": at, "ends": at + limit.seconds})
    return 0 if n <= limit.tries else max(until - at, 1)


def backoff(name: str, whose: str, *, now: datetime) -> int:
    """Count one try. After ten tries there is a lock for one hour, after ten more for two hours, and so on.

    Return the remaining seconds of the lock; 0 allows the try. No lock is permanent. Tries during a lock are not
    counted. Only `forget` resets the count.
    """
    at, key = int(now.timestamp()), _key(name, whose)
    if _run(_BACKOFF, {"whose": key, "now": at, "after": BACKOFF_AFTER, "backoff": BACKOFF}):
        return 0
    locked = Hit.objects.filter(pk=key).first()
    return max(locked.until - at, 1) if locked else 0


def forget(name: str, whose: str) -> None:
    """Reset the count after a successful try."""
    Hit.objects.filter(pk=_key(name, whose)).delete()


def take_back(counted: Iterable[tuple[Limit, str]]) -> None:
    """Take back one try from each of these counts, with one statement: they turned out to be right."""
    keys = [_key(limit.name, whose) for limit, whose in counted]
    Hit.objects.filter(pk__in=keys, n__gt=0).update(n=F("n") - 1)


def one_at_a_time(name: str, whose: str) -> None:
    """Make other requests with the same `name` and `whose` wait here until the transaction ends. It leaves no row.

    Use it for a unique value in an UPDATE, where ON CONFLICT is not possible. After this call, the second request must
    check whether the first has taken the value. Otherwise PostgreSQL would write the failed UPDATE to its log.
    """
    key = _key(name, whose)
    _run(_COUNT, {"whose": key, "now": 0, "ends": 0})
    Hit.objects.filter(pk=key).delete()


def tidy(*, now: datetime) -> None:
    """Delete the counts that are older than a month."""
    Hit.objects.filter(until__lt=int(now.timestamp()) - FORGET).delete()


def address(request: HttpRequest) -> str:
    """Return the IP address of a request as our own proxies saw it. For IPv6, return the /64 network.

    One home or ward has one such network. Our proxies write only the last PROXIES entries of X-Forwarded-For; the
    client can forge the entries before them. An entry that is no address (a proxy hides it) counts as the proxy's own.
    """
    seen = [str(request.META.get("REMOTE_ADDR", ""))]
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    if 0 < settings.PROXIES <= len(hops):
        seen.insert(0, hops[-settings.PROXIES])
    found = next(filter(None, map(_ip, seen)), None)
    if found is None:
        return seen[-1][:64]
    return str(ipaddress.IPv6Network((found, 64), strict=False)) if found.version == 6 else str(found)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address, also with a port (`192.0.2.7:4711`, `[2001:db8::7]:4711`); None if it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if found.version == 6 else found


def refuse(request: HttpRequest, seconds: int, page: str = "429.html") -> HttpResponse:
    """Return a response with status 429. Its page and its Retry-After header say how long to wait."""
    minutes = -(-seconds // 60)
    hours = -(-minutes // 60)
    if minutes < 120:
        wait = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    else:
        wait = ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    response = render(request, page, {"wait": wait}, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _key(name: str, whose: str) -> str:
    return salted_hmac("learn.people.limits", f"{name}\0{whose}", algorithm="sha256").hexdigest()


def _run(sql: str, params: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
