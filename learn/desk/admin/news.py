"""What the home page shows when nobody needs attention: what is due next, and what is new since the last days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils.formats import date_format

from learn.desk.admin.days import short
from learn.people.models import PatientQuerySet
from learn.progress.attention import Entry, Worklist
from learn.progress.models import TeachBack
from quizzes.models import Attempt

SHOWN = 5  # lines of each list
DAYS = 3  # what happened within these days is new


def calm(patients: PatientQuerySet, found: Worklist, now: datetime) -> dict[str, Any]:
    """Return the context of the page when nobody needs attention. Three queries.

    New is: all lessons that were asked for are done, or a topic was explained in own words.
    """
    since = now - timedelta(days=DAYS)
    checks = Attempt.objects.finished().filter(learner=OuterRef("user"), kind=Attempt.Kind.CHECK, finished__gte=since)
    asked = Count("assignments", filter=Q(assignments__withdrawn=None))
    busy = {entry.patient.pk for entry in found.others}
    done = patients.filter(Exists(checks)).exclude(pk__in=busy).annotate(asked=asked).filter(asked__gt=0)
    said = TeachBack.objects.filter(patient=OuterRef("pk"), outcome=TeachBack.Outcome.OWN_WORDS, at__gte=since)
    return {
        "learning": patients.count(),
        "due_next": [_due(entry) for entry in found.others if entry.asks][:SHOWN],
        "since": date_format(since, "l"),
        "done": list(done[:SHOWN]),
        "said": list(patients.filter(Exists(said)).annotate(at=Max("teach_backs__at")).order_by("-at")[:SHOWN]),
    }


def _due(entry: Entry) -> dict[str, Any]:
    return {"patient": entry.patient, "open": len(entry.asks), "due": short(entry.due, entry.today)}
