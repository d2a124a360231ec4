"""Pages of the whole site: who to call, and what to say when a form cannot be taken."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve
from django.views.decorators.http import require_safe

from learn.progress.views import go_on_without_cookies


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Say who to call, how fast and for what: the whole call card."""
    return render(request, "help.html")


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Tell plainly why a form could not be taken, and how to go on.

    Without cookies a lesson can still be read: Continue leads on and saves nothing. A page that stood open while its
    reader signed in elsewhere carries an old token: its own address, fetched anew, mends that.
    """
    cookies = settings.CSRF_COOKIE_NAME in request.COOKIES
    match = resolve(request.path_info)
    if not cookies and match.url_name == "step":
        return go_on_without_cookies(**match.kwargs)
    return render(request, "form_refused.html", {"cookies": cookies, "again": request.path}, status=403)
