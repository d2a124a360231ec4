"""An access code opens its record. What a guest did is merged into the record, or is left and erased later."""

from __future__ import annotations

import logging
import re
from datetime import date, timedelta
from io import StringIO
from typing import Any
from unittest.mock import patch

import time_machine
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learn.account import guests
from learn.account.forms import CodeForm
from learn.assignments.models import Assignment
from learn.lessons.models import Edition, Lesson, Step
from learn.logs import JsonLines
from learn.people import codes
from learn.people.models import Hit, Patient, User
from learn.progress import actions
from learn.progress.models import Reading
from learn.visits.models import MyQuestion
from quizzes import reviewing, taking
from quizzes.models import Attempt, ItemAnalysis, Memory, Pause, Response, State
from tests.cast import at, load_content, make_nurse, make_patient, make_team, right, together, words

NOW = at(20)
LESSON = "side-effects-when-to-call"
WRONG = str(CodeForm.WRONG)[:40]


class ClaimCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        cls.maple = make_team()
        cls.ana, cls.noor = make_patient(cls.maple), make_nurse("noor", cls.maple)
        cls.made = codes.make(user=cls.ana.user, by=cls.noor, now=NOW)
        cls.lesson = Lesson.objects.select_related("quiz").get(slug=LESSON)

    def setUp(self) -> None:
        clock = time_machine.travel(NOW, tick=False)
        self.traveller = clock.start()
        self.addCleanup(clock.stop)

    def type(self, letters: str, client: Client | None = None, **over: Any) -> Any:
        """Type letters on the given device, or on this test's own device."""
        return (client or self.client).post("/code/", {"letters": letters} | over)

    def guess(self, letters: str) -> Any:
        """Type letters on a new device."""
        return self.type(letters, Client())

    def who(self, client: Client | None = None) -> str | None:
        return (client or self.client).session.get("_auth_user_id")

    def read(self, learner: User, slug: str = LESSON, upto: int = 1) -> None:
        steps = list(Step.objects.filter(edition__lesson__slug=slug))
        for step in steps[:upto]:
            actions.read(learner=learner, steps=steps, step=step, now=NOW)


class TestTheLetters(ClaimCase):
    def test_sign_in_with_any_spaces_and_in_any_case(self) -> None:
        made = self.made
        wide = "".join(chr(ord(letter) + 0xFEE0) for letter in made.letters)
        for typed in (
            made.letters,
            made.groups.lower(),
            f" {made.groups} ",
            made.groups.replace(" ", "-"),
            made.groups.replace(" ", "\u2011"),
            made.groups.replace(" ", " _/,."),
            wide,
            "\u200b".join(made.letters),
            f"Your code is {made.groups}.",
        ):
            client = Client()
            assert self.type(typed, client).url == "/code/in/", typed
            assert self.who(client) == str(self.ana.user_id)

    def test_that_are_wrong_unknown_expired_or_cancelled_get_the_same_page_at_the_same_cost(self) -> None:
        letters = self.made.letters
        wrong = letters[:11] + ("B" if letters[11] != "B" else "C")
        pages, costs = set(), set()

        def tried(typed: str) -> None:
            with CaptureQueriesContext(connection) as queries:
                response = self.guess(typed)
            page = re.sub(r'value="[^"]*"', "", response.content.decode())
            pages.add((response.status_code, page))
            costs.add(len(queries))

        for typed in (wrong, "Z" * 12):
            tried(typed)
        old = letters
        letters = codes.make(user=self.ana.user, by=self.noor, now=NOW).letters
        tried(old)
        self.traveller.shift(91 * 24 * 3600)
        tried(letters)
        assert len(pages) == len(costs) == 1, costs
        assert WRONG in pages.pop()[1]
        assert self.who() is None

    def test_that_cannot_be_a_code_get_an_explanation_and_are_not_counted(self) -> None:
        for typed in ("", "BCDF", "ABCD EFGH IJKL", "1234 5678 9012", "\x00", "B" * 13, "x" * 5000, "ÄÖÜß" * 3):
            page = words(self.type(typed))
            assert "There is a problem" in page, typed
            assert WRONG not in page
        assert not Hit.objects.exists()

    def test_are_locked_for_an_hour_after_ten_misses_but_the_link_still_works(self) -> None:
        right = self.made.letters
        wrong = right[:6] + ("BCDFGH" if right[6:] != "BCDFGH" else "JKLMNP")
        for typed in (wrong, "ZZZZZZBBBBBB"):
            said = [self.guess(typed).status_code for _ in range(12)]
            assert said == [200] * 10 + [429] * 2
        response = self.guess(right)
        assert (response.status_code, response["Retry-After"]) == (429, "3600")
        assert "Wait 60 minutes" in response.content.decode()
        assert self.client.post(f"/j/{self.made.token}/").status_code == 303
        self.client.logout()
        assert self.guess(right).status_code == 303, "signing in with the link unlocks the letters"

    def test_have_a_rate_limit_for_each_device_and_each_ip_address(self) -> None:
        device = Client(enforce_csrf_checks=True)
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', device.get("/code/").content.decode())
        assert token
        said = [self.type(f"{c * 6}BBBBBB", device, csrfmiddlewaretoken=token[1]).status_code for c in "BCDFGHJKLMNP"]
        assert said == [200] * 10 + [429] * 2
        for n in range(288):
            letters = "".join(codes.LETTERS[n // 20**k % 20] for k in range(6))
            assert self.guess(letters + "CCCCCC").status_code == 200
        assert self.guess("XXXXXXCCCCCC").status_code == 429
        there = {"REMOTE_ADDR": "192.0.2.1"}
        assert Client().post("/code/", {"letters": self.made.letters}, **there).status_code == 303

    def test_lead_back_to_the_requested_page_and_never_to_another_site(self) -> None:
        attempt = taking.start(learner=self.ana.user, quiz=self.lesson.quiz, language="en", now=NOW)
        asked = f"/check/{attempt.pk}/1/"
        away = self.client.get(asked).url
        assert away == f"/code/?next={asked}"
        page = self.client.get(away).content.decode()
        assert "we need to know who you are" in page
        assert self.client.post(away, {"letters": self.made.letters}).url == asked
        for evil in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            assert Client().post(f"/code/?next={evil}", {"letters": self.made.letters}).url == "/my/", "a check is open"


class TestTheLink(ClaimCase):
    def test_asks_first_and_does_not_use_the_code(self) -> None:
        for token in (self.made.token, "A" * 22):
            for method in ("get", "head", "get"):
                with self.assertNumQueries(0):
                    response = getattr(Client(), method)(f"/j/{token}/", follow=True)
                assert response.status_code == 200
        page = words(self.client.get(f"/j/{self.made.token}/", follow=True))
        assert "Start your lessons?" in page
        assert "Your nurse can see which lessons you have done and which questions were hard." in page
        self.made.code.refresh_from_db()
        assert self.made.code.used is None

    def test_is_in_no_address_that_a_browser_keeps_and_is_carried_for_a_quarter_of_an_hour(self) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            response = self.client.get(f"/j/{self.made.token}/", follow=True)
            assert [to for to, _ in response.redirect_chain] == ["/j/"]
            assert self.made.token not in response.content.decode()
            clock.shift(16 * 60)
            assert self.client.post("/j/").url == "/code/"
            assert self.who() is None
            self.client.get(f"/j/{self.made.token}/")
            assert self.client.post("/j/").url == "/code/in/"
            assert self.who() == str(self.ana.user_id)
            self.client.logout()
            assert self.client.get("/j/").url == "/code/", "whoever comes after finds nothing"

    def test_works_with_what_a_message_added_to_it(self) -> None:
        token = self.made.token
        for typed in (f"{token}.", f"“{token}”", f"\u200b{token}\u2060", token.replace("-", "\u2011")):
            client = Client()
            assert client.post(f"/j/{typed}/").url == "/code/in/", ascii(typed)
            assert self.who(client) == str(self.ana.user_id)

    def test_shows_the_same_page_for_valid_and_invalid_tokens(self) -> None:
        pages = {
            re.sub(
                r'name="csrfmiddlewaretoken" value="\w+"',
                "",
                self.client.get(f"/j/{token}/", follow=True).content.decode(),
            )
            for token in (self.made.token, "A" * 22, "x")
        }
        assert len({re.sub(r"next=[^\"]*", "", page) for page in pages}) == 1

    def test_signs_in_by_post_with_a_new_session_key_and_shows_what_was_asked_for(self) -> None:
        Assignment.objects.create(patient=self.ana, lesson=self.lesson, due=date(2026, 12, 1), by=self.noor, made=NOW)
        self.client.force_login(User.objects.create_guest())
        before = self.client.session.session_key
        response = self.client.post(f"/j/{self.made.token}/", follow=True)
        assert response.redirect_chain == [("/code/in/", 303)]
        assert self.client.session.session_key != before
        assert self.who() == str(self.ana.user_id)

    def test_that_is_not_valid_shows_the_same_error_as_wrong_letters(self) -> None:
        codes.cancel(user=self.ana.user, by=self.noor, now=NOW)
        for token in (self.made.token, "A" * 22):
            with self.assertNumQueries(1):
                response = self.client.post(f"/j/{token}/")
            assert WRONG in words(response)
            assert 'action="/code/"' in response.content.decode()
        assert self.who() is None

    def test_is_never_written_to_the_log(self) -> None:
        lines: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(JsonLines().format(record))  # type: ignore[method-assign]
        logger = logging.getLogger("learn")
        level = logger.level
        logger.addHandler(handler)
        logger.setLevel("INFO")
        try:
            self.client.get(f"/j/{self.made.token}/")
            self.client.post(f"/j/{self.made.token}/")
            self.type(self.made.letters)
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
        assert len(lines) == 3
        assert '"route": "join"' in lines[0]
        assert self.made.token not in "".join(lines)
        assert self.made.letters not in "".join(lines)


class TestASharedDevice(ClaimCase):
    def test_is_signed_out_after_thirty_minutes_without_a_post(self) -> None:
        self.type(self.made.letters, shared="yes")
        for minutes, signed_in in ((29, True), (29, True), (31, False)):
            self.traveller.shift(minutes * 60)
            if signed_in:
                self.client.post(
                    "/settings/", {"text": "standard", "colors": "phone", "listen": "show", "helper": "yes"}
                )
            page = self.client.get("/my/").content.decode()
            assert ("Sign out" in page) is signed_in, minutes
        assert "You were signed out because some time had passed" in page

    def test_is_different_from_a_personal_phone_which_stays_signed_in(self) -> None:
        self.type(self.made.letters)
        self.traveller.shift(300 * 24 * 3600)
        assert "Sign out" in self.client.get("/my/").content.decode()

    def test_is_never_offered_a_merge(self) -> None:
        guest = User.objects.create_guest()
        self.client.force_login(guest)
        self.read(guest)
        assert self.type(self.made.letters, shared="yes").url == "/code/in/"
        assert self.client.get("/code/bring/").url == "/my/"


class TestWhatAGuestDid(ClaimCase):
    def setUp(self) -> None:
        super().setUp()
        self.guest = User.objects.create_guest()
        self.client.force_login(self.guest)

    def claim(self) -> None:
        assert self.type(self.made.letters).url == "/code/bring/"

    def check(self, learner: User) -> Attempt:
        attempt = taking.start(learner=learner, quiz=self.lesson.quiz, language="en", now=NOW)
        item = attempt.items.with_answers()[0]
        taking.answer(item=item, given=right(item.revision), number=1, now=NOW)
        return attempt

    def test_is_merged_when_they_say_yes(self) -> None:
        self.read(self.guest)
        attempt = self.check(self.guest)
        MyQuestion.objects.create(learner=self.guest, text="May I swim?", position=1, added=NOW)
        self.claim()
        page = words(self.client.get("/code/bring/"))
        assert "Bring what you did on this phone?" in page
        assert "Side effects: when to call – Step 2 of 6" in page
        assert self.client.post("/code/bring/", {"bring": "yes"}).url == "/my/"
        assert Reading.objects.get().learner == self.ana.user
        attempt.refresh_from_db()
        assert attempt.learner == self.ana.user
        assert Response.objects.get().item.attempt_id == attempt.pk
        assert Memory.objects.get(learner=self.ana.user).question == attempt.items.get(position=1).revision.question
        assert MyQuestion.objects.get().learner == self.ana.user
        assert not User.objects.get(pk=self.guest.pk).is_active

    def test_is_not_merged_where_the_record_has_its_own(self) -> None:
        self.read(self.guest, upto=4)
        self.read(self.guest, "what-is-immunotherapy")
        self.read(self.ana.user, upto=2)
        theirs, own = self.check(self.guest), self.check(self.ana.user)
        for learner in (self.guest, self.ana.user):
            MyQuestion.objects.create(learner=learner, text="May I swim?", position=1, added=NOW)
        self.claim()
        self.client.post("/code/bring/", {"bring": "yes"})
        reading = Reading.objects.get(learner=self.ana.user, edition__lesson=self.lesson)
        assert reading.furthest.position == 5, "of the same lesson, what either was shown counts"
        assert Reading.objects.filter(learner=self.ana.user).count() == 2
        assert list(Attempt.objects.filter(learner=self.ana.user)) == [own]
        assert list(Attempt.objects.filter(learner=self.guest)) == [theirs]
        assert MyQuestion.objects.filter(learner=self.ana.user).count() == 1

    def test_is_merged_once_even_when_pressed_several_times(self) -> None:
        self.read(self.guest)
        self.claim()
        for _ in range(3):
            assert self.client.post("/code/bring/", {"bring": "yes"}).url == "/my/"
        guests.merge(guest=self.guest, into=self.ana.user, now=NOW)
        assert Reading.objects.get().learner == self.ana.user

    def test_includes_a_pause_of_reviews_unless_the_record_has_its_own(self) -> None:
        for own in (False, True):
            guest = User.objects.create_guest()
            reviewing.pause(learner=guest, now=NOW + timedelta(days=own))
            guests.merge(guest=guest, into=self.ana.user, now=NOW)
            assert Pause.objects.get(learner=self.ana.user).until == (NOW + timedelta(days=7)).date()
            assert Pause.objects.filter(learner=guest).exists() is own

    def test_is_asked_about_after_a_double_press_too(self) -> None:
        self.read(self.guest)
        before = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        assert self.type(self.made.letters).url == "/code/bring/"
        self.client.cookies[settings.SESSION_COOKIE_NAME] = before
        assert self.type(self.made.letters).url == "/code/bring/"
        self.client.post("/code/bring/", {"bring": "yes"})
        assert Reading.objects.get().learner == self.ana.user

    def test_is_no_longer_found_through_the_old_session_after_a_minute(self) -> None:
        self.read(self.guest)
        before = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        self.type(self.made.letters)
        self.client.cookies[settings.SESSION_COOKIE_NAME] = before
        with time_machine.travel(timezone.now() + timedelta(seconds=61)):
            assert self.type(self.made.letters).url != "/code/bring/"

    def test_is_not_merged_when_they_say_no(self) -> None:
        self.read(self.guest)
        self.claim()
        self.client.post("/code/bring/", {"bring": "no"})
        assert Reading.objects.get().learner == self.guest
        assert self.client.get("/code/bring/").url == "/my/"
        assert not User.objects.get(pk=self.guest.pk).is_active

    def test_is_asked_about_when_it_is_only_questions(self) -> None:
        for n, text in enumerate(("May I swim?", "May I fly?"), 1):
            MyQuestion.objects.create(learner=self.guest, text=text, position=n, added=NOW)
        self.claim()
        page = words(self.client.get("/code/bring/"))
        assert "2 questions for the care team" in page
        assert "May I swim?" not in page
        self.client.post("/code/bring/", {"bring": "yes"})
        assert MyQuestion.objects.filter(learner=self.ana.user).count() == 2

    def test_is_asked_about_even_when_its_lesson_is_retired(self) -> None:
        self.read(self.guest)
        Edition.objects.filter(lesson=self.lesson).update(state=State.RETIRED)
        self.claim()
        assert "Bring what you did on this phone?" in words(self.client.get("/code/bring/"))
        self.client.post("/code/bring/", {"bring": "yes"})
        assert Reading.objects.get().learner == self.ana.user

    def test_is_not_asked_about_when_the_guest_did_nothing(self) -> None:
        assert self.type(self.made.letters).url == "/code/in/"
        assert self.client.get("/code/bring/").url == "/code/in/"

    def test_cannot_be_merged_by_somebody_else(self) -> None:
        self.read(self.guest)
        other = Client()
        other.force_login(self.ana.user)
        other.post("/code/bring/", {"bring": "yes", "guest": self.guest.pk})
        assert Reading.objects.get().learner == self.guest

    def test_includes_every_model_with_a_learner(self) -> None:
        """A new model with a foreign key `learner` must be merged and erased, too."""
        hanging = {
            model
            for model in apps.get_models()
            for field in model._meta.get_fields()
            if field.name == "learner" and field.related_model is User and not field.auto_created
        }
        assert hanging == set(guests.OWN)


class TestTheTidyCommand(ClaimCase):
    def tidy(self, *options: str) -> str:
        out = StringIO()
        call_command("tidy", *options, stdout=out)
        return out.getvalue()

    def guest(self, days_ago: int, **fields: Any) -> User:
        guest = User.objects.create_guest()
        User.objects.filter(pk=guest.pk).update(date_joined=NOW - timedelta(days=days_ago), **fields)
        return guest

    def test_erases_guests_without_progress_after_a_month_and_idle_ones_after_a_year(self) -> None:
        gone = [self.guest(31), self.guest(366)]
        self.read(gone[1])
        Reading.objects.update(started=NOW - timedelta(days=366), moved=NOW - timedelta(days=366))
        left = self.guest(40)
        self.read(left)
        User.objects.filter(pk=left.pk).update(is_active=False, last_login=NOW - timedelta(days=31))
        kept = [self.guest(29), self.guest(400), self.guest(364), self.guest(400), self.ana.user, self.noor]
        self.read(kept[1])
        self.read(kept[2])
        codes.make(user=kept[3], by=kept[3], now=NOW)
        said = self.tidy("--dry-run")
        assert User.objects.filter(pk__in=[g.pk for g in [*gone, left]]).count() == 3
        assert said.splitlines() == [
            "Guests who left 30 days ago: 1 would be erased.",
            "Guests without progress for 30 days: 1 would be erased.",
            "Guests idle for a year: 1 would be erased.",
        ]
        self.tidy()
        assert set(User.objects.all()) == set(kept)
        assert Reading.objects.count() == 2

    def test_erases_many_guests_with_the_queries_of_one(self) -> None:
        self.tidy()  # what is read once a process
        costs = []
        for n in (1, 30):
            for _ in range(n):
                self.read(self.guest(400))
                Reading.objects.update(started=NOW - timedelta(days=366), moved=NOW - timedelta(days=366))
            with CaptureQueriesContext(connection) as queries:
                assert f"Guests idle for a year: {n} erased." in self.tidy()
            costs.append(len(queries))
        assert costs[0] == costs[1]

    def test_erases_no_patient_who_has_not_come_yet(self) -> None:
        user = self.guest(400)
        patient = Patient.objects.create(user=user, care_team=self.ana.care_team, label="Bo")
        assert "Guests without progress for 30 days: 0 would be erased." in self.tidy("--dry-run")
        self.tidy()
        assert Patient.objects.get(pk=patient.pk).user == user

    def test_walks_all_guests_in_batches(self) -> None:
        made = [self.guest(40).pk for _ in range(7)]
        with patch.object(guests, "AT_ONCE", 3):
            assert [len(batch) for batch in guests.candidates(at=NOW)] == [3, 3, 1]
            assert "Guests without progress for 30 days: 7 erased." in self.tidy()
        assert not User.objects.filter(pk__in=made).exists()

    def test_deletes_what_was_counted_of_somebody_who_may_be_erased(self) -> None:
        ItemAnalysis.objects.create(of="", until=NOW, sample="", figures={})
        self.tidy("--dry-run")
        assert ItemAnalysis.objects.exists()
        self.tidy()
        assert not ItemAnalysis.objects.exists()

    def test_deletes_old_tries(self) -> None:
        Hit.objects.create(whose="old", n=1, until=int(NOW.timestamp()) - 31 * 86400)
        Hit.objects.create(whose="new", n=1, until=int(NOW.timestamp()) - 29 * 86400)
        self.tidy()
        assert [hit.whose for hit in Hit.objects.all()] == ["new"]


class TestABruteForce(TransactionTestCase):
    """Many devices at once, through the pages, on both databases."""

    def test_gets_ten_tries_at_a_code_from_any_number_of_devices(self) -> None:
        maple = make_team()
        made = codes.make(user=make_patient(maple).user, by=make_nurse("noor", maple), now=timezone.now())
        proofs = [a + b + "BCDF" for a in codes.LETTERS for b in codes.LETTERS][:96]
        guesses = [made.letters[:6] + proof for proof in proofs if proof != made.letters[6:]]

        def device(n: int) -> list[int]:
            return [Client().post("/code/", {"letters": guess}).status_code for guess in guesses[n::6]]

        said = [status for statuses in together(6, device) for status in statuses]  # type: ignore[attr-defined]
        assert len(said) == len(guesses)
        assert said.count(200) == 10
        assert said.count(429) == len(guesses) - 10
        assert Client().post("/code/", {"letters": made.letters}).status_code == 429
        assert Client().post(f"/j/{made.token}/").status_code == 303, "the link in the QR code is not locked"
