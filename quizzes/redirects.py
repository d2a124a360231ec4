"""Where a POST leads to is fetched anew: its redirect is 303 See Other, whoever wrote the view."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def see_other(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: turn a POST's 302 into 303, so that every view says plain `redirect()`.

    302 leaves it to the browser whether the next page is asked for by GET or by one more POST; 303 says GET (RFC 9110,
    15.4.4). Whoever writes 307 or 308 wants the POST repeated: these stay.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "POST" and response.status_code == 302:
            response.status_code = 303
        return response

    return middleware
