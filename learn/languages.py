"""In which language a reader has the pages: what they chose, else what their browser asks for. The Desk is in SOURCE.

All content is written in SOURCE, and translated from it. A language is on if the hospital names it in LANGUAGES. With
SOURCE alone, nothing here does anything.

Path not taken: Django's LocaleMiddleware. It knows no choice of a person, and puts a prefix or a Vary on every page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.http import HttpRequest, HttpResponse
from django.utils import translation

SOURCE: str = settings.LANGUAGE_CODE
DESK = "/admin/"
YEAR = 365 * 24 * 3600  # seconds


class Language(NamedTuple):
    """A language that the site can be read in, with its name in that language."""

    code: str
    name: str


def reader() -> str:
    """Return the code of the active language, or SOURCE if that one is not on."""
    active = translation.get_language() or SOURCE
    return active if active in dict(settings.LANGUAGES) else SOURCE


def of_page(request: HttpRequest) -> str:
    """Return the language in which this page asks its questions."""
    return reader()


def others() -> list[Language]:
    """Return the languages that are on, but the active one."""
    active = reader() if len(settings.LANGUAGES) > 1 else SOURCE
    return [Language(*row) for row in settings.LANGUAGES if row[0] != active]


def name_in_english(code: str) -> str:
    """Return the English name of a language, for staff: "Spanish"."""
    return str(LANG_INFO[code]["name"]) if code in LANG_INFO else code


def of(person: Any) -> str:
    """Return the language in which this person (a user) is written to: their own if it is on, else SOURCE.

    Where there is only one language, it is the active one.
    """
    if len(settings.LANGUAGES) < 2:
        return translation.get_language() or SOURCE
    own = getattr(person, "language", "")
    return own if own in dict(settings.LANGUAGES) else SOURCE


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: render the page in the reader's language. It needs the user, who was read with the session."""

    def in_their_language(request: HttpRequest) -> HttpResponse:
        if len(settings.LANGUAGES) < 2:
            return get_response(request)
        code = _chosen(request)
        with translation.override(code):
            response = get_response(request)
        response.headers.setdefault("Content-Language", code)
        return response

    return in_their_language


def _chosen(request: HttpRequest) -> str:
    if request.path_info.startswith(DESK):
        return SOURCE
    own = getattr(request.user, "language", "")
    return own if own in dict(settings.LANGUAGES) else translation.get_language_from_request(request)


def keep(response: HttpResponse, code: str) -> None:
    """Set the cookie of this device with the code of a language. It lasts for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )
