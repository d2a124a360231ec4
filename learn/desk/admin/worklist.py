"""My patients: who needs attention, why, and the next step. The home page of the Desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin import drawn, news
from learn.desk.admin.days import short
from learn.desk.admin.patients import PAGE
from learn.people import audit
from learn.people.models import Patient
from learn.people.requests import StaffRequest
from learn.progress import standing
from learn.progress.attention import CHIPS, Entry, Reason, Why, Worklist, needing

# reason: (the next step, the name of its page after "admin:people_patient_", the anchor on that page)
NEXT_STEP = {
    Why.SAFETY: ("Teach back", "teach_back", ""),
    Why.QUESTION: ("Answer", "change", "#questions"),
    Why.CARD: ("New card", "card", ""),
    Why.LATE: ("Contact", "contact", ""),
    Why.QUIET: ("Contact", "contact", ""),
}
# How a weaker reason is named behind the details of the strongest.
TOO = {Why.QUESTION: "question waiting", Why.CARD: "card never used", Why.LATE: "late too", Why.QUIET: "quiet too"}
SAID = 2  # the most topics that one row names, unless only those with missed safety questions are listed


@dataclass(frozen=True)
class Chip:
    """A reason as a filter: a link to the same page, with the number of patients under this reason."""

    code: str  # "" for all
    words: str
    count: int
    chosen: bool

    @property
    def href(self) -> str:
        """The query string of the page with this filter."""
        return f"?why={self.code}" if self.code else "?"


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def worklist(request: StaffRequest) -> HttpResponse:
    """List the patients who need attention, the most urgent first, one row a patient; `?why=` shows one reason."""
    now = timezone.now()
    patients = Patient.objects.visible_to(request.user).current()
    found = needing(patients, at=now)
    why = next((why for why in Why if why == request.GET.get("why")), None)
    entries = [entry for entry in found.entries if why in (None, entry.why)]
    start = _after(request, entries)
    page = entries[start : start + PAGE]
    learners = {entry.patient.user_id for entry in page}
    whole = standing.whole(learners, {key: found.histories[key] for key in found.histories if key[0] in learners})
    audit.note_list(by=request.user, what="list.seen", patients=[e.patient for e in page], now=now)
    context = {
        "title": "My patients",
        "needing": len(found.entries),
        "shown": len(entries),
        "chips": _chips(found, why),
        "why": why,
        "why_words": CHIPS[why] if why else "",
        "topics": sum(entry.reasons[0].topics for entry in entries),
        "rows": [_row(entry, whole[entry.patient.user_id], every=why == Why.SAFETY) for entry in page],
        "key": drawn.KEY,
        "begin": _address(why) if start else "",
        "more": _address(why, after=page[-1].patient.pk) if entries[start + PAGE :] else "",
    }
    return render(request, "admin/worklist.html", context | ({} if found.entries else news.calm(patients, found, now)))


def _address(why: Why | None, **over: Any) -> str:
    return "?" + urlencode(({"why": why.value} if why else {}) | over)


def _chips(found: Worklist, chosen: Why | None) -> list[Chip]:
    counts = found.counts
    return [Chip("", "All", len(found.entries), chosen is None)] + [
        Chip(why.value, words, counts[why], why == chosen)
        for why, words in CHIPS.items()
        if counts[why] or why == chosen
    ]


def _after(request: StaffRequest, entries: list[Entry]) -> int:
    """Return the index where this page starts: after the last patient of the previous page.

    Return 0 when that patient is no longer on the list.
    """
    after = request.GET.get("after", "")
    return next((n for n, entry in enumerate(entries, 1) if str(entry.patient.pk) == after), 0)


def _row(entry: Entry, whole: standing.Whole, *, every: bool) -> dict[str, Any]:
    """Return one row of the list: the strongest reason, what it is about, and one next step."""
    first, patient = entry.reasons[0], entry.patient
    words, page, place = NEXT_STEP[first.code]
    also = [TOO[reason.code] for reason in entry.reasons[1:]]
    needs = whole.needs if first.code == Why.SAFETY else []
    if len(needs) > SAID and not every:
        also.insert(0, f"+{len(needs) - SAID} more")
    return {
        "patient": patient,
        "code": first.code,
        "why": first.words(entry.today),
        "treatment": drawn.treatments(whole.standings).get(patient.treatment, ""),
        "topics": needs if every else needs[:SAID],
        "question": entry.question if first.code == Why.QUESTION else "",
        "what": _what(entry, first),
        "also": "; ".join(also),
        "bar": drawn.bar(whole.standings),
        "seen": short(entry.seen, entry.today),
        "next_step": words,
        "href": reverse(f"admin:people_patient_{page}", args=[patient.pk]) + place,
    }


def lessons(n: int) -> str:
    """Return a number of lessons in words."""
    return f"{n} lesson{'' if n == 1 else 's'}"


def _what(entry: Entry, reason: Reason) -> str:
    """Return what a card, late or quiet row is about."""
    if reason.code in (Why.SAFETY, Why.QUESTION):
        return ""
    asked = lessons(len(entry.asks))
    if reason.code == Why.CARD:
        return f"Card given {short(reason.since, entry.today)}" + (f", {asked} asked for" if entry.asks else "")
    late = [ask for ask in entry.asks if ask.due < entry.today]
    return f"{lessons(len(late)) if reason.code == Why.LATE else asked} open, due {short(entry.due, entry.today)}"
