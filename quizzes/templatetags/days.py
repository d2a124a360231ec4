"""Template filter for a date with its weekday in the active language."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.formats import date_format
from django.utils.translation import pgettext

register = template.Library()


@register.filter(expects_localtime=True)
def weekday(day: date | None, form: str = "MONTH_DAY_FORMAT") -> str:
    """Return a date as "Tuesday, July 14" or "martes, 14 de julio"; with the form "DATE_FORMAT" also with the year.

    Django has no date format with a weekday. It has a format for day and month, and the names of the weekdays.
    """
    if not day:
        return ""
    said = {"weekday": date_format(day, "l"), "day": date_format(day, form)}
    return pgettext("a date", "%(weekday)s, %(day)s") % said
