"""The values of each sheet, for `pdf.pdf`: one function a template, which reads what is published now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import repeat
from typing import Any

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learn.handouts.blocks import blocks
from learn.handouts.parts import (
    Data,
    Look,
    base,
    call_card,
    fever_number,
    fine_print,
    picture,
    reviewed,
)
from learn.languages import SOURCE, reader
from learn.lessons import card, shown, signatures
from learn.lessons.models import Therapy
from learn.lessons.shown import Page
from learn.people import codes
from learn.people.models import AccessCode, Patient
from learn.qr import on_paper
from learn.visits.models import SuggestedQuestion, said

MAIN = "what-is-immunotherapy"  # the lesson that the fact sheet begins with
ASKED = 6  # suggested questions on the fact sheet
Pages = Sequence[Page]

EMERGENCY = gettext_lazy(
    "I get immunotherapy. It can make the body attack healthy organs. I also get chemo, or did in the last "
    "8 weeks: ☐ yes ☐ no."
)


def lesson(slug: str, look: Look) -> Data:
    """Return one lesson with its part of the call card. Raises Http404 if it is not published. One query."""
    pages = shown.pages({slug}).get(slug)
    if not pages:
        raise Http404("No such lesson")
    own = card.for_lesson(slug)
    data = base(look, title=pages[0].lesson.title, fever=fever_number(own, look.phones))
    return data | {"cover": None, "lessons": [_lesson(pages, look, call_card(own, look.phones))]}


def therapy(slug: str, look: Look) -> Data:
    """Return the lessons of a therapy type in a row. Raises Http404 if it has none. One query."""
    found = [pages for pages in shown.every_page() if pages[0].lesson.row.therapy == slug]
    if not found:
        raise Http404("No such therapy type")
    return _in_a_row(found, look, title=found[0][0].lesson.row.therapy_title)


def for_patient(patient: Patient, lessons: Collection[str], missed: Iterable[Any], look: Look) -> Data:
    """Return the sheets that a nurse prints for a patient: what they missed, then these lessons (slugs).

    `missed` has, for each question, the topic, the stem, the best answer and the reason: only of questions that the
    patient has answered already.
    """
    found = [pages for pages in shown.every_page() if pages[0].lesson.row.slug in lessons]
    return _in_a_row(found, look, title=_("Your lessons"), who=patient.label, missed=missed)


def _in_a_row(
    found: list[tuple[Page, ...]], look: Look, *, title: str, who: str = "", missed: Iterable[Any] = ()
) -> Data:
    """Return lessons in a row. The call card stands after the last of those lessons that show the same."""
    cards = [card.for_lesson(pages[0].lesson.row.slug) for pages in found]
    last = [n + 1 == len(cards) or own != cards[n + 1] for n, own in enumerate(cards)]
    rows = [
        _lesson(pages, look, call_card(own, look.phones) if ends else None)
        for pages, own, ends in zip(found, cards, last, strict=True)
    ]
    general = card.whole()
    # One number beside the phones: that of the lessons, if all of them have the same.
    fevers = {fever_number(own, look.phones) for own in cards or [general]}
    data = base(look, title=title, fever=fevers.pop() if len(fevers) == 1 else "")
    cover = {"who": who, "missed": list(missed)}
    return data | {"cover": cover, "lessons": rows, "card": call_card(general, look.phones)}


def _lesson(pages: Pages, look: Look, own: Data | None) -> Data:
    taught = pages[0].lesson
    url = settings.PUBLIC_URL + reverse("lesson", args=[taught.row.therapy, taught.row.slug])
    return {
        "therapy": taught.row.therapy_title,
        "title": taught.title,
        "main": taught.main_message,
        "steps": [
            {"heading": p.heading, "blocks": blocks(p.body), "point": p.key_point, "picture": picture(p)} for p in pages
        ],
        "remember": list(taught.remember),
        "card": own,
        "url": url,
        "qr": on_paper(url),
        "lines": fine_print(taught.row),
    }


def overview(look: Look) -> Data:
    """Return the fact sheet. Raises Http404 if its main lesson is not published. Three queries."""
    found = {pages[0].lesson.row.slug: pages for pages in shown.every_page()}
    if MAIN not in found or not (drawn := next(filter(None, map(picture, found[MAIN])), None)):
        raise Http404("The lesson of the fact sheet is not published")
    taught = found[MAIN][0].lesson
    whole, url = card.whole(), f"{settings.PUBLIC_URL}/"
    therapies: dict[str, list[str]] = {}
    for pages in found.values():
        if pages[0].lesson.row.therapy_kind == Therapy.Kind.THERAPY:
            therapies.setdefault(pages[0].lesson.row.therapy_title, []).append(pages[0].lesson.main_message)
    return base(look, title=_("Immunotherapy: an overview"), fever=fever_number(whole, look.phones)) | {
        "main": taught.main_message,
        "remember": list(taught.remember),
        "picture": drawn,
        "therapies": [{"title": title, "lessons": lessons} for title, lessons in therapies.items()],
        "questions": _to_ask(),
        "card": call_card(whole, look.phones),
        "url": url,
        "qr": on_paper(url),
        "lines": fine_print(),
    }


def _to_ask() -> list[str]:
    """Return one suggested question of each group, a safety question where there is one."""
    first: dict[str, SuggestedQuestion] = {}
    for question in said(SuggestedQuestion.objects.filter(withdrawn=False, extra=False).order_by("position")):
        held = first.setdefault(question.group, question)
        if question.safety and not held.safety:
            first[question.group] = question
    return [question.text for question in first.values()][:ASKED]


def wallet(look: Look) -> Data:
    """Return the card to fold: what to say in an emergency room, and the whole call card."""
    whole = card.whole()
    data = base(look, title=_("My card: immunotherapy"), fever=fever_number(whole, look.phones))
    data["words"] |= emergency() | {
        "fold": _(
            "Cut along the dashed line. Fold along the dotted lines to the size of a bank card. Keep it with you."
        ),
        "cover": _("In an emergency room, show this:"),
        "fine": _("Draft translation, not checked by anybody qualified.")
        if signatures.draws_draft()
        else reviewed(signatures.card_reviewed(timezone.localdate())),
    }
    return data | {
        "tiers": [
            {
                "name": tier.name,
                "foot": tier.foot,
                "lines": [
                    f"{line.treatment}: {line.text}" if line.treatment else line.text
                    for group in tier.groups
                    for line in group.lines
                ],
            }
            for tier in whole.tiers
        ]
    }


def emergency() -> dict[str, str]:
    """Return what a patient shows in an emergency room, as on the invitation, with room for medicine and date.

    Staff read it, so it is in English on every sheet. `said` has it in the patient's language, "" if that is English.
    """
    with translation.override(SOURCE):
        for_staff = str(EMERGENCY)
    return {
        "emergency": for_staff,
        "said": "" if reader() == SOURCE else str(EMERGENCY),
        "medicine": _("Name of the medicine:"),
        "dose": _("Date of the last dose:"),
    }


def questions(texts: Sequence[str], day: date, look: Look) -> Data:
    """Return a person's own questions, with room to write."""
    data = base(look, title=_("My questions for my team"), fever=fever_number(card.whole(), look.phones))
    return data | {"questions": list(texts), "day": date_format(day, "DATE_FORMAT")}


def invitations(
    made: Iterable[tuple[Patient, AccessCode, str, str]], look: Look, *, marks: Iterable[str] = repeat("")
) -> Data:
    """Return the invitations of these patients, each with its code, letters and token. Two come on a sheet.

    `marks` has what stands small on each, to tell them apart: a number or a name.
    """
    data = base(look, title=_("Learn about your immunotherapy"))
    data["words"] |= emergency() | {
        "title": _("Learn about your immunotherapy"),
        "square": _("A square for the phone’s camera"),
        "camera": _("Point your phone’s camera at the square."),
        "type_at": _("Or go to"),
        "type_it": _("and type these letters. Spaces do not matter."),
        "first": _("Your first lesson takes about 4 minutes. You can stop at any time."),
        "watched": _("Nurses do not watch this site."),
        "show_this": _("In an emergency room, show this:"),
        "seen": _("Your nurse can see which lessons you have done and which questions were hard."),
    }
    return data | {"cards": [_invitation(*row, mark) for row, mark in zip(made, marks, strict=False)]}


def _invitation(patient: Patient, code: AccessCode, letters: str, token: str, mark: str) -> Data:
    team = patient.care_team
    until = date_format(team.today(code.expires), "DATE_FORMAT")
    told = _("Use this card for the first time by %(until)s. Keep it: it opens your lessons on any phone or computer.")
    return {
        "who": mark,
        "letters": codes.in_groups(letters),
        "qr": on_paper(settings.PUBLIC_URL + reverse("join", args=[token])),
        "site": settings.PUBLIC_URL.partition("://")[2] + reverse("code"),
        "phones": [[_("Day:"), team.day_phone], [_("Night and weekend:"), team.night_phone]],
        "until": told % {"until": until},
    }
