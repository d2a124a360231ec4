"""Keep my progress: on this phone, with a code or with an account; and finish on a device."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client, TestCase, TransactionTestCase
from django.utils import timezone

from learn.lessons.models import Lesson
from learn.people import codes
from learn.people.models import AccessCode, Hit, Session, User
from learn.progress.models import Reading
from quizzes import taking
from quizzes.models import Response
from tests.cast import (
    PASSWORD,
    GuestCase,
    at,
    load_content,
    make_nurse,
    make_patient,
    make_team,
    paced,
    right,
    together,
    words,
)

STEP = "/lessons/basics/what-is-immunotherapy/{}/"
SIGN_UP = {"username": "Dora", "password1": "maple leaves in fall"}


class TestAGuest(GuestCase):
    def finish_a_lesson(self) -> None:
        n = 1
        while "/lessons/" in self.client.post(STEP.format(n))["Location"]:
            n += 1
        quiz = Lesson.objects.get(slug="what-is-immunotherapy").quiz
        attempt = taking.start(learner=self.guest, quiz=quiz, language="en", now=at(20))  # type: ignore[arg-type]
        for item in attempt.items.select_related("revision"):
            taking.answer(item=item, given=right(item.revision), number=1, now=at(20))

    def test_gets_the_offer_to_keep_progress_after_the_first_finished_lesson(self) -> None:
        assert "/my/keep/" not in self.html("/my/")
        self.finish_a_lesson()
        assert "/my/keep/" in self.html("/my/")

    def test_who_has_a_code_does_not_get_the_offer(self) -> None:
        self.finish_a_lesson()
        codes.make(user=self.guest, by=self.guest, now=timezone.now())
        assert "/my/keep/" not in self.html("/my/")

    def test_who_chooses_nothing_gets_an_error_message(self) -> None:
        page = self.client.post("/my/keep/", {}).content.decode()
        assert "Choose one of these" in page
        assert AccessCode.objects.count() == 0

    def test_can_stay_on_this_phone(self) -> None:
        assert self.client.post("/my/keep/", {"how": "phone"})["Location"] == "/my/"
        assert AccessCode.objects.count() == 0

    def test_sees_a_code_once_and_it_opens_the_same_record(self) -> None:
        assert self.client.post("/my/keep/", {"how": "code"})["Location"] == "/my/keep/code/"
        self.client.head("/my/keep/code/")
        response = self.client.get("/my/keep/code/")
        letters = str(response.context["letters"])
        assert letters in response.content.decode()
        found = codes.by_letters(letters.replace(" ", ""), at=timezone.now())
        assert found is not None
        assert found.user == self.guest
        assert letters not in self.html("/my/keep/code/")
        assert "was shown once" in self.html("/my/keep/code/")
        assert letters.replace(" ", "") not in str([s.get_decoded() for s in Session.objects.all()])

    def test_sees_that_a_second_code_replaces_the_first(self) -> None:
        self.client.post("/my/keep/", {"how": "code"})
        assert "the old one stops working" in self.html("/my/keep/")
        self.client.post("/my/keep/", {"how": "code"})
        assert AccessCode.objects.living(at=timezone.now()).count() == 1

    def test_gets_an_account_on_the_same_user_row(self) -> None:
        self.finish_a_lesson()
        before = (Reading.objects.filter(learner=self.guest).count(), Response.objects.count())
        assert self.client.post("/my/keep/", {"how": "account"})["Location"] == "/accounts/signup/"
        key = self.client.session.session_key
        response = self.client.post("/accounts/signup/", SIGN_UP)
        assert response["Location"] == "/my/"
        user = User.objects.get()
        assert (user.pk, user.username) == (self.guest.pk, "dora")
        assert self.client.session.session_key != key
        assert (Reading.objects.filter(learner=user).count(), Response.objects.count()) == before
        assert "What is immunotherapy?" in self.html("/my/")

        other = Client()
        for typed in ("dora", "Dora", " DORA "):
            form = {"login": typed, "password": SIGN_UP["password1"]}
            assert other.post("/accounts/login/", form)["Location"] == "/my/"
        assert "What is immunotherapy?" in other.get("/my/").content.decode()

    def test_gets_kind_messages_about_an_invalid_name_or_password(self) -> None:
        for change, says in (
            ({"username": ""}, "Choose a sign-in name"),
            ({"username": "a b"}, "no spaces"),
            ({"username": "x" * 151}, "Use 150 letters at most"),
            ({"password1": ""}, "Choose a password"),
            ({"password1": "short"}, "12"),
            ({"password1": "qwerty123456"}, "too common"),
        ):
            with self.subTest(change=change):
                page = self.client.post("/accounts/signup/", SIGN_UP | change).content.decode()
                assert "There is a problem" in page
                assert says in page
        assert User.objects.get().username is None

    def test_who_presses_twice_gets_one_account_and_is_signed_in(self) -> None:
        slow = Client()
        slow.cookies["sid"] = self.client.cookies["sid"].value
        for client in (self.client, slow):
            assert client.post("/accounts/signup/", SIGN_UP)["Location"] == "/my/"
            assert client.get("/my/").context["user"] == self.guest
        assert User.objects.count() == 1

    def test_cannot_test_passwords_of_an_existing_account(self) -> None:
        self.client.post("/accounts/signup/", SIGN_UP)
        User.objects.update(last_login=timezone.now() - timedelta(minutes=2))
        assert Client().post("/accounts/signup/", SIGN_UP).status_code == 200

    def test_cannot_take_a_name_that_is_in_use(self) -> None:
        User.objects.create_user("dora", password=PASSWORD)
        page = self.client.post("/accounts/signup/", SIGN_UP).content.decode()
        assert "Someone else has that name already. Choose another." in page
        assert User.objects.get(pk=self.guest.pk).username is None

    def test_who_has_an_account_already_is_led_to_the_keep_page(self) -> None:
        self.client.post("/accounts/signup/", SIGN_UP)
        assert self.client.post("/accounts/signup/", SIGN_UP | {"username": "eve"})["Location"] == "/my/keep/"
        assert User.objects.get().username == "dora"
        assert "Sign in as <bdi>dora</bdi>" in self.html("/my/keep/")

    def test_cannot_become_staff_by_signing_up(self) -> None:
        self.client.post("/accounts/signup/", SIGN_UP | {"is_staff": "on", "is_superuser": "on", "groups": "1"})
        user = User.objects.get()
        assert (user.is_staff, user.is_superuser, user.groups.count()) == (False, False, 0)

    def test_who_finishes_gets_a_warning_and_leaves_nothing_on_the_phone(self) -> None:
        assert "no code and no account" in self.html("/my/finish/")
        response = self.client.post("/my/finish/")
        assert response["Location"] == "/my/finished/"
        assert response["Clear-Site-Data"] == '"cache", "storage"'
        assert response.cookies["sid"]["max-age"] == 0
        assert Session.objects.count() == 0
        assert "What is immunotherapy?" not in self.html("/my/")
        assert Reading.objects.filter(learner=self.guest).exists()

    def test_who_has_a_code_finishes_without_a_warning(self) -> None:
        codes.make(user=self.guest, by=self.guest, now=timezone.now())
        page = self.html("/my/finish/")
        assert "no code and no account" not in page
        assert "your code or card" in page


class TestASignInWithAPassword(TestCase):
    """On a device where a guest has learned, and on a shared one."""

    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        cls.ana = make_patient(make_team(), "Ana", name="ana")
        cls.nurse = make_nurse("noor")

    def setUp(self) -> None:
        cache.clear()

    def sign_in(self, name: str = "ana", **over: Any) -> Any:
        return self.client.post("/accounts/login/", {"login": name, "password": PASSWORD} | over)

    def test_asks_a_guest_whether_to_merge_what_they_did(self) -> None:
        self.client.post(STEP.format(1))
        assert self.sign_in()["Location"] == "/code/bring/"
        assert "What is immunotherapy?" in self.client.get("/code/bring/").content.decode()
        self.client.post("/code/bring/", {"bring": "yes"})
        assert Reading.objects.get().learner == self.ana.user

    def test_asks_nothing_of_a_visitor(self) -> None:
        assert self.sign_in()["Location"] == "/my/"

    def test_asks_nothing_on_a_shared_device_or_of_staff(self) -> None:
        self.client.post(STEP.format(1))
        assert self.sign_in(shared="yes")["Location"] == "/my/"
        self.client.post("/accounts/logout/")
        self.client.post(STEP.format(1))
        assert self.sign_in("noor")["Location"] == "/admin/"
        assert "guest" not in self.client.session

    def test_on_a_shared_device_ends_after_30_minutes_without_a_press_and_says_so(self) -> None:
        with time_machine.travel(at(20), tick=False) as clock:
            self.sign_in(shared="yes")
            clock.shift(29 * 60)
            self.client.post(STEP.format(1))
            clock.shift(29 * 60)
            assert self.client.get("/my/").context["user"] == self.ana.user
            clock.shift(2 * 60)
            response = self.client.get("/my/")
            assert response.context["user"].is_anonymous
            assert "some time had passed" in response.content.decode()
            assert Reading.objects.get().learner == self.ana.user

    def test_on_a_shared_device_tells_pages_how_many_seconds_are_left(self) -> None:
        with time_machine.travel(at(20), tick=False) as clock:
            self.sign_in(shared="yes")
            clock.shift(29 * 60)
            page = self.client.get("/my/").content.decode()
            assert 'data-left="60" data-all="1800"' in page
            assert "you are signed out 30 minutes after your last answer" in page
            assert self.client.post("/stay/").status_code == 204
            assert 'data-left="1800"' in self.client.get("/my/").content.decode()
            clock.shift(60)
            assert 'data-left="1800"' in self.client.post("/my/questions/", {"text": ""}).content.decode()
            clock.shift(31 * 60)
            assert self.client.post("/stay/").status_code == 303

    def test_on_a_personal_device_shows_no_time_limit(self) -> None:
        self.sign_in()
        for _ in range(2):
            page = self.client.get("/my/").content.decode()
            assert "stay.js" not in page
            assert "30 minutes" not in page

    def test_on_a_personal_device_lasts(self) -> None:
        with time_machine.travel(at(1), tick=False) as clock:
            self.sign_in()
            clock.shift(timedelta(days=300))
            assert self.client.get("/my/").context["user"] == self.ana.user


class TestAVisitor(TestCase):
    def test_has_nothing_to_keep_and_gets_no_row(self) -> None:
        page = self.client.post("/my/keep/", {"how": "code"}).content.decode()
        assert "nothing to keep yet" in page
        assert (User.objects.count(), AccessCode.objects.count()) == (0, 0)

    def test_can_sign_up_immediately(self) -> None:
        cache.clear()
        assert self.client.post("/accounts/signup/", SIGN_UP)["Location"] == "/my/"
        assert User.objects.get().username == "dora"


class TestAPatientWithAnInvitation(TestCase):
    def test_sees_that_a_new_code_replaces_the_one_of_the_invitation(self) -> None:
        cache.clear()
        patient = make_patient(make_team())
        codes.make(user=patient.user, by=patient.user, now=timezone.now())
        self.client.force_login(patient.user)
        assert "the card stops working" in self.client.get("/my/keep/").content.decode()
        self.client.post("/accounts/signup/", SIGN_UP)
        patient.refresh_from_db()
        assert patient.user.username == "dora"


@pytest.mark.race
class TestTwoAtOnce(TransactionTestCase):
    def sign_up(self, clients: list[Client], forms: list[dict[str, str]]) -> list[Any]:
        """Send these forms at the same moment; what the database refuses would stand in PostgreSQL's own log."""

        def send(n: int) -> Any:
            with paced() as refused:
                response = clients[n].post("/accounts/signup/", forms[n])
            return refused or (response.status_code, response.get("Location"))

        return together(len(clients), send)

    def test_who_want_the_same_name_get_it_once_and_the_other_is_told(self) -> None:
        for n in range(8):
            cache.clear()
            clients = [Client(), Client()]
            guests = [User.objects.create_guest() for _ in range(n % 3)]  # none, one or both of them have a row
            for client, guest in zip(clients, guests, strict=False):
                client.force_login(guest)
            forms = [{"username": f"Dora{n}", "password1": f"maple leaves in fall {k}"} for k in range(2)]
            done = self.sign_up(clients, forms)
            # The second looked before the first had the name, or after: a page with the error, or led to one.
            assert sorted(done, key=str) in (
                [(200, None), (303, "/my/")],
                [(303, "/accounts/signup/"), (303, "/my/")],
            ), done
            loser = next(client for client, what in zip(clients, done, strict=True) if what != (303, "/my/"))
            if (303, "/accounts/signup/") in done:
                assert "Someone else has that name already. Choose another." in words(loser.get("/accounts/signup/"))
            assert User.objects.filter(username=f"dora{n}").count() == 1
        assert not Hit.objects.exclude(until__gt=0).exists()

    def test_presses_of_a_visitor_give_one_account_and_both_are_signed_in(self) -> None:
        for n in range(5):
            cache.clear()
            form = SIGN_UP | {"username": f"fay{n}"}
            assert self.sign_up([Client(), Client()], [form, form]) == [(303, "/my/")] * 2
            assert User.objects.filter(username=f"fay{n}").count() == 1

    def test_presses_of_one_form_give_one_account(self) -> None:
        for n in range(5):
            cache.clear()
            guest = User.objects.create_guest()
            clients = [Client(), Client()]
            for client in clients:
                client.force_login(guest)
                client.cookies["sid"] = clients[0].cookies["sid"].value

            def sign_up(thread: int, clients: list[Client] = clients, n: int = n) -> Any:
                form = SIGN_UP | {"username": f"eve{n}"}
                return clients[thread].post("/accounts/signup/", form).status_code

            assert together(2, sign_up) == [303, 303]
            names = User.objects.filter(username__startswith=f"eve{n}")
            assert [user.pk for user in names] == [guest.pk]
