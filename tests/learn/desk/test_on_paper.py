"""Print for one patient, and the invitations as a PDF."""

from __future__ import annotations

import re
from typing import Any

import pypdfium2
from django.urls import reverse
from django.utils.html import escape

from learn.people.models import AccessCode, AuditEvent, Patient
from tests.cast import DeskCase, PatientCase, at, keep_published, make_nurse, make_team, right, wrong


def said(response: Any) -> str:
    """Return the text of a PDF, with one space between the words."""
    assert response.status_code == 200, response.status_code
    assert response["Content-Type"] == "application/pdf"
    pages = pypdfium2.PdfDocument(response.content)
    return " ".join(" ".join(p.get_textpage().get_text_bounded() for p in pages).split())


class TestPrintForThisPatient(PatientCase):
    def pdf(self, **query: Any) -> Any:
        return self.client.get(self.address("print"), {"print": "1", "paper": "letter", "size": "12"} | query)

    def test_ticks_the_lessons_of_the_patient_and_what_they_missed(self) -> None:
        page = self.client.get(self.address("print")).content.decode()
        assert " checked" not in re.sub(r'<input[^>]*type="radio"[^>]*>', "", page)
        self.check(safety=wrong)
        page = self.client.get(self.address("print")).content.decode()
        ticked = re.findall(r'<input[^>]*type="checkbox"[^>]*name="(\w+)"[^>]* checked', page)
        assert ticked or re.findall(r'<input[^>]*name="(\w+)"[^>]* checked', page)[:2] == ["lesson", "missed"]

    def test_has_the_missed_questions_with_the_best_answers_and_the_teams_numbers(self) -> None:
        self.check(plain=right, safety=wrong)
        text = said(self.pdf(missed="on"))
        revision = self.safety
        assert "Questions to go over again" in text
        assert revision.stem in text
        assert "; ".join(revision.mark([]).best) in text
        assert revision.why in text
        assert self.plain.stem not in text
        assert "Ana" in text
        assert "555-010-0199" in text
        assert "When to call" in text  # without a lesson, the whole card

    def test_has_no_answer_of_a_question_that_was_not_asked_yet(self) -> None:
        text = said(self.pdf(lesson=["a-lesson"], missed="on"))
        assert self.safety.stem not in text
        assert "Lesson 1" in text

    def test_names_what_was_printed_in_the_audit_log_and_shows_no_other_nurse_anything(self) -> None:
        self.pdf(lesson=["a-lesson"])
        self.client.get(self.address("print"))
        assert [*AuditEvent.objects.order_by("pk").values_list("what", flat=True)] == ["printed", "patient.seen"]
        self.client.force_login(make_nurse("omar", make_team("Cedar team")))
        assert self.pdf(lesson=["a-lesson"]).status_code == 404
        assert AuditEvent.objects.count() == 2

    def test_says_kindly_what_is_wrong(self) -> None:
        assert "Choose a lesson, or the questions they missed" in self.pdf().content.decode()
        assert "Choose from these lessons" in self.pdf(lesson=["x\x00"]).content.decode()
        assert self.pdf(paper="a5").status_code == 404

    def test_makes_a_wallet_card_with_the_teams_numbers(self) -> None:
        text = said(self.client.get(self.address("print"), {"print": "card", "paper": "a4", "size": "12"}))
        assert "555-010-0199" in text
        assert "Ana" not in text

    def test_shows_a_page_to_print_where_no_pdf_can_be_made(self) -> None:
        self.check(safety=wrong)
        Patient.objects.update(label="安娜")  # letters that no font has
        page = self.pdf(lesson=["a-lesson"], missed="on").content.decode()
        assert "The PDF could not be made. Print these pages instead." in page
        assert escape(self.safety.stem) in page
        assert reverse("lesson_print", args=["basics", "a-lesson"]) in page

    def test_costs_the_same_queries_for_any_record(self) -> None:
        self.client.get(self.address("print"))
        for day in (10, 15):
            keep_published()
            with self.assertNumQueries(10):
                self.client.get(self.address("print"))
            self.check(safety=wrong, now=at(day))


class TestTheInvitationsAsAFile(DeskCase):
    def held(self) -> tuple[str, str]:
        """Make a new card; return the address of the page that shows it, and what its button sends."""
        address = self.client.post(reverse("admin:people_patient_card", args=[self.ana.pk]))["Location"]
        page = self.client.get(address).content.decode()
        return address, re.search(r'name="held" value="([^"]+)"', page)[1]  # type: ignore[index]

    def test_have_the_letters_and_the_link_of_the_page_and_leave_it_open(self) -> None:
        address, held = self.held()
        response = self.client.post(address, {"held": held})
        assert response["Content-Disposition"] == 'attachment; filename="cards.pdf"'
        text = said(response)
        assert re.search(r"[A-Z]{4} [A-Z]{4} [A-Z]{4}", text)
        assert "555-010-0199" in text
        assert "Ana" not in text  # one invitation has no name on it
        assert said(self.client.post(address, {"held": held})) == text

    def test_are_of_no_use_to_anybody_else_or_after_half_an_hour_or_after_a_new_card(self) -> None:
        address, held = self.held()
        for value in ("", "x", held + "x"):
            assert "A card is shown once" in self.client.post(address, {"held": value}).content.decode()
        self.client.force_login(self.omar)
        assert self.client.post(address, {"held": held}).status_code == 404
        self.client.force_login(self.noor)
        AccessCode.objects.update(cancelled=at(23))
        assert "A card is shown once" in self.client.post(address, {"held": held}).content.decode()

    def test_come_as_the_page_again_if_no_pdf_can_be_made(self) -> None:
        address, held = self.held()
        self.maple.day_phone = "安"
        self.maple.save()
        page = self.client.post(address, {"held": held}).content.decode()
        assert "The PDF could not be made now. Print this page instead." in page
        assert 'class="code"' in page
