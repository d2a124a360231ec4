"""How a reader wants the pages: text size, colors, reading aloud; and whether someone helps them. One cookie.

The server reads the cookie and renders the page accordingly. Without a script, the page never flashes from one look to
another. Without a database row, visitors can choose too, and the choice stays after signing in.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _

from learn import languages
from learn.fields import ChoiceOne

COOKIE = "__Host-look" if settings.HTTPS else "look"
WITH_A_FORM = ("step", "check", "questions", "settings")  # pages with a form, so they set the CSRF cookie
INITIALS = "__Host-initials" if settings.HTTPS else "initials"  # cookie: the Desk shows patients' names as initials
YEAR = 365 * 24 * 3600  # seconds

# The first choice of each is the default.
CHOICES = {
    "text": [("standard", _("Standard")), ("large", _("Large")), ("very-large", _("Very large"))],
    "colors": [("phone", _("The same as my phone or computer")), ("light", _("Light")), ("dark", _("Dark"))],
    "listen": [("show", _("Show the Listen button")), ("hide", _("Hide it"))],
    "helper": [("no", _("I learn on my own")), ("yes", _("Someone is helping me"))],
}
_FIRST = {name: choices[0][0] for name, choices in CHOICES.items()}


class LookForm(forms.Form):
    """Text size, colors, reading aloud, a helper. Each field must have one of CHOICES."""

    use_required_attribute = False
    _choose = _("Choose one of these")

    text = ChoiceOne(label=_("Text size"), choices=CHOICES["text"], say=_choose)
    colors = ChoiceOne(label=_("Colors"), choices=CHOICES["colors"], say=_choose)
    listen = ChoiceOne(
        label=_("Read aloud"),
        help_text=_(
            "Some phones and computers can read a page to you. On those, each lesson page has a Listen button."
        ),
        choices=CHOICES["listen"],
        say=_choose,
    )
    helper = ChoiceOne(
        label=_("Is someone helping you?"),
        help_text=_("This is kept with each check that you begin. If you have a nurse, your nurse sees it there."),
        choices=CHOICES["helper"],
        say=_choose,
    )


def of(request: HttpRequest) -> dict[str, str]:
    """Return the reader's choices, by the names of CHOICES. An unknown value in the cookie gives the default."""
    if not (cookie := request.COOKIES.get(COOKIE)):
        return dict(_FIRST)
    try:
        kept = dict(parse_qsl(cookie[:200], max_num_fields=9))
    except ValueError:
        kept = {}
    return {name: kept[name] if kept.get(name) in dict(choices) else choices[0][0] for name, choices in CHOICES.items()}


def helped(request: HttpRequest) -> bool:
    """Return whether this reader said that someone is helping them."""
    return of(request)["helper"] == "yes"


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `look` (the reader's choices), `languages` (the other ones), and what stands below."""
    return {
        "look": of(request),
        "keeps_nothing": keeps_nothing(request),
        "initials_only": initials_only(request),
        "languages": [] if request.path_info.startswith(languages.DESK) else languages.others(),
        "is_translation": languages.reader() != languages.SOURCE,
    }


def initials_only(request: HttpRequest) -> bool:
    """Return whether the Desk shows patients' names as initials on this device."""
    return request.COOKIES.get(INITIALS) == "1"


def keeps_nothing(request: HttpRequest) -> bool:
    """Return whether the browser refuses cookies: it comes from one of our pages that set a cookie, and sends none."""
    if request.COOKIES:
        return False
    try:
        came_from = urlsplit(request.headers.get("referer", ""))
        return came_from.netloc == request.get_host() and resolve(came_from.path).view_name in WITH_A_FORM
    except (ValueError, Resolver404, DisallowedHost):
        return False


def save(response: HttpResponse, look: dict[str, str]) -> None:
    """Set the cookie with the choices (by the names of CHOICES). It lasts for a year."""
    response.set_cookie(COOKIE, urlencode(look), max_age=YEAR, secure=settings.HTTPS, httponly=True, samesite="Lax")
