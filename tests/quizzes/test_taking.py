"""An attempt: start it, answer it, finish it."""

from datetime import timedelta

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, transaction
from django.test import TestCase, TransactionTestCase

from quizzes import authoring, taking
from quizzes.models import Attempt, AttemptItem, Question, Quiz, QuizItem, Response, Revision, State
from tests.quizzes.cast import (
    How,
    ask,
    at,
    make_learner,
    make_question,
    make_quiz,
    right,
    together,
    unguarded,
    wrong,
)
from tests.quizzes.cast import give as give_all

NOW = at(23)


def start(learner: AbstractBaseUser, quiz: Quiz) -> Attempt:
    return taking.start(learner=learner, quiz=quiz, language="en", now=NOW)


def items(attempt: Attempt) -> list[AttemptItem]:
    return list(attempt.items.with_answers())


def give(attempt: Attempt, position: int, given: list[str], number: int | None = None, minutes: int = 0) -> None:
    item = items(attempt)[position - 1]
    taking.answer(
        item=item,
        given=given,
        number=item.answers + 1 if number is None else number,
        now=NOW + timedelta(minutes=minutes),
    )


class AttemptCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.plain = make_question("plain")
        cls.safety = make_question("safety", critical=True)
        cls.truth = make_question("truth", kind="truth")
        cls.quiz = make_quiz(cls.plain, cls.safety, cls.truth)
        cls.learner = make_learner()


class TestStarting(AttemptCase):
    def test_keeps_the_published_wordings_in_order(self) -> None:
        attempt = start(self.learner, self.quiz)
        assert [i.revision for i in items(attempt)] == [self.plain, self.safety, self.truth]
        assert (attempt.kind, attempt.finished) == (Attempt.Kind.CHECK, None)

    def test_twice_gives_the_same_open_attempt(self) -> None:
        assert start(self.learner, self.quiz) == start(self.learner, self.quiz)
        assert AttemptItem.objects.count() == 3

    def test_gives_another_learner_an_attempt_of_their_own(self) -> None:
        assert start(self.learner, self.quiz) != start(make_learner(), self.quiz)

    def test_leaves_out_retired_questions_and_other_languages(self) -> None:
        authoring.retire(revision=self.plain)
        with unguarded():
            Revision.objects.filter(pk=self.truth.pk).update(language="es")
        assert [i.revision for i in items(start(self.learner, self.quiz))] == [self.safety]

    def test_a_quiz_without_published_questions_raises(self) -> None:
        Revision.objects.update(state=State.RETIRED)
        with pytest.raises(taking.NothingToAsk):
            start(self.learner, self.quiz)
        assert not Attempt.objects.exists()

    def test_continues_with_the_wording_it_started_with(self) -> None:
        attempt = start(self.learner, self.quiz)
        newer = authoring.draft(
            question=self.plain.question,
            language="en",
            kind="choice",
            stem="New words?",
            why="New why.",
            objective="x",
            spec=self.plain.spec,
        )
        authoring.publish(revision=newer, same_meaning=True)
        assert items(attempt)[0].revision.stem == "Stem of plain?"
        assert items(start(make_learner(), self.quiz))[0].revision.stem == "New words?"

    def test_after_a_finished_check_asks_only_the_missed_questions(self) -> None:
        attempt = start(self.learner, self.quiz)
        give(attempt, 1, wrong(self.plain))
        give(attempt, 2, right(self.safety))
        give(attempt, 3, [])
        retry = start(self.learner, self.quiz)
        assert retry.kind == Attempt.Kind.RETRY
        assert [i.revision for i in items(retry)] == [self.plain, self.truth]

    def test_after_all_answers_were_right_is_a_complete_new_check(self) -> None:
        attempt = start(self.learner, self.quiz)
        for n, revision in enumerate((self.plain, self.safety, self.truth), 1):
            give(attempt, n, right(revision))
        assert start(self.learner, self.quiz).kind == Attempt.Kind.CHECK


class TestWhatIsStillMissed(AttemptCase):
    """A retry asks what the learner has still not answered right, in whatever attempt it was missed."""

    def check(self, *how: How) -> None:
        give_all(start(self.learner, self.quiz), *how, now=NOW)

    def asked(self) -> tuple[str, list[Revision]]:
        return taking.to_ask(learner=self.learner, quiz=self.quiz, language="en")

    def review(self, *revisions: Revision, how: How, minutes: int, finish: bool = True) -> None:
        now = NOW + timedelta(minutes=minutes)
        attempt = ask(self.learner, *revisions, now=now)
        for revision in revisions:
            item = next(item for item in items(attempt) if item.revision == revision)
            taking.answer(item=item, given=how(revision), number=1, now=now)
        Attempt.objects.filter(pk=attempt.pk).update(finished=now if finish else None)

    def test_includes_what_a_review_missed(self) -> None:
        self.check(right, right, right)
        self.review(self.safety, how=wrong, minutes=5)
        assert self.asked() == (Attempt.Kind.RETRY, [self.safety])

    def test_leaves_out_what_a_review_put_right(self) -> None:
        self.check(wrong, right, wrong)
        self.review(self.truth, how=right, minutes=5)
        assert self.asked() == (Attempt.Kind.RETRY, [self.plain])

    def test_counts_a_right_answer_of_an_open_review_but_not_a_wrong_one(self) -> None:
        self.check(wrong, right, right)
        self.review(self.safety, how=wrong, minutes=5, finish=False)
        assert self.asked() == (Attempt.Kind.RETRY, [self.plain])
        self.review(self.plain, how=right, minutes=9, finish=False)
        assert self.asked() == (Attempt.Kind.RETRY, [self.safety]), "the first review is closed by the second"

    def test_includes_a_safety_question_that_has_left_the_quiz_and_no_other(self) -> None:
        self.check(wrong, wrong, wrong, wrong, wrong)
        QuizItem.objects.filter(question__in=[self.plain.question, self.safety.question]).delete()
        assert self.asked() == (Attempt.Kind.RETRY, [self.truth, self.safety])

    def test_asks_the_wording_that_is_published_now(self) -> None:
        self.check(wrong, right, right)
        text = {name: getattr(self.plain, name) for name in ("why", "objective", "spec")}
        newer = authoring.draft(question=self.plain.question, language="en", kind="choice", stem="New?", **text)
        authoring.publish(revision=newer, same_meaning=False)
        assert self.asked() == (Attempt.Kind.RETRY, [newer])

    def test_is_nothing_before_a_check_of_the_quiz_is_finished(self) -> None:
        """Another quiz asked one of its questions: the first attempt at this one is still a complete check."""
        give_all(start(self.learner, make_quiz(self.plain, slug="another")), wrong, now=NOW)
        assert self.asked() == (Attempt.Kind.CHECK, [self.plain, self.safety, self.truth])

    def test_of_another_learner_does_not_count(self) -> None:
        self.check(wrong, wrong, wrong, wrong, wrong)
        self.learner = make_learner()
        assert self.asked()[0] == Attempt.Kind.CHECK

    def test_costs_one_query_and_none_for_a_visitor(self) -> None:
        self.check(wrong, right, right)
        with self.assertNumQueries(1):
            assert taking.still_missed(learner=self.learner, quiz=self.quiz) == {self.plain.question_id}
        with self.assertNumQueries(0):
            assert taking.still_missed(learner=AnonymousUser(), quiz=self.quiz) == set()


class TestTheOrderOfChoices(AttemptCase):
    def test_is_the_same_on_every_request(self) -> None:
        item = items(start(self.learner, self.quiz))[0]
        assert item.ask() == AttemptItem.objects.get(pk=item.pk).ask()

    def test_differs_between_attempts(self) -> None:
        orders = set()
        for _ in range(90):  # the chance that one of the six orders is missing is one in a million
            item = items(start(make_learner(), self.quiz))[0]
            orders.add(tuple(c.text for c in item.ask().choices))
        assert len(orders) == 6  # every order of three choices appears

    def test_of_true_and_false_never_changes(self) -> None:
        for _ in range(5):
            item = items(start(make_learner(), self.quiz))[2]
            assert [c.id for c in item.ask().choices] == ["true", "false"]


class TestAnswering(AttemptCase):
    def setUp(self) -> None:
        self.attempt = start(self.learner, self.quiz)

    def test_saves_the_answer_with_its_mark(self) -> None:
        give(self.attempt, 1, wrong(self.plain))
        give(self.attempt, 2, right(self.safety))
        give(self.attempt, 3, [])
        kept = list(Response.objects.order_by("pk").values_list("given", "mark", "number"))
        assert kept == [(wrong(self.plain), "wrong", 1), (right(self.safety), "right", 1), ([], "unsure", 1)]

    def test_twice_with_the_same_number_keeps_the_first_answer(self) -> None:
        give(self.attempt, 1, right(self.plain), number=1)
        give(self.attempt, 1, wrong(self.plain), number=1)
        assert list(Response.objects.values_list("mark", flat=True)) == ["right"]

    def test_with_a_number_that_is_not_next_is_refused(self) -> None:
        for number in (2, 99, 0, -1):
            with pytest.raises(taking.NotOwed):
                give(self.attempt, 1, right(self.plain), number=number)
        assert not Response.objects.exists()

    def test_a_question_that_is_not_owed_is_refused(self) -> None:
        give(self.attempt, 1, wrong(self.plain))
        with pytest.raises(taking.NotOwed):
            give(self.attempt, 1, right(self.plain), number=2)

    def test_the_last_question_finishes_the_attempt(self) -> None:
        give(self.attempt, 1, wrong(self.plain))
        give(self.attempt, 2, right(self.safety))
        self.attempt.refresh_from_db()
        assert self.attempt.finished is None
        give(self.attempt, 3, right(self.truth), minutes=5)
        self.attempt.refresh_from_db()
        assert self.attempt.finished == NOW + timedelta(minutes=5)

    def test_in_any_order_is_accepted(self) -> None:
        give(self.attempt, 3, right(self.truth))
        give(self.attempt, 1, right(self.plain))
        assert taking.owed(items(self.attempt)).position == 2


class TestASafetyQuestion(AttemptCase):
    """A missed safety question comes back at the end of the same check, twice at most (ruling 4)."""

    def setUp(self) -> None:
        self.attempt = start(self.learner, self.quiz)

    def finished(self) -> bool:
        self.attempt.refresh_from_db()
        return self.attempt.finished is not None

    def test_missed_comes_back_only_after_everything_else(self) -> None:
        give(self.attempt, 2, wrong(self.safety))
        assert taking.owed(items(self.attempt)).position == 1
        give(self.attempt, 1, right(self.plain))
        give(self.attempt, 3, right(self.truth))
        assert taking.owed(items(self.attempt)).position == 2
        assert not self.finished()

    def test_not_sure_comes_back_too(self) -> None:
        give(self.attempt, 1, right(self.plain))
        give(self.attempt, 2, [])
        give(self.attempt, 3, right(self.truth))
        assert taking.owed(items(self.attempt)).position == 2

    def test_right_at_the_second_try_finishes_the_check(self) -> None:
        give(self.attempt, 1, right(self.plain))
        give(self.attempt, 2, wrong(self.safety))
        give(self.attempt, 3, right(self.truth))
        give(self.attempt, 2, right(self.safety))
        assert self.finished()
        assert taking.owed(items(self.attempt)) is None

    def test_still_wrong_at_the_third_try_finishes_the_check(self) -> None:
        give(self.attempt, 1, right(self.plain))
        give(self.attempt, 3, right(self.truth))
        for _ in range(3):
            assert not self.finished()
            give(self.attempt, 2, wrong(self.safety))
        assert self.finished()
        with pytest.raises(taking.NotOwed):
            give(self.attempt, 2, right(self.safety), number=4)

    def test_comes_back_but_a_missed_plain_question_does_not(self) -> None:
        give(self.attempt, 1, wrong(self.plain))
        give(self.attempt, 2, right(self.safety))
        give(self.attempt, 3, wrong(self.truth))
        assert self.finished()

    def test_that_was_asked_less_often_comes_first(self) -> None:
        other = make_question("other-safety", critical=True)
        attempt = start(make_learner(), make_quiz(self.safety, other, slug="two-safety"))
        for position, revision in ((1, self.safety), (2, other), (1, self.safety)):
            give(attempt, position, wrong(revision))
        assert taking.owed(items(attempt)).position == 2


class TestTheDatabase(AttemptCase):
    """Rules that database constraints enforce."""

    def refused(self, **fields: object) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Attempt.objects.create(learner=self.learner, started=NOW, **fields)

    def test_refuses_a_second_open_attempt_at_a_quiz(self) -> None:
        start(self.learner, self.quiz)
        self.refused(quiz=self.quiz)

    def test_refuses_a_second_open_review(self) -> None:
        Attempt.objects.create(learner=self.learner, started=NOW, kind="review")
        self.refused(kind="review")

    def test_refuses_a_check_without_a_quiz_and_a_review_with_one(self) -> None:
        self.refused(kind="check", quiz=None)
        self.refused(kind="review", quiz=self.quiz)

    def test_refuses_two_answers_with_one_number(self) -> None:
        item = items(start(self.learner, self.quiz))[0]
        Response.objects.create(item=item, number=1, given=[], mark="unsure", at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            Response.objects.create(item=item, number=1, given=[], mark="unsure", at=NOW)

    def test_refuses_two_published_wordings_of_a_question(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Revision.objects.create(
                question=self.plain.question, number=2, state="published", kind="choice", spec={}, stem="x", why="x"
            )


class TestAuthoring(TestCase):
    def test_gives_choices_random_ids_of_their_own(self) -> None:
        a, b = make_question("a"), make_question("b")
        ids = [c["id"] for r in (a, b) for c in r.spec["choices"]]
        assert len(set(ids)) == 6
        assert all(len(id_) == 8 for id_ in ids)

    def test_refuses_an_invalid_question_and_lists_every_reason(self) -> None:
        question = Question.objects.create(slug="bad")
        with pytest.raises(authoring.Unfit) as caught:
            authoring.draft(question=question, language="en", kind="truth", spec={"version": 1}, stem=" ", why="x")
        assert "The stem is missing." in caught.value.problems
        assert "The objective is missing." in caught.value.problems
        assert len(caught.value.problems) == 4
        with pytest.raises(authoring.Unfit):
            authoring.draft(question=question, language="en", kind="essay", spec={})
        assert not question.revisions.exists()

    def test_publishing_retires_the_last_wording_and_sets_the_line(self) -> None:
        first = make_question("a")
        fields = {"stem": "x", "why": "x", "objective": "x", "spec": first.spec}
        for same_meaning, line in ((True, 1), (False, 2)):
            newer = authoring.draft(question=first.question, language="en", kind="choice", **fields)
            authoring.publish(revision=newer, same_meaning=same_meaning)
            assert newer.line == line
        states = list(first.question.revisions.order_by("number").values_list("number", "state"))
        assert states == [(1, "retired"), (2, "retired"), (3, "published")]

    def test_drafts_can_be_published_in_any_order(self) -> None:
        first = make_question("a")
        fields = {"stem": "x", "why": "x", "objective": "x", "spec": first.spec}
        drafts = [authoring.draft(question=first.question, language="en", kind="choice", **fields) for _ in range(3)]
        for n in (1, 0, 2):
            authoring.publish(revision=drafts[n], same_meaning=True)
        assert first.question.revisions.get(state="published") == drafts[2]

    def test_publishing_twice_is_refused(self) -> None:
        with pytest.raises(authoring.Unfit):
            authoring.publish(revision=make_question("a"), same_meaning=True)


@pytest.mark.race
class TestAtOnce(TransactionTestCase):
    """Sixteen threads write at the same time, on PostgreSQL."""

    THREADS = 16

    def setUp(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
        self.questions = [make_question(f"q{n}", critical=n % 2 == 0) for n in range(self.THREADS)]
        self.quiz = make_quiz(*self.questions)

    def test_starts_give_one_attempt(self) -> None:
        for _ in range(10):
            learner = make_learner()
            attempts = together(self.THREADS, lambda n, who=learner: start(who, self.quiz).pk)
            assert len(set(attempts)) == 1, attempts
            assert Attempt.objects.of(learner).count() == 1
            assert AttemptItem.objects.of(learner).count() == self.THREADS

    def test_answers_to_one_question_give_one_answer(self) -> None:
        for _ in range(10):
            learner = make_learner()
            attempt = start(learner, self.quiz)
            answers = together(self.THREADS, lambda n, a=attempt: give(a, 1, right(self.questions[0]), number=1))
            assert answers == [None] * self.THREADS
            assert Response.objects.filter(item__attempt=attempt).count() == 1

    def test_answers_to_every_question_finish_the_attempt_once(self) -> None:
        for _ in range(5):
            learner = make_learner()
            attempt = start(learner, self.quiz)
            answers = together(self.THREADS, lambda n, a=attempt: give(a, n + 1, right(self.questions[n]), number=1))
            assert answers == [None] * self.THREADS
            assert Response.objects.filter(item__attempt=attempt).count() == self.THREADS
            attempt.refresh_from_db()
            assert attempt.finished is not None
