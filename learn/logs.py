"""Log one line of JSON for each request and each error, with fields from an allow-list.

A line never has a name, a path, a query string, a body, an answer or an address: a path can contain the token of an
invitation, and a message can contain what somebody typed. Every field that is not listed here is left out, no matter
who logs it.

Rejected: structlog. All that it would do here is one json.dumps.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from learn import connections

OURS = ("learn", "quizzes")  # loggers whose messages are constants in our own code
FIELDS = ("request", "method", "route", "status", "ms", "user")

logger = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """Format a log record as JSON, with the allowed fields only."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line.

        The message of another package is replaced by its place in the code, an exception by its type. A traceback is a
        list of files, lines and function names, without values. Why the pool cannot connect is said in our own words.
        """
        ours = record.name.partition(".")[0] in OURS
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "event": str(record.msg) if ours else f"{record.name} {record.module}:{record.lineno}",
        }
        line |= {name: getattr(record, name) for name in FIELDS if ours and hasattr(record, name)}
        if request := getattr(record, "request", None) if not ours else None:
            line["request"] = getattr(request, "id", None)
        told = record.args[-1] if isinstance(record.args, tuple) and record.args else None
        if record.name == "psycopg.pool" and isinstance(told, Exception):
            line["why"] = connections.why(told)
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=True, default=str)


class Logged(HttpRequest):
    """A request with the random number that its log lines share."""

    id: str


def requests(get_response: Callable[[Logged], HttpResponse]) -> Callable[[Logged], HttpResponse]:
    """Middleware: log each request with the name of its route, the status, the time in milliseconds, and the user's pk.

    Sets `request.id`, which also appears in the error lines of the request.
    """

    def middleware(request: Logged) -> HttpResponse:
        began = time.perf_counter()
        request.id = uuid.uuid4().hex[:12]
        response = get_response(request)
        match = request.resolver_match
        user = getattr(request, "_cached_user", None)  # only if it was loaded already: logging makes no query
        logger.info(
            "request",
            extra={
                "request": request.id,
                "method": request.method if request.method in ("GET", "HEAD", "POST") else "other",
                "route": match.view_name or match.route if match else None,
                "status": response.status_code,
                "ms": round((time.perf_counter() - began) * 1000),
                "user": user.pk if user is not None else None,
            },
        )
        return response

    return middleware
