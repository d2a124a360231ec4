"""The engine's pages: question, feedback, result."""

import re
from uuid import uuid4

import time_machine
from django.conf import settings
from django.contrib.auth import get_user_model
from django.shortcuts import resolve_url
from django.test import TestCase
from django.urls import reverse

from quizzes import taking
from quizzes.models import Attempt, Response
from tests.quizzes.cast import (
    PagesCase,
    as_form,
    ask,
    at,
    learn,
    make_learner,
    make_question,
    make_quiz,
    right,
    unguarded,
    wrong,
)


class TestAQuestion(PagesCase):
    def test_shows_its_number_its_text_and_how_many_choices_to_make(self) -> None:
        page = self.client.get(self.at(2)).content.decode()
        for words in ("Question 2 of 3", "<h1>Stem of two?</h1>", "Choose two.", "I’m not sure", 'type="checkbox"'):
            assert words in page, words
        page = self.client.get(self.at(1)).content.decode()
        assert "Choose one." in page
        assert 'type="radio"' in page
        assert "checked" not in page

    def test_reveals_nothing_about_the_right_answer_before_an_answer(self) -> None:
        for n in (1, 2, 3):
            for page in (self.client.get(self.at(n)), self.post(n, [])):
                assert page.status_code == 200
                text = page.content.decode()
                for secret in (
                    "Why of",
                    "About Right",
                    "About Wrong",
                    "It is.",
                    "right&quot;",
                    "Best answer",
                    "true, though",
                ):
                    assert secret not in text, secret

    def test_is_byte_for_byte_the_same_whichever_answer_is_right(self) -> None:
        def pages() -> list[str]:
            texts = [self.client.get(self.at(n)).content.decode() for n in (1, 2, 3)]
            return [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text) for text in texts]

        before = pages()
        for revision in (self.plain, self.two):
            choices = revision.spec["choices"]
            for choice, was in zip(choices, [c["right"] for c in reversed(choices)], strict=True):
                choice["right"] = was
                choice["feedback"] = "Another."
        self.truth.spec |= {"answer": False}
        with unguarded():
            for revision in (self.plain, self.two, self.truth):
                revision.save()
        assert pages() == before

    def test_leads_to_its_feedback_after_an_answer(self) -> None:
        response = self.post(1, right(self.plain))
        assert (response.status_code, response.url) == (303, self.at(1, "feedback"))
        assert self.client.get(self.at(1)).url == self.at(1, "feedback")

    def test_saves_one_answer_when_it_is_posted_twice(self) -> None:
        self.post(1, right(self.plain))
        again = self.post(1, wrong(self.plain))
        assert again.url == self.at(1, "feedback")
        assert [r.mark for r in Response.objects.all()] == ["right"]

    def test_shows_an_error_without_a_choice_and_saves_nothing(self) -> None:
        page = self.post(1, []).content.decode()
        assert "There is a problem" in page
        assert 'href="#id_choice_0"' in page
        assert 'id="id_choice_0"' in page
        summary, field = page.split("<fieldset")
        assert 'href="#id_choice_0">Choose the answer you think is right' in summary
        assert re.search(r'id="id_choice_error">.*Choose the answer you think is right', field, re.DOTALL)
        assert "<title>Error: Question 1 of 3" in page
        assert not Response.objects.exists()

    def test_keeps_the_ticked_choices_when_there_are_too_few(self) -> None:
        page = self.post(2, right(self.two)[:1]).content.decode()
        assert "Choose two answers. You chose 1" in page
        assert f'value="{right(self.two)[0]}" checked' in page
        assert not Response.objects.exists()

    def test_accepts_not_sure_but_not_together_with_a_choice(self) -> None:
        page = self.post(2, ["unsure", *right(self.two)]).content.decode()
        assert "but not both" in page
        assert self.post(2, ["unsure"]).status_code == 303
        assert [(r.given, r.mark) for r in Response.objects.all()] == [([], "unsure")]

    def test_handles_invalid_input_without_an_error_and_saves_nothing(self) -> None:
        garbage = ["\x00", "💥", "x" * 100_000, "1 OR 1=1", "<script>", "-1", "9" * 400, "\u202e", "true", " "]
        for value in garbage:
            assert self.post(1, [value]).status_code == 200, value[:20]
            assert self.post(3, [value], number=1).status_code in (200, 303)
            assert self.post(1, right(self.plain), number=value).status_code == 303, value[:20]
        Response.objects.filter(item__position=3).delete()
        assert not Response.objects.exists()

    def test_says_that_the_page_was_out_of_date_when_the_number_is_wrong(self) -> None:
        response = self.client.post(self.at(1), {"choice": right(self.plain), "number": 2}, follow=True)
        assert "That page was out of date" in response.content.decode()
        assert not Response.objects.exists()

    def test_is_not_found_when_its_number_does_not_exist(self) -> None:
        for n in (0, 4, 10**30):
            address = self.at(1).replace("/1/", f"/{n}/")
            assert self.client.get(address).status_code == 404
            assert self.client.post(address, {"choice": right(self.plain), "number": 1}).status_code == 404


class TestAnotherPersonsAttempt(PagesCase):
    def test_is_not_found_and_does_not_change(self) -> None:
        for other in (make_learner(), get_user_model().objects.create_superuser("root", password="x")):
            self.client.force_login(other)
            for address in (self.at(1), self.at(1, "feedback"), self.result()):
                assert self.client.get(address).status_code == 404
            assert self.post(1, right(self.plain)).status_code == 404
        assert not Response.objects.exists()

    def test_asks_a_visitor_without_a_session_to_sign_in(self) -> None:
        self.client.logout()
        for address in (self.at(1), self.at(1, "feedback"), self.result()):
            assert self.client.get(address).url.startswith(resolve_url(settings.LOGIN_URL) + "?next=/check/")
        assert self.post(1, right(self.plain)).url.startswith(resolve_url(settings.LOGIN_URL))
        assert not Response.objects.exists()

    def test_is_not_found_when_it_never_existed(self) -> None:
        assert self.client.get(reverse("quizzes:question", args=[uuid4(), 1])).status_code == 404


class TestFeedback(PagesCase):
    def feedback(self, n: int) -> str:
        return self.client.get(self.at(n, "feedback")).content.decode()

    def test_leads_to_the_question_before_an_answer(self) -> None:
        assert self.client.get(self.at(1, "feedback")).url == self.at(1)

    def test_says_the_best_answer_the_chosen_answer_and_why(self) -> None:
        self.post(1, wrong(self.plain))
        page = self.feedback(1)
        for words in (
            "Not quite",
            "Best answer:</strong> Right 0",
            "You chose:</strong> Wrong",
            "About Wrong",
            "Why of plain.",
        ):
            assert words in page, words

    def test_says_once_what_was_chosen_when_it_is_the_best_answer(self) -> None:
        for n, question, chosen in ((1, self.plain, ["Right 0"]), (2, self.two, ["Right 0", "Right 1"])):
            self.post(n, right(question))
            page = self.feedback(n)
            assert "Best answer" not in page
            assert "You chose:" in page
            for text in chosen:
                assert len(re.findall(rf"(?<!About ){text}\b", page)) == 1, text

    def test_is_kind_about_a_right_answer_and_about_not_sure(self) -> None:
        self.post(1, right(self.plain))
        assert "Yes, that is right" in self.feedback(1)
        self.post(3, ["unsure"])
        page = self.feedback(3)
        assert "That is fine. Here is the answer" in page
        assert "Not quite" not in page

    def test_says_that_a_missed_safety_question_comes_again(self) -> None:
        self.post(2, [right(self.two)[0], wrong(self.two)[0]])
        page = self.feedback(2)
        assert "it comes once more at the end" in page
        assert "(1 of 2)" in page
        self.post(1, wrong(self.plain))
        assert "once more" not in self.feedback(1)

    def test_says_so_only_when_the_question_really_comes_again(self) -> None:
        self.post(1, right(self.plain))
        self.post(3, right(self.truth))
        for number, comes in ((1, True), (2, True), (3, False)):
            self.post(2, wrong(self.two), number=number)
            assert ("it comes once more at the end" in self.feedback(2)) is comes

    def test_is_about_the_latest_answer(self) -> None:
        self.post(1, right(self.plain))
        self.post(3, right(self.truth))
        self.post(2, wrong(self.two))
        self.post(2, right(self.two), number=2)
        assert "Yes, that is right" in self.feedback(2)
        assert "<title>Yes, that is right. Once more, 1 of 1" in self.feedback(2)

    def test_leads_to_the_next_question_and_after_the_last_to_the_result(self) -> None:
        self.post(1, right(self.plain))
        assert f'href="{self.at(2)}"' in self.feedback(1)
        self.post(2, wrong(self.two))
        self.post(3, right(self.truth))
        assert f'href="{self.at(2)}"' in self.feedback(3)
        self.post(2, right(self.two), number=2)
        assert f'href="{self.result()}"' in self.feedback(2)


class TestAQuestionThatComesBack(PagesCase):
    """It is counted among those that come back, so the numbers never go backwards."""

    def setUp(self) -> None:
        super().setUp()
        self.post(1, right(self.plain))
        self.post(2, wrong(self.two))
        self.post(3, right(self.truth))

    def test_says_so_once_and_counts_from_one(self) -> None:
        page = self.client.get(self.at(2)).content.decode()
        assert "<title>Once more, 1 of 1" in page
        assert "1 was not right yet. Here it is again." in page
        assert "Question 2 of 3" not in page

    def test_is_counted_the_same_on_its_feedback(self) -> None:
        self.post(2, right(self.two), number=2)
        page = self.client.get(self.at(2, "feedback")).content.decode()
        assert "Once more, 1 of 1. Your answer is saved." in page
        assert "Question 2 of 3" not in page

    def test_has_words_of_its_own_the_last_time(self) -> None:
        self.post(2, wrong(self.two), number=2)
        page = self.client.get(self.at(2)).content.decode()
        assert "<title>One last time, 1 of 1" in page
        assert "1 question about your safety is not right yet. Here it is one last time." in page
        assert "Once more" not in page


class TestTheResult(PagesCase):
    def text(self) -> str:
        return self.client.get(self.result()).content.decode()

    def bar(self) -> list[str]:
        return re.findall(r'<li class="(\w+)"></li>', self.text())

    def test_leads_to_the_owed_question_before_the_end(self) -> None:
        self.post(1, right(self.plain))
        assert self.client.get(self.result()).url == self.at(2)

    def test_says_in_words_and_as_a_bar_that_all_was_right_the_first_time(self) -> None:
        self.all_right()
        page = self.text()
        assert "All 3 right the first time." in page
        assert self.bar() == ["full"] * 3
        assert "Topic of plain" in page.split("Right the first time (3)")[1]
        assert "Not right yet" not in page
        assert "%" not in page.split("<main")[1].split("</main")[0]

    def test_says_what_was_right_only_after_another_look(self) -> None:
        self.post(1, right(self.plain))
        self.post(2, wrong(self.two))
        self.post(3, right(self.truth))
        self.post(2, right(self.two), number=2)
        page = self.text()
        assert "2 right the first time, all 3 by the end." in page
        assert self.bar() == ["full", "full", "again"]
        assert "Topic of two" in page.split("Right after another look (1)")[1].split("</div>")[0]
        assert page.index("Right after another look (1)") < page.index("Right the first time (2)")

    def test_counts_not_sure_as_not_right_yet(self) -> None:
        self.post(1, ["unsure"])
        self.post(2, right(self.two))
        self.post(3, right(self.truth))
        page = self.text()
        assert "2 of 3 right the first time." in page
        assert self.bar() == ["full", "full", "empty"]
        assert "Topic of plain" in page.split("Not right yet (1)")[1].split("</div>")[0]
        assert "Talk with" not in page

    def test_lists_a_missed_safety_question_separately_whatever_the_total(self) -> None:
        self.post(1, right(self.plain))
        self.post(3, right(self.truth))
        for number in (1, 2, 3):
            assert self.post(2, wrong(self.two), number=number).status_code == 303
        page = self.text()
        assert "2 of 3 right the first time." in page
        assert self.bar() == ["full", "full", "talk"]
        assert "Topic of two" in re.split("Talk with your (?:nurse|team) about", page)[1].split("</div>")[0]
        assert page.count("Topic of two") == 1
        assert page.index("Topic of two") < page.index("Right the first time (2)")

    def test_says_the_most_important_thing_when_nothing_was_right(self) -> None:
        self.post(1, wrong(self.plain))
        self.post(3, wrong(self.truth))
        for number in (1, 2, 3):
            self.post(2, ["unsure"], number=number)
        page = self.text()
        assert "None of the 3 is right yet." in page
        assert "This is hard to take in" in page
        assert self.bar() == ["talk", "empty", "empty"]

    def test_of_a_retry_never_says_that_it_was_right_the_first_time(self) -> None:
        self.post(1, wrong(self.plain))
        self.post(2, right(self.two))
        self.post(3, wrong(self.truth))
        self.attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        page = self.client.get(self.at(1)).content.decode()
        assert "<title>Once more, 1 of 2" in page
        assert "2 were not right yet. Here they are again." in page
        self.post(1, right(self.plain))
        assert "were not right yet" not in self.client.get(self.at(2)).content.decode()
        self.post(2, right(self.truth))
        page = self.text()
        assert "All 2 right this time." in page
        assert self.bar() == ["again", "again"]
        assert "Right after another look (2)" in page
        assert "the first time" not in page

    def test_opened_again_names_nothing_that_was_put_right_since(self) -> None:
        """A lesson that is Done links here, so "Talk with your nurse about" would contradict it."""
        self.post(1, wrong(self.plain))
        self.post(3, right(self.truth))
        for number in (1, 2, 3):
            self.post(2, wrong(self.two), number=number)
        first = self.attempt
        self.attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        self.post(2, right(self.two))
        self.post(1, wrong(self.plain))
        self.attempt = first
        page = self.text()
        assert "Topic of two" in page.split("Right since then (1)")[1].split("</div>")[0]
        assert "Topic of plain" in page.split("Not right yet (1)")[1].split("</div>")[0]
        assert "Talk with" not in page
        assert self.bar() == ["full", "again", "empty"]

    def test_can_be_opened_again_and_its_questions_lead_to_their_feedback(self) -> None:
        self.all_right()
        assert Attempt.objects.get().finished is not None
        assert "Finished on" not in self.text()
        assert self.client.get(self.at(2)).url == self.at(2, "feedback")
        assert self.post(2, wrong(self.two), number=1).url == self.at(2, "feedback")
        assert self.post(2, wrong(self.two), number=2).status_code in (303, 404)
        assert Response.objects.count() == 3
        Attempt.objects.update(finished=at(5))
        assert re.search(r"Finished on Thursday,? (5 November|November 5)\.", self.text())


class TestWhatIsAskedAgain(PagesCase):
    """The memories say it. They are read on the day on which the result is opened."""

    DAY = "<strong>Saturday,? (21 November|November 21)</strong>"  # sites may use different date formats

    def setUp(self) -> None:
        super().setUp()
        self.clock = time_machine.travel(at(20), tick=False)
        self.clock.start()
        self.addCleanup(self.clock.stop)

    def text(self) -> str:
        return self.client.get(self.result()).content.decode()

    def test_is_those_that_were_not_right_the_first_time(self) -> None:
        self.post(1, wrong(self.plain))
        self.post(2, wrong(self.two))
        self.post(3, right(self.truth))
        self.post(2, right(self.two), number=2)
        assert re.search(f"We ask these 2 again on {self.DAY}.", self.text())

    def test_is_a_safety_question_even_if_it_was_right(self) -> None:
        self.all_right()
        assert re.search(f"We ask 1 of these 3 again on {self.DAY}.", self.text())

    def test_is_what_the_next_review_really_asks(self) -> None:
        others = [make_question(f"q{n}", critical=True) for n in range(5)]
        learn(self.learner, *others, how=wrong, now=at(20, 8))  # they fill the review of tomorrow
        Attempt.objects.filter(pk=self.attempt.pk).update(finished=None)  # `learn` has closed it
        self.post(1, wrong(self.plain))
        self.post(2, right(self.two))
        self.post(3, right(self.truth))
        assert re.search("Next two-minute review: Saturday,? (21 November|November 21).", self.text())
        assert "We ask" not in self.text()

    def test_is_asked_today_when_the_result_is_opened_on_that_day(self) -> None:
        self.all_right()
        self.clock.stop()
        self.clock = time_machine.travel(at(21), tick=False)
        self.clock.start()
        assert "We ask 1 of these 3 again today." in self.text()

    def test_is_not_said_while_a_review_is_begun(self) -> None:
        self.all_right()
        ask(self.learner, self.plain, now=at(20))
        page = self.text()
        assert "We ask" not in page
        assert "two-minute review" not in page


class TestAQuestionWithRows(TestCase):
    """Matching and ordering: a select for each row, "I'm not sure" as a second button."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.matching = make_question("matching", kind="matching")
        cls.ordering = make_question("ordering", kind="ordering")
        cls.quiz = make_quiz(cls.matching, cls.ordering)
        cls.learner = make_learner()
        cls.attempt = taking.start(learner=cls.learner, quiz=cls.quiz, language="en", now=at(20))

    def setUp(self) -> None:
        self.client.force_login(self.learner)

    def at(self, n: int) -> str:
        return reverse("quizzes:question", args=[self.attempt.pk, n])

    def test_shows_a_select_for_each_row_with_nothing_chosen(self) -> None:
        page = self.client.get(self.at(1)).content.decode()
        assert page.count("<select") == 3
        assert page.count("<option") == 9
        assert " selected" not in page.replace('value="" selected', "")
        for words in ("<h1>Stem of matching?</h1>", "Choose one for each line.", "Row 2", 'value="unsure"'):
            assert words in page, words
        assert "About Row" not in page

    def test_is_byte_for_byte_the_same_whichever_tiles_are_right(self) -> None:
        def page() -> str:
            return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", self.client.get(self.at(1)).content.decode())

        before = page()
        for row in self.matching.spec["rows"]:
            row["card"] = "cb" if row["card"] == "ca" else "ca"
        with unguarded():
            self.matching.save()
        assert page() == before

    def test_never_starts_in_the_right_order(self) -> None:
        best = [card["text"] for card in self.ordering.spec["cards"]]
        seen = set()
        for _ in range(90):
            attempt = taking.start(learner=make_learner(), quiz=self.quiz, language="en", now=at(20))
            seen.add(tuple(row.text for row in attempt.items.get(position=2).ask().rows))
        assert tuple(best) not in seen
        assert len(seen) == 5  # every order of three except the right one appears

    def test_accepts_a_right_a_wrong_and_an_unsure_answer(self) -> None:
        for n, revision in enumerate((self.matching, self.ordering), 1):
            for given, mark in ((right(revision), "right"), (wrong(revision), "wrong"), ([], "unsure")):
                self.attempt = taking.start(learner=make_learner(), quiz=self.quiz, language="en", now=at(20))
                self.client.force_login(self.attempt.learner)
                assert self.client.post(self.at(n), as_form(revision, given)).status_code == 303
                kept = Response.objects.get(item__attempt=self.attempt)
                assert (kept.mark, kept.given) == (mark, given)

    def test_not_sure_counts_even_with_choices_made(self) -> None:
        form = as_form(self.matching, right(self.matching)) | {"choice": ["unsure", "x"]}
        assert self.client.post(self.at(1), form).status_code == 303
        assert Response.objects.get().mark == "unsure"

    def test_names_all_empty_rows_at_once_each_with_its_link(self) -> None:
        for n, revision, names in ((1, self.matching, "rows"), (2, self.ordering, "cards")):
            page = self.client.post(self.at(n), {"number": 1}).content.decode()
            summary = page.split('class="err-sum"')[1].split("</div>")[0]
            for row in revision.spec[names]:
                assert f'href="#id_choice-{row["id"]}"' in summary
                assert f"“{row['text']}”" in summary
        assert not Response.objects.exists()

    def test_links_the_error_to_the_row_and_keeps_the_other_choices(self) -> None:
        form = as_form(self.ordering, right(self.ordering))
        last = list(form)[-1]
        page = self.client.post(self.at(2), form | {last: "1"}).content.decode()
        assert "has the same place as another line: “First”" in page
        assert f'href="#id_{last}"' in page
        assert f'id="id_{last}"' in page
        assert '<option value="2" selected>' in page
        assert not Response.objects.exists()

    def test_handles_invalid_input_without_an_error_and_saves_nothing(self) -> None:
        for n, revision in enumerate((self.matching, self.ordering), 1):
            form = as_form(revision, right(revision))
            for value in ("\x00", "💥", "x" * 100_000, "-1", "9" * 400, "²", ""):
                first = next(key for key in form if key.startswith("choice-"))
                assert self.client.post(self.at(n), form | {first: value}).status_code == 200, value[:9]
            assert self.client.post(self.at(n), {"number": 1, "choice-": "1", "choice": "x"}).status_code == 200
        assert not Response.objects.exists()

    def test_shows_the_right_pairs_afterwards(self) -> None:
        self.client.post(self.at(1), as_form(self.matching, wrong(self.matching)))
        page = self.client.get(self.at(1) + "feedback/").content.decode()
        for words in ("Not quite", "Row 1 – Card A", "Row 1 – Card B", "(2 of 3)", "About Row 1."):
            assert words in page, words
        assert "About Row 2." not in page
