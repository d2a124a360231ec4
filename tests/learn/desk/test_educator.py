"""The educator's pages: statistics of questions; draft, advice, second person, publish, retire."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client, TestCase, TransactionTestCase
from django.urls import reverse

from learn.lessons import content
from learn.people import roles
from learn.people.models import User
from quizzes import authoring, health, taking
from quizzes.models import Attempt, ItemAnalysis, Question, Quiz, Response, Revision, State
from tests.cast import (
    FIXTURES,
    as_form,
    at,
    load_content,
    make_nurse,
    make_question,
    make_quiz,
    make_staff,
    make_team,
    right,
    together,
    words,
    wrong,
)


def form_of(response: Any) -> dict[str, str]:
    """Return what a browser would send if the form on this page is not changed."""
    form, data = response.context["form"], {}
    for field in form:
        value = field.value()
        if value not in (None, False, ""):
            data[field.name] = "on" if value is True else str(value)
    return data


ENDING = {"why": "It is there.", "objective": "Help"}
NEW = {  # what an educator types for a new question, by kind
    "choice": {"choose": "1", "text_0": "A", "right_0": "on", "feedback_0": "Yes.", "text_1": "B", "feedback_1": "No."},
    "truth": {"answer": "true", "feedback_true": "Yes.", "feedback_false": "It can."},
    "matching": {
        "text_0": "A", "card_0": "1", "feedback_0": "Mind A.", "text_1": "B", "card_1": "2", "feedback_1": "Mind B.",
    },
    "ordering": {"text_0": "A", "text_1": "B", "text_2": "C", "feedback": "A comes first."},
}  # fmt: skip
NEW = {kind: typed | ENDING for kind, typed in NEW.items()}


class EducatorCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.eda, cls.rex = make_staff("eda", roles.EDUCATOR), make_staff("rex", roles.REVIEWER)
        cls.plain, cls.safety = make_question("plain"), make_question("safety", critical=True)
        cls.quiz = make_quiz(cls.plain, cls.safety)

    def setUp(self) -> None:
        clock = time_machine.travel(at(23), tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.eda)

    def to(self, name: str, *args: Any) -> str:
        return reverse(f"admin:quizzes_question_{name}", args=args)

    def page(self, revision: Revision) -> str:
        return words(self.client.get(self.to("change", revision.question_id)))

    def write(self, revision: Revision, **over: str) -> Any:
        """Change a question as in a browser: open the form, then send it."""
        address = self.to("write", revision.question_id)
        return self.client.post(address, form_of(self.client.get(address)) | over)

    def publish(self, revision: Revision, what: str, **over: str) -> Any:
        seen = self.client.get(self.to("change", revision.question_id)).context.get("seen", "")
        address = self.to("publish", revision.question_id)
        return self.client.post(address, {"as": what, "seen": seen} | over, follow=True)

    def asked(self, revision: Revision) -> Revision:
        return revision.question.revisions.get(state=State.PUBLISHED)

    def take(self, n: int, how: Any) -> None:
        for _ in range(n):
            attempt = taking.start(learner=User.objects.create_guest(), quiz=self.quiz, language="en", now=at(20))
            while item := taking.owed(list(attempt.items.with_answers())):
                taking.answer(item=item, given=how(item.revision), number=item.answers + 1, now=at(20))


class TestTheQuestions(EducatorCase):
    def test_are_the_first_page_of_educators_and_reviewers(self) -> None:
        for who, first in ((self.eda, self.to("changelist")), (self.rex, reverse("admin:lessons_lesson_review"))):
            self.client.force_login(who)
            assert self.client.get("/admin/").headers["Location"] == first

    def test_come_worst_first_with_counts_and_what_to_look_at(self) -> None:
        self.take(30, lambda r: right(r) if r.critical else wrong(r))
        page = words(self.client.get(self.to("changelist")))
        assert "Stem of plain? A quiz 0 of 30 Misleading Stem of safety? A quiz Safety 30 of 30" in page

    def test_say_whose_answers_count(self) -> None:
        page = words(self.client.get(self.to("changelist")))
        assert "Only the very first answer of each learner counts; of each check, only the newest 500 people." in page
        assert "newest 500" not in self.page(self.plain)
        self.take(1, right)
        assert "Counted: the very first answer of the newest 500 people of each check." in self.page(self.plain)

    def test_say_so_when_there_are_too_few_answers(self) -> None:
        page = words(self.client.get(self.to("changelist")))
        assert "Stem of plain? A quiz Too few answers yet 0 of 0 Few answers" in page

    def test_can_be_filtered_by_check(self) -> None:
        make_quiz(make_question("other"), slug="other")
        page = words(self.client.get(self.to("changelist"), {"quiz": "other"}))
        assert "Stem of other?" in page
        assert "Stem of plain?" not in page
        assert "Stem of plain?" in words(self.client.get(self.to("changelist"), {"quiz": "nowhere"}))

    def test_do_not_count_answers_of_staff(self) -> None:
        taking.start(learner=self.eda, quiz=self.quiz, language="en", now=at(20))
        item = taking.owed(list(Attempt.objects.get().items.with_answers()))
        taking.answer(item=item, given=[], number=1, now=at(20))
        assert "Stem of plain? A quiz Too few answers yet 0 of 0" in words(self.client.get(self.to("changelist")))
        assert "Too few answers yet: 0 of the 30 that it takes." in self.page(item.revision)

    def test_and_lessons_show_what_a_timer_counted(self) -> None:
        self.take(3, right)
        before = self.asked(self.plain)
        with patch.object(health, "NEWEST", 2), patch.object(health, "_kept", {}):
            call_command("item_analysis", stdout=StringIO())
            health._kept.clear()
            lessons = reverse("admin:lessons_lesson_changelist")
            for address in (self.to("changelist"), self.to("change", before.question_id), lessons):
                assert self.client.get(address).status_code == 200
                assert health._kept == {}, f"{address} did not have to count"
            row = ItemAnalysis.objects.get()
            row.figures[str(before.pk)] |= {"n": 1234, "right": 1233}
            row.save()
            assert "1233 of 1234" in words(self.client.get(self.to("changelist")))

    def test_show_waiting_drafts(self) -> None:
        self.write(self.safety, stem="Mended?")
        page = words(self.client.get(self.to("changelist"), {"show": "drafts"}))
        assert "Stem of safety? A quiz Safety Too few answers yet 0 of 0 Few answers Draft waits by eda" in page
        assert "Stem of plain?" not in page

    def test_do_not_show_drafts_of_another_language(self) -> None:
        words_ = {name: getattr(self.plain, name) for name in ("kind", "spec", "why", "objective")}
        authoring.draft(question=self.plain.question, language="es", stem="¿Qué?", **words_)
        assert "Draft waits" not in words(self.client.get(self.to("changelist")))

    def test_cost_the_same_queries_for_two_and_five(self) -> None:
        self.client.get(self.to("changelist"))
        with self.assertNumQueries(9):
            self.client.get(self.to("changelist"))
        make_quiz(*(make_question(f"more {n}") for n in range(3)), slug="more")
        self.take(5, right)
        with self.assertNumQueries(9):
            self.client.get(self.to("changelist"))

    def test_are_not_shown_to_nurses(self) -> None:
        self.client.force_login(make_nurse("noor", make_team()))
        for name, args in (("changelist", []), ("change", [self.plain.question_id]), ("add", [])):
            assert self.client.get(self.to(name, *args)).status_code == 404


class TestAQuestionsPage(EducatorCase):
    def test_shows_statistics_where_it_is_asked_and_its_history(self) -> None:
        self.take(30, right)
        page = self.page(self.plain)
        assert "Right 0 Right 30 of 30 Wrong 1 0 of 30 Wrong 2 0 of 30 I’m not sure 0 of 30" in page
        assert "30 of 30 were right. Of very many people, most likely between 27 and 30 of every 30 would be." in page
        assert "Its place A quiz, place 1" in page
        assert "History" in page

    def test_shows_the_counts_of_each_earlier_wording(self) -> None:
        self.take(4, right)
        for stem in ("Another?", "A third?"):
            there = self.asked(self.plain)
            self.write(there, stem=stem)
            draft = there.question.newest("en")
            authoring.publish(revision=draft, same_meaning=False)
        page = self.page(self.plain)
        assert "2. Another? Asked no more" in page
        assert "Nobody has answered it." in page
        then = page[page.index("1. Stem of plain?") :]
        assert "4 of 4 were right at the first try" in then
        assert "Right 0 Right 4 of 4 Wrong 1 0 of 4 Wrong 2 0 of 4 I’m not sure 0 of 4" in then
        assert "0 of 0" not in page[: page.index("History")].split("How it does")[1]

    def test_costs_two_queries_more_with_one_or_three_earlier_wordings(self) -> None:
        self.take(2, right)
        address = self.to("change", self.plain.question_id)
        self.client.get(address)
        for n, queries in ((0, 10), (1, 12), (2, 12), (3, 12)):
            if n:
                there = self.asked(self.plain)
                self.write(there, stem=f"Again {n}?")
                authoring.publish(revision=there.question.newest("en"), same_meaning=False)
            with self.subTest(n=n), self.assertNumQueries(queries):
                self.client.get(address)

    def test_shows_no_estimate_for_all_learners_with_too_few_answers(self) -> None:
        self.take(3, right)
        page = self.page(self.plain)
        assert "Too few answers yet: 3 of the 30 that it takes." in page
        assert "Right 0 Right 3 of 3" in page
        assert "Of very many people" not in page

    def test_is_not_found_for_an_unknown_number(self) -> None:
        for pk in (0, 10**30, self.safety.question_id + 99):
            assert self.client.get(self.to("change", 1).replace("/1/", f"/{pk}/")).status_code == 404
        assert self.client.get(self.to("preview", self.plain.question_id, 7)).status_code == 404


class TestAFixedTypo(EducatorCase):
    def test_is_written_published_and_logged_by_one_educator(self) -> None:
        assert self.write(self.plain, stem="Mended?").status_code == 303
        page = self.page(self.plain)
        assert "What changed Text As it is asked now In the draft Question Stem of plain? Mended?" in page
        assert "Publish as a mended typo" in page
        assert "Publish as a changed meaning" not in page
        assert "Published. New checks ask it so" in words(self.publish(self.plain, "typo"))
        now = self.asked(self.plain)
        assert (now.stem, now.line, now.author, now.published_by) == ("Mended?", 1, self.eda, self.eda)
        page = self.page(self.plain)
        assert "2. Mended? Asked now Written by eda, November 23, 2026" in page
        assert "A mended typo: its answers are counted with those before it. 1. Stem of plain? Asked no more" in page

    def test_changes_only_what_was_changed_in_the_form(self) -> None:
        for kind in ("choice", "truth", "matching", "ordering"):
            with self.subTest(kind=kind):
                old = make_question(f"of {kind}", kind=kind)
                self.write(old, why="Another reason.")
                draft = old.question.newest("en")
                assert draft.why == "Another reason."
                assert (draft.spec, draft.stem, draft.objective) == (old.spec, old.stem, old.objective)
                assert not authoring.more_than_a_typo(draft, old)

    def test_in_a_choice_keeps_its_id(self) -> None:
        self.write(self.plain, text_1="Wrong one")
        self.publish(self.plain, "typo")
        assert [c["id"] for c in self.asked(self.plain).spec["choices"]] == [
            c["id"] for c in self.plain.spec["choices"]
        ]

    def test_in_a_tile_keeps_the_id_of_the_tile_in_any_position(self) -> None:
        old = make_question("m", kind="matching")
        self.write(old, card_0="Card one", card_2="Card one")
        draft = old.question.newest("en")
        assert draft.spec["cards"] == [{"id": "ca", "text": "Card one"}, {"id": "cb", "text": "Card B"}]
        assert not authoring.more_than_a_typo(draft, old)


class TestMoreThanATypo(EducatorCase):
    def test_needs_a_second_person(self) -> None:
        self.write(self.plain, right_0="", right_1="on")
        page = self.page(self.plain)
        assert "A second person has to read and publish this: more than words changed." in page
        assert "Publish as" not in page
        for what in ("typo", "meaning", "x"):
            self.publish(self.plain, what)
            assert self.asked(self.plain) == self.plain
        self.client.force_login(self.rex)
        assert "Publish as a changed meaning" in self.page(self.plain)
        self.publish(self.plain, "meaning")
        assert (self.asked(self.plain).line, self.asked(self.plain).published_by) == (2, self.rex)
        assert "A changed meaning: its answers are counted anew." in self.page(self.plain)

    def test_includes_swapping_the_texts_of_two_choices(self) -> None:
        self.write(self.plain, text_0="Wrong 1", text_1="Right 0")
        assert "more than words changed" in self.page(self.plain)

    def test_includes_every_change_of_a_safety_question(self) -> None:
        self.write(self.safety, stem="Mended?")
        assert "it is about safety" in self.page(self.safety)
        assert "A second person has to read" in words(self.publish(self.safety, "typo"))
        self.client.force_login(self.rex)
        self.publish(self.safety, "typo")
        assert (self.asked(self.safety).stem, self.asked(self.safety).line) == ("Mended?", 1)

    def test_can_only_be_published_as_a_typo_or_as_a_new_meaning(self) -> None:
        self.write(self.plain, stem="Mended?")
        self.client.force_login(self.rex)
        for what in ("", "x", "Typo"):
            assert "Say how to publish it" in words(self.publish(self.plain, what))
            assert self.asked(self.plain) == self.plain

    def test_cannot_be_written_by_a_reviewer(self) -> None:
        self.client.force_login(self.rex)
        for name in ("write", "discard", "retire"):
            address = self.to(name, self.plain.question_id)
            assert self.client.post(address, {}).status_code == 404, name
        assert "Change the words" not in self.page(self.plain)


class TestTwoEducators(EducatorCase):
    def test_see_that_the_other_saved_first_and_lose_no_typed_text(self) -> None:
        address = self.to("write", self.plain.question_id)
        mine = form_of(self.client.get(address)) | {"stem": "Mine?"}
        self.client.force_login(make_staff("ed", roles.EDUCATOR))
        self.write(self.plain, stem="Theirs?")
        self.client.force_login(self.eda)
        refused = self.client.post(address, mine)
        assert "ed changed this question while you wrote. Yours is not saved yet." in words(refused)
        assert "Mine?" in words(refused)
        assert "What differs Text Theirs, saved Yours, not saved Question Theirs? Mine?" in words(refused)
        assert self.plain.question.newest("en").stem == "Theirs?"
        assert self.client.post(address, form_of(refused)).status_code == 303
        assert self.plain.question.newest("en").stem == "Mine?"

    def test_cannot_publish_a_draft_that_changed_since_they_opened_it(self) -> None:
        self.write(self.plain, stem="Read?", right_0="", right_1="on")
        self.client.force_login(self.rex)
        seen = self.client.get(self.to("change", self.plain.question_id)).context["seen"]
        self.client.force_login(self.eda)
        self.write(self.plain, stem="Changed behind your back?")
        self.client.force_login(self.rex)
        page = words(self.publish(self.plain, "meaning", seen=seen))
        assert "Somebody changed this question while you had it open." in page
        assert self.asked(self.plain) == self.plain

    def test_cannot_retire_a_question_that_changed_since_they_opened_it(self) -> None:
        seen = self.client.get(self.to("change", self.plain.question_id)).context["asked_seen"]
        self.write(self.plain, stem="Better?")
        self.publish(self.plain, "typo")
        page = self.client.post(self.to("retire", self.plain.question_id), {"seen": seen}, follow=True)
        assert "Somebody changed this question while you had it open." in words(page)
        assert self.asked(self.plain).stem == "Better?"

    def test_get_a_message_when_another_published_or_discarded_the_draft(self) -> None:
        self.write(self.plain, stem="Mended?", right_0="", right_1="on")
        seen = self.client.get(self.to("change", self.plain.question_id)).context["seen"]
        self.client.force_login(self.rex)
        self.publish(self.plain, "meaning")
        self.client.force_login(make_staff("ed", roles.EDUCATOR))
        page = self.publish(self.plain, "meaning", seen=seen)
        assert "Somebody changed this question" in words(page)
        page = self.client.post(self.to("discard", self.plain.question_id), {"seen": seen}, follow=True)
        assert "There is no draft of this question now." in words(page)


class TestPressedTwice(EducatorCase):
    """Sending the same form twice counts once: nothing is duplicated, and nobody sees an error."""

    def test_a_draft_is_saved_once(self) -> None:
        address = self.to("write", self.plain.question_id)
        form = form_of(self.client.get(address)) | {"stem": "Mended?", "text_3": "Wrong 3", "feedback_3": "About it."}
        for _ in range(2):
            assert self.client.post(address, form).status_code == 303
        draft = self.plain.question.newest("en")
        assert (draft.number, draft.stem) == (2, "Mended?")
        refused = self.client.post(address, form | {"stem": "Mended otherwise?"})
        assert "eda changed this question while you wrote." in words(refused)

    def test_a_draft_of_each_kind_is_saved_once(self) -> None:
        for kind in ("truth", "matching", "ordering"):
            with self.subTest(kind=kind):
                old = make_question(f"of {kind}", kind=kind)
                address = self.to("write", old.question_id)
                form = form_of(self.client.get(address)) | {"why": "Mended."}
                form |= {"matching": {"card_1": "Another card"}, "ordering": {"text_3": "Card 4"}}.get(kind, {})
                for _ in range(2):
                    assert self.client.post(address, form).status_code == 303

    def test_a_new_question_is_saved_once(self) -> None:
        for kind, form in NEW.items():
            with self.subTest(kind=kind):
                address = self.to("add") + f"?quiz=a-quiz&kind={kind}"
                first, second = (self.client.post(address, form | {"stem": f"New {kind}?"}) for _ in range(2))
                assert first.url == second.url
                assert Question.objects.filter(slug__startswith=f"new-{kind}").count() == 1
                self.client.post(address, form | {"stem": f"New {kind}?", "why": "Another reason."})
                assert Question.objects.filter(slug__startswith=f"new-{kind}").count() == 2

    def test_a_draft_is_published_once(self) -> None:
        self.write(self.plain, stem="Mended?")
        seen = self.client.get(self.to("change", self.plain.question_id)).context["seen"]
        for _ in range(2):
            page = words(self.publish(self.plain, "typo", seen=seen))
            assert "Published. New checks ask it so" in page
            assert "Somebody changed" not in page
        assert (self.asked(self.plain).number, self.asked(self.plain).line) == (2, 1)

    def test_a_draft_is_discarded_once(self) -> None:
        self.client.post(self.to("add") + "?quiz=a-quiz&kind=truth", NEW["truth"] | {"stem": "It helps."})
        for revision in (self.plain, Revision.objects.get(stem="It helps.")):
            if revision == self.plain:
                self.write(revision, stem="Mended?")
            address = self.to("change", revision.question_id)
            seen = self.client.get(address).context["seen"]
            for told in ("The draft was thrown away.", "There is no draft of this question now."):
                gone = self.client.post(self.to("discard", revision.question_id), {"seen": seen}, follow=True)
                assert told in words(gone)
        assert Question.objects.count() == 2


@pytest.mark.race
class TestAtOnce(TransactionTestCase):
    def test_new_questions_with_the_same_text_get_different_slugs_and_a_double_press_makes_one(self) -> None:
        eda = make_staff("eda", roles.EDUCATOR)
        for slug in ("a", "b"):
            make_quiz(make_question(f"of-{slug}"), slug=slug)
        form = NEW["truth"] | {"stem": "It helps."}

        def send(n: int) -> int:
            client = Client()
            client.force_login(eda)
            address = reverse("admin:quizzes_question_add") + f"?quiz={'ab'[n % 2]}&kind=truth"
            return client.post(address, form).status_code

        assert together(4, send) == [303] * 4
        slugs = Question.objects.filter(slug__startswith="it-helps").values_list("slug", flat=True)
        assert sorted(slugs) == ["it-helps", "it-helps-2"]


class TestTheForm(EducatorCase):
    def errors(self, response: Any) -> dict[str, list[str]]:
        return {name: list(found) for name, found in response.context["form"].errors.items()}

    def test_explains_each_error_at_its_field_and_changes_nothing(self) -> None:
        for over, field, text in (
            ({"stem": " "}, "stem", "Write the question."),
            ({"stem": "x" * 301}, "stem", "Ensure this value has at most 300 characters (it has 301)."),
            ({"why": "a\x00b"}, "why", "Null characters are not allowed."),
            ({"feedback_1": ""}, "feedback_1", "Every choice needs its feedback."),
            ({"text_2": "wrong 1"}, "text_2", "Every choice needs words of its own."),
            ({"text_2": ""}, "text_2", "Every choice needs words of its own."),
            ({"right_0": ""}, "right_0", "It asks for one, but 0 are marked right."),
            ({"choose": "9"}, "choose", "Choose a number from the list."),
            ({"choose": ""}, "choose", "Say how many to choose: 1 to 4."),
        ):
            with self.subTest(over=over):
                assert self.errors(self.write(self.plain, **over)) == {field: [text]}
        stale = words(self.write(self.plain, seen="x" * 99))
        assert "Somebody changed this question while you wrote. Yours is not saved yet." in stale
        one = self.write(self.plain, text_1="", feedback_1="", text_2="", feedback_2="")
        assert self.errors(one)["text_1"] == ["Give two to six choices."]
        assert Revision.objects.count() == 2

    def test_explains_the_errors_of_each_kind(self) -> None:
        for kind, over, field in (
            ("truth", {"answer": "perhaps"}, "answer"),
            ("truth", {"feedback_false": ""}, "feedback_false"),
            ("matching", {"card_1": ""}, "card_1"),
            ("matching", {"feedback_2": ""}, "feedback_2"),
            ("matching", {"text_1": "row 1"}, "text_1"),
            ("ordering", {"text_1": "card 1"}, "text_1"),
            ("ordering", {"text_1": ""}, "text_1"),
            ("ordering", {"feedback": ""}, "feedback"),
        ):
            with self.subTest(kind=kind, over=over):
                revision = make_question(f"{kind} {field} {over}"[:70].replace(" ", "-"), kind=kind)
                assert set(self.errors(self.write(revision, **over))) == {field}

    def test_puts_a_question_on_one_line_and_normalizes_line_endings(self) -> None:
        self.write(self.plain, stem=" Mended\r\nover  lines? ", why="One.\r\n\r\nTwo.")
        draft = self.plain.question.newest("en")
        assert (draft.stem, draft.why) == ("Mended over lines?", "One.\n\nTwo.")

    def test_can_add_and_remove_a_choice(self) -> None:
        self.write(self.plain, text_4="Wrong 3", feedback_4="About it.")
        assert [c["text"] for c in self.plain.question.newest("en").spec["choices"]] == [
            "Right 0", "Wrong 1", "Wrong 2", "Wrong 3",
        ]  # fmt: skip
        self.write(self.plain, text_1="", feedback_1="")
        kept = self.plain.question.newest("en").spec["choices"]
        assert [c["text"] for c in kept] == ["Right 0", "Wrong 2", "Wrong 3"]
        assert kept[1]["id"] == self.plain.spec["choices"][2]["id"]

    def test_opens_with_the_fields_that_a_kind_needs_and_says_what_is_missing(self) -> None:
        for kind, open_, told in (
            ("choice", 3, ["Give two to six choices."]),
            ("matching", 2, ["Give two to four lines.", "Give two to four words or phrases that go with the lines."]),
            ("ordering", 3, ["Give three to five lines."]),
        ):
            with self.subTest(kind=kind):
                address = self.to("add") + f"?quiz=a-quiz&kind={kind}"
                page = self.client.get(address)
                assert [filled for _, _, filled in page.context["form"].groups()].count(True) == open_
                assert "For the lesson “A quiz”, at its end." in words(page)
                refused = words(self.client.post(address, {"choose": "1"}))
                for text in (*told, "Write the question.", "Say why.", "Name the topic in a few words."):
                    assert text in refused, text

    def test_offers_the_steps_of_the_published_lessons_and_keeps_one_that_is_gone(self) -> None:
        load_content()
        step = '<option value="interferons/a-general-boost">'
        for address in (self.to("write", self.plain.question_id), self.to("add") + "?quiz=a-quiz&kind=truth"):
            page = self.client.get(address).content.decode()
            assert '<optgroup label="Interferons">' in page
            assert step in page
        gone = make_question("taught", source="a-lesson/a-step")
        page = words(self.client.get(self.to("write", gone.question_id)))
        assert "a-lesson/a-step (no such step is published)" in page
        self.write(gone, stem="Mended?")
        assert gone.question.newest("en").source == "a-lesson/a-step"
        assert "Choose a step from the list" in words(self.write(gone, source="no/where"))

    def test_gives_advice_beside_the_draft_but_never_refuses_because_of_it(self) -> None:
        self.write(self.plain, text_1="All of the above")
        assert "“All of the above” gives the answer away." in self.page(self.plain)


class TestANewQuestion(EducatorCase):
    def test_is_written_for_a_check_and_waits_for_a_second_person(self) -> None:
        address = self.to("add") + "?quiz=a-quiz&kind=truth"
        form = {
            "stem": "The team can help.", "answer": "true", "feedback_true": "Yes.", "feedback_false": "It can.",
            "why": "It is there.", "objective": "Help",
        }  # fmt: skip
        page = self.client.post(address, form, follow=True)
        assert "A second person has to read and publish this" in words(page)
        question = Question.objects.get(slug="the-team-can-help")
        assert list(self.quiz.items.values_list("position", "question"))[-1] == (3, question.pk)
        self.take(1, right)
        assert not Response.objects.filter(item__revision__question=question).exists()
        self.client.force_login(self.rex)
        seen = self.client.get(self.to("change", question.pk)).context["seen"]
        self.client.post(self.to("publish", question.pk), {"as": "meaning", "seen": seen})
        assert question.revisions.get().state == State.PUBLISHED

    def test_that_is_invalid_saves_nothing(self) -> None:
        response = self.client.post(self.to("add") + "?quiz=a-quiz&kind=truth", {"stem": "A statement."})
        assert "Give feedback for both answers." in words(response)
        assert Question.objects.count() == 2
        assert "Choose a check and a kind" in words(self.client.get(self.to("add") + "?quiz=x&kind=y"))

    def test_is_deleted_when_it_is_discarded(self) -> None:
        form = {
            "stem": "The team can help.",
            "answer": "true",
            "feedback_true": "Y.",
            "feedback_false": "N.",
            "why": "W.",
            "objective": "H",
        }
        self.client.post(self.to("add") + "?quiz=a-quiz&kind=truth", form)
        pk = Question.objects.latest("pk").pk
        seen = self.client.get(self.to("change", pk)).context["seen"]
        gone = self.client.post(self.to("discard", pk), {"seen": seen}, follow=True)
        assert "The draft was thrown away." in words(gone)
        assert Question.objects.count() == 2
        assert self.quiz.items.count() == 2


class TestThePreview(EducatorCase):
    def test_is_the_patients_page_and_saves_nothing(self) -> None:
        address = self.to("preview", self.plain.question_id, 1)
        asked = self.client.get(address)
        text = asked.content.decode()
        assert "Nothing that you choose here is kept." in text
        assert "Why of plain" not in text
        assert "About Right 0" not in text
        assert "quizzes/question.html" in [t.name for t in asked.templates]
        for given, verdict in ((right, "Yes, that is right"), (wrong, "Not quite"), (lambda _: [], "That is fine")):
            told = self.client.post(address, as_form(self.plain, given(self.plain)))
            assert verdict in words(told)
            assert "Why of plain." in words(told)
            assert "is saved" not in words(told)
            assert "Add to my questions" not in words(told)  # an educator has no attempt, so there is no item to add
        assert "Choose the answer you think is right" in words(self.client.post(address, {"number": 1}))
        assert (Attempt.objects.count(), Response.objects.count()) == (0, 0)


class TestARetiredQuestion(EducatorCase):
    def test_is_no_longer_asked(self) -> None:
        seen = self.client.get(self.to("change", self.plain.question_id)).context["asked_seen"]
        page = words(self.client.post(self.to("retire", self.plain.question_id), {"seen": seen}, follow=True))
        assert "Taken out." in page
        assert "Not asked now" in page
        assert "Taken out by eda" in page
        assert "not asked now" in words(self.client.post(self.to("retire", self.plain.question_id), follow=True))

    def test_is_never_a_safety_question(self) -> None:
        page = self.page(self.safety)
        assert "Take it out" not in page
        assert "A safety question is not taken out. Write a better one in its place." in page
        seen = self.client.get(self.to("change", self.safety.question_id)).context["asked_seen"]
        page = words(self.client.post(self.to("retire", self.safety.question_id), {"seen": seen}, follow=True))
        assert "A safety question is not taken out." in page
        assert self.asked(self.safety) == self.safety


class TestWhatWasAsked(EducatorCase):
    """Past pages stay the same byte for byte, after decompression and without the CSRF token (ruling 20)."""

    def seen(self, attempt: Attempt) -> list[str]:
        pages = [reverse("quizzes:feedback", args=[attempt.pk, n]) for n in (1, 2)]
        pages.append(reverse("quizzes:result", args=[attempt.pk]))
        texts = []
        for page in pages:
            response = self.client.get(page)
            assert response.status_code == 200
            text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
            # What the next review asks is about the future: a question that was taken out is not asked again.
            texts.append(
                re.sub(r"<p>\s*(We ask|A two-minute review waits|Next two-minute review).*?</p>", "", text, flags=re.S)
            )
        return texts

    def test_stays_the_same_after_every_kind_of_edit(self) -> None:
        ana = User.objects.create_user("ana")
        attempt = taking.start(learner=ana, quiz=self.quiz, language="en", now=at(20))
        for given in (wrong, right):
            item = taking.owed(list(attempt.items.with_answers()))
            taking.answer(item=item, given=given(item.revision), number=1, now=at(20))
        self.client.force_login(ana)
        before = self.seen(attempt)
        assert "Stem of plain?" in before[0]
        for what in ("typo", "meaning", "retire", "again", "kind"):
            self.client.force_login(self.eda)
            if what == "retire":
                seen = self.client.get(self.to("change", self.plain.question_id)).context["asked_seen"]
                self.client.post(self.to("retire", self.plain.question_id), {"seen": seen}, follow=True)
            elif what == "kind":
                newest = self.plain.question.newest("en")
                authoring.write(
                    question=self.plain.question, language="en", seen=authoring.fingerprint(newest), by=self.eda,
                    now=at(23), kind="truth", stem="A statement.", why="W.", objective="T",
                    spec={"version": 1, "answer": True, "feedback": {"true": "Y.", "false": "N."}},
                )  # fmt: skip
            else:
                self.write(
                    self.plain,
                    stem=f"After {what}?",
                    why="New.",
                    text_0=f"Now {what}",
                    feedback_1="New.",
                    objective="N",
                )
            if what != "retire":
                self.client.force_login(self.rex if what != "typo" else self.eda)
                self.publish(self.plain, "typo" if what == "typo" else "meaning")
                assert self.asked(self.plain).stem in (f"After {what}?", "A statement.")
            self.client.force_login(ana)
            assert self.seen(attempt) == before, what


class TestShippedContent(TestCase):
    def test_does_not_replace_what_an_educator_published(self) -> None:
        load_content()
        eda = make_staff("eda", roles.EDUCATOR)
        shipped = Revision.objects.filter(critical=False, kind="choice").first()
        fields = {name: getattr(shipped, name) for name in ("kind", "spec", "why", "objective", "critical", "source")}
        draft = authoring.write(
            question=shipped.question, language="en", seen=authoring.fingerprint(shipped), by=eda, now=at(23),
            stem="As our hospital says it?", **fields,
        )  # fmt: skip
        for _ in range(2):
            content.load(FIXTURES)
            assert shipped.question.newest("en") == draft
            if draft.state == State.DRAFT:
                authoring.publish(revision=draft, same_meaning=True, by=eda, now=at(23))
        content.load(FIXTURES)
        assert shipped.question.revisions.count() == 2
        assert shipped.question.revisions.get(state=State.PUBLISHED).stem == "As our hospital says it?"
        assert Quiz.objects.count() == 20
