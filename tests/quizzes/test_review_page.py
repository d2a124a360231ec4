"""The start page of a review, its questions and its result page."""

from __future__ import annotations

import re
from typing import Any

import time_machine
from django.test import TestCase
from django.urls import reverse

from quizzes.models import Attempt, Pause, Response
from tests.quizzes.cast import as_form, at, learn, make_learner, make_question, right, wrong

NEXT = re.compile("Next: Saturday,? (21 November|November 21).")  # sites may use different date formats
AGAIN = re.compile("again on <strong>Saturday,? (21 November|November 21)</strong>")


class ReviewPageCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.plain = make_question("plain")
        cls.safety = make_question("safety", critical=True)
        cls.learner = make_learner()

    def setUp(self) -> None:
        self.client.force_login(self.learner)
        self.clock = time_machine.travel(at(20), tick=False)
        self.clock.start()
        self.addCleanup(self.clock.stop)

    def learn(self) -> None:
        learn(self.learner, self.safety, self.plain, how=wrong, now=at(10))

    def page(self) -> str:
        response = self.client.get(reverse("review"))
        assert response.status_code == 200
        return response.content.decode()

    def post(self, **form: str) -> Any:
        response = self.client.post(reverse("review"), form)
        assert response.status_code == 303
        return response

    def answer(self, how: Any) -> str:
        """Answer the owed question of the newest review; return the feedback page."""
        attempt = Attempt.objects.filter(kind="review").latest("started")
        address = self.post().url
        item = attempt.items.with_answers().get(position=int(address.rstrip("/").rpartition("/")[2]))
        posted = self.client.post(address, as_form(item.revision, how(item.revision), item.answers + 1))
        return self.client.get(posted.url).content.decode()

    def result(self) -> str:
        attempt = Attempt.objects.filter(kind="review").latest("started")
        return self.client.get(reverse("quizzes:result", args=[attempt.pk])).content.decode()


class TestTheReviewPage(ReviewPageCase):
    def test_says_when_there_is_nothing_to_do(self) -> None:
        page = self.page()
        assert "Nothing to do today. You can still look at any lesson." in page
        assert "<form" not in page.split("<main")[1].split("</main>")[0]
        assert self.post().url == reverse("review")
        assert not Attempt.objects.exists()

    def test_says_so_to_a_visitor_and_saves_nothing(self) -> None:
        self.client.logout()
        assert "Nothing to do today" in self.page()
        for form in ({}, {"later": ""}, {"again": ""}):
            assert self.post(**form).url == reverse("review")
        assert not Pause.objects.exists()

    def test_names_the_next_day_while_nothing_is_due(self) -> None:
        learn(self.learner, self.safety, now=at(20))
        assert NEXT.search(self.page())

    def test_says_how_many_questions_there_are_and_starts_with_one_press(self) -> None:
        self.learn()
        page = self.page()
        assert "2 short questions about what you have learned." in page
        assert not Attempt.objects.filter(finished=None).exists()  # a GET starts nothing
        to = self.post().url
        attempt = Attempt.objects.get(finished=None)
        assert to == reverse("quizzes:question", args=[attempt.pk, 1])
        assert "Stem of safety?" in self.client.get(to).content.decode()

    def test_continues_where_it_was_left(self) -> None:
        self.learn()
        first = self.post().url
        self.answer(right)
        page = self.page()
        assert "You have begun this review. Your answers are saved." in page
        assert "Carry on" in page
        assert self.post().url == first.replace("/1/", "/2/")
        assert Attempt.objects.filter(finished=None).count() == 1

    def test_does_not_say_how_many_more_questions_are_due(self) -> None:
        learn(self.learner, *(make_question(f"q{n}") for n in range(9)), how=wrong, now=at(1))
        page = self.page()
        assert "5 short questions" in page
        said = re.sub(r"<[^>]+>", "", page.split("</h1>")[1].split("</main>")[0])
        assert re.findall(r"\b[0-9]+\b", said) == ["5"]

    def test_can_pause_reviews_for_a_week_and_resume_them(self) -> None:
        self.learn()
        self.post(later="")
        page = self.page()
        assert "You asked for no review this week." in page
        assert re.search("Next: Friday (27 November|November 27).", page)
        assert self.post().url == reverse("review")
        self.post(again="")
        assert "2 short questions" in self.page()


class TestTheEndOfAReview(ReviewPageCase):
    def setUp(self) -> None:
        super().setUp()
        self.learn()
        self.post()

    def test_is_kind_and_names_the_next_day(self) -> None:
        for how in (right, right):
            self.answer(how)
        page = self.result()
        assert "That is all for now" in page.split("<h1>")[1].split("</h1>")[0]
        assert AGAIN.search(page)
        assert "All 2 right straight away." in page
        assert "the first time" not in page

    def test_lists_a_missed_safety_question_separately_after_its_third_try(self) -> None:
        pages = [self.answer(how) for how in (wrong, right, wrong, wrong)]
        assert ["it comes once more at the end" in page for page in pages] == [True, False, True, False]
        page = self.result()
        assert "Topic of safety" in re.split("Talk with your (?:nurse|team) about", page)[1].split("</div>")[0]
        assert AGAIN.search(page)

    def test_shows_only_the_answered_questions_of_a_review_that_was_left(self) -> None:
        self.answer(right)
        left = Attempt.objects.get(finished=None)
        self.clock.stop()
        self.clock = time_machine.travel(at(22), tick=False)
        self.clock.start()
        new = self.post().url
        assert str(left.pk) not in new
        page = self.client.get(reverse("quizzes:result", args=[left.pk])).content.decode()
        assert "Topic of safety" in page
        assert "Topic of plain" not in page
        second = reverse("quizzes:question", args=[left.pk, 2])
        response = self.client.post(second, as_form(self.plain, right(self.plain)), follow=True)
        assert "That page was out of date" in response.content.decode()
        assert response.redirect_chain[-1][0] == reverse("quizzes:result", args=[left.pk])
        assert self.client.get(second + "feedback/", follow=True).redirect_chain[-1][0].endswith("/result/")
        assert Response.objects.filter(item__attempt=left).count() == 1

    def test_does_not_promise_another_try_in_a_closed_review(self) -> None:
        assert "it comes once more at the end" in self.answer(wrong)
        left = Attempt.objects.get(finished=None)
        Attempt.objects.filter(pk=left.pk).update(finished=at(20))
        page = self.client.get(reverse("quizzes:feedback", args=[left.pk, 1])).content.decode()
        assert "it comes once more" not in page
        assert "See how it went" in page

    def test_says_when_no_question_of_the_review_was_answered(self) -> None:
        left = Attempt.objects.get(finished=None)
        Attempt.objects.filter(pk=left.pk).update(finished=at(20))
        page = self.client.get(reverse("quizzes:result", args=[left.pk])).content.decode()
        assert "This review is closed" in page
        assert 'class="segs"' not in page
        assert 'class="sum"' not in page
