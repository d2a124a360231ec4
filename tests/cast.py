"""A cast whose names carry their rights: ana (patient), noor (her nurse), omar (a nurse of another team)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group

from learn.management.commands import load_content as command
from learn.people import roles
from learn.people.models import CareTeam, Membership, Patient, User
from tests.quizzes.cast import as_form, at, make_question, make_quiz, right, together, unguarded, wrong

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
PASSWORD = "a long enough password"

__all__ = [
    "FIXTURES", "PASSWORD", "as_form", "at", "load_content", "make_nurse", "make_patient", "make_question", "make_quiz",
    "make_team", "right", "together", "unguarded", "wrong",
]  # fmt: skip


def make_team(name: str = "Maple team", **over: Any) -> CareTeam:
    """Return a care team."""
    fields = {"day_phone": "555-010-0199", "night_phone": "555-011-0199", "fever": "100.4 °F (38 °C)"}
    return CareTeam.objects.create(name=name, **(fields | over))


def make_nurse(name: str, *teams: CareTeam, **over: Any) -> User:
    """Return a nurse who works in these teams now."""
    nurse = User.objects.create_user(name, password=PASSWORD, is_staff=True, **over)
    nurse.groups.add(Group.objects.get(name=roles.NURSE))
    for team in teams:
        Membership.objects.create(care_team=team, nurse=nurse, started=at(1))
    return nurse


def make_patient(team: CareTeam, label: str = "Ana", name: str | None = None, **over: Any) -> Patient:
    """Return a patient of this team, with a user who can sign in when a name is given."""
    user = User.objects.create_user(name, password=PASSWORD) if name else User.objects.create_guest()
    return Patient.objects.create(user=user, care_team=team, label=label, **over)


def load_content() -> None:
    """Load everything that is shipped."""
    command.load(FIXTURES)
