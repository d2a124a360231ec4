"""The second step of staff: codes of an app, recovery codes, what is stored, who is asked, and the reset by two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, TransactionTestCase
from django.urls import reverse
from pytest_django.fixtures import Settings

from learn.people import rate_limits, roles, sealing, sessions, tries, two_step
from learn.people.models import AuditEvent, Session, User
from tests import totp
from tests.cast import PASSWORD, make_nurse, make_patient, make_team, together, words
from tests.matrix import EDGES

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 9, 0, 5, tzinfo=UTC)
OVERVIEW, APP, CODES = "/accounts/two-step/", "/accounts/two-step/app/", "/accounts/two-step/recovery/"
DESK = "/admin/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def required(settings: Settings) -> None:
    settings.STAFF_TWO_STEP = "required"


@pytest.fixture
def noor() -> User:
    return make_nurse("noor", make_team())


def with_password(client: Client, name: str = "noor", **more: str) -> Any:
    return client.post("/accounts/login/", {"login": name, "password": PASSWORD, **more})


def sign_in(name: str = "noor") -> Client:
    client = Client()
    assert with_password(client, name).status_code == 303
    return client


def set_up(client: Client) -> tuple[str, list[str]]:
    """Set up an app as a person does; return its secret and the recovery codes that were shown."""
    secret = totp.secret_on(client.get(APP).content.decode())
    response = client.post(APP, {"code": totp.code(secret, NOW)}, follow=True)
    return secret, re.findall(r"<code>(\d{4} \d{4})</code>", response.content.decode())


def second_step(client: Client, code: str) -> Any:
    return client.post("/accounts/two-step/code/", {"code": code})


def signed_in(client: Client) -> bool:
    return client.get(OVERVIEW).status_code == 200


class TestWhereItIsRequired:
    def test_staff_are_led_to_set_it_up_before_any_page_of_the_desk(self, noor: User, required: None) -> None:
        client = sign_in()
        for page in (DESK, "/admin/people/patient/", "/admin/people/patient/invite/"):
            assert client.get(page)["Location"] == OVERVIEW
        assert "asks all staff for it" in words(client.get(OVERVIEW))

    def test_the_desk_opens_when_it_is_set_up(self, noor: User, required: None) -> None:
        client = sign_in()
        _, codes = set_up(client)
        assert len(codes) == 10
        assert client.get(DESK).status_code == 200
        assert AuditEvent.objects.filter(who=noor.pk, what="two_step.set").count() == 1

    def test_the_desk_asks_the_database_nothing_for_it(
        self, noor: User, settings: Settings, django_assert_num_queries: Any
    ) -> None:
        client = sign_in()
        set_up(client)
        client.get("/admin/people/patient/invite/")
        with django_assert_num_queries(4) as free:
            client.get("/admin/people/patient/invite/")
        settings.STAFF_TWO_STEP = "required"
        with django_assert_num_queries(len(free)):
            client.get("/admin/people/patient/invite/")

    def test_a_password_alone_is_no_sign_in_and_makes_no_device_known(
        self, noor: User, required: None, clock: time_machine.Coordinates
    ) -> None:
        secret, _ = set_up(sign_in())
        notes = AuditEvent.objects.filter(who=noor.pk, what="signed.in")
        before, places, client = notes.count(), len(sessions.places(noor)), Client()
        clock.shift(60)
        assert tries.COOKIE not in with_password(client).cookies
        assert (notes.count(), len(sessions.places(noor))) == (before, places)
        assert tries.COOKIE in second_step(client, totp.code(secret, NOW + timedelta(seconds=60))).cookies
        assert (notes.count(), len(sessions.places(noor))) == (before + 1, places + 1)
        assert Session.objects.get(pk=client.session.session_key).opened_by == Session.Key.PASSWORD

    def test_a_patient_is_never_asked(self, required: None, django_assert_num_queries: Any) -> None:
        make_patient(make_team(), name="ana")
        client = sign_in("ana")
        assert client.get("/my/").status_code == 200
        for page in (OVERVIEW, APP, CODES, "/accounts/again/", "/accounts/two-step/passkey/"):
            assert client.get(page).status_code == 404

    def test_a_session_that_began_before_must_give_it_too(self, noor: User, required: None) -> None:
        set_up(sign_in())
        old = Client()
        old.force_login(noor)  # as a session that was opened with the password alone
        assert old.get(DESK)["Location"] == "/accounts/again/?next=%2Fadmin%2F"
        assert old.get(APP)["Location"] == "/accounts/again/?next=%2Faccounts%2Ftwo-step%2F"
        assert old.post("/accounts/again/", {"secret": PASSWORD}).status_code == 200  # not by the password
        assert old.get(DESK).status_code == 302

    def test_an_own_password_comes_first(self, noor: User, required: None) -> None:
        client = sign_in()
        session = client.session
        session["first_password"] = True  # signed in with a one-time password
        session.save()
        assert client.get(DESK)["Location"] == "/admin/password/"
        assert client.get("/admin/password/").status_code == 200

    def test_the_only_second_step_cannot_be_removed(self, noor: User, required: None) -> None:
        client = sign_in()
        set_up(client)
        [app] = Authenticator.objects.filter(type="totp")
        client.post("/accounts/two-step/remove/", {"which": app.pk})
        assert Authenticator.objects.filter(pk=app.pk).exists()


class TestWhereItIsOptional:
    def test_staff_work_without_it(self, noor: User) -> None:
        assert sign_in().get(DESK).status_code == 200

    def test_whoever_has_it_is_asked(self, noor: User) -> None:
        secret, _ = set_up(sign_in())
        client = Client()
        assert with_password(client)["Location"] == "/accounts/two-step/code/"
        assert not signed_in(client)
        with time_machine.travel(NOW + timedelta(seconds=30), tick=False):
            response = second_step(client, totp.code(secret, NOW + timedelta(seconds=30)))
            assert response["Location"] == DESK
            assert signed_in(client)

    def test_it_can_be_removed_with_its_recovery_codes(self, noor: User) -> None:
        client = sign_in()
        set_up(client)
        [app] = Authenticator.objects.filter(type="totp")
        client.post("/accounts/two-step/remove/", {"which": app.pk})
        assert not Authenticator.objects.exists()
        assert sign_in().get(DESK).status_code == 200


class TestACodeOfTheApp:
    @pytest.fixture
    def secret(self, noor: User, clock: time_machine.Coordinates) -> str:
        secret, _ = set_up(sign_in())
        clock.move_to(NOW + timedelta(minutes=10))
        return secret

    @pytest.mark.parametrize(("off", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
    def test_may_be_one_period_early_or_late(self, secret: str, off: int, fits: bool) -> None:
        client = Client()
        with_password(client)
        second_step(client, totp.code(secret, NOW + timedelta(minutes=10, seconds=off)))
        assert signed_in(client) == fits

    def test_works_once_also_in_another_process_and_a_period_later(
        self, secret: str, clock: time_machine.Coordinates
    ) -> None:
        code = totp.code(secret, NOW + timedelta(minutes=10))
        first, second = Client(), Client()
        for client in (first, second):
            with_password(client)
        second_step(first, code)
        clock.shift(30)
        response = second_step(second, code)
        assert signed_in(first)
        assert not signed_in(second)
        assert "does not fit now" in response.content.decode()

    def test_that_set_the_app_up_cannot_be_used_again(self, noor: User) -> None:
        secret, _ = set_up(sign_in())
        client = Client()
        with_password(client)
        second_step(client, totp.code(secret, NOW))
        assert not signed_in(client)

    def test_may_have_a_space(self, secret: str) -> None:
        client = Client()
        with_password(client)
        code = totp.code(secret, NOW + timedelta(minutes=10))
        second_step(client, f" {code[:3]} {code[3:]} ")
        assert signed_in(client)

    def test_is_limited_by_the_one_limiter(self, secret: str, clock: time_machine.Coordinates) -> None:
        client = Client()
        with_password(client)
        assert [second_step(client, "000000").status_code for _ in range(6)] == [200] * 5 + [429]
        right = totp.code(secret, NOW + timedelta(minutes=10))
        response = second_step(client, right)
        assert (response.status_code, response["Retry-After"]) == (429, "900")
        clock.shift(900)
        with_password(client)
        second_step(client, totp.code(secret, NOW + timedelta(minutes=25)))
        assert signed_in(client)

    def test_may_be_anything_without_an_error(self, secret: str) -> None:
        client = Client(raise_request_exception=False)
        with_password(client)
        for edge in EDGES:
            for field in ("code", "credential"):
                body = f"{field}={quote(edge)}"
                kind = "application/x-www-form-urlencoded"
                assert client.post("/accounts/two-step/code/", body, content_type=kind).status_code in (200, 429)
                rate_limits.forget(two_step.TRIES.name, str(User.objects.get().pk))
        assert not signed_in(client)

    def test_is_not_taken_from_an_account_that_was_closed_meanwhile(self, secret: str) -> None:
        client = Client()
        with_password(client)
        User.objects.update(is_active=False)
        response = second_step(client, totp.code(secret, NOW + timedelta(minutes=10)))
        assert response["Location"] == "/accounts/login/"
        assert not signed_in(client)

    def test_leads_to_the_page_that_was_asked_for(self, secret: str) -> None:
        client = Client()
        with_password(client, next="/admin/people/patient/")
        assert (
            second_step(client, totp.code(secret, NOW + timedelta(minutes=10)))["Location"] == "/admin/people/patient/"
        )

    def test_is_asked_also_on_a_device_with_a_guests_session(self, secret: str) -> None:
        client = Client()
        client.force_login(User.objects.create_guest())
        assert with_password(client)["Location"] == "/accounts/two-step/code/"
        assert client.get("/accounts/two-step/code/").status_code == 200
        second_step(client, totp.code(secret, NOW + timedelta(minutes=10)))
        assert signed_in(client)


class TestARecoveryCode:
    def test_works_once(self, noor: User) -> None:
        _, codes = set_up(sign_in())
        first, second = Client(), Client()
        for client in (first, second):
            with_password(client)
            second_step(client, codes[3])
        assert signed_in(first)
        assert not signed_in(second)
        assert "You have 9 left" in words(first.get(OVERVIEW))

    def test_is_shown_once(self, noor: User) -> None:
        client = sign_in()
        _, codes = set_up(client)
        page = client.get(CODES).content.decode()
        assert "are shown once" in page
        assert codes[0] not in page

    def test_stops_working_when_new_ones_are_made(self, noor: User) -> None:
        client = sign_in()
        _, codes = set_up(client)
        shown = client.post(CODES, follow=True).content.decode()
        new = re.findall(r"<code>(\d{4} \d{4})</code>", shown)
        assert len(new) == 10
        assert set(new).isdisjoint(codes)
        other = Client()
        with_password(other)
        second_step(other, codes[0])
        assert not signed_in(other)
        second_step(other, new[0])
        assert signed_in(other)


class TestWhatIsStored:
    def test_holds_neither_the_secret_nor_the_recovery_codes(self, noor: User) -> None:
        client = sign_in()
        secret = totp.secret_on(client.get(APP).content.decode())
        sessions = [str(row.get_decoded()) for row in Session.objects.all()]
        client.post(APP, {"code": totp.code(secret, NOW)})
        stored = str(list(Authenticator.objects.values())) + str(sessions)
        assert secret not in stored
        assert all(sealing.unseal(row.data.get("secret") or row.data["seed"]) for row in Authenticator.objects.all())
        assert not any(code in stored for code in two_step.codes_left(noor))

    def test_can_be_read_with_an_earlier_key_and_not_with_another(self, settings: Settings) -> None:
        sealed = sealing.seal("maple")
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
        assert sealing.unseal(sealed) == "maple"
        settings.SECRET_KEY_FALLBACKS = []
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(sealed)

    def test_with_a_lost_key_is_a_wrong_code_and_no_error(self, noor: User, settings: Settings) -> None:
        secret, codes = set_up(sign_in())
        settings.SECRET_KEY = "new" * 20
        client = Client()
        with_password(client)
        for code in (totp.code(secret, NOW), codes[0]):
            assert second_step(client, code).status_code == 200
        assert not signed_in(client)

    def test_of_the_setup_stays_the_same_when_the_page_is_opened_again(self, noor: User) -> None:
        client = sign_in()
        first, second = (totp.secret_on(client.get(APP).content.decode()) for _ in range(2))
        assert first == second


class TestSettingUp:
    def test_draws_the_square_inside_the_page(self, noor: User) -> None:
        response = sign_in().get(APP)
        assert b"<svg" in response.content
        assert b"data:" not in response.content
        assert "data:" not in response["Content-Security-Policy"]

    def test_needs_the_right_code(self, noor: User) -> None:
        client = sign_in()
        client.get(APP)
        assert "does not fit now" in words(client.post(APP, {"code": "000000"}))
        assert not Authenticator.objects.exists()

    def test_of_another_phone_replaces_the_first(self, noor: User, clock: time_machine.Coordinates) -> None:
        client = sign_in()
        old, _ = set_up(client)
        new, shown = set_up(client)
        assert old != new
        assert shown == []  # the recovery codes stay
        clock.shift(60)
        other = Client()
        with_password(other)
        second_step(other, totp.code(old, NOW + timedelta(seconds=60)))
        assert not signed_in(other)
        second_step(other, totp.code(new, NOW + timedelta(seconds=60)))
        assert signed_in(other)

    def test_ends_the_other_sessions(self, noor: User) -> None:
        one, other = sign_in(), sign_in()
        set_up(one)
        assert signed_in(one)
        assert not signed_in(other)

    def test_asks_again_after_five_minutes(self, noor: User, clock: time_machine.Coordinates) -> None:
        client = sign_in()
        client.get(OVERVIEW)
        clock.shift(301)
        assert client.get(APP)["Location"] == "/accounts/again/?next=%2Faccounts%2Ftwo-step%2F"


def test_who_has_one_is_read_for_all_with_one_query(noor: User, django_assert_num_queries: Any) -> None:
    set_up(sign_in())
    omar = make_nurse("omar")
    with django_assert_num_queries(1):
        assert two_step.second_factors([noor, omar]) == {noor.pk: True, omar.pk: False}


class TestTheReset:
    @pytest.fixture
    def it(self, noor: User) -> tuple[Client, Client]:
        set_up(sign_in())
        clients = []
        for name in ("ivy", "ida"):
            User.objects.create_user(name, password=PASSWORD, is_staff=True).groups.add(
                Group.objects.get(name=roles.IT)
            )
            clients.append(sign_in(name))
        return clients[0], clients[1]

    def page(self, of: User) -> str:
        return reverse("admin:people_user_two_step", args=[of.pk])

    def test_takes_two_people(self, noor: User, it: tuple[Client, Client]) -> None:
        for _ in range(2):
            it[0].post(self.page(noor))
        assert two_step.is_set_up(noor)
        assert "ivy asked for the reset" in words(it[1].get(self.page(noor)))
        it[1].post(self.page(noor))
        assert not Authenticator.objects.exists()
        assert not Session.objects.filter(user_id=noor.pk).exists()
        assert sign_in().get(DESK).status_code == 200
        said = AuditEvent.objects.filter(what__startswith="two_step.").exclude(what="two_step.set")
        names = dict(User.objects.values_list("pk", "username"))
        assert [(names[row.who], row.what) for row in said.order_by("pk")] == [
            ("ivy", "two_step.asked"),
            ("ivy", "two_step.asked"),
            ("ivy", "two_step.reset"),
            ("ida", "two_step.confirmed"),
            ("noor", "two_step.gone"),
        ]

    def test_that_was_asked_for_yesterday_must_be_asked_for_again(
        self, noor: User, it: tuple[Client, Client], clock: time_machine.Coordinates
    ) -> None:
        it[0].post(self.page(noor))
        clock.shift(two_step.WAITS)
        ida = sign_in("ida")
        ida.post(self.page(noor))
        assert two_step.is_set_up(noor)

    def test_that_a_person_of_it_asked_for_ends_with_their_account(self, noor: User, it: tuple[Client, Client]) -> None:
        it[0].post(self.page(noor))
        User.objects.filter(username="ivy").update(is_active=False)
        it[1].post(self.page(noor))
        assert two_step.is_set_up(noor)

    def test_on_the_server_is_for_the_only_person_of_it(self, noor: User, it: tuple[Client, Client]) -> None:
        out = StringIO()
        call_command("reset_two_step", "Noor", stdout=out)
        call_command("reset_two_step", "noor", stdout=out)
        assert out.getvalue() == "It is off. They set it up anew at the next sign-in.\nIt was not set up.\n"
        assert AuditEvent.objects.filter(who=noor.pk, what="two_step.gone").count() == 1
        with pytest.raises(CommandError):
            call_command("reset_two_step", "nobody")

    def test_of_ones_own_is_refused(self, noor: User, it: tuple[Client, Client]) -> None:
        ivy = User.objects.get(username="ivy")
        it[1].post(self.page(ivy))  # she has none: nothing to ask for
        set_up(it[0])
        it[0].post(self.page(ivy))
        assert two_step.asked_by(ivy, now=NOW) is None
        for by, confirmed_by in ((ivy, noor), (noor, ivy), (noor, noor)):
            with pytest.raises(two_step.SamePerson):
                two_step.reset_second_factor(of=ivy, by=by, confirmed_by=confirmed_by, now=NOW)
        assert two_step.is_set_up(ivy)


@pytest.mark.race
class TestManyAtOnce(TransactionTestCase):
    def test_use_a_code_once(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
        noor, secret = make_nurse("noor"), "JBSWY3DPEHPK3PXP"
        app = Authenticator.objects.create(user=noor, type="totp", data={"secret": sealing.seal(secret), "last": 0})
        two_step.RecoveryCodes.activate(noor)
        for n in range(10):
            now = NOW + timedelta(minutes=n)
            for code in (totp.code(secret, now), two_step.codes_left(noor)[0]):
                use = partial(two_step.use_code, noor, code, now=now)
                assert sorted(together(6, lambda _, use=use: use())) == [False] * 5 + [True]
        app.refresh_from_db()
        assert app.data["last"] == int(now.timestamp()) // 30
        assert two_step.codes_left(noor) == []

    def test_of_it_reset_a_second_step_once(self) -> None:
        noor, ivy, ida = (make_nurse(name) for name in ("noor", "ivy", "ida"))
        Authenticator.objects.create(user=noor, type="totp", data={"secret": sealing.seal("x"), "last": 0})
        done = together(6, lambda _: two_step.reset_second_factor(of=noor, by=ivy, confirmed_by=ida, now=NOW))
        assert sorted(done) == [False] * 5 + [True]
        assert AuditEvent.objects.filter(what="two_step.gone").count() == 1
