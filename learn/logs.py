"""One line of JSON for each request and each error, from an allow-list.

Never a name, a path, a query string, a body, an answer or an address: a path may hold an invitation's token, a message
may hold what somebody typed. What may stand in a line is listed here; everything else is left out, whoever logged it.

Path not taken: structlog. All that it would do here is one json.dumps.
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

OURS = ("learn", "quizzes")  # loggers whose messages are constant strings of our own
FIELDS = ("request", "method", "route", "status", "ms", "user")

logger = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """Formats a record as JSON, taking only what is known to be harmless."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. A foreign message is replaced by the place it came from, an exception by its type."""
        ours = record.name.partition(".")[0] in OURS
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "event": str(record.msg) if ours else f"{record.name} {record.module}:{record.lineno}",
        }
        line |= {name: getattr(record, name) for name in FIELDS if ours and hasattr(record, name)}
        if request := getattr(record, "request", None) if not ours else None:
            line["request"] = getattr(request, "id", None)
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=True, default=str)


class Logged(HttpRequest):
    """A request with the name that its log lines share."""

    id: str


def requests(get_response: Callable[[Logged], HttpResponse]) -> Callable[[Logged], HttpResponse]:
    """Middleware: log each request by its route's name, with how it ended, how long it took, and the user's number."""

    def middleware(request: Logged) -> HttpResponse:
        began = time.perf_counter()
        request.id = uuid.uuid4().hex[:12]
        response = get_response(request)
        match = request.resolver_match
        user = getattr(request, "_cached_user", None)  # only if somebody asked for it: a log line costs no query
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
