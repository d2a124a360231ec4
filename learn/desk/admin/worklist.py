"""My patients: who needs attention, why, and the next step. The home page of the Desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin.patients import PAGE, day, moment
from learn.people import audit
from learn.people.models import Patient
from learn.people.requests import StaffRequest
from learn.progress import standing
from learn.progress.attention import Entry, Reason, Why, needing

# reason: (the next step, the name of its page after "admin:people_patient_", the anchor on that page)
NEXT_STEP = {
    Why.SAFETY: ("Record a teach-back", "teach_back", ""),
    Why.QUESTION: ("See their question", "change", "#questions"),
    Why.LATE: ("Change the day", "change", "#assignments"),
    Why.NOT_STARTED: ("Mark as contacted", "contact", ""),
    Why.QUIET: ("Mark as contacted", "contact", ""),
}
SAID = 2  # the most lessons or topics that one line names


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def worklist(request: StaffRequest) -> HttpResponse:
    """List the patients who need attention, the strongest reason first, one row per patient."""
    now = timezone.now()
    patients = Patient.objects.visible_to(request.user).current()
    found = needing(patients, at=now)
    start = _after(request, found.entries)
    page = found.entries[start : start + PAGE]
    learners = {entry.patient.user_id for entry in page}
    whole = standing.whole(learners, {key: found.histories[key] for key in found.histories if key[0] in learners})
    audit.note_list(by=request.user, what="list.seen", patients=[e.patient for e in page], now=now)
    context = {
        "title": "My patients",
        "needing": len(found.entries),
        "rows": [_row(entry, whole[entry.patient.user_id]) for entry in page],
        "first_page": start == 0,
        "next_after": page[-1].patient if found.entries[start + PAGE :] else None,
        "learning": None if page else patients.count(),
    }
    return render(request, "admin/worklist.html", context)


def _after(request: StaffRequest, entries: list[Entry]) -> int:
    """Return the index where this page starts: after the last patient of the previous page.

    Return 0 when that patient is no longer on the list.
    """
    after = request.GET.get("after", "")
    return next((n for n, entry in enumerate(entries, 1) if str(entry.patient.pk) == after), 0)


def _row(entry: Entry, whole: standing.Whole) -> dict[str, Any]:
    """Return one row of the list: the strongest reason as a tag, details of every reason, and one next step."""
    first = entry.reasons[0]
    words, page, place = NEXT_STEP[first.code]
    return {
        "patient": entry.patient,
        "code": first.code,
        "why": first.words(entry.today),
        "details": [
            {
                "also": reason.words(entry.today) if reason is not first else "",
                "text": DETAIL[reason.code](entry, reason, whole),
            }
            for reason in entry.reasons
        ],
        "next_step": words,
        "href": reverse(f"admin:people_patient_{page}", args=[entry.patient.pk]) + place,
    }


def _some(said: list[str]) -> str:
    """Return the first few of these texts, and how many more there are."""
    more = len(said) - SAID
    return "; ".join(said[:SAID]) + (f"; and {more} more" if more > 0 else "")


def _missed(entry: Entry, reason: Reason, whole: standing.Whole) -> str:
    team = entry.patient.care_team
    return _some(
        [f"“{need.topic}”: {need.flag.words}, {moment(team.local(need.flag.at), entry.today)}" for need in whole.needs]
    )


def _question(entry: Entry, reason: Reason, whole: standing.Whole) -> str:
    return f"Since {day(reason.since, entry.today)}"


def _open(whole: standing.Whole) -> list[standing.Standing]:
    return [s for s in whole.standings if s.assigned and not s.is_done]


def _late(entry: Entry, reason: Reason, whole: standing.Whole) -> str:
    late = [s for s in _open(whole) if s.is_late(entry.today)]
    return _some([f"{s.taught.title}: {s.words}" for s in late])


def _not_started(entry: Entry, reason: Reason, whole: standing.Whole) -> str:
    n = len(_open(whole))
    return f"Asked for {n} lesson{'' if n == 1 else 's'}, first on {day(reason.since, entry.today)}"


def _quiet(entry: Entry, reason: Reason, whole: standing.Whole) -> str:
    return f"Nothing new since {day(reason.since, entry.today)}. " + _some(
        [f"{s.taught.title}: {s.words}" for s in _open(whole)]
    )


DETAIL: dict[str, Callable[[Entry, Reason, standing.Whole], str]] = {
    Why.SAFETY: _missed,
    Why.QUESTION: _question,
    Why.LATE: _late,
    Why.NOT_STARTED: _not_started,
    Why.QUIET: _quiet,
}
