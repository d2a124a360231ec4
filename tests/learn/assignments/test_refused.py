"""Addresses that a mail server refuses for good, and the button of mail programs that stops reminders at once."""

from __future__ import annotations

from io import StringIO
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from learn.account import data
from learn.assignments import actions, reminders
from learn.assignments.models import Reminder
from learn.lessons.models import Lesson
from learn.people.models import Patient, User
from tests.cast import at, load_content, make_nurse, make_patient, make_team, words


class Strict(EmailBackend):
    """A mail server that refuses some addresses with the code in their name: "550@example.com"."""

    def send_messages(self, messages: Any) -> int:
        for to in (to for message in messages for to in message.to):
            if to[:3].isdigit():
                raise SMTPRecipientsRefused({to: (int(to[:3]), b"no")})
        return int(super().send_messages(messages))


class Clinic:
    """noor's patients, who all want reminders and have a lesson to read today."""

    def __init__(self) -> None:
        load_content()
        self.team = make_team()
        self.noor = make_nurse("noor", self.team)
        self.lesson = Lesson.objects.get(slug="side-effects-when-to-call")

    def patient(self, address: str) -> Patient:
        patient = make_patient(self.team, address.partition("@")[0])
        Reminder.objects.create(patient=patient, address=address, confirmed=at(20))
        asked: dict[str, Any] = {"lessons": [self.lesson], "due": at(23).date(), "note": ""}
        actions.assign(patients=[patient], by=self.noor, now=at(20), **asked)
        return patient

    def remind(self, day: int = 23) -> str:
        out = StringIO()
        with time_machine.travel(at(day), tick=False):
            call_command("remind", stdout=out)
        return out.getvalue()

    def page_of(self, patient: Patient) -> str:
        client = Client()
        client.force_login(self.noor)
        return words(client.get(reverse("admin:people_patient_change", args=[patient.pk])))


@pytest.fixture
def clinic(db: None, settings: Settings) -> Clinic:
    settings.EMAIL_BACKEND = f"{Strict.__module__}.{Strict.__name__}"
    return Clinic()


class TestAnAddressThatIsRefusedForGood:
    def test_stops_nobody_elses_reminders_and_is_tried_no_more(self, clinic: Clinic) -> None:
        for n in range(4):
            clinic.patient(f"550-{n}@example.com")
        clinic.patient("ana@example.com")
        assert clinic.remind() == (
            "Reminders sent: 1.\nAddresses that the mail server refuses for good: 4. Their nurses see it.\n"
        )
        assert clinic.remind(24) == "Reminders sent: 0.\n"

    def test_is_told_to_the_nurse_and_the_patient(self, clinic: Clinic) -> None:
        patient = clinic.patient("553@example.com")
        clinic.remind()
        with time_machine.travel(at(23), tick=False):
            page = clinic.page_of(patient)
            assert "the mail server refuses the address (since Monday, November 23)" in page
            assert "553@example.com" not in page
            client = Client()
            client.force_login(patient.user)
            assert "No email can be sent to 553@example.com." in words(client.get("/my/reminders/"))
        [told] = data.read(User.objects.get(pk=patient.user_id))["Reminders by email"]
        assert told["the mail server refuses the address since"] == at(23).date()

    def test_is_forgotten_when_an_address_is_confirmed(self, clinic: Clinic) -> None:
        patient = clinic.patient("551@example.com")
        clinic.remind()
        Reminder.objects.update(pending="new@example.com")
        assert reminders.confirm(reminder=patient.reminder, marked=reminders.mark("new@example.com"), now=at(24))
        assert clinic.remind(26) == "Reminders sent: 1.\n"

    def test_is_not_one_that_is_refused_for_now(self, clinic: Clinic) -> None:
        clinic.patient("450@example.com")
        with pytest.raises(CommandError, match="did not take 1"):
            clinic.remind()
        assert Reminder.objects.get().refused is None

    def test_is_told_at_once_to_the_nurse_who_sends_by_hand_and_to_the_patient_who_asks(self, clinic: Clinic) -> None:
        patient = clinic.patient("550@example.com")
        nurse, mine = Client(), Client()
        nurse.force_login(clinic.noor)
        mine.force_login(patient.user)
        with time_machine.travel(at(23), tick=False):
            address = reverse("admin:people_patient_remind", args=[patient.pk])
            assert "the mail server refuses the address" in nurse.post(address, follow=True).content.decode()
            page = mine.post("/my/reminders/", {"address": "550-x@example.com"}).content.decode()
        assert "No email can be sent to this address." in page


class TestTheButtonOfAMailProgram:
    def test_stops_the_reminders_without_a_page_and_a_token_of_a_form(self, clinic: Clinic, settings: Settings) -> None:
        settings.HTTPS = True
        clinic.patient("ana@example.com")
        clinic.remind()
        headers = mail.outbox[0].extra_headers
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        address = headers["List-Unsubscribe"].strip("<>").removeprefix(settings.PUBLIC_URL)
        program = Client(enforce_csrf_checks=True)
        assert program.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert not Reminder.objects.get().is_on

    def test_is_not_offered_without_https(self, clinic: Clinic) -> None:
        clinic.patient("ana@example.com")
        clinic.remind()
        assert "List-Unsubscribe-Post" not in mail.outbox[0].extra_headers
