"""Pages of the whole site: help, text pages, settings, error pages and health checks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.template import loader
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.defaults import permission_denied, server_error

from learn import connections, languages, looks, writing
from learn.apps import database_problems
from learn.lessons import reference, symptoms
from learn.people import known_keys, rate_limits, sessions
from learn.people.actions import TooManyGuests, reads_in
from learn.people.models import User
from learn.study.views import go_on_without_cookies
from quizzes import learners


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Show the whole call card: whom to call, how fast and for what."""
    return render(request, "help.html")


@login_not_required
@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    """Show a page of text: about this site, privacy, accessibility, or more help. `name` comes from urls.py."""
    return render(request, f"{name}.html", {"sources": reference.sources().values() if name == "about" else []})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def look(request: HttpRequest) -> HttpResponse:
    """Show the settings for text size, colors and so on. POST saves them and redirects to where the reader was."""
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


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language, on this device and for this person; redirect to where the reader was."""
    code, back = request.POST.get("language", ""), request.POST.get("next", "")
    if code not in dict(settings.LANGUAGES):
        raise Http404("No such language")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None) or "\x00" in back:
        back = reverse("start")
    response = HttpResponseRedirect(back)
    languages.keep(response, code)
    if isinstance(request.user, User):
        reads_in(request.user, code)
    return response


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Keep the user signed in. A POST renews the session (`people.sessions`); this one does nothing else."""
    return HttpResponse(status=204)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain why a form was refused, and how to continue (CSRF_FAILURE_VIEW).

    Without cookies, people can still read a lesson: Continue opens the next step and saves nothing. If the person
    signed in elsewhere while the page was open, its token is old; loading the page again solves that. A question for
    the team is shown, so that its words are not lost, and with a symptom in it the page says first who to call.
    """
    cookies = settings.CSRF_COOKIE_NAME in request.COOKIES or settings.SESSION_COOKIE_NAME in request.COOKIES
    match = resolve(request.path_info)
    if not cookies and match.url_name == "step":
        return go_on_without_cookies(**match.kwargs)
    page = _page_of_form(request)
    typed = request.POST.get("text", "") if page and match.url_name == "questions" else ""
    context = {
        "cookies": cookies,
        "settings": match.url_name == "settings",
        "again": page or request.get_full_path(),
        "typed": typed,
        "tiers": symptoms.tiers(typed),
        "keeps_nothing": False,  # hides the notice about cookies, because the heading says the same
    }
    return render(request, "form_refused.html", context, status=403)


def _page_of_form(request: HttpRequest) -> str:
    """Return the page of this site on which a posted form stood: not each address that takes a form shows a page.

    It is "" if the browser does not say, or if the form stood on another site, whose words we do not repeat.
    """
    page = request.headers.get("Referer", "")
    return page if url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()) else ""


def only_forms(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: show a page where somebody opened an address that only takes a form, which Django leaves empty (405).

    A phone does so when it opens its last page again, and that was the answer to a form that could not be saved.
    """

    def inner(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or request.method != "GET":
            return response
        page = render(request, "405.html", status=response.status_code)
        page["Allow"] = response["Allow"]
        return page

    return inner


@login_not_required
def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403. A user who was erased, merged or closed during this request is signed out instead.

    If too many guests came from one address, the answer is 429: no page creates another one, and all can be read.
    """
    if isinstance(exception, TooManyGuests):
        return rate_limits.refuse(request, exception.seconds, "429_guests.html")
    if isinstance(exception, learners.Gone) and exception.learner == request.user.pk:
        return sessions.sign_out_gone(request)
    return permission_denied(request, exception)


@login_not_required
def stumbled(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 with advice if the database was only full, busy or not reachable.

    The request is not repeated by itself, because after a lost connection nobody knows whether the commit went through.
    The page keeps the form, and sending it twice counts once. This view does not use the database.
    """
    error = sys.exc_info()[1]
    if not isinstance(error, connections.AWAY):
        try:
            return HttpResponse(loader.render_to_string("500.html", {"styled": True}), status=500)
        except Exception:  # the fault may lie in the static files
            return server_error(request)
    # A guest's sign-in that was undone had changed the token: the new cookie would refuse the form that is kept here.
    request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)
    context = {
        "again": request.get_full_path(),
        "refused": writing.refused(error),
        "fields": writing.typed(request) if request.method == "POST" else [],
    }
    page = loader.render_to_string("503.html", context)
    return HttpResponse(page, status=503, headers={"Retry-After": "60"})


# A robot must read a page to see its X-Robots-Tag (learn/headers.py). If an address were forbidden here, a search
# engine could still list it, for example the link of a card that somebody has put on a public page.
ROBOTS = """\
# Each page says in its X-Robots-Tag whether a search engine may list it. So none is forbidden here.
User-agent: *
Disallow:
"""


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Answer /robots.txt. Does not use the database."""
    return HttpResponse(ROBOTS, content_type="text/plain")


SECURITY_TXT = """\
# How to report a vulnerability of this site. SECURITY.md in its repository says what to expect.
{contacts}
Expires: {expires}T00:00:00Z
Preferred-Languages: en
Canonical: {here}
"""


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Answer /.well-known/security.txt (RFC 9116), if the hospital has set a contact. Does not use the database."""
    if not settings.SECURITY_CONTACT:
        raise Http404("No SECURITY_CONTACT")
    month = timezone.now().astimezone(UTC).date().replace(day=1)
    said = SECURITY_TXT.format(
        contacts="\n".join(f"Contact: {contact}" for contact in settings.SECURITY_CONTACT),
        expires=month + timedelta(days=180),  # RFC 9116 recommends less than a year; it moves on each month
        here=settings.PUBLIC_URL + reverse("security_txt"),
    )
    return HttpResponse(said, content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer "alive". Does not use the database.

    `/healthz?address` also says under which address and scheme the site sees the visitor who asks:
    `manage.py check_deployment` asks it with forged headers.
    """
    seen = f"{rate_limits.address(request)} {request.scheme}\n" if "address" in request.GET else ""
    return HttpResponse(f"alive\n{seen}", content_type="text/plain")


_migrated = False  # stays true once it is true: the migrations of a running process do not change


def _is_migrated() -> bool:
    """Return whether all migrations are applied. The check is slow, so it is not repeated once it has succeeded."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the database is reachable, migrated, without problems and can save; else 503 with the reason.

    `/readyz?read` does not ask whether it can save: a load balancer that stopped a site with a full disk would take the
    pages away that can still be read.
    """
    try:
        if not _is_migrated():
            return HttpResponse("not ready: run migrate\n", content_type="text/plain", status=503)
        problems = database_problems() or known_keys.problems()
        if not problems and "read" not in request.GET:
            problems = writing.problems()
    except (DatabaseError, InterfaceError):
        return HttpResponse("not ready: no database\n", content_type="text/plain", status=503)
    if problems:
        return HttpResponse("not ready: " + " ".join(problems) + "\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")


def health(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer /healthz and /readyz for any Host header, because load balancers ask by IP address.

    It must be before all middleware that checks the Host header. A false Host is harmless here: no answer contains it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info not in ("/healthz", "/readyz"):
            return get_response(request)
        match = request.resolver_match = resolve(request.path_info)  # learn/logs.py logs the route
        response: HttpResponse = match.func(request)
        return response

    return middleware
