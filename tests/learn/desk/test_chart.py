"""The note for the chart: what was done and recorded, without claims about what a patient knows."""

from __future__ import annotations

import re

from django.utils.html import escape

from learn.people.models import AuditEvent, CareTeam
from tests.cast import PatientCase, at, keep_published, make_edition, make_nurse, make_team, right, wrong


class TestTheNoteForTheChart(PatientCase):
    def note(self) -> str:
        page = self.client.get(self.address("chart")).content.decode()
        return re.search(r"<textarea[^>]*readonly>(.*?)</textarea>", page, re.S)[1]  # type: ignore[index]

    def part(self, title: str, end: str = "\n\n") -> str:
        return self.note().split(f"{title}\n")[1].split(end)[0]

    def test_names_patient_team_writer_and_day(self) -> None:
        assert self.note().startswith(
            "Patient education: immunotherapy\nPatient: Ana, A-12, Maple team\n"
            "Written by noor, Tuesday, November 24, 2026, from the record of lessons, questions and teach-backs\n"
        )

    def test_says_where_there_is_nothing_yet(self) -> None:
        assert self.note().count("None.") == 7

    def test_names_finished_lessons_with_edition_and_day_in_the_clinics_time_zone(self) -> None:
        self.read(1, 2, 3)
        assert self.part("Lessons done") == "None."
        self.check(now=at(20, 20))
        assert self.part("Lessons done") == "- Lesson 1, edition 1: Friday, November 20, 2026"
        CareTeam.objects.update(zone="Pacific/Auckland")
        assert self.part("Lessons done") == "- Lesson 1, edition 1: Saturday, November 21, 2026"

    def test_names_the_edition_that_was_read_last(self) -> None:
        self.read(1, 2, 3)
        self.check()
        newer = make_edition(self.lesson, number=2)
        assert "edition 1" in self.part("Lessons done")
        self.read(1, 2, 3, edition=newer)
        assert "edition 2" in self.part("Lessons done")

    def test_names_only_safety_questions_by_topic_and_whether_they_are_open(self) -> None:
        self.check(plain=wrong, safety=wrong, now=at(20))
        assert self.part("Safety questions answered right") == "None."
        still = "- Topic of safety: last answered, not right, Friday, November 20, 2026"
        assert self.part("Safety questions still open") == still
        self.check(safety=right, now=at(20, 15))
        assert self.part("Safety questions still open") == "- Topic of safety: right Friday, November 20, 2026"
        self.check(now=at(22))
        self.check(now=at(23))
        assert self.part("Safety questions still open") == "None."
        assert self.part("Safety questions answered right").startswith("- Topic of safety: right ")
        assert "Topic of plain" not in self.note()

    def test_says_who_closed_a_question_by_teach_back_as_the_patients_page_does(self) -> None:
        self.check(safety=wrong, now=at(20))
        self.said_back("prompt", at=at(21))
        assert self.part("Safety questions closed by teach-back") == "None."
        first = self.said_back(at=at(22))
        closed = "losed by teach-back, noor, Sunday, November 22, 2026"
        assert self.part("Safety questions closed by teach-back") == f"- Topic of safety: c{closed}"
        assert self.part("Safety questions still open") == "None."
        assert f"C{closed}" in self.page()
        omar = make_nurse("omar", self.team)
        self.said_back("again", adds_to=first, to_whom="", nurse=omar, at=at(23))
        for page in (self.part("Safety questions closed by teach-back"), self.page()):
            assert "losed by teach-back" not in page
        assert "Topic of safety" in self.part("Safety questions still open")
        self.said_back(nurse=omar, at=at(23))
        self.check(safety=right, now=at(23, 15))
        assert "- Topic of safety: right" in self.part("Safety questions answered right")

    def test_lists_teach_backs_with_outcome_people_time_and_addenda(self) -> None:
        first = self.said_back(
            "own-words", to_whom="both", language="Spanish", barriers=["senses"], note="<Hums>", at=at(22)
        )
        self.said_back("again", adds_to=first, to_whom="", note="Wrong button.", at=at(23))
        assert self.part("Teach-back").strip() == (
            "- Topic of safety: Explained in own words. Both, in Spanish. noor, Sunday, November 22, 2026\n"
            "  In the way: Hearing or sight\n"
            f"  Note: {escape('<Hums>')}\n"
            "  Added: Explain again next time. noor, Monday, November 23, 2026\n"
            "  Note: Wrong button."
        )

    def test_never_claims_what_somebody_knows(self) -> None:
        self.read(1, 2, 3)
        self.check()
        self.said_back()
        for word in ("understand", "knows", "competent", "score", "%"):
            assert word not in self.note().lower()

    def test_leaves_one_audit_row_and_is_not_found_for_another_nurse(self) -> None:
        self.note()
        assert list(AuditEvent.objects.values_list("what", "patient")) == [("chart.seen", self.ana.pk)]
        self.client.force_login(make_nurse("omar", make_team("Cedar team")))
        assert self.client.get(self.address("chart")).status_code == 404

    def test_costs_the_same_queries_for_any_record(self) -> None:
        self.note()
        for day in (10, 15):
            keep_published()
            with self.assertNumQueries(11):
                self.note()
            self.read(1, 2, 3)
            self.check(safety=wrong, now=at(day))
            self.said_back("again", adds_to=self.said_back("prompt"))
