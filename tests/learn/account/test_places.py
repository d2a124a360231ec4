"""Sessions end with the key that opened them; the page that shows where somebody is signed in; a lost card."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from learn.account import actions as account
from learn.people import codes, email_codes, sessions
from learn.people.models import AccessCode, AuditEvent, Patient, Session, User
from tests.cast import PASSWORD, at, make_nurse, make_patient, make_team, plan_of, together, words

PLACES = "/my/signed-in/"


def by_code(made: codes.Made | None) -> Client:
    assert made is not None
    client = Client()
    assert client.post(f"/j/{made.token}/").status_code == 303
    return client


def by_password(name: str = "ana", **form: str) -> Client:
    client = Client()
    assert client.post("/accounts/login/", {"login": name, "password": PASSWORD} | form).status_code == 303
    client.get("/help/")
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/help/").context["user"].is_authenticated)


class Home:
    """ana with a card, her nurse, and a phone that the card has opened."""

    def __init__(self) -> None:
        self.noor = make_nurse("noor", team := make_team())
        self.ana = make_patient(team, name="ana")
        self.user = self.ana.user
        self.card = self.make(self.noor)

    def make(self, by: User) -> codes.Made | None:
        return codes.make(user=self.user, by=by, now=timezone.now())

    def desk(self) -> Client:
        client = Client()
        client.force_login(self.noor)
        return client

    def address(self, name: str) -> str:
        return reverse(f"admin:people_patient_{name}", args=[self.ana.pk])


@pytest.fixture
def home(db: None) -> Home:
    return Home()


class TestASession:
    def test_knows_which_key_opened_it(self, home: Home) -> None:
        by_code(home.card)
        by_password()
        assert sorted(Session.objects.values_list("user_id", "opened_by", "code_id")) == [
            (home.user.pk, "code", home.card.code.pk),
            (home.user.pk, "password", None),
        ]

    def test_of_a_card_ends_when_the_card_is_cancelled_and_others_stay(self, home: Home) -> None:
        card, password = by_code(home.card), by_password()
        ben = make_patient(home.ana.care_team, name="ben")
        other = by_code(codes.make(user=ben.user, by=home.noor, now=timezone.now()))
        home.desk().post(home.address("cancel_card"))
        assert (is_in(card), is_in(password), is_in(other)) == (False, True, True)

    def test_of_a_card_ends_when_the_card_is_replaced(self, home: Home) -> None:
        card = by_code(home.card)
        home.desk().post(home.address("card"))
        assert not is_in(card)

    def test_of_a_card_ends_when_the_record_is_closed(self, home: Home) -> None:
        card, password = by_code(home.card), by_password()
        home.desk().post(home.address("end"), {"why": "moved"})
        assert (is_in(card), is_in(password)) == (False, True)

    def test_of_a_card_ends_elsewhere_when_its_owner_stops_sharing(self, home: Home) -> None:
        mine, other = by_code(home.card), by_code(home.card)
        mine.post("/my/data/stop/")
        assert (is_in(mine), is_in(other)) == (True, False)

    def test_of_an_own_code_stays_when_its_owner_stops_sharing(self, home: Home) -> None:
        own = by_code(home.make(home.user))
        account.stop_sharing(user=home.user, now=timezone.now())
        assert is_in(own)

    def test_of_a_code_ends_elsewhere_when_its_owner_makes_another(self, home: Home) -> None:
        User.objects.filter(pk=home.user.pk).update(username=None)  # who has a name is not offered a code
        mine, other = by_code(home.card), by_code(home.card)
        assert mine.post("/my/keep/", {"how": "code"})["Location"] == "/my/keep/code/"
        assert (is_in(mine), is_in(other)) == (True, False)

    def test_from_before_of_which_nobody_knows_the_key_ends_too(self, home: Home) -> None:
        old, ben = Client(), Client()
        old.force_login(home.user)
        ben.force_login(make_patient(home.ana.care_team).user)
        codes.cancel(user=home.user, by=home.noor, now=timezone.now())
        assert (is_in(old), is_in(ben)) == (False, True)

    def test_ends_with_others_of_its_codes_by_one_statement_that_uses_the_indexes(
        self, home: Home, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1) as done:
            sessions.end_of_codes({home.card.code.pk: home.user.pk, 7: 8}, but="x")
        plan = plan_of(done.captured_queries[0]["sql"])
        assert "people_session_code_id" in plan
        assert "people_session_user_id" in plan

    def test_of_a_guest_on_another_device_ends_when_the_guest_sets_a_password(self, db: None) -> None:
        guest = User.objects.create_guest()
        own = codes.make(user=guest, by=guest, now=timezone.now())
        one, two = by_code(own), by_code(own)
        one.post("/accounts/signup/", {"username": "dora", "password1": "maple leaves in fall"})
        assert (is_in(one), is_in(two)) == (True, False)
        assert Session.objects.filter(user_id=guest.pk).count() == 1


class TestThePage:
    def test_shows_where_somebody_is_signed_in_and_how(self, home: Home) -> None:
        with time_machine.travel(at(20, 9, 5), tick=False):
            by_code(home.card).get("/help/")
        with time_machine.travel(at(23), tick=False):
            client = by_password()
            page = words(client.get(PLACES))
        here, others = page.split("On other phones and computers")
        assert "Signed in November 23, 2026, noon How With a name and password Last saved" in here
        assert (
            "Signed in November 20, 2026, 9:05 a.m. How With a card or a code Last saved something November 20"
            in others
        )

    def test_signs_out_in_one_place(self, home: Home) -> None:
        here, one, two = by_password(), by_password(), by_code(home.card)
        mark = next(p.mark for p in sessions.places(home.user) if p.key == one.session.session_key)
        assert "You are signed out there." in here.post(PLACES, {"end": mark}, follow=True).content.decode()
        assert [is_in(client) for client in (here, one, two)] == [True, False, True]
        again = here.post(PLACES, {"end": mark}, follow=True).content.decode()
        assert "you are not signed in there any more" in again
        assert AuditEvent.objects.filter(what="signed.out.there", who=home.user.pk).count() == 1

    def test_signs_out_everywhere_else(self, home: Home) -> None:
        here, one, two = by_password(), by_password(), by_code(home.card)
        said = here.post(PLACES, {"others": ""}, follow=True).content.decode()
        assert "You are signed out in 2 other places." in said
        assert "You are signed in nowhere else." in said
        assert [is_in(client) for client in (here, one, two)] == [True, False, False]

    def test_does_not_reach_anybody_elses_session_and_shows_no_key(self, home: Home) -> None:
        ben = make_patient(home.ana.care_team, name="ben")
        other, here = by_password("ben"), by_password()
        by_password()
        [mark] = [place.mark for place in sessions.places(ben.user)]
        here.post(PLACES, {"end": mark})
        here.post(PLACES, {"end": str(other.session.session_key)})
        assert is_in(other)
        page = here.get(PLACES).content.decode()
        assert mark not in page
        assert all(key not in page for key in Session.objects.values_list("pk", flat=True))

    def test_is_for_staff_too_and_leaves_out_what_has_timed_out(self, home: Home) -> None:
        with time_machine.travel(at(23), tick=False) as clock:
            by_password("noor")
            clock.shift(10 * 60)
            here = by_password("noor")
            assert "You are signed in nowhere else." not in words(here.get(PLACES))
            clock.shift(6 * 60)
            assert "You are signed in nowhere else." in words(here.get(PLACES))
            assert f'href="{PLACES}"' in here.get("/admin/").content.decode()

    def test_leaves_out_what_a_new_password_has_ended(self, home: Home) -> None:
        by_password()
        home.user.set_password("another long password")
        home.user.save()
        assert sessions.places(home.user) == []

    @pytest.mark.parametrize("more", [0, 4])
    def test_costs_the_same_queries_for_one_and_for_many(
        self, home: Home, more: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        here = by_password()
        for _ in range(more):
            by_password()
        with django_assert_num_queries(2):  # session with user, sessions
            here.get(PLACES)


class TestALostCard:
    def lose(self, home: Home) -> Any:
        return home.desk().post(home.address("lost"))

    def left(self, home: Home) -> tuple[str | None, str, int]:
        user = User.objects.get(pk=home.user.pk)
        return user.username, user.email, EmailAddress.objects.filter(user=user).count()

    def stranger(self, home: Home) -> Client:
        """Sign in with the found card, and add keys."""
        User.objects.filter(pk=home.user.pk).update(username=None)
        client = by_code(home.card)
        form = {"username": "finder", "password1": "maple leaves in fall"}
        assert client.post("/accounts/signup/", form).status_code == 303
        assert email_codes.set_address(user=home.user, address="finder@example.com")
        return client

    def test_ends_all_sessions_the_card_and_the_keys_that_were_set_since(self, home: Home) -> None:
        finder = self.stranger(home)
        page = words(home.desk().get(home.address("lost")))
        assert "Signed in now in 1 place." in page
        assert "The sign-in name and the password" in page
        assert "The email address" in page
        assert "finder" not in page
        assert self.lose(home)["Location"] == home.address("card")
        assert not is_in(finder)
        assert self.left(home) == (None, "", 0)
        assert not User.objects.get(pk=home.user.pk).has_usable_password()
        assert not AccessCode.objects.living(at=timezone.now()).exists()
        assert AuditEvent.objects.filter(what="card.lost", patient=home.ana.pk, who=home.noor.pk).count() == 1

    def test_leaves_the_keys_that_were_there_before_the_card_was_made(self, home: Home) -> None:
        self.stranger(home)
        home.make(home.noor)  # a new card: the keys are older than it
        page = words(home.desk().get(home.address("lost")))
        assert "No other key was set since the card was made." in page
        self.lose(home)
        assert self.left(home) == ("finder", "finder@example.com", 1)

    def test_ends_a_sign_in_by_email_that_begins_at_the_same_moment(self, home: Home) -> None:
        User.objects.filter(pk=home.user.pk).update(username=None)
        late = Client()
        late.force_login(User.objects.get(pk=home.user.pk))
        row = Session.objects.get(pk=late.session.session_key)
        self.lose(home)
        Session.objects.bulk_create([row])  # it is saved after the others were ended
        assert not is_in(late)

    def test_ends_keys_of_which_nobody_knows_when_they_were_set(self, home: Home) -> None:
        self.lose(home)
        assert self.left(home) == (None, "", 0)

    def test_ends_the_code_that_the_finder_made_instead_of_the_card(self, home: Home) -> None:
        own = home.make(home.user)
        client = by_code(own)
        self.lose(home)
        assert not is_in(client)
        assert Client().post(f"/j/{own.token}/").status_code == 200  # type: ignore[union-attr]

    def test_keeps_what_the_patient_did_and_changes_nothing_the_second_time(self, home: Home) -> None:
        self.lose(home)
        self.lose(home)
        assert Patient.objects.get(pk=home.ana.pk).user_id == home.user.pk
        made = home.make(home.noor)
        assert is_in(by_code(made))

    def test_of_an_erased_patient_does_nothing(self, home: Home) -> None:
        account.erase(user=home.user, now=timezone.now())
        said = home.desk().post(home.address("lost"), follow=True)
        assert "Nothing was changed" in said.content.decode()


class TestTheAuditLog:
    def what(self) -> list[str]:
        return list(AuditEvent.objects.order_by("pk").values_list("what", flat=True))

    def test_tells_each_sign_in_and_each_key(self, home: Home) -> None:
        AuditEvent.objects.all().delete()
        by_password("noor")
        by_password()
        by_code(home.card)
        Client().post("/accounts/signup/", {"username": "dora", "password1": "maple leaves in fall"})
        email_codes.set_address(user=home.user, address="ana@example.com")
        email_codes.set_address(user=home.user, address="ana@example.com")
        email_codes.remove(user=User.objects.get(pk=home.user.pk), now=timezone.now())
        told = ["signed.in", "signed.in", "card.used", "key.name", "key.email", "key.email.removed"]
        assert self.what() == told
        of_ana = AuditEvent.objects.filter(patient=home.ana.pk)
        assert {event.team for event in of_ana if event.what == "card.used"} == {home.ana.care_team_id}
        assert {event.team for event in of_ana if event.what != "card.used"} == {None}

    def test_tells_a_wrong_password_and_never_a_name_that_nobody_has(self, home: Home) -> None:
        AuditEvent.objects.all().delete()
        for name in ("Ana", "nobody"):
            Client().post("/accounts/login/", {"login": name, "password": "not the right one"})
        rows = AuditEvent.objects.order_by("pk").values_list("who", "what", "patient", "team")
        assert list(rows) == [(home.user.pk, "sign-in.failed", home.ana.pk, None), (0, "sign-in.failed", None, None)]

    def test_tells_no_wrong_password_that_was_not_looked_at(self, home: Home) -> None:
        AuditEvent.objects.all().delete()
        for _ in range(9):
            Client().post("/accounts/login/", {"login": "ana", "password": "not the right one"})
        assert len(self.what()) == 5


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_card_that_is_cancelled_while_it_is_used_leaves_nobody_signed_in() -> None:
    assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
    home = Home()
    for _ in range(12):
        made = home.make(home.noor)
        assert made is not None
        client = Client()

        def act(n: int, made: codes.Made = made, client: Client = client) -> int | bool:
            if n:
                return codes.cancel(user=home.user, by=home.noor, now=timezone.now())
            return int(client.post(f"/j/{made.token}/").status_code)

        status, cancelled = together(2, act)
        assert (status in (200, 303), cancelled) == (True, True), (status, cancelled)
        assert not is_in(client)
        with transaction.atomic():
            assert not Session.objects.filter(user_id=home.user.pk).exists()
