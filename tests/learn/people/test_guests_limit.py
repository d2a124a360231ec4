"""Guests from one address: limited, without harm to a hospital behind one address (ruling 37)."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client

from learn.lessons.models import Lesson, Therapy
from learn.people import actions, rate_limits
from learn.people.models import AccessCode, User
from learn.people.rate_limits import Limit
from tests.cast import at, make_edition, make_patient, make_team

STEP = "/lessons/basics/a-quiz/1/"


@pytest.fixture
def _lesson(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    make_edition(Lesson.objects.create(therapy=therapy, slug="a-quiz", position=1))
    monkeypatch.setattr(actions, "GUESTS", Limit("guests by address", 3, 600))


def visit(address: str = "192.0.2.7") -> tuple[Client, int]:
    client = Client(REMOTE_ADDR=address)
    return client, client.post(STEP).status_code


@pytest.mark.usefixtures("_lesson")
def test_too_many_new_guests_from_one_address_wait_and_may_read() -> None:
    with time_machine.travel(at(20), tick=False):
        first, _ = visit()
        assert [visit()[1] for _ in range(4)] == [303, 303, 429, 429]
        assert User.objects.count() == 3
        client, _ = visit()
        refused = client.post(STEP)
        assert (refused.status_code, refused["Retry-After"]) == (429, "600")
        page = " ".join(refused.content.decode().split())
        assert "Many people started here just now" in page
        assert "Wait 10 minutes, then go back and press it again." in page
        assert client.get(STEP).status_code == 200, "reading goes on"
        assert first.post(STEP).status_code == 303, "whoever is a guest already is not counted"
        assert visit("192.0.2.8")[1] == 303, "another address"
    with time_machine.travel(at(20, 13), tick=False):
        assert visit()[1] == 303


@pytest.mark.usefixtures("_lesson")
def test_a_card_works_where_no_guest_may_begin() -> None:
    from learn.people import codes

    patient = make_patient(make_team())
    made = codes.make(user=patient.user, by=patient.user, now=at(20))
    assert made
    assert AccessCode.objects.count() == 1
    with time_machine.travel(at(20), tick=False):
        for _ in range(4):
            visit()
        client = Client(REMOTE_ADDR="192.0.2.7")
        assert client.post("/code/", {"letters": made.letters}).status_code == 303
        assert client.post(STEP).status_code == 303


def test_a_hospital_behind_one_address_fits() -> None:
    """A class of 30 every few minutes, and a whole clinic in a day; a script gets no further than that."""
    assert (actions.GUESTS.tries, actions.GUESTS.seconds) == (rate_limits.ADDRESS.tries, rate_limits.ADDRESS.seconds)
    assert actions.GUESTS_A_DAY.tries == 3000
