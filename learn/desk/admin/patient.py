"""A patient's page: label, missed questions, teach-backs, and a timeline with the newest first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin import codes, questions, remind, timeline
from learn.desk.admin.patients import day, moment, row
from learn.people import permissions
from learn.people.models import CareTeam
from learn.people.requests import StaffRequest
from learn.progress import record as records
from learn.progress.standing import Status
from quizzes.models import Response

# The parts of this page that have their own module: each `part` returns the context of its own template
# (admin/_questions.html, _reminders.html, _cards.html).
PARTS = (questions.part, remind.part, codes.part)


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def overview(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one patient: missed questions first, then everything else."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now, also=["reminder"])
    team = patient.care_team
    record = records.of_patient(patient)
    stands = record.whole.standings
    happened = timeline.events(record, patient.contacts.select_related("nurse"))
    events, older = timeline.page(happened, request.GET.get("before", ""))
    misses = _as_asked(record.misses, team, now)
    context = {
        "title": patient.name,
        "patient": patient,
        "open_misses": [miss for miss in misses if miss["open"]],
        "put_right": [miss for miss in misses if not miss["open"]],
        "answered": bool(record.histories),
        "talks": [_talk(talk, team, now) for talk in record.talks],
        "events": [{"event": event, "when": moment(team.local(event.at), team.today(now))} for event in events],
        "older": older,
        "newest": events == happened[: len(events)],
        "rows": row(patient, stands, now)["lessons"],
        "others": [s for s in stands if s.assigned is None and s.code == Status.NOT_STARTED],
    }
    for part in PARTS:
        context |= part(request.user, patient, now)
    return render(request, "admin/patient.html", context)


def _as_asked(misses: Collection[records.Miss], team: CareTeam, now: datetime) -> list[dict[str, Any]]:
    """Return each missed question as it was worded then, with the chosen answer and the right answer. One query."""
    newest = [miss.newest.pk for miss in misses]
    responses = {r.pk: r for r in Response.objects.filter(pk__in=newest).select_related("item__revision")}
    found = []
    for miss in misses:
        response = responses[miss.newest.pk]
        mark = response.item.revision.mark(response.given)
        last = miss.history.rows[-1]
        found.append(
            {
                "question": miss.question,
                "topic": miss.newest.topic,
                "safety": miss.newest.safety,
                "flag": miss.verdict.flag,
                "open": miss.is_open,
                "stem": response.item.revision.stem,
                "chosen": mark.chosen,
                "best": mark.best,
                "times": len(miss.history.misses),
                "when": moment(team.local(response.at), team.today(now)),
                "closed": miss.closed_words(team),
                "right_since": day(team.today(last.at), team.today(now)) if last.at > response.at else "",
            }
        )
    return found


def _talk(talk: records.Talk, team: CareTeam, now: datetime) -> dict[str, Any]:
    rows = [
        {"row": row, "when": moment(team.local(row.at), team.today(now)), "barriers": row.barrier_words}
        for row in (talk.first, *talk.added)
    ]
    return {"first": rows[0], "added": rows[1:], "outcome": talk.outcome}
