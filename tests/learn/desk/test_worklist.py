"""The worklist "My patients" with who needs attention, and recording a contact."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from learn.assignments.models import Assignment
from learn.people import roles
from learn.people.models import AuditEvent, Membership, Patient, User
from learn.progress.attention import Why
from learn.progress.models import Contact, Reading
from quizzes.models import Response
from tests.cast import (
    RecordCase,
    at,
    keep_published,
    make_nurse,
    make_patient,
    make_question,
    make_quiz,
    make_team,
    words,
    wrong,
)
from tests.quizzes.cast import crowd, planned

HOME = "/admin/"


def on(day: int) -> date:
    return date(2026, 11, day)


class TestMyPatients(RecordCase):
    """The home page of the Desk."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team = make_team()
        cls.noor = make_nurse("noor", cls.team)
        cls.ana = make_patient(cls.team)

    def setUp(self) -> None:
        clock = time_machine.travel(at(24), tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.noor)

    def someone(self, label: str, why: str, day: int = 9) -> Patient:
        """Return a new patient who needs attention for this reason."""
        patient = make_patient(self.team, label)
        self.learner = patient.user
        fields = {"patient": patient, "lesson": self.lesson, "by": self.noor, "made": at(day), "due": date(2026, 12, 9)}
        if why != Why.SAFETY:
            Assignment.objects.create(**(fields | ({"due": on(day)} if why == Why.LATE else {})))
        if why == Why.QUIET:
            Reading.objects.create(
                learner=patient.user, edition=self.edition, furthest=self.edition.steps.all()[1], started=at(day)
            )
        elif why == Why.LATE:
            self.read(1)
        elif why == Why.SAFETY:
            self.check(safety=wrong, now=at(day))
        return patient

    def home(self, **query: Any) -> str:
        return words(self.client.get(HOME, query))

    def test_say_when_nobody_needs_attention_and_how_many_are_learning(self) -> None:
        assert "My patients" in self.home()
        assert "No one needs attention. 1 patient is learning." in self.home()
        make_patient(self.team, "Ben")
        make_patient(self.team, "Cai", ended_on=on(1), ended_why="moved")
        assert "No one needs attention. 2 patients are learning." in self.home()

    def test_are_not_shown_to_a_nurse_of_another_team_or_of_no_team(self) -> None:
        self.someone("Iris", Why.SAFETY)
        for nurse in (make_nurse("omar", make_team("Cedar team")), make_nurse("newcomer")):
            self.client.force_login(nurse)
            assert "Iris" not in self.home()
            assert "You have no patients here yet" in self.home()

    def test_have_one_row_each_sorted_by_reason_and_by_longest_wait(self) -> None:
        for label, why, day in (
            ("A", Why.QUIET, 8), ("B", Why.NOT_STARTED, 18), ("C", Why.LATE, 16), ("D", Why.LATE, 15),
            ("E", Why.SAFETY, 20), ("F", Why.SAFETY, 19), ("G", Why.NOT_STARTED, 17),
        ):  # fmt: skip
            self.someone(label, why, day)
        page = self.client.get(HOME).content.decode()
        assert "Needs attention (7)" in page
        assert re.findall(r'scope="row">\s*<a href="[^"]+"><bdi>(\w)<', page) == list("FEDCGBA")

    def test_show_the_reason_with_details_and_one_next_step(self) -> None:
        for why, row in (
            (Why.SAFETY, "Missed safety question “Topic of safety”: still not right at the end, "
                "Monday, November 9 at 12:04 p.m. Record a teach-back"),
            (Why.LATE, "Late 15 days Lesson 1: Step 2 of 3 Change the day"),
            (Why.NOT_STARTED, "Not started Asked for 1 lesson, first on Monday, November 9 Mark as contacted"),
            (Why.QUIET, "Quiet 15 days Nothing new since Monday, November 9. Lesson 1: Step 2 of 3 Mark as contacted"),
        ):  # fmt: skip
            patient = self.someone("Iris", why)
            assert f"Iris {row}" in self.home()
            Patient.objects.filter(pk=patient.pk).update(ended_on=on(9), ended_why="moved")

    def test_name_every_reason_in_the_details_and_at_most_two_topics(self) -> None:
        self.someone("Iris", Why.SAFETY, 22)
        patient = Patient.objects.get(label="Iris")
        Assignment.objects.create(patient=patient, lesson=self.lesson, by=self.noor, made=at(9), due=on(20))
        row = self.home().split("Next step")[1]
        assert "Sunday, November 22 at 12:04 p.m. Late 4 days: Lesson 1: Talk about it Record a teach-back" in row

    def test_are_not_hidden_by_a_good_total(self) -> None:
        self.learner = self.ana.user
        self.read(1, 2, 3)
        for n in range(3):
            self.check(now=at(10 + n))
        self.check(safety=wrong, now=at(20))
        assert "Ana Missed safety question" in self.home()

    def test_disappear_when_the_record_is_closed_or_the_membership_has_ended(self) -> None:
        patient = self.someone("Iris", Why.SAFETY)
        assert "Iris" in self.home()
        Patient.objects.filter(pk=patient.pk).update(ended_on=on(9), ended_why="finished")
        assert "Iris" not in self.home()
        Patient.objects.filter(pk=patient.pk).update(ended_on=None, ended_why="")
        Membership.objects.filter(nurse=self.noor).update(ended=at(23))
        assert "Iris" not in self.home()

    def test_leave_an_audit_row_for_each_view_and_one_for_each_patient(self) -> None:
        people = [self.someone("Iris", Why.SAFETY), self.someone("Jo", Why.LATE)]
        self.home()
        rows = AuditEvent.objects.order_by("pk").values_list("who", "what", "team", "patient", "count")
        seen = (self.noor.pk, "list.seen", self.team.pk)
        assert list(rows) == [(*seen, None, 2), *((*seen, one.pk, None) for one in people)]

    def test_cost_the_same_queries_for_1_3_and_50_rows(self) -> None:
        self.someone("P0", Why.SAFETY)
        self.someone("Q0", Why.LATE)
        self.client.get(HOME)
        for n in (1, 3, 50):
            for more in range(Patient.objects.count() - 2, n):
                self.someone(f"P{more}", (Why.SAFETY, Why.LATE, Why.QUIET, Why.NOT_STARTED)[more % 4])
            # session, roles; whose; misses, right answers, teach-backs; asks, questions, patients; status (4); audit
            keep_published()
            with self.assertNumQueries(14):
                self.client.get(HOME)

    def test_cost_fewer_queries_when_nobody_needs_attention(self) -> None:
        self.client.get(HOME)
        keep_published()
        with self.assertNumQueries(8):
            self.client.get(HOME)

    def test_come_fifty_on_a_page_and_none_is_missing_or_shown_twice(self) -> None:
        for n in range(120):
            self.someone(f"P{n % 7}", Why.LATE if n % 2 else Why.NOT_STARTED)
        seen, address = [], HOME
        for _ in range(4):
            page = self.client.get(address).content.decode()
            assert "Needs attention (120)" in page
            seen += re.findall(r'scope="row">\s*<a href="/admin/people/patient/(\d+)/', page)
            more = re.search(r'href="(\?after=\d+)"', page)
            if not more:
                break
            address = HOME + more[1]
        assert len(seen) == len(set(seen)) == 120

    def test_accept_an_invalid_page_number(self) -> None:
        self.someone("Iris", Why.LATE)
        for value in ("x", "-1", "9" * 40, "\x00", "²", str(self.ana.pk)):
            assert "Iris" in self.home(after=value)


class TestAContact(RecordCase):
    """Recording a contact, and its form."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team = make_team()
        cls.ana, cls.noor = make_patient(cls.team), make_nurse("noor", cls.team)
        Assignment.objects.create(patient=cls.ana, lesson=cls.lesson, by=cls.noor, made=at(9), due=on(20))
        cls.address = reverse("admin:people_patient_contact", args=[cls.ana.pk])

    def setUp(self) -> None:
        clock = time_machine.travel(at(24), tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.noor)

    def post(self, **form: Any) -> Any:
        return self.client.post(self.address, {"note": "", "number": 1} | form)

    def test_is_saved_with_a_note_and_hides_the_patient_for_a_week(self) -> None:
        response = self.post(note=" Left a message. ")
        assert (response.status_code, response.url) == (303, HOME)
        contact = Contact.objects.get()
        assert (contact.patient, contact.nurse, contact.at) == (self.ana, self.noor, at(24))
        assert contact.note == "Left a message."
        page = words(self.client.get(HOME))
        assert "Noted: you were in contact with Ana." in page
        assert "No one needs attention" in page
        with time_machine.travel(at(24) + timedelta(days=7), tick=False):
            self.client.force_login(self.noor)
            assert "Ana Late 11 days" in words(self.client.get(HOME))

    def test_is_saved_once_even_when_the_button_is_pressed_several_times(self) -> None:
        for _ in range(3):
            assert self.post(note="Spoke.").status_code == 303
        assert Contact.objects.count() == 1
        assert AuditEvent.objects.filter(what="contacted", patient=self.ana.pk, team=self.team.pk).count() == 1

    def test_from_another_window_is_kept_in_the_form_and_asked_about(self) -> None:
        self.post(note="Spoke.")
        response = self.post(note="Spoke again.")
        assert "You saved another one in the meantime" in words(response)
        assert 'value="Spoke again."' in response.content.decode()
        assert 'name="number" value="2"' in response.content.decode()
        assert Contact.objects.count() == 1
        assert self.post(note="Spoke again.", number=2).status_code == 303
        assert Contact.objects.count() == 2

    def test_with_an_invalid_number_is_asked_about_and_changes_nothing(self) -> None:
        for number in ("", "0", "2", "-1", "9" * 12, "x", "\x00", "²"):
            assert "You saved another one in the meantime" in words(self.post(number=number)), number
        assert not Contact.objects.exists()

    def test_that_is_invalid_explains_the_error_and_changes_nothing(self) -> None:
        for note, problem in (("x" * 201, "Use 200 letters at most"), ("a\x00b", "Null characters are not allowed")):
            page = words(self.post(note=note))
            assert problem in page
            assert "There is a problem" in page
        assert not Contact.objects.exists()

    def test_is_numbered_separately_for_each_nurse(self) -> None:
        nora = make_nurse("nora", self.team)
        self.post()
        self.client.force_login(nora)
        assert self.post().status_code == 303
        assert Contact.objects.count() == 2

    def test_needs_the_permission(self) -> None:
        eda = User.objects.create_user("eda", is_staff=True)
        eda.groups.add(Group.objects.get(name=roles.EDUCATOR))
        Membership.objects.create(care_team=self.team, nurse=eda, started=at(1))
        self.client.force_login(eda)
        assert self.post().status_code == 404
        assert not Contact.objects.exists()


@pytest.mark.race
@pytest.mark.django_db
def test_a_nurse_reads_the_answers_of_her_own_patients_however_many_there_are_of_others(client: Client) -> None:
    """100,000 answers of others: to look through them all took 49 seconds at a million learners."""
    questions = [[make_question(f"q{n}-{k}", critical=k == 0) for k in range(5)] for n in range(5)]
    quizzes = [make_quiz(*five, slug=f"quiz-{n}") for n, five in enumerate(questions)]
    crowd(*quizzes, learners=20_000, now=at(20))
    assert Response.objects.count() == 100_000
    team = make_team()
    client.force_login(make_nurse("noor", team))
    missed = Response.objects.filter(mark="wrong", item__revision__critical=True)
    for learner in missed.values_list("item__attempt__learner", flat=True)[:35]:
        Patient.objects.create(user_id=learner, care_team=team, label=f"P{learner}")
    with planned() as plans:
        page = client.get("/admin/")
    assert page.context["needing"] == 35
    assert len(plans) > 8
    assert [plan for plan in plans if "Seq Scan on quizzes_response" in plan] == []
