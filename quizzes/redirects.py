"""Redirect after POST with 303 See Other, so that the browser always loads the next page with GET."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def see_other(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: change the status 302 of a response to POST into 303, so that views can use plain `redirect()`.

    After 302, a browser may load the next page with GET or repeat the POST. After 303, it must use GET (RFC 9110,
    15.4.4). 307 and 308 are not changed, because they mean that the POST is repeated.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "POST" and response.status_code == 302:
            response.status_code = 303
        return response

    return middleware
