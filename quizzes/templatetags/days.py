"""A day with its weekday, the way the reader's language says it."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.formats import date_format
from django.utils.translation import pgettext

register = template.Library()


@register.filter(expects_localtime=True)
def weekday(day: date | None, form: str = "MONTH_DAY_FORMAT") -> str:
    """Return "Tuesday 14 July", or "martes 14 de julio"; with the form "DATE_FORMAT" the year stands in it too.

    Django has no format of its own for this in any language; it has one for the day and the month, and the names.
    """
    if not day:
        return ""
    said = {"weekday": date_format(day, "l"), "day": date_format(day, form)}
    return pgettext("a date", "%(weekday)s %(day)s") % said
