"""A session and its person by one written statement: the same rows as the ORM's, and every check as before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from learn.account import actions as account
from learn.desk import actions as desk
from learn.people import sessions, who
from learn.people.backends import RoleBackend
from learn.people.models import CareTeam, Patient, Session, User
from tests.cast import PASSWORD, at, make_nurse, make_patient, make_team

pytestmark = pytest.mark.django_db
COLUMNS = {User: who.USER, Patient: who.PATIENT, CareTeam: who.TEAM}


def guest() -> User:
    return User.objects.create_guest()


def patient() -> User:
    return make_patient(make_team(), "Ana", "ana", reference="A-12").user


def closed_patient() -> User:
    return make_patient(make_team(), "Ana", ended_on=date(2026, 11, 3), ended_why="moved").user


def nurse() -> User:
    return make_nurse("noor", make_team(), first_name="Noor", email="noor@example.org", is_superuser=True)


def inactive() -> User:
    return User.objects.create_user("ben", password=PASSWORD, is_active=False)


PEOPLE = [guest, patient, closed_patient, nurse, inactive]


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def whoever(client: Client) -> Any:
    return client.get("/help/").context["user"]


def values(row: Model) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS[type(row)]}


@pytest.mark.parametrize("make", PEOPLE)
def test_the_rows_are_the_orms(make: Any, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user = make()
    key = str(sign_in(user).session.session_key)
    twin = User.objects.select_related("patient__care_team").get(pk=user.pk)
    with django_assert_num_queries(1):
        found = who.living(key)
        assert found is not None
        data, read = found
        assert read is not None
        assert (read, values(read)) == (twin, values(twin))
        assert hasattr(read, "patient") == hasattr(twin, "patient")
        if hasattr(read, "patient"):
            assert values(read.patient) == values(twin.patient)
            assert values(read.patient.care_team) == values(twin.patient.care_team)
            assert read.patient.user is read
    assert data == Session.objects.get(pk=key).session_data
    assert not read._state.adding


def test_every_column_is_read_now_or_when_somebody_looks() -> None:
    for model, names in COLUMNS.items():
        assert {field.attname for field in model._meta.concrete_fields} - set(names) <= who.LATER


def test_a_session_that_is_over_or_never_was_gives_nothing() -> None:
    key = str(sign_in(guest()).session.session_key)
    assert who.living("neverwas") is None
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert who.living(key) is None


def test_a_session_of_nobody_gives_its_data_alone() -> None:
    store = sessions.SessionStore()
    store["shared"] = True
    store.create()
    found = who.living(store.session_key)
    assert found is not None
    assert found[1] is None
    assert sessions.SessionStore(store.session_key)["shared"] is True


@pytest.mark.parametrize("make", PEOPLE[:4])
def test_a_page_reads_session_and_person_by_one_statement(
    make: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = make()
    client = sign_in(user)
    client.get("/help/")
    with django_assert_num_queries(2):  # and which texts of its own the hospital has published
        assert whoever(client) == user


def test_of_a_session_without_a_number_the_person_is_read_as_before() -> None:
    ana = patient()
    client = sign_in(ana)
    Session.objects.update(user_id=None)
    assert whoever(client) == ana


def test_the_number_beside_the_data_signs_nobody_in() -> None:
    """What was signed says who it is; the column only brings the row along."""
    ana, ben = guest(), guest()
    client = sign_in(ana)
    Session.objects.update(user_id=ben.pk)
    assert whoever(client) == ana


def test_another_password_ends_the_session_at_the_next_request() -> None:
    ana = patient()
    client = sign_in(ana)
    ana.set_password("another long password")
    ana.save()
    assert whoever(client).is_anonymous
    assert not Session.objects.filter(user_id=ana.pk).exists()


def test_a_key_that_was_changed_keeps_the_session_through_its_fallback(settings: Settings) -> None:
    ana = patient()
    client = sign_in(ana)
    before, settings.SECRET_KEY = settings.SECRET_KEY, "new-" + "1" * 50
    settings.SECRET_KEY_FALLBACKS = [before]
    assert whoever(client) == ana
    settings.SECRET_KEY_FALLBACKS = []
    assert whoever(client) == ana, "it was renewed under the new key"


def test_whoever_may_not_come_in_any_more_is_out_at_the_next_request() -> None:
    ana = patient()
    client = sign_in(ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert whoever(client).is_anonymous


def test_sign_out_elsewhere_and_erasure_act_at_the_next_request() -> None:
    ana, ben = patient(), guest()
    here, there, erased = sign_in(ana), sign_in(ana), sign_in(ben)
    assert [whoever(client) for client in (here, there, erased)] == [ana, ana, ben]
    sessions.end_all(ana.pk)
    account.erase(user=ben, now=timezone.now())
    assert all(whoever(client).is_anonymous for client in (here, there, erased))


def test_a_team_that_moved_a_record_that_was_closed_show_at_the_next_request() -> None:
    ana = patient()
    client = sign_in(ana)
    assert whoever(client).patient.care_team.day_phone == "555-010-0199"
    CareTeam.objects.update(day_phone="555-010-0101", zone="America/Denver")
    assert whoever(client).patient.care_team.day_phone == "555-010-0101"
    assert str(whoever(client).zone) == "America/Denver"
    desk.close(patient=ana.patient, why="moved", by=make_nurse("noor"), now=at(20))
    assert whoever(client).patient.ended_on == at(20).date()


def test_the_person_is_given_once_and_only_to_whoever_asks_for_them() -> None:
    ana = patient()
    store = sessions.SessionStore(sign_in(ana).session.session_key)
    store.load()
    assert store.person(ana.pk + 1) is None
    assert store.person(ana.pk) is None
    store.load()
    assert store.person(ana.pk) == ana
    assert store.person(ana.pk) is None


def test_outside_of_the_reading_of_a_session_the_backend_asks_the_database() -> None:
    ana = patient()
    assert whoever(sign_in(ana)) == ana
    User.objects.filter(pk=ana.pk).update(first_name="Anna")
    with CaptureQueriesContext(connection) as done:
        found = RoleBackend().get_user(ana.pk)
    assert found is not None
    assert (found.first_name, len(done)) == ("Anna", 1)
