"""Time zones in words, with the present time beside each: nobody has to know what "America/New_York" is."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from functools import cache

from django.utils.formats import date_format

UNITED_STATES = {
    "America/New_York": "Eastern (New York)",
    "America/Chicago": "Central (Chicago)",
    "America/Denver": "Mountain (Denver)",
    "America/Phoenix": "Arizona (Phoenix)",
    "America/Los_Angeles": "Pacific (Los Angeles)",
    "America/Anchorage": "Alaska (Anchorage)",
    "Pacific/Honolulu": "Hawaii (Honolulu)",
    "America/Puerto_Rico": "Atlantic (Puerto Rico)",
}
CONTINENTS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def words(zone: str) -> str:
    """Return a zone as people say it: "Eastern (New York)", "Berlin (Europe)"."""
    place, _, rest = zone.partition("/")
    return UNITED_STATES.get(zone) or (f"{rest.replace('_', ' ').replace('/', ', ')} ({place})" if rest else zone)


def choices(now: datetime, *, but: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """Return all zones for a select, those of the United States first, each with its present time.

    `but` is a zone that is offered in any case, because a team has it.
    """
    others = [*_others(), *([but] if but and but not in {*_others(), *UNITED_STATES} else [])]

    def row(zone: str) -> tuple[str, str]:
        return zone, f"{words(zone)}, now {date_format(now.astimezone(_zone(zone)), 'TIME_FORMAT')}"

    return [("United States", [row(zone) for zone in UNITED_STATES]), ("Other places", [row(zone) for zone in others])]


# ZoneInfo itself keeps only the last eight, and the form has more than four hundred: reading their files took longer
# than all the rest of the page.
_zone = cache(zoneinfo.ZoneInfo)


@cache
def _others() -> tuple[str, ...]:
    found = (zone for zone in zoneinfo.available_timezones() if zone.partition("/")[0] in CONTINENTS and "/" in zone)
    return tuple(sorted(zone for zone in found if zone not in UNITED_STATES))
