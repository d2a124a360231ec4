"""What a request must be before any page sees it: its headers without forgeries, its body not too long.

learn/rsgi.py asks for each request. With another server, the middleware still refuses by Content-Length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.template import loader

LONGEST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # bytes of a body. A file to take in has at most 2 MB
REFUSED = "learn.refused"  # in the environment of a request: the status with which the middleware answers it
ONCE = frozenset(("HTTP_HOST", "CONTENT_LENGTH", "CONTENT_TYPE"))
FORWARDED = frozenset(("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"))
CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)
# Python knows "charsets" that are none (rot13, zip), and Django would read a form in any of them.
CHARSETS = frozenset(("utf-8", "utf8", "us-ascii", "iso-8859-1"))
PAGES: dict[int, str] = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "413.html",
    HTTPStatus.REQUEST_TIMEOUT: "408.html",
    HTTPStatus.SERVICE_UNAVAILABLE: "503.html",
}


def headers(sent: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the headers of a request under their WSGI names. `sent` has them as they came, doubled ones too.

    A name with an underscore is left out: `X_Forwarded_For` would get the same WSGI name as the proxy's header. What
    proxies write is left out where there is no proxy. Of `X-Forwarded-Proto` the last value counts: the nearest proxy
    wrote it. A doubled Host or Content-Type refuses the request.
    """
    found: dict[str, str] = {}
    for name, value in sent:
        key = _key(name)
        if not key or (key in FORWARDED and not settings.PROXIES):
            continue
        if key not in found or key == "HTTP_X_FORWARDED_PROTO":
            found[key] = value
        elif key in ONCE:
            found[REFUSED] = str(HTTPStatus.BAD_REQUEST.value)
        else:
            found[key] += (";" if key == "HTTP_COOKIE" else ",") + value
    if proto := found.get("HTTP_X_FORWARDED_PROTO"):
        found["HTTP_X_FORWARDED_PROTO"] = proto.rpartition(",")[2].strip().lower()
    return found


@lru_cache(maxsize=256)  # browsers send the same few names with each request
def _key(name: str) -> str:
    """Return the WSGI name of a header; "" for one to leave out."""
    if "_" in name:
        return ""
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def refused(environ: dict[str, Any]) -> int:
    """Return the status with which this request is refused before its body is read; 0 if it is not."""
    if REFUSED in environ:
        return int(environ[REFUSED])
    if not CHARSETS.issuperset(name.lower() for name in CHARSET.findall(environ.get("CONTENT_TYPE", ""))):
        return HTTPStatus.BAD_REQUEST
    try:
        too_long = int(environ.get("CONTENT_LENGTH") or 0) > LONGEST
    except ValueError:
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_long else 0


def refuse(environ: dict[str, Any], status: int) -> None:
    """Mark a request so that the middleware answers it with this status, and take away what Django would read."""
    environ[REFUSED] = str(int(status))
    environ.pop("CONTENT_TYPE", None)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = "0"


def before(site: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Wrap the WSGI application: mark what is refused before Django reads the request, whichever server runs."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if status := refused(environ):
            refuse(environ, status)
        return site(environ, start_response)

    return application


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer what is marked as refused. No session, cookie or body is read before it."""

    def inner(request: HttpRequest) -> HttpResponse:
        status = int(request.META.get(REFUSED, 0))
        if not status:
            return get_response(request)
        if status not in PAGES:
            raise BadRequest("Refused before it was read")
        page = loader.render_to_string(PAGES[status], {"again": request.get_full_path()})
        return HttpResponse(page, status=status, headers={"Retry-After": "60"} if status == 503 else {})

    return inner
