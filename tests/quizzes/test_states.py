"""An attempt can be continued from every state, and invalid form data writes nothing."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quizzes import authoring, taking
from quizzes.models import Attempt, AttemptItem, Memory, QuizItem, Response
from tests.quizzes.cast import PagesCase, as_form, at, make_learner, make_question, make_quiz, right, wrong

OUT_OF_DATE = "That page was out of date. Here is where you are now."


class StateCase(PagesCase):
    """An attempt at three questions; the second is a safety question with two right choices."""

    def device(self) -> Client:
        client = Client()
        client.force_login(self.learner)
        return client

    def answer(self, n: int, given: list[str], number: int = 1, client: Client | None = None) -> Any:
        form = {"choice": given or ["unsure"], "number": number}
        return (client or self.client).post(self.at(n), form, follow=True)


class TestAnAttempt(StateCase):
    def test_continues_on_another_device(self) -> None:
        self.answer(1, right(self.plain))
        other = self.device()
        assert taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(21)) == self.attempt
        assert other.get(self.at(1)).url == self.at(1, "feedback")
        assert self.answer(2, right(self.two), client=other).status_code == 200
        assert f'href="{self.at(3)}"' in self.client.get(self.at(2, "feedback")).content.decode()

    def test_in_two_tabs_keeps_the_first_answer_and_shows_it_in_both(self) -> None:
        assert "Yes, that is right" in self.answer(1, right(self.plain)).content.decode()
        page = self.answer(1, wrong(self.plain), client=self.device())
        assert "Yes, that is right" in page.content.decode()
        assert [r.mark for r in Response.objects.all()] == ["right"]

    def test_in_two_tabs_leads_the_older_tab_to_the_current_state(self) -> None:
        self.answer(3, right(self.truth))
        self.answer(1, right(self.plain))
        self.answer(2, wrong(self.two))
        self.answer(2, right(self.two), number=2)
        page = self.answer(2, right(self.two), number=3, client=self.device())
        assert OUT_OF_DATE in page.content.decode()
        assert page.redirect_chain[-1][0] == self.at(2, "feedback")
        assert Response.objects.count() == 4

    def test_continues_after_the_next_sign_in_when_the_session_is_lost(self) -> None:
        self.client.logout()
        assert self.client.post(self.at(1), {"choice": right(self.plain), "number": 1}).status_code == 303
        assert not Response.objects.exists()
        self.client.force_login(self.learner)
        assert "Stem of plain?" in self.client.get(self.at(1)).content.decode()

    def test_keeps_its_wording_when_the_question_is_edited(self) -> None:
        text = {name: getattr(self.plain, name) for name in ("why", "objective", "spec")}
        newer = authoring.draft(question=self.plain.question, language="en", kind="choice", stem="New words?", **text)
        authoring.publish(revision=newer, same_meaning=False)
        assert "Stem of plain?" in self.client.get(self.at(1)).content.decode()
        assert "Stem of plain?" in self.answer(1, wrong(self.plain)).content.decode()

    def test_can_be_finished_when_a_question_is_retired_and_a_retry_leaves_it_out(self) -> None:
        authoring.retire(revision=self.plain)
        self.answer(1, wrong(self.plain))
        self.answer(2, right(self.two))
        self.answer(3, wrong(self.truth))
        self.attempt.refresh_from_db()
        assert self.attempt.finished is not None
        assert "Topic of plain" in self.client.get(self.result()).content.decode()
        retry = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(21))
        assert [item.revision for item in retry.items.all()] == [self.truth]

    def test_keeps_its_order_when_the_quiz_is_reordered_or_loses_a_question(self) -> None:
        before = self.client.get(self.at(2)).content.decode()
        QuizItem.objects.filter(quiz=self.quiz).delete()
        QuizItem.objects.create(quiz=self.quiz, question=self.truth.question, position=1)
        QuizItem.objects.create(quiz=self.quiz, question=self.plain.question, position=2)
        assert "Question 2 of 3" in before
        after = self.client.get(self.at(2)).content.decode()
        assert (
            after.split("</fieldset>")[0].split("<fieldset")[1] == before.split("</fieldset>")[0].split("<fieldset")[1]
        )
        for n, revision in enumerate((self.plain, self.two, self.truth), 1):
            self.answer(n, right(revision))
        assert "All 3 right the first time." in self.client.get(self.result()).content.decode()

    def test_that_is_finished_accepts_no_answer_and_says_so(self) -> None:
        for n, revision in enumerate((self.plain, self.two, self.truth), 1):
            self.answer(n, right(revision))
        page = self.answer(2, wrong(self.two), number=2)
        assert OUT_OF_DATE in page.content.decode()
        assert Response.objects.count() == 3

    def test_that_was_deleted_is_not_found(self) -> None:
        item = self.attempt.items.with_answers()[0]
        Response.objects.all().delete()
        AttemptItem.objects.all().delete()
        Attempt.objects.all().delete()
        for address in (self.at(1), self.at(1, "feedback"), self.result()):
            assert self.client.get(address).status_code == 404
        assert self.client.post(self.at(1), {"choice": right(self.plain), "number": 1}).status_code == 404
        try:
            taking.answer(item=item, given=right(self.plain), number=1, now=at(20))
        except taking.NotOwed:
            assert not Memory.objects.exists()
        else:
            raise AssertionError("an answer to a deleted attempt was saved")

    def test_asks_a_missed_safety_question_again_at_the_end_and_not_before(self) -> None:
        self.answer(2, wrong(self.two))
        assert self.client.get(self.at(2)).url == self.at(2, "feedback")
        page = self.answer(2, right(self.two), number=2)
        assert OUT_OF_DATE in page.content.decode()
        assert [r.mark for r in Response.objects.all()] == ["wrong"]
        assert "comes once more" in page.content.decode()
        self.answer(1, right(self.plain))
        self.answer(3, right(self.truth))
        self.answer(2, right(self.two), number=2)
        assert [r.mark for r in Response.objects.order_by("pk")] == ["wrong", "right", "right", "right"]

    def test_promises_no_more_tries_after_a_right_answer_or_the_third_try(self) -> None:
        assert "comes once more" not in self.answer(2, right(self.two)).content.decode()
        one, two = (make_question(slug, critical=True) for slug in ("one", "two-more"))
        self.attempt = taking.start(
            learner=self.learner, quiz=make_quiz(one, two, slug="safe"), language="en", now=at(20)
        )
        promised = []
        for number in (1, 2, 3):
            for n, revision in ((1, one), (2, two)):
                page = self.answer(n, wrong(revision), number=number).content.decode()
                promised.append("comes once more" in page)
        assert promised == [True, True, True, True, False, False]


class TestTryingAgain(StateCase):
    def test_asks_only_what_was_missed_and_leaves_first_answers_as_they_were(self) -> None:
        self.answer(1, wrong(self.plain))
        self.answer(2, right(self.two))
        self.answer(3, [])
        first = list(Response.objects.order_by("pk").values())
        self.attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(21))
        assert [item.revision for item in self.attempt.items.order_by("position")] == [self.plain, self.truth]
        self.answer(1, right(self.plain))
        self.answer(2, right(self.truth))
        assert list(Response.objects.order_by("pk").values())[:3] == first
        kinds = Response.objects.order_by("pk").values_list("item__attempt__kind", "mark")
        assert list(kinds)[3:] == [("retry", "right"), ("retry", "right")]

    def test_asks_missed_questions_until_all_are_right(self) -> None:
        self.answer(1, wrong(self.plain))
        self.answer(2, right(self.two))
        self.answer(3, wrong(self.truth))
        for how, asked in ((wrong, [self.plain, self.truth]), (right, [self.plain])):
            self.attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(21))
            assert [item.revision for item in self.attempt.items.order_by("position")] == asked
            for n, revision in enumerate(asked, 1):
                self.answer(n, how(revision) if revision == self.plain else right(revision))
        again = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(22))
        assert (again.kind, again.items.count()) == (Attempt.Kind.CHECK, 3)


class TestBadInput(StateCase):
    """Invalid input gives a clear error or 404, and nothing is written."""

    def post_raw(self, n: int, form: dict[str, Any], status: int = 200) -> str:
        with CaptureQueriesContext(connection) as queries:
            response = self.client.post(self.at(n), form)
        assert response.status_code == status, (response.status_code, str(form)[:80])
        writes = [q["sql"][:80] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        assert [sql for sql in writes if "_session" not in sql] == []
        assert not Response.objects.exists()
        return response.content.decode()

    def test_unknown_choices_and_choices_of_other_questions_are_refused(self) -> None:
        foreign = right(self.two)[0]
        for choice in ("deadbeef", foreign, "", "\x00", "a\x00b", "9" * 400, "²", "x" * 1_000_000, "true"):
            assert "There is a problem" in self.post_raw(1, {"choice": [choice], "number": 1})
        page = self.post_raw(2, {"choice": [right(self.two)[0], right(self.plain)[0]], "number": 1})
        assert "There is a problem" in page

    def test_too_many_and_too_few_choices_are_refused(self) -> None:
        ids = [choice["id"] for choice in self.two.spec["choices"]]
        assert "You chose 1" in self.post_raw(2, {"choice": ids[:1], "number": 1})
        assert "You chose 3" in self.post_raw(2, {"choice": ids[:3], "number": 1})
        assert "There is a problem" in self.post_raw(2, {"choice": [ids[0], ids[0]], "number": 1})
        assert "There is a problem" in self.post_raw(
            1, {"choice": [c["id"] for c in self.plain.spec["choices"]], "number": 1}
        )

    def test_incomplete_matching_is_refused_with_a_link_to_the_missing_row(self) -> None:
        matching = make_question("matching", kind="matching")
        self.attempt = taking.start(
            learner=self.learner, quiz=make_quiz(matching, slug="rows"), language="en", now=at(20)
        )
        form = as_form(matching, right(matching))
        last = list(form)[-1]
        page = self.post_raw(1, {name: value for name, value in form.items() if name != last})
        assert f'href="#id_{last}"' in page
        self.post_raw(1, form | {last: "\x00"})
        self.post_raw(1, form | {last: right(self.plain)[0]})

    def test_a_wrong_number_leads_to_the_current_page(self) -> None:
        for number in ("", "x", "\x00", "0", "-1", "2", "99", "100", "9" * 400, "1e9", "²", "1.5", "x" * 1_000_000):
            self.post_raw(1, {"choice": right(self.plain), "number": number}, status=303)

    def test_another_persons_attempt_is_not_found(self) -> None:
        mine = self.attempt
        self.attempt = taking.start(learner=make_learner(), quiz=self.quiz, language="en", now=at(20))
        self.post_raw(1, {"choice": right(self.plain), "number": 1}, status=404)
        assert mine != self.attempt

    def test_too_many_form_fields_are_refused(self) -> None:
        self.post_raw(1, {"choice": right(self.plain), "number": 1} | {f"x{n}": "1" for n in range(2000)}, status=400)
