"""Staff are asked again who they are before an export, a new card, a change of roles and a reset."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from learn.people.models import AccessCode, Membership, Patient, User
from tests import totp
from tests.cast import PASSWORD, make_nurse, make_patient, make_team

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 9, 0, 5, tzinfo=UTC)
AGAIN = "/accounts/again/"
EXPORT = "/admin/people/patient/progress/export/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def ana() -> Patient:
    return make_patient(make_team())


@pytest.fixture
def noor(ana: Patient) -> Client:
    """She leads ana's team, and has just signed in."""
    user = make_nurse("noor", ana.care_team)
    user.groups.set([Group.objects.get(name="Lead nurse")])
    Membership.objects.update(lead=True)
    client = Client()
    client.post("/accounts/login/", {"login": "noor", "password": PASSWORD})
    client.get("/my/")
    return client


def test_a_sign_in_counts_for_five_minutes(noor: Client, clock: time_machine.Coordinates) -> None:
    clock.shift(299)
    assert noor.get(EXPORT).status_code == 200
    clock.shift(1)
    assert noor.get(EXPORT).status_code == 302


def test_an_export_waits_and_the_list_is_shown_afterwards(noor: Client, clock: time_machine.Coordinates) -> None:
    clock.shift(360)
    response = noor.get(f"{EXPORT}?sort=name")
    assert response["Location"] == f"{AGAIN}?next=%2Fadmin%2Fpeople%2Fpatient%2Fprogress%2F%3Fsort%3Dname"
    back = noor.post(response["Location"], {"secret": PASSWORD})
    assert back["Location"] == "/admin/people/patient/progress/?sort=name"
    assert noor.get(EXPORT).status_code == 200


def test_a_new_card_waits_and_nothing_was_made(noor: Client, ana: Patient, clock: time_machine.Coordinates) -> None:
    clock.shift(360)
    card = reverse("admin:people_patient_card", args=[ana.pk])
    assert noor.post(card)["Location"].startswith(AGAIN)
    assert noor.get(card)["Location"].startswith(AGAIN)
    assert not AccessCode.objects.exists()
    noor.post(AGAIN, {"secret": PASSWORD})
    noor.post(card)
    assert AccessCode.objects.count() == 1


def test_a_change_of_roles_waits(noor: Client, ana: Patient, clock: time_machine.Coordinates) -> None:
    omar = make_nurse("omar", ana.care_team).memberships.get()
    clock.shift(360)
    member = reverse("admin:people_careteam_member", args=[ana.care_team_id, omar.pk])
    team = reverse("admin:people_careteam_change", args=[ana.care_team_id])
    response = noor.post(member, {"do": "lead"})
    assert response["Location"] == f"{AGAIN}?next={team.replace('/', '%2F')}"
    omar.refresh_from_db()
    assert not omar.lead
    make_nurse("nell")
    assert noor.post(reverse("admin:people_careteam_add", args=[ana.care_team_id]), {"name": "nell"}).status_code == 303
    assert not Membership.objects.filter(nurse__username="nell").exists()
    noor.post(AGAIN, {"secret": PASSWORD})
    noor.post(member, {"do": "lead"})
    omar.refresh_from_db()
    assert omar.lead


def test_whoever_may_not_see_a_page_is_not_asked_either(noor: Client, clock: time_machine.Coordinates) -> None:
    ben = make_patient(make_team("Cedar team"), "Ben")
    clock.shift(360)
    client = Client()
    client.force_login(User.objects.create_user("eda", is_staff=True))
    assert client.get(EXPORT).status_code == 404
    noor.post(AGAIN, {"secret": PASSWORD})
    assert noor.get(reverse("admin:people_patient_card", args=[ben.pk])).status_code == 404


def test_a_wrong_password_opens_nothing_and_is_limited(noor: Client, clock: time_machine.Coordinates) -> None:
    clock.shift(360)
    told = [noor.post(AGAIN, {"secret": "wrong"}).status_code for _ in range(11)]
    assert told == [200] * 10 + [429], "as at sign-in, on a device that is known for this name"
    assert noor.post(AGAIN, {"secret": PASSWORD}).status_code == 429
    assert noor.get(EXPORT).status_code == 302


def test_a_code_of_the_app_does_as_well(noor: Client, clock: time_machine.Coordinates) -> None:
    secret = totp.secret_on(noor.get("/accounts/two-step/app/").content.decode())
    noor.post("/accounts/two-step/app/", {"code": totp.code(secret, NOW)})
    clock.shift(360)
    noor.post(AGAIN, {"secret": totp.code(secret, NOW + timedelta(seconds=360))})
    assert noor.get(EXPORT).status_code == 200


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\x00", "/\x00"])
def test_the_way_back_is_a_page_of_this_site(noor: Client, page: str) -> None:
    response: Any = noor.post(f"{AGAIN}?next={page.replace(chr(0), '%00')}", {"secret": PASSWORD})
    assert response["Location"] == "/admin/"
