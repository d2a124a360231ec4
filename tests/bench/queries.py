"""Count the queries of requests: `python -m tests.bench.queries` takes a plan as JSON, prints {measure: [least, most]}.

It runs separately, so that counting does not slow down the measured requests. It does not count BEGIN and similar
statements, or queries that fill a cache once per process: every page is requested twice, and the second request counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - apps must be ready first
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from tests.bench.ask import CSRF, Ask  # noqa: E402

FRAMES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def count(ask: Ask) -> int:
    """Return the number of queries of this request."""
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    client.cookies[settings.SESSION_COOKIE_NAME] = ask.session
    client.cookies[settings.CSRF_COOKIE_NAME] = CSRF
    with connection.execute_wrapper(note):
        if ask.form:
            fields: dict[str, list[str]] = {"csrfmiddlewaretoken": [CSRF]}
            for name, value in ask.form:
                fields.setdefault(name, []).append(value)
            response = client.post(ask.path, fields)
        else:
            response = client.get(ask.path)
    assert response.status_code == (303 if ask.form else 200), (response.status_code, ask)
    return sum(not sql.startswith(FRAMES) for sql in seen)


def counts(plan: dict[str, list[dict[str, Any]]]) -> dict[str, list[int]]:
    """Return the minimum and the maximum number of queries of each measure."""
    asks = {name: [Ask(**ask) for ask in asks] for name, asks in plan.items()}
    for name in asks.keys() - {"answer"}:
        for ask in asks[name]:
            count(ask)
    found = {name: [count(ask) for ask in asks] for name, asks in asks.items()}
    return {name: [min(numbers), max(numbers)] for name, numbers in found.items()}


if __name__ == "__main__":
    json.dump(counts(json.load(sys.stdin)), sys.stdout)
