"""The part of a patient's questions that a nurse sees, and the button "We talked about this"."""

import re
from typing import Any

import pytest
import time_machine
from django.test import Client, TransactionTestCase
from django.urls import reverse

from learn.people.models import AuditEvent, User
from learn.visits import actions
from learn.visits.models import MyQuestion
from tests.cast import DeskCase, at, keep_published, make_nurse, make_patient, make_team, together, words

MINE = "/my/questions/"


class SharedCase(DeskCase):
    def setUp(self) -> None:
        super().setUp()
        self.phone = Client()
        self.phone.force_login(self.ana.user)

    def ask(self, *texts: str, share: bool = True) -> None:
        for text in texts:
            self.phone.post(MINE, {"text": text})
            if share:
                self.phone.post(MINE, {"share": self.one(text).pk})

    def one(self, text: str) -> MyQuestion:
        return MyQuestion.objects.get(text=text)

    def page(self) -> bytes:
        page = self.client.get(reverse("admin:people_patient_change", args=[self.ana.pk])).content
        return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", page)

    def press(self, button: str, text: str, client: Client | None = None) -> Any:
        address = reverse("admin:people_patient_questions", args=[self.ana.pk])
        return (client or self.client).post(address, {button: self.one(text).pk})

    def noted(self) -> list[tuple[int, str, int | None]]:
        acts = AuditEvent.objects.filter(what__startswith="question.").order_by("pk")
        return list(acts.values_list("who", "what", "patient"))


class TestAPatientsPage(SharedCase):
    def test_shows_shared_questions_in_the_patients_order_with_the_top_three(self) -> None:
        self.ask("a", "b", "c", "d")
        self.phone.post(MINE, {"first": self.one("d").pk})
        page = self.page().decode()
        assert re.findall('class="title"><bdi>(.)<', page) == ["d", "a", "b", "c"]
        assert page.count("Top three") == 3
        assert page.index("Top three") > page.index(">d<")

    def test_is_byte_for_byte_the_same_whatever_is_not_shared(self) -> None:
        self.ask("a", "b", "c", "d")
        self.page()
        before = self.page()
        assert before.count(b"We talked about this: ") == 4
        self.ask("secret", share=False)
        self.phone.post(MINE, {"first": self.one("secret").pk})
        assert self.page() == before
        self.phone.post(MINE, {"remove": self.one("secret").pk})
        assert self.page() == before

    def test_hides_a_question_at_the_next_request_after_sharing_stops(self) -> None:
        self.ask("Can I work?")
        assert b"Can I work?" in self.page()
        self.phone.post(MINE, {"stop": "all"})
        assert b"Can I work?" not in self.page()
        assert "No questions have been shared." in words(
            self.client.get(reverse("admin:people_patient_change", args=[self.ana.pk]))
        )

    def test_costs_the_same_queries_for_1_and_3_questions(self) -> None:
        for texts in (("a",), ("b", "c")):
            self.ask(*texts)
            self.page()
            keep_published()
            with self.assertNumQueries(13):
                self.page()


class TestWeTalkedAboutThis(SharedCase):
    def test_is_shown_with_its_day_to_both_and_can_be_undone(self) -> None:
        self.ask("Can I work?")
        response = self.press("talked", "Can I work?")
        assert response.url == reverse("admin:people_patient_change", args=[self.ana.pk]) + "#questions"
        assert b"Talked about today, <bdi>noor</bdi>" in self.page()
        assert "Talked about on November 23." in words(self.phone.get(MINE))
        self.press("undo", "Can I work?")
        assert b"We talked about this" in self.page()
        assert "Talked about on" not in words(self.phone.get(MINE))
        assert self.noted() == [
            (self.noor.pk, "question.talked", self.ana.pk),
            (self.noor.pk, "question.untalked", self.ana.pk),
        ]

    def test_pressed_twice_is_saved_once_with_the_first_nurse(self) -> None:
        self.ask("Can I work?")
        other = make_nurse("nils", self.maple)
        self.press("talked", "Can I work?")
        client = Client()
        client.force_login(other)
        self.press("talked", "Can I work?", client)
        self.press("talked", "Can I work?")
        assert self.one("Can I work?").talked_by == self.noor
        assert len(self.noted()) == 1

    def test_does_not_change_unshared_questions_or_those_of_another_patient(self) -> None:
        self.ask("secret", share=False)
        ben = make_patient(self.cedar, "Ben", name="ben")
        theirs = MyQuestion.objects.create(learner=ben.user, text="theirs", position=1, added=at(20), shared=at(20))
        for text in ("secret", theirs.text):
            assert self.press("talked", text).status_code == 303
            assert "Ana does not share that question any more." in words(
                self.client.get(reverse("admin:people_patient_change", args=[self.ana.pk]))
            )
        assert not MyQuestion.objects.exclude(talked=None).exists()
        assert self.noted() == []

    def test_is_not_found_for_a_nurse_of_another_team(self) -> None:
        self.ask("Can I work?")
        self.client.force_login(self.omar)
        assert self.press("talked", "Can I work?").status_code == 404
        assert self.one("Can I work?").talked is None

    def test_removes_the_question_from_the_printed_list(self) -> None:
        self.ask("a", "b")
        self.press("talked", "a")
        page = words(self.phone.get(MINE, {"print": 1}))
        assert "b" in page.split()
        assert "a" not in page.split("room to write.")[1].split()


class TestAQuestionWaiting(SharedCase):
    def home(self) -> str:
        return words(self.client.get("/admin/"))

    def test_is_a_reason_for_attention_until_it_was_talked_about(self) -> None:
        self.ask("secret", share=False)
        assert "Question waiting" not in self.home()
        self.ask("Can I work?")
        assert "Question today Ana – “Can I work?” None asked for never Answer" in self.home()
        self.press("talked", "Can I work?")
        assert "Question waiting" not in self.home()
        self.press("undo", "Can I work?")
        assert "Question waiting" in self.home()
        self.phone.post(MINE, {"stop": "all"})
        assert "Question waiting" not in self.home()

    def test_waits_since_the_oldest_open_question_was_shared(self) -> None:
        self.ask("a")
        with time_machine.travel(at(24), tick=False):
            self.client.force_login(self.noor)
            self.ask("b")
            assert "Question 1 day Ana – “a”" in self.home()
            self.press("talked", "a")
            assert "Question today Ana – “b”" in self.home()

    def test_of_another_team_is_no_reason_for_attention_here(self) -> None:
        self.ask("Can I work?")
        self.client.force_login(self.omar)
        assert "Question waiting" not in self.home()


@pytest.mark.race
class TestManyAtOnce(TransactionTestCase):
    def test_presses_make_one_note(self) -> None:
        patient, nurse = make_patient(make_team()), User.objects.create_user("noor", is_staff=True)
        question = MyQuestion.objects.create(learner=patient.user, text="a", position=1, added=at(20), shared=at(20))
        together(
            6, lambda _: actions.talked_about(patient=patient, question=question.pk, by=nurse, now=at(21), undo=False)
        )
        assert AuditEvent.objects.filter(what="question.talked").count() == 1
