"""Passwords: a one-time password opens one page only; whoever changes their own stays, and other devices go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client, TestCase
from django.urls import reverse

from learn.people import passwords, roles, staff
from learn.people.models import AuditEvent, OneTimePassword, Session, User
from tests.cast import PASSWORD, at, make_nurse, make_patient, make_team, words

NEW = "maple leaves in the fall"
OLD_IS_WRONG = "That is not your password now. Type it again"


def sign_in(name: str, password: str, client: Client | None = None, **more: str) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.post("/accounts/login/", {"login": name, "password": password} | more)


class PasswordCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.noor = make_nurse("noor", make_team())
        cls.ivy = User.objects.create_user("ivy", is_staff=True)
        cls.ivy.groups.add(Group.objects.get(name=roles.IT))

    def setUp(self) -> None:
        self.clock = time_machine.travel(at(23, 9), tick=False)
        self.now = self.clock.start()
        self.addCleanup(self.clock.stop)

    def hand_out(self) -> str:
        return staff.new_password(person=self.noor, by=self.ivy, now=at(23, 9)).text


class TestAOneTimePassword(PasswordCase):
    def test_opens_only_the_page_for_an_own_one(self) -> None:
        client, response = sign_in("noor", self.hand_out())
        assert response.status_code == 303
        for address in ("/admin/", "/admin/people/patient/", "/my/", "/", "/my/data/"):
            assert client.get(address).headers["Location"] == "/admin/password/", address
        assert client.post("/admin/people/patient/invite/", {}).headers["Location"] == "/admin/password/"
        assert client.get("/help/").status_code == 200
        page = words(client.get("/admin/password/"))
        assert "Choose your own password" in page
        assert "Your password now" not in page

    def test_ends_when_an_own_one_is_chosen(self) -> None:
        text = self.hand_out()
        client, _ = sign_in("noor", text)
        assert "That is your password now" in words(client.post("/admin/password/", {"new": text}))
        assert client.post("/admin/password/", {"new": NEW}, follow=True).status_code == 200
        assert client.get("/admin/").status_code == 200
        assert passwords.waiting(self.noor) is None
        assert sign_in("noor", text)[1].status_code == 200
        other, response = sign_in("noor", NEW)
        assert response.headers["Location"] == "/admin/"
        assert other.get("/admin/").status_code == 200

    def test_works_for_24_hours_and_then_says_whom_to_ask(self) -> None:
        text = self.hand_out()
        self.clock.stop()
        with time_machine.travel(at(24, 9) - timedelta(minutes=1), tick=False):
            assert sign_in("noor", text)[1].status_code == 303
        with time_machine.travel(at(24, 9) + timedelta(minutes=1), tick=False):
            page = words(sign_in("noor", text)[1])
            assert "more than 24 hours old. Ask your IT department" in page
            assert "more than 24 hours" not in words(sign_in("noor", "wrong")[1])
        self.clock.start()

    def test_also_leads_a_guest_of_this_device_to_the_page(self) -> None:
        client = Client()
        client.force_login(User.objects.create_guest())
        sign_in("noor", self.hand_out(), client)
        assert client.get("/admin/").headers["Location"] == "/admin/password/"

    def test_ends_all_sessions_and_is_stored_as_a_hash_only(self) -> None:
        client, _ = sign_in("noor", PASSWORD)
        text = self.hand_out()
        assert client.get("/my/").context["user"].is_anonymous
        noor = User.objects.get(pk=self.noor.pk)
        assert noor.check_password(text)
        assert all(
            text not in str(row) for model in (User, OneTimePassword, AuditEvent) for row in model.objects.values()
        )
        assert len(text.replace("-", "")) == 16

    def test_is_different_each_time(self) -> None:
        assert len({passwords.make() for _ in range(100)}) == 100


class TestOnesOwnPassword(PasswordCase):
    def test_is_changed_and_only_this_session_stays_with_a_new_key(self) -> None:
        (here, _), (there, _) = sign_in("noor", PASSWORD), sign_in("noor", PASSWORD)
        here.get("/admin/")
        key = here.session.session_key
        page = words(here.post("/admin/password/", {"old": PASSWORD, "new": NEW}, follow=True))
        assert "Your new password is saved." in page
        assert here.session.session_key != key
        assert there.get("/admin/").status_code == 302
        assert Session.objects.filter(user_id=self.noor.pk).count() == 1
        assert sign_in("noor", NEW)[1].status_code == 303
        event = AuditEvent.objects.get(what="password.changed")
        assert (event.who, event.person, event.patient) == (self.noor.pk, self.noor.pk, None)

    def test_is_the_same_with_the_letters_of_another_keyboard(self) -> None:
        mac, phone = "caf\u0065\u0301 under the maple", "caf\u00e9 under the maple"
        client, _ = sign_in("noor", PASSWORD)
        assert client.post("/admin/password/", {"old": PASSWORD, "new": mac}).status_code == 303
        assert sign_in("noor", phone)[1].status_code == 303
        assert client.post("/admin/password/", {"old": mac, "new": NEW}).status_code == 303

    def test_is_refused_with_a_clear_reason_and_nothing_changes(self) -> None:
        client, _ = sign_in("noor", PASSWORD)
        for old, new, say in (
            ("wrong", NEW, OLD_IS_WRONG),
            ("", NEW, "Type your password now"),
            (PASSWORD, "", "Choose a new password"),
            (PASSWORD, "eleven char", "Use 12 letters or more"),
            (PASSWORD, "qwerty123456", "Many people use that password"),
            (PASSWORD, "QWERTYqwerty", "Many people use that password"),
            (PASSWORD, PASSWORD, "That is your password now. Choose another"),
            ("x" * 501, NEW, OLD_IS_WRONG),
            (PASSWORD, "x" * 501, "Use 500 letters at most"),
            (PASSWORD, "maple\x00leaves in fall", "Null characters"),
        ):
            page = words(client.post("/admin/password/", {"old": old, "new": new}))
            assert say in page, (old[:20], new[:20])
        noor = User.objects.get(pk=self.noor.pk)
        assert noor.check_password(PASSWORD)
        assert not AuditEvent.objects.filter(what="password.changed").exists()

    def test_that_is_like_ones_name_is_refused(self) -> None:
        User.objects.filter(pk=self.noor.pk).update(username="noor.haddad-1979")
        client = Client()
        client.force_login(User.objects.get(pk=self.noor.pk))
        page = words(client.post("/admin/password/", {"old": PASSWORD, "new": "noor.haddad-1979"}))
        assert "too much like your name" in page

    def test_cannot_be_guessed_at_an_open_screen(self) -> None:
        client, _ = sign_in("noor", PASSWORD)
        told = [client.post("/admin/password/", {"old": f"guess {n}", "new": NEW}).status_code for n in range(12)]
        assert told == [200] * 10 + [429] * 2
        assert client.post("/admin/password/", {"old": PASSWORD, "new": NEW}).status_code == 429

    def test_of_a_patient_is_changed_on_their_own_pages(self) -> None:
        ana = make_patient(make_team("Cedar team"), "Ana", name="ana")
        client, _ = sign_in("ana", PASSWORD)
        other, _ = sign_in("ana", PASSWORD)
        assert 'href="/my/password/"' in client.get("/my/data/").content.decode()
        assert OLD_IS_WRONG in words(client.post("/my/password/", {"old": "wrong", "new": NEW}))
        page = words(client.post("/my/password/", {"old": PASSWORD, "new": NEW}, follow=True))
        assert "Your new password is saved. On other devices you are signed out." in page
        assert client.get("/my/").context["user"] == ana.user
        assert other.get("/my/").context["user"].is_anonymous
        assert sign_in("ana", NEW)[1].status_code == 303
        event = AuditEvent.objects.get(what="password.changed")
        assert (event.who, event.person, event.patient) == (ana.user.pk, None, ana.pk)

    def test_is_nothing_for_who_has_none(self) -> None:
        client = Client()
        client.force_login(make_patient(make_team("Cedar team"), "Ben").user)
        assert client.get("/my/password/").headers["Location"] == reverse("keep")
        assert "/my/password/" not in client.get("/my/data/").content.decode()

    def test_that_is_forgotten_has_a_way_back_for_everybody(self) -> None:
        page = words(Client().get("/accounts/login/"))
        assert "The 12 letters on your card let you in too." in page
        assert "If you work here, ask your hospital’s IT department for a new password." in page


@pytest.mark.django_db
def test_the_same_form_sent_twice_while_the_first_is_at_work_changes_once(client: Client) -> None:
    noor = make_nurse("noor", make_team())
    client.force_login(noor)
    client.get("/admin/")
    request = client.get("/admin/password/").wsgi_request
    twin = client.get("/admin/password/").wsgi_request
    assert request.user == twin.user  # both have read the user and the session before either changes it
    for one in (request, twin):
        assert passwords.change(user=one.user, old=PASSWORD, new=NEW, now=at(23))
        passwords.stay(one)
    assert Session.objects.filter(user_id=noor.pk).exists()
    assert AuditEvent.objects.filter(what="password.changed").count() == 1
    assert User.objects.get(pk=noor.pk).check_password(NEW)
