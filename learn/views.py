"""Pages of the whole site: who to call, text size and colors, what a refused form is told, and is the site well."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template import loader
from django.urls import resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.defaults import permission_denied, server_error

from learn import looks
from learn.apps import database_problems
from learn.lessons import reference
from learn.people import sessions
from learn.progress.views import go_on_without_cookies
from quizzes import learners


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Say who to call, how fast and for what: the whole call card."""
    return render(request, "help.html")


@login_not_required
@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    """Show a page that is all words: about this site, privacy, accessibility, or where else to find help."""
    return render(request, f"{name}.html", {"sources": reference.sources().values() if name == "about" else []})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def look(request: HttpRequest) -> HttpResponse:
    """Choose text size and colors; POST keeps them on this device and leads back to where the reader was."""
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None) or "\x00" in back:
        back = reverse("start")
    form = looks.LookForm(request.POST or None, initial=looks.of(request))
    if request.method == "POST" and form.is_valid():
        messages.success(request, _("Your settings are saved."))
        response = HttpResponseRedirect(back)
        looks.save(response, form.cleaned_data)
        return response
    return render(request, "settings.html", {"form": form, "back": back})


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Go on being signed in: a POST that saves nothing (`people.sessions`)."""
    return HttpResponse(status=204)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Tell plainly why a form could not be taken, and how to go on.

    Without cookies a lesson can still be read: Continue leads on and saves nothing. A page that stood open while its
    reader signed in elsewhere carries an old token: its own address, fetched anew, mends that.
    """
    cookies = settings.CSRF_COOKIE_NAME in request.COOKIES or settings.SESSION_COOKIE_NAME in request.COOKIES
    match = resolve(request.path_info)
    if not cookies and match.url_name == "step":
        return go_on_without_cookies(**match.kwargs)
    context = {
        "cookies": cookies,
        "settings": match.url_name == "settings",
        "again": request.get_full_path(),
        "keeps_nothing": False,  # the heading says so: once is enough
    }
    return render(request, "form_refused.html", context, status=403)


@login_not_required
def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403; but whoever was erased, merged or closed while they sent this goes on as a visitor."""
    if isinstance(exception, learners.Gone) and exception.learner == request.user.pk:
        return sessions.sign_out_gone(request)
    return permission_denied(request, exception)


@login_not_required
def stumbled(request: HttpRequest) -> HttpResponse:
    """Answer 500; where the database was only busy or away, 503: what to do, and that what was done before is safe.

    Nothing is tried again here: whether the statement that failed was the commit, nobody can tell. Whoever opens the
    page again sees where they are, and a form that is sent twice counts once. Asks nothing of the database.
    """
    if not isinstance(sys.exc_info()[1], OperationalError):
        return server_error(request)
    page = loader.render_to_string("503.html", {"again": request.get_full_path()})
    return HttpResponse(page, status=503, headers={"Retry-After": "60"})


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process is alive; asks nothing of the database."""
    return HttpResponse("alive\n", content_type="text/plain")


_migrated = False  # once true, it stays: a process has the same migrations as long as it lives


def _is_migrated() -> bool:
    """Tell whether the database has all our migrations. Planning them is slow, so once a process after it is true."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the site can serve: the database answers, is migrated, and keeps what it takes. 503 if not."""
    try:
        if not _is_migrated():
            return HttpResponse("not ready: run migrate\n", content_type="text/plain", status=503)
        problems = database_problems()
    except DatabaseError:
        return HttpResponse("not ready: no database\n", content_type="text/plain", status=503)
    if problems:
        return HttpResponse("not ready: " + " ".join(problems) + "\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")


def health(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer /healthz and /readyz whatever Host they are asked with; a load balancer asks by IP address.

    It stands before whatever looks at the Host. Neither answer holds an address, so a false one changes nothing.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info not in ("/healthz", "/readyz"):
            return get_response(request)
        match = request.resolver_match = resolve(request.path_info)  # the log names the route
        response: HttpResponse = match.func(request)
        return response

    return middleware
