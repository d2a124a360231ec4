"""How it goes: the numbers of a lead's teams against a ward that was counted by hand; who sees them; the file."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learn.assignments.models import Assignment
from learn.desk.admin.lead import scale
from learn.people import codes, roles
from learn.people.models import AccessCode, Membership, Patient, User
from learn.progress import actions, outcomes
from learn.progress.attention import Why, needing
from learn.progress.shares import Share
from tests.cast import RecordCase, at, keep_published, make_nurse, make_patient, make_team, right, words, wrong

PAGE = "/admin/people/patient/how-it-goes/"


class LeadCase(RecordCase):
    """lena leads Maple team; noor invited ana, ben, cleo and dee of it; today is November 24, a Tuesday."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team, cls.cedar = make_team(), make_team("Cedar team")
        cls.noor, cls.lena = make_nurse("noor", cls.team), make_nurse("lena")
        Membership.objects.create(care_team=cls.team, nurse=cls.lena, started=at(1), lead=True)
        cls.lena.groups.set(Group.objects.filter(name=roles.LEAD))
        cls.people = [cls.invite(name, day) for name, day in (("Ana", 3), ("Ben", 10), ("Cleo", 16), ("Dee", 20))]
        make_patient(cls.cedar, "Elsewhere")

    @classmethod
    def invite(cls, name: str, day: int) -> Patient:
        patient = make_patient(cls.team, name)
        User.objects.filter(pk=patient.user_id).update(date_joined=at(day))
        codes.make(user=patient.user, by=cls.noor, now=at(day))
        return patient

    def setUp(self) -> None:
        clock = time_machine.travel(at(24), tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.lena)
        self.ana, self.ben, self.cleo, self.dee = Patient.objects.filter(care_team=self.team).order_by("pk")

    def ask(self, patient: Patient, due: int, **over: Any) -> Assignment:
        return Assignment.objects.create(
            patient=patient, lesson=self.lesson, due=date(2026, 11, due), by=self.noor, made=at(2), **over
        )

    def does(self, patient: Patient, day: int, safety: Any = right) -> None:
        self.learner = patient.user
        steps = list(self.edition.steps.all())
        for step in steps:
            actions.read(learner=self.learner, steps=steps, step=step, now=at(day))
        self.check(safety=safety, now=at(day))

    def numbers(self, **over: Any) -> outcomes.Numbers:
        patients = list(Patient.objects.filter(care_team=self.team).select_related("care_team", "user"))
        return outcomes.count(patients, **({"weeks": 4, "at": at(24)} | over))


class TestTheNumbers(LeadCase):
    def test_of_weeks_count_lessons_by_when_they_were_done(self) -> None:
        self.ask(self.ana, 10)  # Tuesday of the week of November 9
        self.ask(self.ben, 15)  # Sunday of the same week
        self.ask(self.cleo, 16, taught_on=date(2026, 11, 17), taught_by=self.noor, taught_at=at(17))
        self.ask(self.dee, 23)
        self.does(self.ana, 10)
        self.does(self.ben, 18)
        weeks = self.numbers().weeks
        assert [(w.begins.day, w.by_day, w.later, w.in_person, w.not_done) for w in weeks] == [
            (2, 0, 0, 0, 0), (9, 1, 1, 0, 0), (16, 0, 0, 1, 0), (23, 0, 0, 0, 1),
        ]  # fmt: skip

    def test_leave_out_what_was_withdrawn_or_due_after_the_record_was_closed(self) -> None:
        self.ask(self.ana, 10, withdrawn=at(5))
        self.ask(self.ben, 12)
        self.ask(self.cleo, 20)
        for patient in (self.ben, self.cleo):
            Patient.objects.filter(pk=patient.pk).update(ended_on=date(2026, 11, 15), ended_why="finished")
        assert sum(week.due for week in self.numbers().weeks) == 1
        assert self.numbers().learning == 2

    def test_of_beginnings_and_cards(self) -> None:
        AccessCode.objects.filter(user__in=[self.ana.user_id, self.ben.user_id]).update(used=at(11))
        self.does(self.ana, 20)  # reads on the 20th: 17 days after the 3rd
        codes.make(user=self.cleo.user, by=self.lena, now=at(23))  # a new card has three days again
        found = self.numbers()
        assert (found.invited, [n for _, n in found.waits]) == (4, [0, 0, 0, 0, 0, 1, 3])
        assert found.half_by is None
        assert (found.cards, found.unused, found.oldest_unused) == (4, 1, 4)
        assert [(str(one.nurse), one.learning, one.begun, one.unused) for one in found.nurses] == [("noor", 4, 1, 1)]
        assert self.numbers(weeks=2).invited == 2  # since November 16

    def test_of_unused_cards_are_those_of_the_home_page(self) -> None:
        AccessCode.objects.filter(user=self.ana.user_id).update(used=at(11))
        AccessCode.objects.filter(user=self.ben.user_id).update(ahead=True)
        codes.make(user=self.cleo.user, by=self.lena, now=at(20))
        User.objects.filter(pk=self.dee.user_id).update(email="dee@example.org")  # another key
        eve = make_patient(self.team, "Eve")
        codes.make(user=eve.user, by=self.noor, now=at(21))
        for day, unused in ((23, []), (24, ["Cleo"]), (25, ["Cleo", "Eve"])):
            home = needing(Patient.objects.filter(care_team=self.team), at=at(day)).entries
            assert sorted(e.patient.label for e in home if e.why == Why.CARD) == unused, day
            found = self.numbers(at=at(day))
            assert (found.cards, found.unused) == (4, len(unused)), day

    def test_of_topics_count_first_answers_only(self) -> None:
        self.does(self.ana, 5, safety=wrong)
        self.check(safety=right, now=at(5, 15))  # a retry
        self.check(safety=right, now=at(12))  # another check, a week later
        self.does(self.ben, 12)
        found = self.numbers()
        [topic] = found.topics
        assert topic.words == "Topic of safety"
        assert topic.shares == {"day": Share(1, 2), "week": Share(1, 1), "month": Share()}
        assert (found.open_topics, found.open_patients) == (0, 0)
        self.does(self.cleo, 22, safety=wrong)
        assert (self.numbers().open_topics, self.numbers().open_patients) == (1, 1)


class TestThePage(LeadCase):
    def test_says_too_few_under_thirty_answers_and_states_what_it_counts(self) -> None:
        self.does(self.ana, 5)
        page = words(self.client.get(PAGE))
        assert "Topic of safety First day Too few answers yet 1 of 1 –" in page
        assert "Only the first answer in a check or a review counts" in page
        assert "Elsewhere" not in page
        assert not {name for name in ("Ana", "Ben", "Cleo") if name in page}

    def test_draws_a_bar_with_its_interval_from_thirty_answers_on(self) -> None:
        for n in range(30):
            self.does(make_patient(self.team, f"P{n}"), 5, safety=right if n < 21 else wrong)
        response = self.client.get(PAGE)
        # Wilson for 21 of 30: middle (0.7 + 0.06403)/1.12805, reach 1.96 · √(0.007 + 0.001067)/1.12805.
        assert "First day 21 of 30 16 to 25" in words(response)
        assert "M104.2 9H166.7" in response.content.decode()

    def test_can_be_narrowed_and_takes_any_value(self) -> None:
        for query in ("?time=4&team=x&therapy=nothing", "?time=99", f"?team={self.cedar.pk}", "?therapy=%00"):
            assert "4 patients" in words(self.client.get(PAGE + query)), query
        Membership.objects.create(care_team=self.cedar, nurse=self.lena, started=at(1), lead=True)
        assert "5 patients" in words(self.client.get(PAGE))
        assert "1 patient " in words(self.client.get(f"{PAGE}?team={self.cedar.pk}"))
        Patient.objects.filter(pk=self.ana.pk).update(treatment=self.therapy.slug)
        assert "1 patient " in words(self.client.get(f"{PAGE}?therapy={self.therapy.slug}"))

    def test_is_only_for_leads(self) -> None:
        self.client.force_login(self.noor)
        for page in (PAGE, f"{PAGE}file/"):
            assert self.client.get(page).status_code == 404

    def test_without_patients_says_so(self) -> None:
        Patient.objects.all().delete()
        assert "Nobody fits this." in words(self.client.get(PAGE))

    def test_costs_the_same_queries_for_any_number_of_patients(self) -> None:
        self.client.get(PAGE)
        for n in (1, 3):
            for patient in [make_patient(self.team, f"P{n}{m}") for m in range(n)]:
                self.ask(patient, 20)
                self.does(patient, 20, safety=wrong)
            keep_published()
            with CaptureQueriesContext(connection) as found:
                self.client.get(PAGE)
            assert len(found) == 15


class TestTheFile(LeadCase):
    def rows(self) -> list[list[str]]:
        text = self.client.get(f"{PAGE}file/").content.decode("utf-8-sig")
        return list(csv.reader(text.splitlines()))

    def test_has_all_numbers_and_none_of_a_nurse_with_fewer_than_five_patients(self) -> None:
        self.does(self.ana, 5)
        rows = self.rows()
        assert ["Learning now", "Patients", "", "4"] in rows
        assert ["Right at the first try", "Topic of safety", "First day", "1", "1", "too few answers yet", ""] in rows
        assert [row for row in rows if row[0] == "Invited by"] == [["Invited by", "noor", "", "fewer than 5 patients"]]
        self.invite("Eve", 20)
        assert ["Invited by", "noor: learning", "", "5", "5"] in self.rows()


@pytest.mark.parametrize(("most", "top"), [(0, 4), (7, 8), (81, 100), (875, 1000), (5000, 5004)])
def test_the_highest_column_takes_more_than_half_of_the_picture(most: int, top: int) -> None:
    weeks = [outcomes.Week(begins=date(2026, 11, 23), not_done=n) for n in (most, 0)]
    assert scale(weeks) == top
