"""Ask staff once more who they are, before what a stranger at an open screen must not do (ruling 23).

A sign-in counts for five minutes, and so does each answer to the page "again". The session remembers when that was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

COUNTS = 5 * 60  # seconds
_AGAIN = "again"  # session key

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def recently(request: HttpRequest) -> bool:
    """Return whether the person of this session said within the last five minutes who they are."""
    now = time.time()
    signed_in = request.session.get("since", now)  # missing in the first request of a sign-in (sessions.lengths)
    return bool(now - max(signed_in, request.session.get(_AGAIN, 0)) < COUNTS)


def said(request: HttpRequest) -> None:
    """Store that the person of this session has just said who they are."""
    request.session[_AGAIN] = int(time.time())


def first(request: HttpRequest, back: str) -> HttpResponse:
    """Return the redirect to the page that asks, and that leads to `back` afterwards."""
    return HttpResponseRedirect(f"{reverse('again')}?{urlencode({'next': back})}")


def asked_again(back: str = "") -> Callable[[View], View]:
    """Decorate a view of staff: it runs if they said who they are within the last five minutes, else they are asked.

    Nothing has happened then. `back` names the page with the button or link for this view, if the view is none itself;
    it takes the same number (`pk`), and the query string goes with it.
    """

    def decorator(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if recently(request):
                return view(request, *args, **kwargs)
            page = request.path
            if back:
                page = reverse(back, kwargs={"pk": kwargs["pk"]} if "pk" in kwargs else None)
            query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
            return first(request, page + query)

        return inner  # type: ignore[return-value]  # the same signature

    return decorator
