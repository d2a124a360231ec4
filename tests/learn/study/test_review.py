"""The two-minute review on the site: where a learner finds it, on which day, and what the nurse sees."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import time_machine
from django.test import TestCase
from django.urls import reverse

from learn.people.models import CareTeam, User
from learn.progress import standing
from quizzes import reviewing, taking
from quizzes.models import Attempt, Memory
from quizzes.templatetags.days import weekday
from tests.cast import RecordCase, as_form, at, make_patient, make_question, make_quiz, make_team, right, words, wrong


class ReviewCase(RecordCase):
    """A patient who did a lesson's check on the 20th."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.ana = make_patient(make_team(), name="ana")

    def setUp(self) -> None:
        self.learner = self.ana.user
        self.client.force_login(self.learner)

    def page(self, name: str, day: int, hour: int = 12) -> str:
        with time_machine.travel(at(day, hour), tick=False):
            return words(self.client.get(reverse(name)))

    def review(self, day: int, *how: Any) -> Attempt:
        """Answer the owed questions of this day's review, one after the other."""
        with time_machine.travel(at(day), tick=False):
            address = self.client.post(reverse("review")).url
            attempt = Attempt.objects.get(pk=address.split("/")[2])
            for one in how:
                item = taking.owed(list(attempt.items.with_answers()))
                assert item is not None
                form = as_form(item.revision, one(item.revision), item.answers + 1)
                self.client.post(reverse("quizzes:question", args=[attempt.pk, item.position]), form)
            attempt.refresh_from_db()
            return attempt


class TestALearner(ReviewCase):
    def test_finds_no_review_before_the_first_answer(self) -> None:
        for name in ("start", "my"):
            assert "review" not in self.page(name, 20)

    def test_sees_the_day_of_the_next_review_and_then_the_review(self) -> None:
        self.read(1, 2, 3)
        self.check()
        come_back = f"Come back on {weekday(date(2026, 11, 21))} for a two-minute review"
        for name in ("start", "my"):
            page = self.page(name, 20)
            assert "Nothing is left to do You have done all your lessons." in page, name
            assert come_back in page, name
            page = self.page(name, 21)
            assert "Next A two-minute review" in page, name
            assert "Nothing is left to do" not in page, name

    def test_is_two_presses_from_the_first_question(self) -> None:
        self.check()
        with time_machine.travel(at(22), tick=False):
            assert f'href="{reverse("review")}"' in self.client.get(reverse("start")).content.decode()
            first = self.client.post(reverse("review")).url
            assert "Stem of safety?" in self.client.get(first).content.decode()

    def test_sees_the_card_and_the_way_back_at_the_end(self) -> None:
        self.check()
        attempt = self.review(22, wrong, right, wrong, wrong)
        with time_machine.travel(at(22), tick=False):
            page = self.client.get(reverse("quizzes:result", args=[attempt.pk])).content.decode()
        assert re.search("again on <strong>Monday,? (23 November|November 23)</strong>", page)
        for text in ("Call 911", f'href="{reverse("my")}"', f'href="{reverse("review")}"'):
            assert text in page, text

    def test_who_is_a_guest_has_reviews_too(self) -> None:
        self.learner = User.objects.create_guest()
        self.client.force_login(self.learner)
        self.check()
        assert "A two-minute review" in self.page("start", 22)

    def test_is_asked_on_the_dates_of_the_clinics_time_zone(self) -> None:
        CareTeam.objects.update(zone="Pacific/Auckland")
        self.client.force_login(User.objects.get(pk=self.learner.pk))
        with time_machine.travel(at(20, 23), tick=False):  # the 21st in Auckland, late in the afternoon
            self.client.post(reverse("check", args=[self.lesson.slug]))
            attempt = Attempt.objects.get()
            form = as_form(self.plain, wrong(self.plain))
            self.client.post(reverse("quizzes:question", args=[attempt.pk, 1]), form)
        assert (Memory.objects.get().last, Memory.objects.get().due) == (date(2026, 11, 21), date(2026, 11, 22))
        assert "A two-minute review" not in self.page("my", 21, 5)
        assert "A two-minute review" in self.page("my", 21, 7)  # past midnight there


class TestTheNurse(ReviewCase):
    """Ruling 8: a review that ends with a safety question wrong or unsure raises the flag; a right one clears it."""

    def needs(self) -> list[str]:
        return [need.topic for need in standing.whole([self.learner.pk])[self.learner.pk].needs]

    def test_sees_a_safety_question_that_was_wrong_at_the_end_of_a_review(self) -> None:
        self.check()
        assert self.needs() == []
        attempt = self.review(22, wrong, right, wrong)
        assert (attempt.finished, self.needs()) == (None, [])  # the question comes back once more
        self.review(22, wrong)
        assert self.needs() == ["Topic of safety"]
        assert self.words() == "Talk about it"

    def test_sees_a_not_sure_answer_as_well(self) -> None:
        self.check()
        self.review(22, lambda _: [], right, lambda _: [], lambda _: [])
        assert self.needs() == ["Topic of safety"]

    def test_does_not_see_a_question_that_came_right_in_the_same_review(self) -> None:
        self.check()
        self.review(22, wrong, right, right)
        assert self.needs() == []

    def test_no_longer_sees_it_after_a_right_answer_in_a_later_review(self) -> None:
        self.check(safety=wrong)
        assert self.needs() == ["Topic of safety"]
        self.review(22, right, right)
        assert self.needs() == []

    def test_sees_a_wrong_answer_of_a_left_review_as_soon_as_the_next_review_begins(self) -> None:
        self.check()
        self.review(22, wrong)
        assert self.needs() == []
        self.review(24)  # begun, nothing answered
        assert self.needs() == ["Topic of safety"]

    def test_sees_nothing_from_a_left_review_after_a_right_answer_on_a_later_day(self) -> None:
        self.check()
        self.review(22, wrong)
        assert self.needs() == []
        self.review(24, right)  # the left review is closed; the right answer on a later day clears it
        assert Attempt.objects.filter(kind="review").exclude(finished=None).count() == 1
        assert self.needs() == []


class TestACheckOfTheDay(TestCase):
    def test_removes_its_questions_from_the_review_of_the_day(self) -> None:
        """A question is asked once a day: after a check today, a review asks it tomorrow at the earliest."""
        one, two = make_question("one"), make_question("two")
        quiz = make_quiz(one, two)
        learner = User.objects.create_guest()
        for day in (1, 20):
            attempt = taking.start(learner=learner, quiz=quiz, language="en", now=at(day))
            for item in list(attempt.items.with_answers()):
                taking.answer(item=item, given=right(item.revision), number=1, now=at(day))
        assert reviewing.outlook(learner=learner, language="en", now=at(20)).due == ()
