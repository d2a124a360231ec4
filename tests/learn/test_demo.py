"""The demo shows a team that has worked for four weeks: the same each time, with all days relative to today."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction

from learn.people.models import Patient, User
from learn.progress import attention, outcomes, record, standing
from learn.progress.attention import Why
from learn.progress.models import TeachBack
from learn.progress.standing import Status
from quizzes.models import Attempt, Response
from tests.cast import at, load_content

LATER = timedelta(weeks=14)  # the same day of the week, so the same weeks


@pytest.fixture(autouse=True)
def _on_this_machine(settings: Any) -> None:
    settings.ON_LOOPBACK = True


def made(now: datetime) -> dict[str, Any]:
    """Return what the demo is like when it is made at this moment. Nothing of it stays."""
    with time_machine.travel(now, tick=False), transaction.atomic():
        call_command("make_demo", stdout=StringIO())
        found = shown(now)
        transaction.set_rollback(True)
    return found


def shown(now: datetime) -> dict[str, Any]:
    noor = User.objects.get(username="noor")
    patients = Patient.objects.visible_to(noor)
    current = list(patients.current().select_related("care_team", "user"))
    stands = standing.standings([patient.user_id for patient in current])
    needing = attention.needing(patients.current(), at=now)
    numbers = outcomes.count(list(patients.select_related("care_team", "user")), weeks=12, at=now)
    talks = [talk.outcome for patient in current for talk in record.of_patient(patient).talks]
    newest = Response.objects.latest("at").at, Attempt.objects.latest("started").started
    return {
        "reasons": {entry.patient.label: entry.reasons[0].words(entry.today) for entry in needing.entries},
        "why": {entry.reasons[0].code for entry in needing.entries},
        "statuses": {p.label: [s.code for s in stands[p.user_id] if s.assigned] for p in current},
        "talks": talks,
        "topics": [(topic.words, topic.shares) for topic in numbers.topics],
        "numbers": (numbers.learning, numbers.unused, numbers.waits, [week.due for week in numbers.weeks]),
        "future": max(newest) > now,
        "teach_backs": TeachBack.objects.count(),
    }


@pytest.mark.django_db
def test_the_demo_has_patients_in_every_state_and_is_the_same_on_another_day() -> None:
    load_content()
    first = made(at(24, 15))
    assert first["why"] >= {Why.SAFETY, Why.QUESTION, Why.LATE}
    assert {code for codes in first["statuses"].values() for code in codes} >= {
        Status.NOT_STARTED, Status.READING, Status.CHECK, Status.DONE, Status.TALK, Status.TAUGHT,
    }  # fmt: skip
    assert len(first["statuses"]) == 13
    assert sorted(first["talks"]) == ["Explained in own words", "Needed a prompt"]
    assert first["numbers"][1] == 2  # cards that were never used
    enough = [shares for _, shares in first["topics"] if shares["day"].is_enough and shares["week"].is_enough]
    assert len(enough) >= 5
    assert not first["future"]
    assert made(at(24, 15) + LATER) == first


@pytest.mark.django_db
def test_the_demo_can_be_made_in_the_first_minutes_of_a_day() -> None:
    load_content()
    assert not made(at(24, 0, 1))["future"]
