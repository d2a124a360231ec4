"""A code by email keeps a record under an email address, and opens the record on any device."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client, TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learn.account import guests
from learn.people import codes, email_codes, tries
from learn.people.models import AuditEvent, Hit, Session, User
from learn.progress.models import Reading
from tests.cast import GuestCase, at, make_nurse, make_patient, make_team, together

KEEP, KEEP_CODE, IN, IN_CODE = "/my/keep/email/", "/my/keep/email/code/", "/email/", "/email/code/"
ANA = "ana@example.com"


def mailed() -> str:
    """Return the code in the newest email."""
    found = re.search(r"^ {4}(\d{4} \d{4})$", str(mail.outbox[-1].body), re.M)
    assert found, mail.outbox[-1].body
    return found[1]


def has_code() -> bool:
    return bool(re.search(r"\d{3}", str(mail.outbox[-1].body)))


def kept(user: User, address: str = ANA) -> User:
    """Keep this user's record under an email address; return the user."""
    assert email_codes.set_address(user=user, address=address)
    return user


class TestAGuest(GuestCase):
    def ask(self, address: str = ANA, where: str = KEEP) -> Any:
        return self.client.post(where, {"address": address})

    def test_keeps_their_record_under_an_address_and_opens_it_on_another_device(self) -> None:
        assert self.client.post("/my/keep/", {"how": "email"})["Location"] == KEEP
        assert self.ask(" Ana@Example.COM ")["Location"] == KEEP_CODE
        assert ANA in self.html(KEEP_CODE)
        assert EmailAddress.objects.count() == 0
        assert self.client.post(KEEP_CODE, {"code": mailed()})["Location"] == "/my/"
        user = User.objects.get()
        assert (user.pk, user.email, user.username) == (self.guest.pk, ANA, None)
        [address] = EmailAddress.objects.all()
        assert (address.user_id, address.email, address.verified, address.primary) == (user.pk, ANA, True, True)
        assert Reading.objects.get().learner == user
        assert f"Your progress is kept under <bdi>{ANA}</bdi>" in self.html("/my/keep/")
        assert "What you did is kept. You can open it again with a code by email." in self.html("/my/finish/")
        assert "You are signed in with your email address." in self.html("/my/")

        other = Client()
        assert other.post(IN + "?next=/my/questions/", {"address": "ANA@example.com"})["Location"] == (
            IN_CODE + "?next=%2Fmy%2Fquestions%2F"
        )
        response = other.post(IN_CODE + "?next=/my/questions/", {"code": mailed().replace(" ", "-")})
        assert (response["Location"], response.cookies[email_codes.COOKIE].value) == ("/my/questions/", "")
        assert other.get("/my/").context["user"] == user
        assert "What is immunotherapy?" in other.get("/my/").content.decode()

    def test_does_not_see_that_an_address_is_taken_but_its_owner_gets_a_mail(self) -> None:
        ben = kept(User.objects.create_guest(), "ben@example.com")
        pages = []
        for address in (ANA, "ben@example.com"):
            assert self.ask(address)["Location"] == KEEP_CODE
            pages.append(self.html(KEEP_CODE).replace(address, ""))
            assert len(self.client.cookies[email_codes.COOKIE].value) < 400
        pages = [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in pages]
        assert pages[0] == pages[1]
        assert len(mail.outbox) == 2
        assert "Another record is kept under" in mail.outbox[1].body
        assert f"{IN}\n" in mail.outbox[1].body
        assert not has_code()
        assert "That is not the code" in self.client.post(KEEP_CODE, {"code": "12345678"}).content.decode()
        assert EmailAddress.objects.get().user == ben

    def test_gets_a_message_when_somebody_else_took_the_address_first(self) -> None:
        self.ask()
        kept(User.objects.create_guest())
        self.client.post(KEEP_CODE, {"code": mailed()})
        assert "Another record is kept under that address." in self.html("/my/keep/")
        self.guest.refresh_from_db()
        assert self.guest.email == ""

    def test_changes_the_address_and_the_old_one_opens_nothing_more(self) -> None:
        kept(self.guest)
        self.ask("new@example.com")
        assert User.objects.get().email == ANA
        self.client.post(KEEP_CODE, {"code": mailed()})
        assert EmailAddress.objects.get().email == User.objects.get().email == "new@example.com"
        assert email_codes.owner(ANA) is None
        assert mail.outbox[-1].to == [ANA]
        assert "It is not any more" in mail.outbox[-1].body

    def test_can_remove_the_address_only_with_another_way_to_sign_in(self) -> None:
        kept(self.guest)
        assert self.client.post(KEEP + "remove/")["Location"] == "/my/keep/"
        assert "Nothing else opens your progress." in self.html("/my/keep/")
        assert email_codes.owner(ANA) == self.guest
        codes.make(user=self.guest, by=self.guest, now=timezone.now())
        self.client.post(KEEP + "remove/")
        assert "We have forgotten your email address." in self.html("/my/keep/")
        assert [sent.to for sent in mail.outbox] == [[ANA]]
        assert (EmailAddress.objects.count(), User.objects.get().email) == (0, "")

    def test_who_keeps_an_address_is_no_longer_a_guest_and_never_tidied_away(self) -> None:
        kept(self.guest)
        User.objects.update(date_joined=at(1) - timedelta(days=900), last_login=None)
        assert not User.objects.get().is_guest
        assert not list(guests.candidates(at=timezone.now()))

    def test_can_merge_what_they_did_when_they_sign_in(self) -> None:
        ana = kept(make_patient(make_team()).user)
        self.ask(where=IN)
        assert self.client.post(IN_CODE, {"code": mailed()})["Location"] == "/code/bring/"
        self.client.post("/code/bring/", {"bring": "yes"})
        assert Reading.objects.get().learner == ana

    def test_on_a_shared_device_gets_no_merge_question_and_is_signed_out_when_idle(self) -> None:
        ana = kept(make_patient(make_team()).user)
        with time_machine.travel(at(20), tick=False) as clock:
            self.ask(where=IN)
            assert self.client.post(IN_CODE, {"code": mailed(), "shared": "yes"})["Location"] == "/my/"
            assert self.client.get("/my/").context["user"] == ana
            clock.shift(31 * 60)
            assert self.client.get("/my/").context["user"].is_anonymous

    def test_can_make_an_account_too_and_both_open_the_same_record(self) -> None:
        kept(self.guest)
        form = {"username": "dora", "password1": "maple leaves in fall"}
        assert self.client.post("/accounts/signup/", form)["Location"] == "/my/"
        user = User.objects.get()
        assert (user.pk, user.username, user.email) == (self.guest.pk, "dora", ANA)
        assert email_codes.owner(ANA) == user
        assert Client().post("/accounts/login/", {"login": "dora", "password": form["password1"]})["Location"] == "/my/"

    def test_who_keeps_an_address_is_not_merged_into_the_next_person_who_signs_in(self) -> None:
        kept(self.guest)
        kept(make_patient(make_team()).user, "ben@example.com")
        self.ask("ben@example.com", IN)
        assert self.client.post(IN_CODE, {"code": mailed()})["Location"] == "/my/"
        assert Reading.objects.get().learner == self.guest

    def test_sees_the_address_and_can_erase_it(self) -> None:
        kept(self.guest)
        assert ANA in self.html("/my/data/")
        self.client.post("/my/data/erase/", {"sure": "yes"})
        assert (EmailAddress.objects.count(), User.objects.get().email) == (0, "")
        assert email_codes.owner(ANA) is None
        assert not email_codes.set_address(user=self.guest, address=ANA)
        assert EmailAddress.objects.count() == 0

    def test_finds_a_link_to_the_code_page_on_the_first_page(self) -> None:
        assert KEEP_CODE not in self.html(KEEP)
        self.ask()
        assert KEEP_CODE in self.html(KEEP)
        assert IN_CODE not in self.html(IN)

    def test_leaves_no_waiting_address_on_the_device_when_they_finish(self) -> None:
        self.ask()
        assert self.client.post("/my/finish/").cookies[email_codes.COOKIE]["max-age"] == 0


class TestACode(TestCase):
    """The code is sent to ana, who has a name and a password too."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.ana = kept(make_patient(make_team(), name="ana").user)

    def ask(self, address: str = ANA, client: Client | None = None) -> Any:
        return (client or self.client).post(IN, {"address": address})

    def type(self, code: str, client: Client | None = None) -> Any:
        return (client or self.client).post(IN_CODE, {"code": code})

    def test_is_not_in_the_subject_or_first_lines_and_the_mail_names_nobody(self) -> None:
        self.ask()
        [sent] = mail.outbox
        code, body = mailed(), str(sent.body)
        assert code not in sent.subject
        assert body.index(code) > 200  # a locked phone shows the first lines
        assert "works for 15 minutes" in body
        assert "If it was not you, do nothing." in body
        for word in ("ana", "therapy", "immun", "cancer", "http"):
            assert word not in body.lower()
        assert (sent.to, sent.extra_headers["Auto-Submitted"]) == ([ANA], "auto-generated")

    def test_works_for_fifteen_minutes(self) -> None:
        with time_machine.travel(at(20), tick=False) as clock:
            for minutes, lets_in in ((14, True), (16, False)):
                client = Client()
                self.ask(client=client)
                clock.shift(minutes * 60)
                response = self.type(mailed(), client)
                assert response["Location"] == ("/my/" if lets_in else IN)
                assert client.get("/my/").context["user"].is_authenticated == lets_in

    def test_works_once_and_a_double_press_counts_as_one(self) -> None:
        with time_machine.travel(at(20), tick=False) as clock:
            self.ask()
            cookie, code = self.client.cookies[email_codes.COOKIE].value, mailed()
            answers = []
            for seconds in (0, 30, 60):
                clock.shift(seconds)
                slow = Client()
                slow.cookies[email_codes.COOKIE] = cookie
                answers.append(self.type(code, slow).status_code)
            assert answers == [303, 303, 200]

    def test_a_stranger_cannot_use_up_the_owners_codes(self) -> None:
        """The device on which ana has signed in with a code before is counted apart."""
        with time_machine.travel(at(20), tick=False) as clock:
            self.ask()
            self.type(mailed())
            for hour in range(3):
                clock.move_to(at(20) + timedelta(hours=hour + 1))
                stranger = [self.ask(client=Client(REMOTE_ADDR=f"192.0.2.{n}")).status_code for n in range(6)]
            assert stranger[-1] == 429
            sent = len(mail.outbox)
            assert self.ask(client=Client()).status_code == 429
            assert self.ask().status_code == 303, "the owner's own device"
            assert len(mail.outbox) == sent + 1

    def test_a_known_device_has_a_limit_too_and_is_known_for_its_owner_only(self) -> None:
        with time_machine.travel(at(20), tick=False):
            self.ask()
            self.type(mailed())
            assert [self.ask().status_code for _ in range(6)] == [303] * 5 + [429]
            others = [self.ask("other@example.com", self.client).status_code for _ in range(6)]
            assert 429 in others

    def test_a_shared_device_is_not_known(self) -> None:
        self.ask()
        self.client.post(IN_CODE, {"code": mailed(), "shared": "on"})
        assert tries.COOKIE not in self.client.cookies

    def test_works_only_on_the_device_that_asked_for_it(self) -> None:
        self.ask()
        response = self.type(mailed(), Client())
        assert response["Location"] == IN
        assert "no code that waits for you" in Client().get(IN_CODE, follow=True).content.decode()

    def test_ends_after_five_tries_and_an_impossible_code_is_not_counted(self) -> None:
        self.ask()
        code = mailed().replace(" ", "")
        wrong = f"{(int(code) + 1) % 100_000_000:08}"
        for typed in ("", "12", "abcdefgh", "123456", "123456789", "x" * 101, "\x00", "12345678 87654321"):
            assert "8 digits" in self.type(typed).content.decode()
        for _ in range(5):
            assert "That is not the code" in self.type(wrong).content.decode()
        assert "this code has ended" in self.type(code).content.decode()
        assert self.client.get("/my/").context["user"].is_anonymous

    def test_of_one_page_does_not_work_on_the_other(self) -> None:
        self.client.force_login(self.ana)
        self.client.post(KEEP, {"address": "new@example.com"})
        assert self.type(mailed())["Location"] == IN
        self.ask()
        assert self.client.post(KEEP_CODE, {"code": mailed()})["Location"] == KEEP
        other = Client()
        other.force_login(User.objects.create_guest())
        self.client.post(KEEP, {"address": "new@example.com"})
        other.cookies[email_codes.COOKIE] = self.client.cookies[email_codes.COOKIE].value
        assert other.post(KEEP_CODE, {"code": mailed()})["Location"] == KEEP
        assert EmailAddress.objects.get().email == ANA

    def test_in_a_forged_or_broken_cookie_is_ignored(self) -> None:
        for cookie in ("", "x", "a:b:c", "%F0%9F%92%A5", "\x00"):
            self.client.cookies[email_codes.COOKIE] = cookie
            assert self.type("12345678")["Location"] == IN

    def test_is_not_sent_to_unknown_inactive_or_staff_addresses_and_the_page_is_the_same(self) -> None:
        off = kept(User.objects.create_guest(), "off@example.com")
        User.objects.filter(pk=off.pk).update(is_active=False)
        kept(make_nurse("noor"), "noor@example.com")
        kept(User.objects.create_superuser("root"), "root@example.com")
        EmailAddress.objects.create(user=self.ana, email="asked@example.com", verified=False)
        User.objects.create_user("eve", email="eve@example.com")
        pages, work = set(), set()
        for address in (
            ANA, "nobody@example.com", "off@example.com", "noor@example.com", "root@example.com", "asked@example.com",
            "eve@example.com",
        ):  # fmt: skip
            client = Client()
            with CaptureQueriesContext(connection) as queries:
                assert self.ask(address, client)["Location"] == IN_CODE
            work.add(len(queries))
            assert mail.outbox[-1].to == [address]
            assert has_code() == (address == ANA)
            assert ("It opens no learning page" in mail.outbox[-1].body) != has_code()
            page = client.get(IN_CODE).content.decode().replace(address, "")
            pages.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page))
        assert len(pages) == len(work) == 1

    def test_does_not_work_for_somebody_who_became_staff_or_inactive(self) -> None:
        for field, value in (("is_staff", True), ("is_active", False)):
            client = Client()
            self.ask(client=client)
            User.objects.filter(pk=self.ana.pk).update(**{field: value})
            self.type(mailed(), client)
            assert client.get("/my/").context["user"].is_anonymous
            User.objects.filter(pk=self.ana.pk).update(is_staff=False, is_active=True)

    def test_is_sent_at_most_five_times_an_hour_and_ten_a_day_to_one_address(self) -> None:
        for address in (ANA, "nobody@example.com"):
            mail.outbox.clear()
            with time_machine.travel(at(20), tick=False) as clock:
                for _hour in range(3):
                    for _ in range(6):
                        self.ask(address, Client())
                    clock.shift(3601)
                last = self.ask(address, Client())
            assert len(mail.outbox) == 10
            assert last.status_code == 429
            assert int(last["Retry-After"]) == 21 * 3600 - 3

    def test_is_sent_at_most_ten_times_an_hour_by_one_device_and_a_hundred_by_one_network(self) -> None:
        self.client.get(IN)
        for n in range(12):
            response = self.ask(f"a{n}@example.com")
        assert (len(mail.outbox), response.status_code) == (10, 429)
        for n in range(95):
            response = self.ask(f"b{n}@example.com", Client())
        assert (len(mail.outbox), response.status_code) == (100, 429)

    def test_is_sent_at_most_600_times_an_hour_by_the_whole_site(self) -> None:
        with patch.object(email_codes, "SITE", email_codes.SITE._replace(tries=2)):
            said = [self.ask(f"a{n}@example.com", Client(REMOTE_ADDR=f"10.0.0.{n}")).status_code for n in range(3)]
        assert (said, len(mail.outbox)) == ([303, 303, 429], 2)

    def test_and_its_address_are_in_no_row(self) -> None:
        self.client.post(IN, {"address": "nobody@example.com"})
        kept_rows = str(list(Hit.objects.values())) + str([s.get_decoded() for s in Session.objects.all()])
        assert "nobody" not in kept_rows
        assert User.objects.count() == 1
        assert {event.what for event in AuditEvent.objects.all()} == {"key.email"}, "of the address that was set before"

    def test_shows_an_error_when_the_mail_server_fails_and_another_address_can_be_typed(self) -> None:
        with override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_PORT=1):
            page = self.ask().content.decode()
        assert "The email could not be sent. Nothing has changed." in page
        assert self.client.get(IN_CODE)["Location"] == IN

    def test_is_not_sent_to_an_invalid_address(self) -> None:
        for address in (
            "", "ana", "ana@", "@example.com", "a@b", "ana@example.com\nBcc: eve@example.com", "a\x00@example.com",
            '"a\x0bb"@example.com', '"a b"@example.com', "x" * 250 + "@example.com", "ana@exa mple.com",
            "💥@example.com", "ana@example.com, eve@example.com", "<ana@example.com>", "a@" + "x" * 70 + ".com",
        ):  # fmt: skip
            with self.subTest(address=address[:30]):
                response = self.ask(address)
                assert response.status_code == 200
                assert "There is a problem" in response.content.decode()
        assert mail.outbox == []

    def test_page_is_linked_from_the_sign_in_for_a_forgotten_password(self) -> None:
        wrong = {"login": "ana", "password": "forgotten", "next": "/my/questions/"}
        cache.clear()
        for response in (
            self.client.get("/accounts/login/?next=/my/questions/"),
            self.client.post("/accounts/login/", wrong),
        ):
            page = response.content.decode()
            assert f'href="{IN}?next=/my/questions/"' in page
            assert 'href="/code/?next=/my/questions/"' in page
        page = self.client.get(IN).content.decode()
        assert 'type="email"' in page
        assert 'autocomplete="email"' in page
        self.ask()
        page = self.client.get(IN_CODE).content.decode()
        assert 'autocomplete="one-time-code"' in page
        assert 'inputmode="numeric"' in page

    def test_never_leads_to_another_site(self) -> None:
        self.ask()
        for back in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            client = Client()
            client.cookies[email_codes.COOKIE] = self.client.cookies[email_codes.COOKIE].value
            assert client.post(f"{IN_CODE}?next={back}", {"code": mailed()})["Location"] == "/my/"

    def test_works_beside_a_password_and_the_address_can_be_removed(self) -> None:
        self.client.force_login(self.ana)
        assert 'href="/my/keep/"' in self.client.get("/my/data/").content.decode()
        assert f"a code by email to <bdi>{ANA}</bdi> lets you in" in self.client.get("/my/keep/").content.decode()
        self.client.post(KEEP + "remove/")
        assert "Give an email address" in self.client.get("/my/keep/").content.decode()

    def test_does_not_show_the_address_to_the_nurse(self) -> None:
        nurse = make_nurse("nell", self.ana.patient.care_team)
        self.client.force_login(nurse)
        page = self.client.get(f"/admin/people/patient/{self.ana.patient.pk}/change/").content.decode()
        assert "Ana" in page
        assert ANA not in page

    def test_is_not_offered_to_staff_who_have_no_such_pages(self) -> None:
        self.client.force_login(make_nurse("noor"))
        assert "email" not in self.client.get("/my/keep/").content.decode()
        for address in (KEEP, KEEP_CODE):
            assert self.client.get(address).status_code == 404

    def test_is_not_offered_where_no_mail_can_be_sent(self) -> None:
        console = "django.core.mail.backends.console.EmailBackend"
        with override_settings(EMAIL_BACKEND=console, ON_LOOPBACK=False):
            for address in (IN, IN_CODE, KEEP, KEEP_CODE):
                assert self.client.get(address).status_code == 404
            for address in ("/accounts/login/", "/accounts/signup/", "/code/", "/my/keep/"):
                assert "email" not in self.client.get(address).content.decode()
            self.client.force_login(User.objects.create_guest())
            assert "email" not in self.client.get("/my/keep/").content.decode()
            assert "Choose one of these" in self.client.post("/my/keep/", {"how": "email"}).content.decode()
        with override_settings(EMAIL_BACKEND=console, ON_LOOPBACK=True):
            assert self.client.get(IN).status_code == 200

    def test_address_can_be_removed_where_no_mail_can_be_sent_any_more(self) -> None:
        user = kept(User.objects.create_user("dora", password="maple leaves in fall"), "dora@example.com")
        self.client.force_login(user)
        assert "Remove my email address" not in self.client.get("/my/keep/").content.decode()
        with override_settings(EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend", ON_LOOPBACK=False):
            page = self.client.get("/my/keep/").content.decode()
            assert "Remove my email address" in page
            assert "lets you in too" not in page
            self.client.post("/my/keep/email/remove/")
            assert "email" not in self.client.get("/my/keep/", follow=True).content.decode().split("<h1>")[1]
        user.refresh_from_db()
        assert user.email == ""


@pytest.mark.race
class TestManyAtOnce(TransactionTestCase):
    def test_send_at_most_five_mails_to_one_address(self) -> None:
        answers = together(12, lambda n: Client().post(IN, {"address": ANA}).status_code)
        assert sorted(map(str, answers)) == ["303"] * 5 + ["429"] * 7
        assert len(mail.outbox) == 5

    def test_get_at_most_five_tries_of_one_code(self) -> None:
        kept(User.objects.create_guest())
        asking = Client()
        asking.post(IN, {"address": ANA})
        wrong = f"{(int(mailed().replace(' ', '')) + 1) % 100_000_000:08}"

        def try_it(n: int) -> bool:
            client = Client()
            client.cookies[email_codes.COOKIE] = asking.cookies[email_codes.COOKIE].value
            return "That is not the code" in client.post(IN_CODE, {"code": wrong}).content.decode()

        answers = together(16, try_it)
        assert sorted(map(str, answers)) == ["False"] * 11 + ["True"] * 5

    def test_who_want_the_same_address_get_it_once(self) -> None:
        people = [User.objects.create_guest() for _ in range(4)]
        answers = together(4, lambda n: email_codes.set_address(user=people[n], address=ANA))
        assert sorted(map(str, answers)) == ["False"] * 3 + ["True"]
        assert User.objects.filter(email=ANA).count() == EmailAddress.objects.count() == 1
