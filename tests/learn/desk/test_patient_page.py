"""A patient's page: missed questions as they were asked, teach-backs, and the history."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from learn.assignments.models import Assignment
from learn.desk.admin.timeline import SHOWN
from learn.progress.models import Contact
from quizzes import authoring
from tests.cast import (
    PatientCase,
    at,
    keep_published,
    make_patient,
    make_question,
    right,
    wrong,
)


class TestMissedQuestions(PatientCase):
    def missed(self) -> str:
        return self.part("Missed questions", "Teach-backs")

    def test_say_when_nothing_was_answered_or_nothing_is_open(self) -> None:
        assert "No questions have been answered yet." in self.missed()
        self.check()
        assert "Nothing that was missed is still open." in self.missed()

    def test_show_the_asked_wording_the_chosen_answer_the_best_answer_and_the_time(self) -> None:
        self.check(safety=wrong, now=at(20))
        newer = authoring.draft(
            question=self.safety.question, language="en", kind="choice", spec=self.safety.spec, stem="A new wording?",
            why="New.", objective="New topic", critical=True,
        )  # fmt: skip
        authoring.publish(revision=newer, same_meaning=True)
        missed = self.missed()
        assert (
            "Safety Topic of safety Needs help: still not right at the end (Friday, November 20 at 12:04 p.m., missed "
            "3 times) Stem of safety? They chose Wrong 1 Best answer Right 0 Teach back"
        ) in missed
        assert "A new wording?" not in missed

    def test_distinguish_not_sure_from_wrong(self) -> None:
        self.check(safety=lambda revision: [], now=at(20))
        assert "They chose I’m not sure Best answer Right 0" in self.missed()

    def test_are_sorted_by_safety_and_then_open_before_closed(self) -> None:
        other = make_question("other")
        self.quiz.items.create(question=other.question, position=3)
        self.check(plain=wrong, safety=wrong, now=at(20), times=5)
        missed = self.missed()
        assert re.findall(r"Stem of (\w+)", missed) == ["safety", "other", "plain"]
        assert "Topic of plain Not right yet" in missed
        self.check(plain=lambda r: right(r) if r.pk == other.pk else wrong(r), now=at(22), times=5)
        still, since = self.missed().split("Missed before, put right since (2)")
        assert re.findall(r"Stem of (\w+)", still) == ["plain"]
        assert re.findall(r"Topic of (\w+) Right (.+?) \(", since) == [
            ("safety", "Sunday, November 22"),
            ("other", "Sunday, November 22"),
        ]

    def test_stay_open_after_a_right_answer_on_the_same_day(self) -> None:
        self.check(safety=wrong, now=at(20))
        self.check(now=at(20, 15))
        assert "Needs help: still not right at the end" in self.missed().split("Missed before")[0]

    def test_are_closed_only_by_a_teach_back_in_own_words(self) -> None:
        self.check(safety=wrong, now=at(20))
        self.said_back("prompt")
        assert "Needs help" in self.missed()
        self.said_back()
        assert "Missed before, put right since (1)" in self.missed()
        assert "Topic of safety Closed by teach-back, noor, Monday, November 23, 2026" in self.missed()

    def test_do_not_include_those_of_another_patient(self) -> None:
        self.learner = make_patient(self.team, "Ben").user
        self.check(safety=wrong)
        assert "No questions have been answered yet." in self.missed()


class TestTeachBacks(PatientCase):
    def test_say_when_there_are_none(self) -> None:
        assert "No teach-backs yet." in self.page()

    def test_show_outcome_person_and_barriers_with_the_newest_first(self) -> None:
        self.said_back("again", at=at(20), topic="First topic")
        self.said_back(
            "prompt", at=at(23), to_whom="helper", language="Spanish", barriers=["senses", "body"], note="<b>Slowly</b>"
        )
        part = self.part("Teach-backs", "Their questions")
        assert part.index("Topic of safety: Needed a prompt") < part.index("First topic: Explain again next time")
        assert "yesterday at noon, noor, to: A family member or helper, in Spanish" in part
        assert "In the way: Hearing or sight; Pain, tiredness or feeling ill" in part
        assert "&lt;b&gt;Slowly" in part

    def test_show_addenda_and_the_last_outcome_counts(self) -> None:
        root = self.said_back("own-words")
        self.said_back("again", adds_to=root, to_whom="", note="Wrong button.", at=at(24, 9))
        part = self.part("Teach-backs", "Their questions")
        assert "Topic of safety: Explain again next time" in part
        assert "Added today at 9 a.m., noor: Explain again next time Wrong button." in part


class TestTheHistory(PatientCase):
    def happened(self, **query: Any) -> str:
        return self.page(**query).split("What happened")[-1]

    def test_is_shown_newest_first(self) -> None:
        Assignment.objects.create(
            patient=self.ana,
            lesson=self.lesson,
            by=self.noor,
            made=at(18),
            due=date(2026, 11, 25),
            note="Before Monday",
        )
        self.read(1, 2, 3)
        self.check(safety=wrong, now=at(21))
        Contact.objects.create(patient=self.ana, nurse=self.noor, at=at(22), note="Spoke by phone", number=1)
        self.said_back()
        wanted = [
            "noor did a teach-back on “Topic of safety”: Explained in own words yesterday at noon",
            "noor was in contact: Spoke by phone Sunday, November 22 at noon",
            "Finished the check of “Lesson 1”: 1 of 2 right; 1 safety question not right",
            "Read “Lesson 1” to the end",
            "Began to read “Lesson 1”",
            "noor asked for “Lesson 1” by Wednesday, November 25: Before Monday",
        ]
        happened = self.happened()
        assert [happened.find(line) for line in wanted] == sorted(happened.find(line) for line in wanted)
        assert all(line in happened for line in wanted), happened

    def test_has_pages_and_older_continues_where_the_last_page_ended(self) -> None:
        for n in range(45):
            Contact.objects.create(
                patient=self.ana, nurse=self.noor, at=at(1) + timedelta(hours=n), note=f"Call {n}.", number=n + 1
            )
        seen, query = [], {}
        for _ in range(6):
            page = self.client.get(self.address(), query).content.decode()
            seen.append(re.findall(r"Call (\d+)\.", page))
            older = re.search(r"\?before=(\d+)#", page)
            if not older:
                break
            query = {"before": older[1]}
        assert [len(calls) for calls in seen] == [SHOWN, SHOWN, SHOWN, SHOWN, 5]
        assert [int(n) for calls in seen for n in calls] == list(range(44, -1, -1))

    def test_shows_the_newest_page_for_invalid_input(self) -> None:
        self.read(1)
        for before in ("", "x", "-1", "9" * 400, "\x00", "²", "9" * 18):
            assert "Began to read" in self.happened(before=before), before


class TestThePage(PatientCase):
    def test_costs_the_same_queries_for_any_record(self) -> None:
        self.client.get(self.address())
        for n in range(3):
            # session and user, roles, patient, audit row; answers, teach-backs, the four of the status; what staff did;
            # questions, codes, records merged; if questions were missed, their wording
            keep_published()
            with self.assertNumQueries(14 if n else 13):
                self.client.get(self.address())
            self.read(1, 2, 3)
            self.check(plain=wrong, safety=wrong, now=at(10 + n))
            self.check(plain=wrong, safety=wrong, now=at(15 + n))
            for k in range(3):
                Contact.objects.create(patient=self.ana, nurse=self.noor, at=at(20), number=10 * n + k + 1)
                self.said_back("again", adds_to=self.said_back("prompt"))

    def test_of_a_closed_record_says_when_in_its_head_and_why_only_at_the_end(self) -> None:
        self.ana.ended_on, self.ana.ended_why = date(2026, 11, 20), "moved"
        self.ana.save()
        page = self.page()
        assert "Maple team · A-12 · Closed Friday, November 20, 2026" in page
        assert page.count("Moved") == 1
        assert "Closed Moved to another clinic, Friday, November 20, 2026. The record stays." in page

    def test_names_no_reason_to_close_a_record_before_its_own_page(self) -> None:
        """Nurses turn this page to patients."""
        page = self.page()
        assert "Close this record" in page
        assert "died" not in page.lower()

    def test_has_the_treatment_and_the_numbers_in_its_head(self) -> None:
        self.ana.treatment = self.lesson.therapy.slug
        self.ana.save()
        fields = {"patient": self.ana, "lesson": self.lesson, "by": self.noor, "made": at(18)}
        Assignment.objects.create(due=date(2026, 11, 26), **fields)
        self.read(1, 2, 3)
        self.check(safety=wrong, now=at(20))
        head = self.page().split("Missed questions (1)")[0]
        assert f"{self.lesson.therapy.title} · Maple team" in head
        assert "Open safety topics 1 Lessons done 0 of 1 lessons done Next due Nov 26 in 2 days" in head
        assert "Told to call, day 555-010-0199 Night and weekend 555-011-0199 fever 100.4 °F (38 °C)" in head

    def test_has_a_way_to_change_the_day_and_to_see_the_lesson(self) -> None:
        fields = {"patient": self.ana, "lesson": self.lesson, "by": self.noor, "made": at(18)}
        Assignment.objects.create(due=date(2026, 11, 22), **fields)
        page = self.page()
        assert "Lesson 1 Not started, late, due Nov 22 Asked by noor Change the day : Lesson 1 See the lesson" in page


class TestTheLastWeeks(PatientCase):
    def test_are_a_picture_with_its_table(self) -> None:
        self.read(1, 2, 3)
        self.check(now=at(21))
        Contact.objects.create(patient=self.ana, nurse=self.noor, at=at(22), number=1)
        self.said_back()
        page = self.client.get(self.address()).content.decode()
        assert page.count('role="img"') == 1
        assert "contact on 1 day, teach-back on 1 day." in page
        assert "Nov 23 Teach-back Nov 22 Contact Nov 21 Answered" in self.page()

    def test_say_when_nothing_happened(self) -> None:
        assert "Nothing in the last four weeks." in self.page()
