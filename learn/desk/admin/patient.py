"""A patient's page: numbers, missed questions, teach-backs, lessons, the last weeks, and what happened."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn import languages
from learn.desk.admin import codes, drawn, questions, remind, timeline
from learn.desk.admin.days import day, moment, short
from learn.desk.admin.strip import Strip
from learn.desk.forms import TeachBackForm, read_out
from learn.people import permissions
from learn.people.models import CareTeam, Patient
from learn.people.requests import StaffRequest
from learn.progress import acts
from learn.progress import record as records
from learn.progress.standing import Status
from quizzes.models import Response

# The parts of this page that have their own module: each `part` returns the context of its own template
# (admin/_questions.html, _reminders.html, _cards.html).
PARTS = (questions.part, remind.part, codes.part)


@require_safe
@permission_required("people.view_patient", raise_exception=True)
def overview(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one patient: numbers and missed questions first, then everything else."""
    now = timezone.now()
    patient = permissions.patient(request.user, pk, now=now, also=["reminder"])
    team = patient.care_team
    record, done = records.of_patient(patient), acts.of_patient(patient.pk)
    happened = timeline.events(record, done)
    events, older = timeline.page(happened, request.GET.get("before", ""))
    misses = as_asked(record.misses, team, now)
    context = {
        "title": patient.name,
        "patient": patient,
        "open_misses": [miss | _teach(miss) for miss in misses if miss["open"]],
        "put_right": [miss for miss in misses if not miss["open"]],
        "answered": bool(record.histories),
        "talks": [_talk(talk, team, now) for talk in record.talks],
        "events": [{"event": event, "when": moment(team.local(event.at), team.today(now))} for event in events],
        "older": older,
        "newest": events == happened[: len(events)],
    }
    if context["open_misses"]:
        context["number"] = record.next_number(request.user)
    for part in PARTS:
        context |= part(request.user, patient, now)
    return render(request, "admin/patient.html", context | _lessons(patient, record, done, now))


def _lessons(patient: Patient, record: records.Record, done: list[acts.Done], now: datetime) -> dict[str, Any]:
    """Return the lessons of this patient, the numbers of the head, and the picture of the last weeks."""
    team, stands = patient.care_team, record.whole.standings
    today = team.today(now)
    due = min((s.assigned.due for s in stands if s.assigned and s.is_wanted and not s.taught.retired), default=None)
    titles = {pk: title for act in done for pk, title in zip(act.assignments, act.lessons, strict=True)}
    strip = Strip(record, done, team, today, due)
    return {
        "treatment": drawn.treatments(stands).get(patient.treatment, ""),
        "needs": len(record.whole.needs),
        "bar": drawn.bar(stands),
        "due": due,
        "due_in": (due - today).days if due else 0,
        "strip": strip,
        "last_here": short(max(strip.here, default=None), today),
        "first_here": short(min(strip.here, default=None), today),
        "rows": [
            {"standing": s, "late": s.is_late(today), "done_on": short(s.done_at and team.today(s.done_at), today)}
            for s in stands
            if s.assigned or s.code != Status.NOT_STARTED
        ],
        "retired": [{"assigned": a, "title": titles.get(a.pk, "")} for a in record.whole.retired],
        "lesson_count": sum(s.assigned is not None for s in stands) + len(record.whole.retired),
        "others": [s for s in stands if s.assigned is None and s.code == Status.NOT_STARTED],
    }


def as_asked(misses: Collection[records.Miss], team: CareTeam, now: datetime) -> list[dict[str, Any]]:
    """Return each missed question as it was worded then, with the chosen answer and the right answer. One query."""
    newest = [miss.newest.pk for miss in misses]
    responses = {r.pk: r for r in Response.objects.filter(pk__in=newest).select_related("item__revision__translates")}
    found = []
    for miss in misses:
        response = responses[miss.newest.pk]
        asked = response.item.revision
        source = asked.translates or asked  # the ids of its choices are the same
        mark = source.mark(response.given)
        last = miss.history.rows[-1]
        found.append(
            {
                "question": miss.question,
                "topic": miss.newest.topic,
                "safety": miss.newest.safety,
                "flag": miss.verdict.flag,
                "open": miss.is_open,
                "stem": source.stem,
                "language": languages.name_in_english(asked.language) if asked.translates else "",
                "chosen": mark.chosen,
                "best": mark.best,
                "times": len(miss.history.misses),
                "when": moment(team.local(response.at), team.today(now)),
                "closed": miss.closed_words(team),
                "right_since": day(team.today(last.at), team.today(now)) if last.at > response.at else "",
            }
        )
    return found


def _teach(miss: dict[str, Any]) -> dict[str, Any]:
    """Return the form that stands at a missed question: one topic of the page "Record a teach-back", which takes it."""
    key = f"q{miss['question']}"
    form = TeachBackForm(topics={key: read_out(miss["topic"])}, auto_id=f"{key}-%s")
    return {"key": key, "form": form, "went": form[key], "note": form[f"note-{key}"]}


def _talk(talk: records.Talk, team: CareTeam, now: datetime) -> dict[str, Any]:
    rows = [
        {"row": row, "when": moment(team.local(row.at), team.today(now)), "barriers": row.barrier_words}
        for row in (talk.first, *talk.added)
    ]
    return {"first": rows[0], "added": rows[1:], "outcome": talk.outcome}
