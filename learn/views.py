"""Pages of the whole site: who to call, what to say when a form cannot be taken, and is the site well."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve
from django.views.decorators.http import require_safe

from learn.apps import database_problems
from learn.lessons import reference
from learn.progress.views import go_on_without_cookies


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Say who to call, how fast and for what: the whole call card."""
    return render(request, "help.html")


@login_not_required
@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    """Show a page that is all words: about this site, or where else to find help."""
    return render(request, f"{name}.html", {"sources": reference.sources().values() if name == "about" else []})


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
    return render(request, "form_refused.html", {"cookies": cookies, "again": request.get_full_path()}, status=403)


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process is alive; asks nothing of the database."""
    return HttpResponse("alive\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the site can serve: the database answers, is migrated, and keeps what it takes. 503 if not."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return HttpResponse("not ready: run migrate\n", content_type="text/plain", status=503)
        problems = database_problems()
    except DatabaseError:
        return HttpResponse("not ready: no database\n", content_type="text/plain", status=503)
    if problems:
        return HttpResponse("not ready: " + " ".join(problems) + "\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")
