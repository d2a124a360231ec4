"""Reminders: only after opt-in and confirmation, sent once, without medical details; a failed mail is sent later."""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import date, timedelta
from io import StringIO
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.core import mail, signing
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings
from django.urls import reverse

from learn.assignments import actions, reminders
from learn.assignments.models import Reminder
from learn.lessons.models import Lesson, Therapy
from learn.people.models import AuditEvent, CareTeam, Patient, User
from tests.cast import at, keep_published, load_content, make_nurse, make_patient, make_team, together, words

NOW = at(23)
TODAY = NOW.date()


class Away(EmailBackend):
    """A mail server that fails, for all or for some addresses."""

    refused: tuple[str, ...] = ("",)

    def send_messages(self, messages: Any) -> int:
        if any(part in to for message in messages for to in message.to for part in self.refused):
            raise ConnectionRefusedError("nobody listens")
        return int(super().send_messages(messages))


AWAY = f"{Away.__module__}.{Away.__name__}"


class ReminderCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        cls.maple = make_team()
        cls.ana = make_patient(cls.maple, "Ana", name="ana")
        cls.noor = make_nurse("noor", cls.maple)
        cls.lesson = Lesson.objects.get(slug="side-effects-when-to-call")

    def setUp(self) -> None:
        clock = time_machine.travel(NOW, tick=False)
        clock.start()
        self.addCleanup(clock.stop)

    def asked(self, due: date = TODAY, patient: Patient | None = None) -> None:
        who = [patient or self.ana]
        actions.assign(patients=who, lessons=[self.lesson], due=due, note="", by=self.noor, now=NOW)

    def turned_on(self, patient: Patient | None = None, **over: Any) -> Reminder:
        fields = {"address": "ana@example.com", "confirmed": NOW} | over
        return Reminder.objects.create(patient=patient or self.ana, **fields)

    def run_it(self, *args: str, day: int = 0) -> str:
        out = StringIO()
        with time_machine.travel(NOW + timedelta(days=day), tick=False):
            call_command("remind", *args, stdout=out)
        return out.getvalue()


class TestOptingIn(ReminderCase):
    def ask(self, address: str = "ana@example.com") -> Any:
        self.client.force_login(self.ana.user)
        return self.client.post(reverse("reminders"), {"address": address}, follow=True)

    def link(self) -> str:
        found = re.search(r"http://testserver(/my/reminders/on/\S+)", str(mail.outbox[-1].body))
        assert found
        return found[1]

    def test_needs_a_mail_and_a_press_of_the_button_on_its_page(self) -> None:
        assert "We sent you an email." in words(self.ask())
        assert mail.outbox[0].to == ["ana@example.com"]
        self.client.logout()  # the link is opened on another device
        for look in (self.client.get, self.client.head, self.client.get):
            look(self.link())
        assert not Reminder.objects.get().is_on
        for _ in range(2):
            assert "Reminders are on" in words(self.client.post(self.link()))
        assert Reminder.objects.get().is_on
        assert Reminder.objects.get().address == "ana@example.com"

    def test_has_no_address_in_its_link_and_old_links_still_work(self) -> None:
        self.ask()
        link = self.link()
        read = b64decode(link.split("/")[4].split(":")[0] + "==", altchars=b"-_")
        assert b"ana" not in read
        assert b"@" not in read
        old = signing.dumps((Reminder.objects.get().pk, "ana@example.com"), salt=reminders.ON)
        assert "Reminders are on" in words(self.client.post(reverse("reminders_on", args=[old])))

    def test_with_a_changed_or_week_old_link_does_nothing(self) -> None:
        self.ask()
        link = self.link()
        for bad in (link[:-3] + "x/", "/my/reminders/on/x/", "/my/reminders/on/%00/", "/my/reminders/on/1:2:3/"):
            assert "This link is too old" in words(self.client.post(bad))
        with time_machine.travel(NOW + timedelta(days=7, minutes=1), tick=False):
            assert "This link is too old" in words(self.client.post(link))
        assert not Reminder.objects.get().is_on

    def test_with_another_address_keeps_the_first_until_the_new_one_is_confirmed(self) -> None:
        self.turned_on()
        self.ask("new@example.com")
        assert Reminder.objects.get().address == "ana@example.com"
        old = self.link()
        self.ask("newer@example.com")
        assert "This link is too old" in words(self.client.post(old))
        self.client.post(self.link())
        assert Reminder.objects.get().address == "newer@example.com"

    def test_explains_an_invalid_address_and_changes_nothing(self) -> None:
        for address, problem in (
            ("", "Type your email address"),
            ("ana", "like name@example.com"),
            ("a@b.c\nBcc: x@example.com", "like name@example.com"),
            ("a\x00@example.com", "Null characters"),
            ("x" * 300 + "@example.com", "too long"),
        ):
            assert problem in words(self.ask(address)), address
        assert mail.outbox == []
        assert not Reminder.objects.exists()

    def test_sends_at_most_five_mails_a_day_because_the_address_may_be_a_strangers(self) -> None:
        for n in range(reminders.MOST):
            self.ask(f"stranger{n}@example.com")
        assert "We have sent enough emails today" in words(self.ask())
        assert len(mail.outbox) == reminders.MOST
        with time_machine.travel(NOW + timedelta(days=1), tick=False):
            assert "We sent you an email." in words(self.ask())

    def test_says_when_the_mail_server_fails_and_keeps_the_old_state(self) -> None:
        self.turned_on()
        with override_settings(EMAIL_BACKEND=AWAY):
            assert "The email could not be sent." in words(self.ask("new@example.com"))
        assert (Reminder.objects.get().address, Reminder.objects.get().pending) == ("ana@example.com", "")

    def test_is_offered_only_to_patients(self) -> None:
        for person in (None, User.objects.create_guest(), self.noor):
            self.client.logout()
            if person:
                self.client.force_login(person)
            page = self.client.post(reverse("reminders"), {"address": "a@example.com"})
            assert "Reminders are for people whose nurse asks them" in words(page)
            assert "Reminders by email" not in self.client.get("/my/").content.decode()
        assert mail.outbox == []
        self.asked()
        self.client.force_login(self.ana.user)
        assert f'href="{reverse("reminders")}"' in self.client.get("/my/").content.decode()

    def test_uses_public_url_in_links_for_any_host(self) -> None:
        with override_settings(PUBLIC_URL="https://learn.hospital.example", ALLOWED_HOSTS=["*"]):
            self.client.force_login(self.ana.user)
            self.client.post(reverse("reminders"), {"address": "a@example.com"}, headers={"host": "evil.example"})
        assert "https://learn.hospital.example/my/reminders/on/" in mail.outbox[0].body
        assert "evil" not in mail.outbox[0].body


class TestStopping(ReminderCase):
    def test_needs_no_sign_in_but_a_press(self) -> None:
        mine = self.turned_on()
        link = reminders.stop_address(mine)
        for look in (self.client.get, self.client.head):
            assert look(link).status_code == 200
        assert Reminder.objects.get().is_on
        for _ in range(2):
            assert "We have forgotten your address." in words(self.client.post(link, {"do": "stop"}))
        assert (Reminder.objects.get().address, Reminder.objects.get().is_on) == ("", False)
        self.asked()
        assert self.run_it() == "Reminders sent: 0.\n"

    def test_is_linked_in_every_mail_and_works_years_later(self) -> None:
        self.turned_on()
        self.asked()
        self.run_it()
        found = re.search(r"http://testserver(/my/reminders/stop/\S+)", str(mail.outbox[0].body))
        assert found
        assert mail.outbox[0].extra_headers["List-Unsubscribe"] == f"<http://testserver{found[1]}>"
        with time_machine.travel(NOW + timedelta(days=900), tick=False):
            self.client.post(found[1])
        assert not Reminder.objects.get().is_on

    def test_for_a_week_lets_reminders_continue_afterwards(self) -> None:
        mine = self.turned_on()
        page = words(self.client.post(reminders.stop_address(mine), {"do": "pause"}))
        assert "None will come before Monday, November 30." in page
        self.asked()
        for day in range(7):
            assert self.run_it(day=day) == "Reminders sent: 0.\n"
        assert self.run_it(day=7) == "Reminders sent: 1.\n"

    def test_with_a_changed_link_does_nothing(self) -> None:
        link = reminders.stop_address(self.turned_on())
        for bad in (link[:-3] + "x/", "/my/reminders/stop/x/", "/my/reminders/stop/%00/"):
            assert "We cannot read this link" in words(self.client.post(bad))
        assert Reminder.objects.get().is_on


class TestTheDailyRun(ReminderCase):
    def test_sends_one_mail_for_a_waiting_lesson_even_when_it_runs_twice(self) -> None:
        self.turned_on()
        self.asked()
        assert self.run_it("--dry-run") == "Reminders to send today: 1. None was sent.\n"
        assert mail.outbox == []
        assert self.run_it() == "Reminders sent: 1.\n"
        assert self.run_it() == "Reminders sent: 0.\n"
        assert [message.to for message in mail.outbox] == [["ana@example.com"]]

    def test_names_no_therapy_medicine_lesson_or_person(self) -> None:
        self.turned_on()
        self.asked()
        self.run_it()
        said = f"{mail.outbox[0].subject} {mail.outbox[0].body}".lower()
        told = [
            "immun",
            "therap",
            "cancer",
            "treat",
            "medicine",
            "ana ",
            "noor",
            "maple",
            "side effect",
            "nurse",
            "late",
        ]
        told += [lesson.title.lower() for lesson in Lesson.objects.taught()]
        told += [therapy.title.lower() for therapy in Therapy.objects.all()]
        assert [word for word in told if word in said] == []

    def test_leaves_three_days_between_two_reminders(self) -> None:
        self.turned_on()
        self.asked()
        sent = [day for day in range(10) if "sent: 1" in self.run_it(day=day)]
        assert sent == [0, 3, 6, 9]

    def test_sends_from_two_days_before_the_due_day_to_two_weeks_after(self) -> None:
        self.turned_on()
        self.asked(TODAY + timedelta(days=5))
        sent = [day for day in range(40) if "sent: 1" in self.run_it(day=day)]
        assert sent == [3, 6, 9, 12, 15, 18]

    def test_sends_to_nobody_else(self) -> None:
        cases: dict[str, dict[str, Any]] = {
            "never asked": {},
            "not confirmed": {"address": "", "pending": "a@example.com", "confirmed": None},
            "stopped": {"address": "", "confirmed": None},
        }
        for name, over in cases.items():
            patient = make_patient(self.maple, name)
            self.asked(patient=patient)
            if over:
                self.turned_on(patient, **over)
        ended, gone, done = (make_patient(self.maple, name) for name in ("ended", "gone", "nothing asked"))
        for patient in (ended, gone, done):
            self.turned_on(patient)
        self.asked(patient=ended)
        self.asked(patient=gone)
        Patient.objects.filter(pk=ended.pk).update(ended_on=TODAY, ended_why="died")
        User.objects.filter(pk=gone.user_id).update(is_active=False)
        assert self.run_it() == "Reminders sent: 0.\n"
        assert mail.outbox == []

    def test_sends_nothing_when_the_record_is_closed_during_the_run(self) -> None:
        self.turned_on()
        read = Reminder.objects.select_related("patient__care_team", "patient__user").get()
        Patient.objects.update(ended_on=TODAY, ended_why="died")
        assert not reminders.send(reminder=read, now=NOW)
        Patient.objects.update(ended_on=None, ended_why="")
        User.objects.filter(pk=self.ana.user_id).update(is_active=False)
        assert not reminders.send(reminder=read, now=NOW)
        assert mail.outbox == []

    def test_uses_the_date_in_the_clinics_time_zone(self) -> None:
        CareTeam.objects.update(zone="Pacific/Auckland")  # where it is already the 24th
        self.turned_on(sent=TODAY - timedelta(days=2))
        self.asked(TODAY + timedelta(days=3))
        assert self.run_it() == "Reminders sent: 1.\n"
        assert Reminder.objects.get().sent == TODAY + timedelta(days=1)

    def test_says_when_the_mail_server_fails_and_tries_again_the_next_day(self) -> None:
        self.turned_on()
        self.asked()
        with override_settings(EMAIL_BACKEND=AWAY), pytest.raises(CommandError, match="did not take 1"):
            self.run_it()
        assert self.run_it() == "Reminders sent: 0.\n"
        assert self.run_it(day=1) == "Reminders sent: 1.\n"

    def test_continues_with_the_others_when_one_address_is_refused(self) -> None:
        for name in ("a", "bad", "c"):
            patient = make_patient(self.maple, name)
            self.turned_on(patient, address=f"{name}@example.com")
            self.asked(patient=patient)
        with (
            override_settings(EMAIL_BACKEND=AWAY),
            patch.object(Away, "refused", ("bad@",)),
            pytest.raises(CommandError, match="did not take 1"),
        ):
            self.run_it()
        assert [message.to[0] for message in mail.outbox] == ["a@example.com", "c@example.com"]

    def test_stops_after_three_failures_in_a_row_and_the_others_stay_due(self) -> None:
        for n in range(6):
            patient = make_patient(self.maple, f"P{n}")
            self.turned_on(patient, address=f"p{n}@example.com")
            self.asked(patient=patient)
        with override_settings(EMAIL_BACKEND=AWAY), pytest.raises(CommandError, match="did not take 3"):
            self.run_it()
        assert self.run_it() == "Reminders sent: 3.\n"

    def test_costs_the_same_queries_for_1_and_3_people_before_it_sends(self) -> None:
        for more in (1, 2):
            for n in range(more):
                patient = make_patient(self.maple, f"P{more}{n}")
                self.turned_on(patient)
                self.asked(patient=patient)
            keep_published()
            with self.assertNumQueries(7):
                self.run_it("--dry-run")


class TestAReminderSentByANurse(ReminderCase):
    def send(self) -> str:
        self.client.force_login(self.noor)
        return words(self.client.post(reverse("admin:people_patient_remind", args=[self.ana.pk]), follow=True))

    def test_is_sent_and_starts_the_days_without_reminders(self) -> None:
        self.turned_on()
        page = self.send()
        assert "A reminder is on its way to Ana." in page
        assert "The next one can go on Thursday, November 26." in page
        assert "No reminder was sent" in self.send()
        self.asked()
        assert self.run_it() == "Reminders sent: 0.\n"
        assert len(mail.outbox) == 1
        assert AuditEvent.objects.filter(what="reminded", who=self.noor.pk, patient=self.ana.pk).count() == 1

    def test_is_sent_only_to_patients_who_asked_for_reminders(self) -> None:
        assert "Ana gets no reminders by email." in self.send()
        for over in ({"paused_until": TODAY + timedelta(days=3)}, {"address": "", "confirmed": None}):
            Reminder.objects.all().delete()
            self.turned_on(**over)
            assert "No reminder was sent" in self.send()
        Reminder.objects.all().delete()
        self.turned_on()
        Patient.objects.filter(pk=self.ana.pk).update(ended_on=TODAY, ended_why="moved")
        assert "No reminder was sent" in self.send()
        assert mail.outbox == []
        assert not AuditEvent.objects.filter(what="reminded").exists()

    def test_says_when_the_mail_server_fails(self) -> None:
        self.turned_on()
        with override_settings(EMAIL_BACKEND=AWAY):
            assert "The email could not be sent. Try again tomorrow." in self.send()

    def test_never_shows_the_address_to_the_nurse(self) -> None:
        self.turned_on()
        self.client.force_login(self.noor)
        page = self.client.get(reverse("admin:people_patient_change", args=[self.ana.pk])).content.decode()
        assert "gets reminders by email" in page
        assert "ana@example.com" not in page


class TestADay(SimpleTestCase):
    def test_allows_a_mail_from_two_days_before_to_14_days_after_the_due_day(self) -> None:
        found = [n for n in range(-40, 40) if reminders.worth_a_mail(TODAY, TODAY + timedelta(days=n))]
        assert found == list(range(-2, 15))


@pytest.mark.race
class TestTwoRunsAtOnce(TransactionTestCase):
    def test_send_one_reminder(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
        team = make_team()
        for n in range(20):
            mine = Reminder.objects.create(
                patient=make_patient(team, f"P{n}"), address=f"p{n}@example.com", confirmed=NOW
            )
            found = list(Reminder.objects.filter(pk=mine.pk).select_related("patient__care_team", "patient__user"))
            done = together(6, lambda _, one=found[0]: reminders.send(reminder=one, now=NOW))
            assert sorted(map(str, done)) == ["False"] * 5 + ["True"]
        assert len(mail.outbox) == 20
