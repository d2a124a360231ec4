"""The morning email of nurses: chosen, confirmed, numbers only, once a weekday, stopped with one press."""

from __future__ import annotations

import re
from datetime import date
from smtplib import SMTPRecipientsRefused
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.core import mail, signing
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from learn.assignments.models import Assignment, Digest
from learn.desk import digests
from learn.people.models import CareTeam, User
from tests.cast import PatientCase, at, make_nurse, make_patient, make_team, words, wrong

PAGE = "/admin/digest/"


class DigestCase(PatientCase):
    """noor has the email on; ana and ben of her team are late. November 24 is a Tuesday."""

    def setUp(self) -> None:
        super().setUp()
        self.ben = make_patient(self.team, "Ben")
        for patient in (self.ana, self.ben):
            Assignment.objects.create(
                patient=patient, lesson=self.lesson, due=date(2026, 11, 20), by=self.noor, made=at(10)
            )
        self.digest = Digest.objects.create(nurse=self.noor, address="noor@example.org", confirmed=at(20))

    def run_at(self, day: int, hour: int = 7) -> list[Any]:
        mail.outbox.clear()
        with time_machine.travel(at(day, hour), tick=False):
            call_command("digest", verbosity=0)
        return list(mail.outbox)


class TestTheEmail(DigestCase):
    def test_has_numbers_by_reason_and_a_link_and_no_name(self) -> None:
        self.check(safety=wrong)
        [sent] = self.run_at(24)
        assert sent.to == ["noor@example.org"]
        assert sent.subject == "Patients who need attention: 2"
        assert "Safety: 1\nLate: 1\n" in sent.body
        assert "/admin/" in sent.body
        for name in ("Ana", "Ben", "noor,", "Maple", "Lesson 1"):
            assert name not in sent.body + sent.subject

    def test_comes_once_a_day_even_when_the_command_runs_again(self) -> None:
        assert [len(self.run_at(24, hour)) for hour in (7, 8, 11)] == [1, 0, 0]
        assert len(self.run_at(25)) == 1

    def test_comes_on_weekday_mornings_of_the_team(self) -> None:
        assert [day for day in range(23, 31) if self.run_at(day)] == [23, 24, 25, 26, 27, 30]
        self.digest.refresh_from_db()
        Digest.objects.update(tried=None)
        assert [hour for hour in (5, 12, 20) if self.run_at(24, hour)] == []
        CareTeam.objects.update(zone="Pacific/Auckland")  # 18 hours ahead: Wednesday, 8 in the morning
        assert self.run_at(24, 14)
        self.digest.refresh_from_db()
        assert self.digest.tried == date(2026, 11, 25)

    def test_does_not_come_when_nobody_needs_attention(self) -> None:
        Assignment.objects.all().delete()
        assert self.run_at(24) == []

    def test_does_not_come_to_those_who_left_or_see_no_patients(self) -> None:
        self.noor.memberships.update(ended=at(22))
        assert self.run_at(24) == []
        User.objects.filter(pk=self.noor.pk).update(is_active=False)
        assert self.run_at(25) == []

    def test_is_not_tried_again_after_the_address_was_refused_for_good(self) -> None:
        error = SMTPRecipientsRefused({"noor@example.org": (550, b"no such user")})
        with patch("django.core.mail.message.EmailMessage.send", side_effect=error):
            self.run_at(24)
        self.digest.refresh_from_db()
        assert self.digest.refused == date(2026, 11, 24)
        assert self.run_at(25) == []
        assert "The mail server refuses" in words(self.client.get(PAGE))

    def test_that_the_server_does_not_take_is_tried_on_the_next_day(self) -> None:
        with (
            patch("django.core.mail.message.EmailMessage.send", side_effect=OSError),
            pytest.raises(CommandError, match="did not take 1"),
        ):
            self.run_at(24)
        assert [len(self.run_at(24, 8)), len(self.run_at(25))] == [0, 1]

    @override_settings(HTTPS=True)
    def test_can_be_stopped_with_one_press_in_the_mail_program(self) -> None:
        [sent] = self.run_at(24)
        assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = sent.extra_headers["List-Unsubscribe"].strip("<>")
        path = "/digest/stop/" + link.split("/digest/stop/")[1]
        mail_program = Client(enforce_csrf_checks=True)
        assert "Stop the morning email?" in words(mail_program.get(path))
        assert Digest.objects.get().address
        assert "No more morning emails" in words(mail_program.post(path, {"List-Unsubscribe": "One-Click"}))
        assert (Digest.objects.get().address, Digest.objects.get().confirmed) == ("", None)
        for token in ("x", signing.dumps(0, salt=digests.STOP), signing.dumps(self.digest.pk, salt="other")):
            assert "We cannot read this link" in words(mail_program.post(f"/digest/stop/{token}/"))


class TestChoosingIt(DigestCase):
    def ask(self, address: str = "new@example.org") -> str:
        mail.outbox.clear()
        self.client.post(PAGE, {"address": address})
        return re.findall(r"/admin/digest/on/\S+", mail.outbox[0].body)[0] if mail.outbox else ""

    def test_needs_the_link_in_an_email_and_a_press(self) -> None:
        link = self.ask()
        assert "Turn the morning email on?" in words(self.client.get(link))
        assert Digest.objects.get().address == "noor@example.org"
        assert "The morning email is on." in words(self.client.post(link, follow=True))
        assert "The morning email is on." in words(self.client.post(link, follow=True))
        assert Digest.objects.get().address == "new@example.org"

    def test_refuses_links_of_others_old_ones_and_what_was_made_up(self) -> None:
        link = self.ask()
        other = make_nurse("lea", self.team)
        self.client.force_login(other)
        assert "or it is not yours" in words(self.client.post(link, follow=True))
        self.client.force_login(self.noor)
        newer = self.ask("newer@example.org")
        assert "too old" in words(self.client.post(link, follow=True))
        with time_machine.travel(at(24) + digests.CONFIRM_WITHIN * 1.1, tick=False):
            self.client.force_login(self.noor)
            assert "too old" in words(self.client.post(newer, follow=True))
        assert "too old" in words(self.client.post("/admin/digest/on/x/", follow=True))
        assert Digest.objects.get().address == "noor@example.org"

    def test_sends_five_emails_a_day_at_most(self) -> None:
        assert [bool(self.ask(f"{n}@example.org")) for n in range(6)] == [True] * 5 + [False]
        assert "We have sent enough emails today" in words(self.client.post(PAGE, {"address": "x@example.org"}))

    def test_can_be_stopped_on_the_page(self) -> None:
        assert "noor@example.org" in words(self.client.get(PAGE))
        assert "No more morning emails" in words(self.client.post(PAGE, {"do": "stop"}, follow=True))
        assert Digest.objects.get().address == ""
        nurse = make_nurse("omar", make_team("Cedar team"))
        self.client.force_login(nurse)
        self.client.post(PAGE, {"do": "stop"})
        assert not Digest.objects.filter(nurse=nurse).exists()
