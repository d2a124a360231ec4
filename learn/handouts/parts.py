"""The values that the PDF templates share: paper and size, words, numbers, the call card, pictures, QR codes.

Every word about symptoms comes from the call card (`lessons.card`), as on the pages; this module adds none.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from learn.lessons import card, signatures
from learn.lessons.shown import Page, Row
from learn.people.models import Phones

Data = dict[str, Any]
PICTURES = Path(settings.BASE_DIR) / "learn" / "static"
PAPERS = ("letter", "a4")
SIZES = {"12": "standard", "14": "large", "18": "very-large"}  # points, and the text size of the pages (learn/looks.py)


class Look(NamedTuple):
    """How a sheet is printed: the paper, the size of the letters in points, and the numbers to call."""

    paper: str
    size: int
    phones: Phones


def base(look: Look, *, title: str, fever: str = "") -> Data:
    """Return the values that every template needs. `fever` is the fever number that may stand beside the numbers."""
    return {
        "lang": get_language() or "en",
        "paper": look.paper,
        "size": look.size,
        "title": title,
        "foot": title,
        "team": _("Learn about immunotherapy"),
        "words": words(),
        "phones": [*numbers(look.phones), [_("Call for a fever of:"), fever]],
    }


def numbers(phones: Phones) -> list[list[str]]:
    """Return the two phone numbers, each with its words. An empty number is printed as a line to write on."""
    return [[_("Day:"), phones.day], [_("Night and weekend:"), phones.night]]


def words() -> dict[str, str]:
    """Return the words of the templates, in the active language."""
    return {
        "page": _("Page"),
        "unwell": _("Do you feel unwell? Call your team, or call 911."),
        "remember": _("Remember"),
        "qr": _("QR code to"),
        "read": _("Read it again, and check what you know:"),
        "ask": _("Questions to ask your team"),
        "missed": _("Questions to go over again"),
        "best": _("The best answer:"),
        "lessons": _("Lessons in this print"),
        "question": _("Question"),
        "advice": advice(),
    }


def advice() -> str:
    """Return the sentence that says what the site is not."""
    return _(
        "This page helps you learn and get ready to talk with your team. It cannot tell you which treatment is "
        "right for you."
    )


def credit() -> str:
    """Return the sentence that names the source."""
    return _(
        "Based in part on facts from “What Is Immunotherapy?”, Cancer.Net, American Society of Clinical Oncology "
        "(ASCO), approved by the Cancer.Net Editorial Board, May 2022 (archived article). Text and questions here are "
        "our own. ASCO did not review or endorse this text."
    )


def fine_print(row: Row | None = None) -> list[str]:
    """Return the lines at the end of a sheet: when a lesson's facts were checked, who reviewed it, the source."""
    checked = []
    if row and row.checked_on:
        day = date_format(row.checked_on, "DATE_FORMAT")
        checked = [_("Facts last checked: %(checked_on)s.") % {"checked_on": day}]
    return [*checked, reviewed(row.reviewed_on if row else None), advice(), credit()]


def reviewed(on: date | None) -> str:
    """Return the line that says whether a clinician reviewed a text as it is now, and on which day.

    Before it, of a translation that nobody qualified has checked, what the pages say of it.
    """
    draft = [_("This translation is a draft. Nobody who is qualified has checked it.")] * signatures.draws_draft()
    day = {"reviewed_on": date_format(on, "DATE_FORMAT")} if on else {}
    said = _("Reviewed by a clinician, %(reviewed_on)s.") % day if on else _("Not yet reviewed by a clinician.")
    return " ".join([*draft, said])


def call_card(drawn: card.Card, phones: Phones) -> Data:
    """Return the call card, as the pages show it: the team's own fever limit stands only where it makes nobody wait."""
    own, rows = card.fever(drawn, phones.fever)
    fever = [_line("", _limit(own))] if own else []
    for row, mine in rows:
        told = [row.at if row.at and not mine else "", _limit(mine) if row.at and mine else "", row.text]
        told.append(_limit(mine) if mine and not row.at else "")
        fever.append(_line(row.treatment, " ".join(filter(None, told))))
    fever.append(_line("", drawn.hidden_fever))
    return {
        "title": _("When to call"),
        "above": drawn.above,
        "tiers": [
            {
                "name": tier.name,
                "top": tier.top,
                "foot": tier.foot,
                "numbers": _numbers_of(tier.slug, phones),
                "groups": [
                    {
                        "heading": group.heading,
                        "lines": [_line(line.treatment, line.text) for line in group.lines],
                        "fever": fever if group.has_fever else [],
                    }
                    for group in tier.groups
                ],
            }
            for tier in drawn.tiers
        ],
    }


def fever_number(drawn: card.Card, phones: Phones) -> str:
    """Return the team's fever limit if it may stand alone beside the numbers: it then makes nobody call later.

    With the sentences of several treatments, only a limit that is valid for all of them may.
    """
    own, rows = card.fever(drawn, phones.fever)
    return own or (rows[0][1] if len(rows) == 1 else "")


def _limit(own: str) -> str:
    return _("Your team’s own limit: call at %(own)s or more.") % {"own": own}


def _line(treatment: str, text: str) -> dict[str, str]:
    return {"treatment": treatment, "text": text}


def _numbers_of(tier: str, phones: Phones) -> list[str]:
    if tier == "call-911":
        return []
    if not phones.day:
        return [no_number()] if tier == "call-now" else []
    found = [f"{_('Day:')} {phones.day}"]
    if tier == "call-now" and phones.night:
        found.append(f"{_('Night and weekend:')} {phones.night}")
    return found


def no_number() -> str:
    """Return the sentence that says where the team's number stands."""
    return _(
        "Your team’s phone number stands on your appointment card or in the patient portal. Or ask the hospital "
        "operator for the cancer doctor on call."
    )


def picture(page: Page) -> Data | None:
    """Return the drawing of a step, or None. Only a file that is shipped with the site is opened."""
    file = PICTURES / page.picture
    if not page.picture or file not in _shipped() or not page.alt:
        return None
    return {"svg": file.read_text(encoding="utf-8"), "alt": page.alt, "key": list(page.key)}


@cache
def _shipped() -> frozenset[Path]:
    return frozenset((PICTURES / "learn" / "pictures").glob("*.svg"))
