"""HTTP headers for every response, including errors and redirects. (CONTENT_SECURITY_POLICY is in settings.py.)

Path not taken: CSPMiddleware. It builds the same policy again for every response, because of nonces that no page has.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADERS = {
    # Browsers and proxies must not store pages (ruling 13). Static files set their own Cache-Control, "immutable".
    "Cache-Control": "no-store, private",
    HEADER: build_policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",  # "no-referrer" makes Chromium fail the CSRF check of every form
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",  # search engines do not list a page, see `_may_be_found`
}
# The pages that are the same for every visitor, by the names of their addresses. The search (`find`) is none of them.
PUBLIC = frozenset(
    ("start", "therapies", "therapy", "step", "helping", "words", "help", "more", "about", "privacy", "accessibility")
)


def every_response(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: set each of HEADERS that the response does not have yet. It must wrap all others that set headers."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if _may_be_found(request, response):
            del response.headers["X-Robots-Tag"]
        if settings.DEBUG and response.status_code in (404, 500):
            del response.headers[HEADER]  # Django's debug page has inline styles and scripts
        if request.method == "POST":
            # Chromium keeps even a no-store page for the Back button, unless an HttpOnly cookie has changed since.
            # With this cookie, Back after an answer asks the server and shows the feedback, not the old form.
            name = "__Host-moved" if settings.HTTPS else "moved"
            response.set_cookie(name, secrets.token_hex(4), secure=settings.HTTPS, httponly=True, samesite="Lax")
        return response

    return middleware


def _may_be_found(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether search engines may list this page: only PUBLIC ones, and only if the hospital wants it.

    A page with a query string is a variant of another one, and whoever has a session may see something of their own.
    """
    return (
        settings.PUBLIC_INDEX
        and response.status_code == 200
        and request.resolver_match is not None
        and request.resolver_match.view_name in PUBLIC
        and not request.META.get("QUERY_STRING")
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
    )
