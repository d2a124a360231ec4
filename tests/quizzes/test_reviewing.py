"""Cards, which follow from the record."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TestCase, TransactionTestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyCase

from quizzes import reviewing, taking
from quizzes.models import Attempt, AttemptItem, Card, Response, Revision, day_of
from tests.quizzes.cast import NEW_YORK, at, make_learner, make_question, make_quiz, right, together, wrong

How = Any  # right, wrong, or what gives an empty answer


def unsure(revision: Revision) -> list[str]:
    return []


def ask(learner: Any, *revisions: Revision, now: datetime, kind: str = "review") -> Attempt:
    """Return an open attempt that asks these; the ones open before it are left, without an answer owed."""
    Attempt.objects.filter(learner=learner, finished=None).update(finished=now)
    attempt = Attempt.objects.create(learner=learner, kind=kind, started=now)
    AttemptItem.objects.bulk_create(
        AttemptItem(attempt=attempt, position=n, revision=revision) for n, revision in enumerate(revisions, 1)
    )
    return attempt


def give(attempt: Attempt, *how: How, now: datetime, day: date | None = None) -> None:
    """Answer what is owed, one thing after the other."""
    for one in how:
        item = taking.owed(list(attempt.items.with_answers()))
        assert item is not None
        given = one(item.revision)
        taking.answer(item=item, given=given, number=item.answers + 1, now=now, day=day or day_of(attempt.learner, now))


def cards(learner: Any) -> list[dict[str, Any]]:
    return list(
        Card.objects.filter(learner=learner)
        .order_by("question")
        .values("question", "stability", "difficulty", "last", "due", "in_a_row")
    )


class CardCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.plain = make_question("plain")
        cls.safety = make_question("safety", critical=True)
        cls.quiz = make_quiz(cls.plain, cls.safety)
        cls.learner = make_learner()

    def card(self, revision: Revision) -> Card:
        return Card.objects.get(learner=self.learner, question=revision.question)


class TestACard(CardCase):
    def test_is_made_by_the_first_answer_in_a_check(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        give(attempt, right, wrong, now=at(20))
        assert (self.card(self.plain).due, self.card(self.plain).in_a_row) == (date(2026, 11, 22), 1)
        assert (self.card(self.safety).due, self.card(self.safety).in_a_row) == (date(2026, 11, 21), 0)

    def test_is_moved_by_the_first_answer_of_a_day_only(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        give(attempt, wrong, wrong, right, now=at(20))  # the safety question once more, and right
        assert self.card(self.safety).in_a_row == 0
        retry = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20, 23))
        assert retry.kind == Attempt.Kind.RETRY
        give(retry, right, now=at(20, 23))
        assert self.card(self.plain).in_a_row == 0

    def test_is_moved_by_retries_and_reviews_alike(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        give(attempt, wrong, right, now=at(20))
        retry = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(21))
        give(retry, right, now=at(21))
        assert (self.card(self.plain).last, self.card(self.plain).in_a_row) == (date(2026, 11, 21), 1)
        give(ask(self.learner, self.plain, now=at(23)), right, now=at(23))
        assert (self.card(self.plain).last, self.card(self.plain).in_a_row) == (date(2026, 11, 23), 2)

    def test_counts_not_sure_as_not_right(self) -> None:
        give(ask(self.learner, self.plain, now=at(20)), unsure, now=at(20))
        assert (self.card(self.plain).in_a_row, self.card(self.plain).due) == (0, date(2026, 11, 21))

    def test_belongs_to_a_question_through_all_its_wordings(self) -> None:
        give(ask(self.learner, self.plain, now=at(20)), right, now=at(20))
        Revision.objects.filter(pk=self.plain.pk).update(state="retired")
        fields = {name: getattr(self.plain, name) for name in ("kind", "stem", "why", "objective", "spec")}
        newer = Revision.objects.create(question=self.plain.question, number=2, state="published", **fields)
        give(ask(self.learner, newer, now=at(22)), right, now=at(22))
        assert self.card(self.plain).in_a_row == 2

    def test_is_not_there_when_the_answer_was_refused(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        with pytest.raises(taking.NotOwed):
            taking.answer(item=attempt.items.with_answers()[0], given=[], number=2, now=at(20))
        assert not Card.objects.exists()


class TestTheDay(CardCase):
    """One moment is two dates: half past eleven at night in New York is the next day in London."""

    LATE = at(20, 23, 30)

    def test_is_the_sites_where_the_learner_says_nothing(self) -> None:
        class Anyone:
            zone = None

        for learner in (Anyone(), object()):
            assert day_of(learner, self.LATE) == self.LATE.astimezone(NEW_YORK).date()

    def test_is_the_learners_where_they_say_where_they_live(self) -> None:
        class Londoner:
            zone = ZoneInfo("Europe/London")

        assert day_of(Londoner(), self.LATE) == date(2026, 11, 21)

    def test_of_an_answer_moves_the_card_from_there(self) -> None:
        give(ask(self.learner, self.plain, now=self.LATE), right, now=self.LATE, day=date(2026, 11, 21))
        assert self.card(self.plain).last == date(2026, 11, 21)


class TestRebuilding(CardCase):
    def test_changes_no_card(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        give(attempt, wrong, wrong, right, now=at(20))
        give(ask(self.learner, self.plain, self.safety, now=at(21)), right, unsure, wrong, right, now=at(21))
        other = make_learner()
        give(ask(other, self.plain, now=at(22)), right, now=at(22))
        before = cards(self.learner), cards(other)
        assert reviewing.rebuild(learner=self.learner) == 2
        assert (cards(self.learner), cards(other)) == before

    def test_makes_the_cards_of_answers_given_before_there_were_any(self) -> None:
        give(ask(self.learner, self.plain, self.safety, now=at(20)), right, right, now=at(20))
        before = cards(self.learner)
        Card.objects.all().delete()
        said = StringIO()
        for _ in range(2):
            call_command("rebuild_cards", stdout=said)
        assert cards(self.learner) == before
        assert said.getvalue() == "2 cards of 1 learners.\n" * 2

    def test_leaves_none_where_nothing_was_answered(self) -> None:
        give(ask(self.learner, self.plain, now=at(20)), right, now=at(20))
        Response.objects.all().delete()
        assert reviewing.rebuild(learner=self.learner) == 0
        assert cards(self.learner) == []


class TestRebuiltCards(PropertyCase):
    """Whatever was answered when, in whichever attempt: rebuilding finds the cards that answering made."""

    answers = st.lists(
        st.tuples(st.integers(-30, 60 * 24 * 4), st.sampled_from([right, wrong, unsure]), st.booleans()),
        min_size=1, max_size=8,
    )  # fmt: skip

    @settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
    @given(answers)
    def test_are_those_that_answering_made(self, answers: list[tuple[int, How, bool]]) -> None:
        plain, safety = make_question("plain"), make_question("safety", critical=True)
        learner, now = make_learner(), at(1)
        for minutes, how, both in answers:
            now += timedelta(minutes=minutes)
            attempt = ask(learner, *([plain, safety] if both else [safety]), now=now)
            give(attempt, *[how] * (1 + both), now=now)
        made = cards(learner)
        reviewing.rebuild(learner=learner)
        assert cards(learner) == made


@pytest.mark.race
class TestAtOnce(TransactionTestCase):
    """Several attempts of one learner, the same question, at the same moment."""

    serialized_rollback = True

    def test_make_one_card_the_one_that_a_rebuild_makes(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
        question = make_question("plain")
        quizzes = [make_quiz(question, slug=f"quiz-{n}") for n in range(8)]
        for _ in range(15):
            learner = make_learner()
            for day in (20, 22):
                attempts = [taking.start(learner=learner, quiz=q, language="en", now=at(day)) for q in quizzes]
                how = [right if n % 2 else wrong for n in range(8)]
                done = together(8, lambda n, a=attempts, h=how, d=day: give(a[n], h[n], now=at(d)))
                assert done == [None] * 8, done
            made = cards(learner)
            assert len(made) == 1
            reviewing.rebuild(learner=learner)
            assert cards(learner) == made
