"""Tries at a password: exact with parallel requests, one count for all spellings of a name, known devices apart."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from pytest_django import Settings

from learn.people import tries
from learn.people.models import Hit, User
from tests.cast import PASSWORD, at, make_nurse, make_patient, make_team, together

WRONG = "not the right password"


def sign_in(client: Client, name: str = "noor", password: str = WRONG, **over: Any) -> Any:
    return client.post("/accounts/login/", {"login": name, "password": password} | over.pop("form", {}), **over)


def lock(name: str = "noor") -> None:
    """Use up the tries at this name, as a stranger does."""
    assert [sign_in(Client(), name).status_code for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.django_db
class TestWrongPasswords:
    @pytest.fixture(autouse=True)
    def _people(self) -> None:
        self.noor = make_nurse("noor", make_team())

    def test_are_five_for_a_name_and_then_the_page_says_how_long_to_wait(self) -> None:
        with time_machine.travel(at(23), tick=False):
            lock()
            response = sign_in(Client(), password=PASSWORD)
            assert (response.status_code, response["Retry-After"]) == (429, "300")
            assert "Wait 5 minutes, then try again." in response.content.decode()
            assert sign_in(Client(), "omar").status_code == 200, "another name has its own count"

    def test_are_forgotten_after_the_wait(self) -> None:
        with time_machine.travel(at(23), tick=False) as clock:
            lock()
            clock.shift(300)
            assert sign_in(Client(), password=PASSWORD).url == "/admin/"

    def test_are_a_hundred_a_day_for_a_name(self) -> None:
        with time_machine.travel(at(23), tick=False) as clock:
            for _ in range(20):
                assert {sign_in(Client()).status_code for _ in range(5)} == {200}
                clock.shift(301)
            assert sign_in(Client()).status_code == 429

    @pytest.mark.parametrize(
        "over",
        [
            {"name": "NOOR"},
            {"name": " Noor "},
            {"name": "ｎｏｏｒ"},
            {"name": "no\u200bor"},
            {"headers": {"host": "TESTSERVER"}},
            {"headers": {"host": "testserver:8001"}},
            {"headers": {"host": "testserver."}},
            {"headers": {"X-Forwarded-For": "203.0.113.9"}},
            {"REMOTE_ADDR": "203.0.113.9"},
        ],
        ids=str,
    )
    def test_have_one_count_for_all_spellings_of_a_name_and_a_host(self, over: dict[str, Any]) -> None:
        lock()
        assert sign_in(Client(), password=PASSWORD, **over).status_code == 429

    def test_of_an_unknown_name_are_counted_too_so_a_lock_tells_nothing(self) -> None:
        lock("nobody")
        assert not Hit.objects.filter(whose__contains="nobody").exists()

    def test_are_not_counted_when_the_password_was_right(self) -> None:
        for _ in range(9):
            assert sign_in(Client(), password=PASSWORD).url == "/admin/"

    def test_of_a_stranger_are_not_forgotten_when_the_owner_signs_in(self) -> None:
        for _ in range(4):
            sign_in(Client())
        assert sign_in(Client(), password=PASSWORD).status_code == 303
        assert [sign_in(Client()).status_code for _ in range(2)] == [200, 429]

    def test_of_one_address_are_limited_for_all_names_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tries, "ADDRESS", tries.ADDRESS._replace(tries=7))
        assert [sign_in(Client(), f"n{n}").status_code for n in range(8)] == [200] * 7 + [429]


@pytest.mark.django_db
class TestAKnownDevice:
    @pytest.fixture(autouse=True)
    def _people(self) -> None:
        team = make_team()
        self.noor, self.omar = make_nurse("noor", team), make_nurse("omar", team)
        self.ana = make_patient(team, name="ana")

    def known(self, *names: str, **form: str) -> Client:
        """Return the browser on which these people have signed in, the last one last, and signed out."""
        client = Client()
        for name in names:
            assert sign_in(client, name, PASSWORD, form=form).status_code == 303
            client.post("/accounts/logout/")
        return client

    def test_lets_its_owner_in_whatever_a_stranger_tries(self) -> None:
        ward = self.known("noor", "omar")
        for name in ("noor", "omar"):
            lock(name)
            assert sign_in(Client(), name, PASSWORD).status_code == 429
            assert sign_in(ward, name.upper(), PASSWORD).url == "/admin/"

    def test_is_known_for_those_who_signed_in_there_and_for_no_other(self) -> None:
        ward = self.known("noor")
        lock("omar")
        assert sign_in(ward, "omar", PASSWORD).status_code == 429

    def test_has_ten_tries_of_its_own_and_a_copy_of_its_cookie_has_no_more(self) -> None:
        ward, copy = self.known("noor"), Client()
        copy.cookies[tries.COOKIE] = ward.cookies[tries.COOKIE].value
        assert [sign_in(ward if n % 2 else copy).status_code for n in range(11)] == [200] * 10 + [429]
        assert sign_in(Client(), password=PASSWORD).status_code == 303, "the others are not locked by it"

    def test_is_known_for_the_last_thirty_people(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tries, "NAMES", 2)
        ward = self.known("noor", "omar", "ana")
        lock("noor")
        assert sign_in(ward, password=PASSWORD).status_code == 429
        lock("omar")
        assert sign_in(ward, "omar", PASSWORD).status_code == 303

    def test_has_no_name_in_its_cookie_and_a_forged_cookie_is_a_strangers(self) -> None:
        ward = self.known("noor")
        value = ward.cookies[tries.COOKIE].value
        assert "noor" not in value
        assert ward.cookies[tries.COOKIE]["httponly"]
        lock()
        for forged in (value[:-1], f"x{value}", "x:y:z"):
            client = Client()
            client.cookies[tries.COOKIE] = forged
            assert sign_in(client, password=PASSWORD).status_code == 429

    def test_is_not_one_that_a_patient_shares_but_a_wards_computer_is(self) -> None:
        assert tries.COOKIE in self.known("noor", shared="yes").cookies
        assert tries.COOKIE not in self.known("ana", shared="yes").cookies
        assert tries.COOKIE in self.known("ana").cookies

    def test_is_forgotten_when_a_patient_leaves_it(self) -> None:
        client = Client()
        sign_in(client, "ana", PASSWORD)
        client.post("/my/finish/")
        assert client.cookies[tries.COOKIE].value == ""


@pytest.mark.django_db
class TestTheSignUpForm:
    """Its double click compares a password, so it must not be a door without a count."""

    @pytest.fixture(autouse=True)
    def _dora(self) -> None:
        self.form = {"username": "dora", "password1": "maple leaves in fall"}
        assert Client().post("/accounts/signup/", self.form).status_code == 303

    def test_gives_no_further_tries_at_the_password_of_a_fresh_account(self) -> None:
        wrong = self.form | {"password1": "maple leaves in june"}
        assert {Client().post("/accounts/signup/", wrong).status_code for _ in range(7)} == {200}
        assert Client().post("/accounts/signup/", self.form).status_code == 200, "it is locked"
        assert sign_in(Client(), "dora", self.form["password1"]).status_code == 429, "so is the sign-in page"

    def test_still_signs_a_double_click_in(self) -> None:
        assert {Client().post("/accounts/signup/", self.form).status_code for _ in range(7)} == {303}
        assert User.objects.count() == 1

    def test_is_limited_by_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tries, "SIGN_UPS", tries.SIGN_UPS._replace(tries=3))
        codes = [Client().post("/accounts/signup/", {"username": f"eve {n}"}).status_code for n in range(3)]
        assert codes == [200, 200, 429], "the first form of all counted too"
        assert Client().get("/accounts/signup/").status_code == 200


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_sixty_tries_at_once_are_five(settings: Settings) -> None:
    assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
    settings.ALLOWED_HOSTS = ["*"]
    make_nurse("noor", make_team())
    names, hosts = ("noor", "NOOR", "Noor ", "nOOr"), ("testserver", "TestServer", "testserver:81", "testserver.")

    def stranger(n: int) -> list[int]:
        return [
            sign_in(
                Client(), names[(n + k) % 4], headers={"host": hosts[k % 4]}, REMOTE_ADDR=f"10.0.{n}.{k}"
            ).status_code
            for k in range(15)
        ]

    said = [status for statuses in together(4, stranger) for status in statuses]  # type: ignore[attr-defined]
    assert (said.count(200), said.count(429)) == (5, 55)
