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
from learn.people import codes, roles
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
BEGUN = "not begun"  # quiet, because nothing was ever begun


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
        if why == Why.CARD:
            codes.make(user=patient.user, by=self.noor, now=at(day))
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
        assert "Nothing that was asked for is open. New since Saturday Nothing new." in self.home()

    def test_are_not_shown_to_a_nurse_of_another_team_or_of_no_team(self) -> None:
        self.someone("Iris", Why.SAFETY)
        for nurse in (make_nurse("omar", make_team("Cedar team")), make_nurse("newcomer")):
            self.client.force_login(nurse)
            assert "Iris" not in self.home()
            assert "You have no patients here yet" in self.home()

    def test_when_there_are_none_tell_a_nurse_and_a_lead_what_to_do(self) -> None:
        nurse, lead = make_nurse("omar", make_team("Cedar team")), make_nurse("lena", make_team("Oak team"))
        lead.groups.set(Group.objects.filter(name=roles.LEAD))
        for user, who in ((nurse, "Ask your lead nurse to add you to a care team."), (lead, "who works in which care")):
            self.client.force_login(user)
            for address in (HOME, f"{HOME}people/patient/", f"{HOME}people/patient/progress/"):
                page = words(self.client.get(address))
                assert "Invite the first one" in page, address
                assert who in page, address

    def test_have_one_row_each_sorted_by_reason_and_by_longest_wait(self) -> None:
        for label, why, day in (
            ("A", Why.QUIET, 8), ("B", BEGUN, 18), ("C", Why.LATE, 16), ("D", Why.LATE, 15),
            ("E", Why.SAFETY, 20), ("F", Why.SAFETY, 19), ("G", BEGUN, 17), ("H", Why.CARD, 9),
        ):  # fmt: skip
            self.someone(label, why, day)
        page = self.client.get(HOME).content.decode()
        assert "8 need you. Most urgent first." in page
        assert re.findall(r'scope="row">\s*<a href="[^"]+"><bdi>(\w)<', page) == list("FEHDCAGB")

    def test_show_the_reason_with_details_and_one_next_step(self) -> None:
        for why, row in (
            (Why.SAFETY, "Safety 1 Iris – Topic of safety None asked for Nov 9 Teach back"),
            (Why.LATE, "Late 15 days Iris – 1 lesson open, due Nov 9 0 of 1 lessons done Nov 20 Contact"),
            (Why.CARD, "Card never used Iris – Card given Nov 9, 1 lesson asked for 0 of 1 lessons done never New"),
            (Why.QUIET, "Quiet 15 days Iris – 1 lesson open, due Dec 9 0 of 1 lessons done Nov 9 Contact"),
            (BEGUN, "Not begun 15 days Iris – 1 lesson open, due Dec 9 0 of 1 lessons done never Contact"),
        ):  # fmt: skip
            patient = self.someone("Iris", why)
            assert row in self.home()
            Patient.objects.filter(pk=patient.pk).update(ended_on=on(9), ended_why="moved")

    def test_name_every_reason_and_at_most_two_topics(self) -> None:
        for n in range(3):
            self.quiz.items.create(question=make_question(f"more-{n}", critical=True).question, position=3 + n)
        patient = make_patient(self.team, "Iris")
        self.learner = patient.user
        self.check(plain=wrong, safety=wrong, now=at(22), times=20)
        Assignment.objects.create(patient=patient, lesson=self.lesson, by=self.noor, made=at(9), due=on(20))
        row = self.home().split("Next step")[1]
        assert row.count("Topic of") == 2
        assert "+2 more; late too 0 of 1 lessons done" in row
        safety = self.client.get(HOME, {"why": "safety"}).content.decode()
        links = re.findall(r'href="/admin/people/patient/\d+/teach-back/\?question=\d+">Topic of ([\w-]+)<', safety)
        assert set(links) == {"safety", "more-0", "more-1", "more-2"}

    def test_have_the_most_missed_topics_first(self) -> None:
        self.someone("Iris", Why.SAFETY, 9)
        self.quiz.items.create(question=make_question("more", critical=True).question, position=3)
        self.learner = make_patient(self.team, "Jo").user
        self.check(plain=wrong, safety=wrong, now=at(22), times=20)
        home = self.home()
        assert home.index("Safety 2 Jo") < home.index("Safety 1 Iris")

    def test_can_be_filtered_by_reason_and_the_numbers_add_up_to_all(self) -> None:
        for n, why in enumerate((Why.SAFETY, Why.LATE, Why.LATE, Why.QUIET, Why.CARD)):
            self.someone(f"P{n}", why)
        page = self.client.get(HOME, {"why": "late"}).content.decode()
        assert [chip.count for chip in self.client.get(HOME).context["chips"]] == [5, 1, 1, 2, 1]
        assert [chip.code for chip in self.client.get(HOME).context["chips"]] == ["", "safety", "card", "late", "quiet"]
        assert re.findall(r'scope="row">\s*<a href="[^"]+"><bdi>(\w+)<', page) == ["P1", "P2"]
        assert 'href="?why=late" aria-current="page"' in page
        assert "2 of 5." in words(self.client.get(HOME, {"why": "late"}))
        for unknown in ("x", "\x00", "LATE"):
            assert "5 need you." in self.home(why=unknown)
        assert "Nobody stands under this reason now." in self.home(why="question")

    def test_offer_an_answer_when_a_question_waits(self) -> None:
        ask = {"text": "Can I get a flu shot?", "position": 1, "added": at(20)}
        self.ana.user.my_questions.create(shared=at(21), **ask)
        self.ana.user.my_questions.create(shared=at(22), **ask | {"text": "Another?"})
        assert "Question 3 days Ana – “Can I get a flu shot?” None asked for never Answer" in self.home()

    def test_say_what_is_due_next_and_what_is_new_when_nobody_needs_attention(self) -> None:
        Assignment.objects.create(patient=self.ana, lesson=self.lesson, by=self.noor, made=at(23), due=on(30))
        assert "Due next Ana 1 lesson open, Nov 30 New since Saturday Nothing new." in self.home()
        self.learner = self.ana.user
        self.read(1, 2, 3)
        self.check(now=at(23))
        assert "Nothing that was asked for is open. New since Saturday Ana did 1 of 1 lessons" in self.home()

    def test_are_not_hidden_by_a_good_total(self) -> None:
        self.learner = self.ana.user
        self.read(1, 2, 3)
        for n in range(3):
            self.check(now=at(10 + n))
        self.check(safety=wrong, now=at(20))
        assert "Safety 1 Ana" in self.home()

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
                self.someone(f"P{more}", (Why.SAFETY, Why.LATE, Why.QUIET, Why.CARD)[more % 4])
            # session, roles; whose; misses, right answers, teach-backs; asks, questions, patients; status (4); audit
            keep_published()
            with self.assertNumQueries(14):
                self.client.get(HOME)

    def test_cost_fewer_queries_when_nobody_needs_attention(self) -> None:
        self.client.get(HOME)
        keep_published()
        with self.assertNumQueries(11):  # without the audit row, with what is due next and what is new
            self.client.get(HOME)

    def test_come_fifty_on_a_page_and_none_is_missing_or_shown_twice(self) -> None:
        for n in range(120):
            self.someone(f"P{n % 7}", Why.LATE if n % 2 else BEGUN)
        seen, address = [], HOME
        for _ in range(4):
            page = self.client.get(address).content.decode()
            assert "120 need you." in page
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
            assert "Late 11 days Ana" in words(self.client.get(HOME))

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
@pytest.mark.django_db(transaction=True)
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
