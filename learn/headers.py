"""What every response is sent with, errors and redirects included (the policy itself: CONTENT_SECURITY_POLICY).

Path not taken: CSPMiddleware. It puts the same policy together anew for every response, for nonces that no page has.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADERS = {
    # Nothing of a page is kept by a browser or a proxy (ruling 13). Static files bring their own, immutable, header.
    "Cache-Control": "no-store, private",
    HEADER: build_policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",  # "no-referrer" makes Chromium fail the CSRF check of every form
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def every_response(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, the outermost: set what nobody further in has set."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.DEBUG and response.status_code in (404, 500):
            del response.headers[HEADER]  # Django's own page for developers has its styles and scripts inside
        if request.method == "POST":
            # Chromium keeps even a no-store page for its Back button, unless an HttpOnly cookie has changed since:
            # after an answer, Back asks the server and finds the feedback, not the old form.
            name = "__Host-moved" if settings.HTTPS else "moved"
            response.set_cookie(name, secrets.token_hex(4), secure=settings.HTTPS, httponly=True, samesite="Lax")
        return response

    return middleware
