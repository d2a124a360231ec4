"""Memories, which follow from the answers; which questions are due; the review."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connection
from django.test import TestCase, TransactionTestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyCase

from quizzes import authoring, learners, reviewing, taking
from quizzes.management.commands import rebuild_memories
from quizzes.models import Attempt, Memory, Pause, Response, Revision, day_of
from tests.quizzes.cast import (
    NEW_YORK,
    How,
    ask,
    at,
    give,
    learn,
    make_learner,
    make_question,
    make_quiz,
    right,
    together,
    unguarded,
    wrong,
)


def unsure(revision: Revision) -> list[str]:
    return []


def memories(learner: Any) -> list[dict[str, Any]]:
    return list(
        Memory.objects.filter(learner=learner)
        .order_by("question")
        .values("question", "stability", "difficulty", "last", "due", "in_a_row")
    )


class MemoryCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.plain = make_question("plain")
        cls.safety = make_question("safety", critical=True)
        cls.quiz = make_quiz(cls.plain, cls.safety)
        cls.learner = make_learner()

    def memory(self, revision: Revision) -> Memory:
        return Memory.objects.get(learner=self.learner, question=revision.question)


class TestAMemory(MemoryCase):
    def test_is_made_by_the_first_answer_in_a_check(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        give(attempt, right, wrong, now=at(20))
        assert (self.memory(self.plain).due, self.memory(self.plain).in_a_row) == (date(2026, 11, 22), 1)
        assert (self.memory(self.safety).due, self.memory(self.safety).in_a_row) == (date(2026, 11, 21), 0)

    def test_is_changed_only_by_the_first_answer_of_a_day(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        give(attempt, wrong, wrong, right, now=at(20))  # the third answer: the safety question again, now right
        assert self.memory(self.safety).in_a_row == 0
        retry = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20, 23))
        assert retry.kind == Attempt.Kind.RETRY
        give(retry, right, now=at(20, 23))
        assert self.memory(self.plain).in_a_row == 0

    def test_is_changed_by_retries_and_by_reviews(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        give(attempt, wrong, right, now=at(20))
        retry = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(21))
        give(retry, right, now=at(21))
        assert (self.memory(self.plain).last, self.memory(self.plain).in_a_row) == (date(2026, 11, 21), 1)
        give(ask(self.learner, self.plain, now=at(23)), right, now=at(23))
        assert (self.memory(self.plain).last, self.memory(self.plain).in_a_row) == (date(2026, 11, 23), 2)

    def test_counts_not_sure_as_wrong(self) -> None:
        give(ask(self.learner, self.plain, now=at(20)), unsure, now=at(20))
        assert (self.memory(self.plain).in_a_row, self.memory(self.plain).due) == (0, date(2026, 11, 21))

    def test_belongs_to_a_question_and_not_to_one_wording(self) -> None:
        give(ask(self.learner, self.plain, now=at(20)), right, now=at(20))
        Revision.objects.filter(pk=self.plain.pk).update(state="retired")
        fields = {name: getattr(self.plain, name) for name in ("kind", "stem", "why", "objective", "spec")}
        newer = Revision.objects.create(question=self.plain.question, number=2, state="published", **fields)
        give(ask(self.learner, newer, now=at(22)), right, now=at(22))
        assert self.memory(self.plain).in_a_row == 2

    def test_is_not_made_when_the_answer_is_refused(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        with pytest.raises(taking.NotOwed):
            taking.answer(item=attempt.items.with_answers()[0], given=[], number=2, now=at(20))
        assert not Memory.objects.exists()


class TestTheDay(MemoryCase):
    """The date depends on the time zone: 11:30 p.m. in New York is already the next day in London."""

    LATE = at(20, 23, 30)

    def test_follows_the_sites_time_zone_when_the_learner_has_none(self) -> None:
        class Anyone:
            zone = None

        for learner in (Anyone(), object()):
            assert day_of(learner, self.LATE) == self.LATE.astimezone(NEW_YORK).date()

    def test_follows_the_learners_own_time_zone(self) -> None:
        class Londoner:
            zone = ZoneInfo("Europe/London")

        assert day_of(Londoner(), self.LATE) == date(2026, 11, 21)

    def test_of_an_answer_is_saved_in_the_memory(self) -> None:
        give(ask(self.learner, self.plain, now=self.LATE), right, now=self.LATE, day=date(2026, 11, 21))
        assert self.memory(self.plain).last == date(2026, 11, 21)


class TestRebuilding(MemoryCase):
    def test_changes_no_memory(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(20))
        give(attempt, wrong, wrong, right, now=at(20))
        give(ask(self.learner, self.plain, self.safety, now=at(21)), right, unsure, wrong, right, now=at(21))
        other = make_learner()
        give(ask(other, self.plain, now=at(22)), right, now=at(22))
        before = memories(self.learner), memories(other)
        assert reviewing.rebuild(learner=self.learner) == 2
        assert (memories(self.learner), memories(other)) == before

    def test_makes_memories_for_answers_that_have_none(self) -> None:
        give(ask(self.learner, self.plain, self.safety, now=at(20)), right, right, now=at(20))
        before = memories(self.learner)
        Memory.objects.all().delete()
        said = StringIO()
        for _ in range(2):
            call_command("rebuild_memories", stdout=said)
        assert memories(self.learner) == before
        told = f"1 learners. If this stops, go on with --after {self.learner.pk}\n2 memories of 1 learners.\n"
        assert said.getvalue() == told * 2

    def test_goes_on_after_a_learner(self) -> None:
        learners = [self.learner, make_learner(), make_learner()]
        for learner in learners:
            give(ask(learner, self.plain, now=at(20)), right, now=at(20))
        Memory.objects.all().delete()
        with patch.object(rebuild_memories, "AT_ONCE", 1):
            call_command("rebuild_memories", after=str(learners[0].pk), stdout=StringIO())
        assert set(Memory.objects.values_list("learner", flat=True)) == {learners[1].pk, learners[2].pk}

    def test_deletes_memories_without_an_answer(self) -> None:
        give(ask(self.learner, self.plain, now=at(20)), right, now=at(20))
        Response.objects.all().delete()
        assert reviewing.rebuild(learner=self.learner) == 0
        assert memories(self.learner) == []


class TestRebuiltMemories(PropertyCase):
    """For any history of answers, a rebuild gives the same memories as answering did."""

    answers = st.lists(
        st.tuples(st.integers(-30, 60 * 24 * 4), st.sampled_from([right, wrong, unsure]), st.booleans()),
        min_size=1, max_size=8,
    )  # fmt: skip

    @settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
    @given(answers)
    def test_equal_the_memories_that_answering_made(self, answers: list[tuple[int, How, bool]]) -> None:
        plain, safety = make_question("plain"), make_question("safety", critical=True)
        learner, now = make_learner(), at(1)
        for minutes, how, both in answers:
            now += timedelta(minutes=minutes)
            attempt = ask(learner, *([plain, safety] if both else [safety]), now=now)
            give(attempt, *[how] * (1 + both), now=now)
        made = memories(learner)
        reviewing.rebuild(learner=learner)
        assert memories(learner) == made


class ReviewCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.plain = [make_question(f"plain-{n}") for n in range(7)]
        cls.safety = [make_question(f"safety-{n}", critical=True) for n in range(2)]
        cls.learner = make_learner()

    def outlook(self, now: datetime, learner: Any = None) -> reviewing.Outlook:
        return reviewing.outlook(learner=learner or self.learner, language="en", now=now)

    def due(self, now: datetime) -> list[Revision]:
        return [Revision.objects.get(pk=pk) for pk in self.outlook(now).due]

    def start(self, now: datetime) -> Attempt | None:
        """Press the button."""
        return reviewing.start(learner=self.learner, language="en", now=now)

    def started(self, now: datetime) -> Attempt:
        attempt = self.start(now)
        assert attempt is not None
        return attempt


class TestWhatIsDue(ReviewCase):
    def test_is_nothing_before_the_first_answer(self) -> None:
        assert self.outlook(at(20)) == reviewing.Outlook()
        assert self.start(at(20)) is None

    def test_is_nothing_on_the_day_of_the_answer(self) -> None:
        learn(self.learner, self.plain[0], how=wrong, now=at(20, 8))
        assert self.outlook(at(20, 23)) == reviewing.Outlook(next=date(2026, 11, 21))
        assert self.due(at(21, 0)) == [self.plain[0]]

    def test_gives_the_next_day_when_nothing_is_due(self) -> None:
        learn(self.learner, self.plain[0], now=at(20))
        assert self.outlook(at(21)) == reviewing.Outlook(next=date(2026, 11, 22))

    def test_is_sorted_by_safety_then_missed_then_lowest_recall(self) -> None:
        old, young, missed, safe = self.plain[0], self.plain[1], self.plain[2], self.safety[0]
        learn(self.learner, old, now=at(1))
        learn(self.learner, young, safe, now=at(20))
        learn(self.learner, missed, how=wrong, now=at(22))
        assert self.due(at(24)) == [safe, missed, old, young]

    def test_is_at_most_five_questions(self) -> None:
        learn(self.learner, *self.plain, how=wrong, now=at(1))
        assert len(self.outlook(at(20)).due) == 5

    def test_uses_the_newest_published_wording(self) -> None:
        learn(self.learner, self.plain[0], how=wrong, now=at(20))
        fields = {name: getattr(self.plain[0], name) for name in ("why", "objective", "spec")}
        newer = authoring.draft(
            question=self.plain[0].question, language="en", kind="choice", stem="New words?", **fields
        )
        assert self.due(at(21)) == [self.plain[0]]
        authoring.publish(revision=newer, same_meaning=False)
        assert self.due(at(21)) == [newer]

    def test_leaves_out_retired_questions_and_asks_others_as_far_as_they_are_translated(self) -> None:
        learn(self.learner, *self.plain[:2], how=wrong, now=at(20))
        authoring.retire(revision=self.plain[0])
        assert self.due(at(21)) == [self.plain[1]]
        elsewhere = reviewing.outlook(learner=self.learner, language="es", now=at(21))
        assert elsewhere.due == (self.plain[1].pk,)  # not translated, so in the language that it was written in
        authoring.retire(revision=self.plain[1])
        assert self.outlook(at(21)) == reviewing.Outlook()

    def test_comes_within_a_month_for_a_question_that_became_a_safety_question(self) -> None:
        learn(self.learner, self.plain[0], now=at(1))
        Memory.objects.update(due=date(2027, 4, 1), last=date(2026, 10, 26), in_a_row=5)
        assert self.outlook(at(24)).next == date(2027, 4, 1)
        with unguarded():
            Revision.objects.filter(pk=self.plain[0].pk).update(critical=True)
        assert self.outlook(at(24)).next == date(2026, 11, 25)
        assert self.due(at(25)) == [self.plain[0]]

    def test_does_not_depend_on_other_learners(self) -> None:
        learn(self.learner, self.plain[0], how=wrong, now=at(20))
        before = self.outlook(at(21))
        other = make_learner()
        learn(other, *self.plain, how=wrong, now=at(20))
        reviewing.pause(learner=other, now=at(21))
        assert self.outlook(at(21)) == before

    def test_names_now_the_questions_that_the_next_review_asks(self) -> None:
        learn(self.learner, *self.plain[:4], now=at(1))
        learn(self.learner, *self.plain[4:], how=wrong, now=at(20))
        learn(self.learner, *self.safety, now=at(20))
        Memory.objects.filter(question__in=[one.question for one in self.plain[:4]]).update(due=date(2026, 11, 21))
        today = self.outlook(at(20, 20))
        assert (today.due, today.next) == ((), date(2026, 11, 21))
        tomorrow = self.outlook(at(21))
        assert today.asks == tomorrow.asks
        assert len(tomorrow.asks) == 5
        review = self.started(at(21))
        asked = review.items.order_by("position").values_list("revision__question", flat=True)
        assert tuple(asked) == today.asks
        assert self.outlook(at(21)).asks == (), "a review that is begun is not announced"

    def test_costs_two_queries_and_nothing_for_a_visitor(self) -> None:
        for n in (1, 3):
            learn(self.learner, *self.plain[:n], how=wrong, now=at(20 + n))
            with self.assertNumQueries(2):
                assert len(self.outlook(at(26)).due) == n
        with self.assertNumQueries(0):
            assert self.outlook(at(26), AnonymousUser()) == reviewing.Outlook()


class TestADay(PropertyCase):
    """For any sequence of reviews that are started, left and continued."""

    visits = st.lists(
        st.tuples(st.integers(6, 18), st.lists(st.sampled_from([right, wrong]), min_size=1, max_size=4)),
        min_size=3, max_size=10,
    )  # fmt: skip

    @classmethod
    def setUpTestData(cls) -> None:
        cls.questions = [make_question(f"day-{n}", critical=n < 3) for n in range(14)]

    @settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
    @given(visits)
    def test_has_at_most_five_review_questions(self, visits: list[tuple[int, list[How]]]) -> None:
        learner, now = make_learner(), at(1)
        learn(learner, *self.questions, how=wrong, now=now)
        for hours, how in visits:
            now += timedelta(hours=hours)
            attempt = reviewing.start(learner=learner, language="en", now=now)
            for one in how if attempt else ():
                if attempt and taking.owed(list(attempt.items.with_answers())):
                    give(attempt, one, now=now)
        reviewed = Response.objects.filter(item__attempt__learner=learner, number=1, at__gt=at(1))
        days = Counter(day_of(learner, moment) for moment in reviewed.values_list("at", flat=True))
        assert max(days.values(), default=0) <= 5


class TestAReview(ReviewCase):
    def setUp(self) -> None:
        learn(self.learner, *self.plain, how=wrong, now=at(1))

    def test_asks_the_due_questions_in_order(self) -> None:
        due = self.outlook(at(20)).due
        attempt = self.started(at(20))
        assert (attempt.kind, attempt.quiz, attempt.language) == ("review", None, "en")
        assert tuple(attempt.items.order_by("position").values_list("revision", flat=True)) == due

    def test_started_twice_within_a_day_is_the_same_review(self) -> None:
        attempt = self.started(at(20))
        assert self.start(at(20, 13)) == attempt
        assert self.outlook(at(21, 12)) == reviewing.Outlook(begun=attempt)
        assert self.start(at(21, 12)) == attempt

    def test_is_closed_with_its_answers_after_a_day_and_a_new_one_starts(self) -> None:
        first = self.started(at(20))
        give(first, right, now=at(20))
        second = self.started(at(21, 12, 1))
        assert second != first
        first.refresh_from_db()
        assert first.finished == at(21, 12, 1)
        assert Response.objects.filter(item__attempt=first).count() == 1
        item = first.items.with_answers()[1]
        with pytest.raises(taking.NotOwed):
            taking.answer(item=item, given=[], number=1, now=at(21, 13))
        answered = first.items.get(position=1).revision
        assert answered not in [item.revision for item in second.items.all()]

    def test_after_one_that_was_left_has_only_the_rest_of_the_days_five_questions(self) -> None:
        first = self.started(at(20, 20))
        give(first, right, now=at(20, 20))
        give(first, right, right, now=at(21, 9))
        with self.assertNumQueries(3):
            assert len(self.outlook(at(21, 21)).due) == 3
        assert self.started(at(21, 21)).items.count() == 3

    def test_does_not_start_when_the_days_five_questions_are_used_up(self) -> None:
        learn(self.learner, *self.safety, how=wrong, now=at(2))
        first = self.started(at(20, 20))
        give(first, *[wrong] * 5, now=at(21, 9))  # the two safety questions are owed again
        assert self.outlook(at(21, 21)) == reviewing.Outlook(next=date(2026, 11, 22))
        assert self.start(at(21, 21)) is None
        assert len(self.outlook(at(22, 0)).due) == 5

    def test_cannot_be_started_again_on_the_day_it_was_finished(self) -> None:
        give(self.started(at(20)), *[right] * 5, now=at(20))
        assert self.outlook(at(20, 23)) == reviewing.Outlook(next=date(2026, 11, 21))
        assert self.start(at(20, 23)) is None
        assert len(self.outlook(at(21, 0)).due) == 2

    def test_finished_after_midnight_counts_for_the_new_day(self) -> None:
        attempt = self.started(at(20, 23, 50))
        give(attempt, *[right] * 5, now=at(21, 0, 10))
        assert self.outlook(at(21)) == reviewing.Outlook(next=date(2026, 11, 22))

    def test_changes_the_memories(self) -> None:
        attempt = self.started(at(20))
        give(attempt, right, *[wrong] * 4, now=at(20))
        dues = Memory.objects.filter(last=date(2026, 11, 20)).order_by("due").values_list("due", flat=True)
        assert list(dues)[:4] == [date(2026, 11, 21)] * 4
        assert list(dues)[4] > date(2026, 11, 21)

    def test_asks_a_missed_safety_question_again_at_the_end(self) -> None:
        learn(self.learner, self.safety[0], now=at(2))
        attempt = self.started(at(20))
        items = list(attempt.items.with_answers())
        safe = next(item for item in items if item.revision == self.safety[0])
        for item in items:
            taking.answer(item=item, given=[], number=1, now=at(20))
        assert taking.owed(list(attempt.items.with_answers())) == safe

    def test_does_not_start_for_an_erased_learner(self) -> None:
        gone = make_learner()
        type(gone).objects.filter(pk=gone.pk).delete()
        with pytest.raises(learners.Gone):
            reviewing.start(learner=gone, language="en", now=at(20))


class TestNotThisWeek(ReviewCase):
    def setUp(self) -> None:
        learn(self.learner, self.plain[0], how=wrong, now=at(1))

    def test_pauses_reviews_for_seven_days(self) -> None:
        reviewing.pause(learner=self.learner, now=at(20))
        for day in (20, 26):
            assert self.outlook(at(day)) == reviewing.Outlook(rests_until=date(2026, 11, 27), next=date(2026, 11, 27))
            assert self.start(at(day)) is None
        assert self.due(at(27)) == [self.plain[0]]

    def test_pressed_twice_counts_from_the_later_day_in_one_row(self) -> None:
        for day in (20, 22):
            reviewing.pause(learner=self.learner, now=at(day))
        assert Pause.objects.get().until == date(2026, 11, 29)

    def test_can_be_undone(self) -> None:
        reviewing.pause(learner=self.learner, now=at(20))
        reviewing.resume(learner=self.learner)
        assert self.due(at(20)) == [self.plain[0]]

    def test_keeps_an_open_review_for_later(self) -> None:
        attempt = self.started(at(20))
        reviewing.pause(learner=self.learner, now=at(20))
        assert not self.outlook(at(20)).to_do
        reviewing.resume(learner=self.learner)
        assert self.outlook(at(20)).begun == attempt


@pytest.mark.race
class TestAtOnce(TransactionTestCase):
    """Several requests of one learner at the same moment."""

    def test_several_starts_give_one_review_also_after_one_that_was_left(self) -> None:
        questions = [make_question(f"q{n}") for n in range(7)]
        for _ in range(15):
            learner = make_learner()
            learn(learner, *questions, how=wrong, now=at(1))
            for n, day in enumerate((20, 22), 1):
                started = together(
                    8, lambda _, who=learner, d=day: reviewing.start(learner=who, language="en", now=at(d)).pk
                )
                assert len(set(started)) == 1, started
                mine = Attempt.objects.filter(learner=learner, started__gte=at(15))
                assert (mine.count(), mine.filter(finished=None).count()) == (n, 1)

    def test_the_last_answer_and_a_start_give_one_finished_review(self) -> None:
        question = make_question("q")
        for _ in range(15):
            learner = make_learner()
            learn(learner, question, how=wrong, now=at(1))
            attempt = reviewing.start(learner=learner, language="en", now=at(20))
            item = attempt.items.with_answers()[0]
            acts = [
                lambda who=learner: reviewing.start(learner=who, language="en", now=at(22)),
                lambda i=item: taking.answer(item=i, given=right(i.revision), number=1, now=at(22)),
            ]
            done = together(2, lambda n, a=acts: a[n]())
            kept = Response.objects.filter(item=item).count()
            assert kept == (0 if isinstance(done[1], taking.NotOwed) else 1), done
            attempt.refresh_from_db()
            assert attempt.finished == at(22)

    def test_answers_to_one_question_give_the_memory_that_a_rebuild_gives(self) -> None:
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
            made = memories(learner)
            assert len(made) == 1
            reviewing.rebuild(learner=learner)
            assert memories(learner) == made


class TestAChangedSafetyQuestion(MemoryCase):
    """Whoever answered a safety question is asked again as soon as it means something else (ruling 21)."""

    def setUp(self) -> None:
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(1))
        give(attempt, right, right, now=at(1))
        for day in (2, 3, 5):  # right twice in a row, and then due some weeks later
            give(ask(self.learner, self.safety, now=at(day)), right, now=at(day))

    def outlook(self, day: int) -> reviewing.Outlook:
        return reviewing.outlook(learner=self.learner, language="en", now=at(day))

    def rewrite(self, revision: Revision, *, same_meaning: bool) -> Revision:
        words = {name: getattr(revision, name) for name in ("kind", "spec", "critical", "objective", "why")}
        newer = authoring.draft(question=revision.question, language="en", stem="Another stem?", **words)
        authoring.publish(revision=newer, same_meaning=same_meaning)
        return newer

    def test_is_due_at_once_and_first_with_both_wordings(self) -> None:
        assert self.safety.pk not in self.outlook(6).due
        newer = self.rewrite(self.safety, same_meaning=False)
        found = self.outlook(6)
        assert found.due[0] == newer.pk
        assert [(one.before.pk, one.now.pk) for one in found.changed] == [(self.safety.pk, newer.pk)]

    def test_is_no_longer_changed_after_the_next_answer(self) -> None:
        newer = self.rewrite(self.safety, same_meaning=False)
        review = reviewing.start(learner=self.learner, language="en", now=at(6))
        assert review
        give(review, right, right, now=at(6))
        found = self.outlook(7)
        assert (found.changed, newer.pk in found.due) == ((), False)

    def test_a_corrected_typo_asks_nobody_again(self) -> None:
        newer = self.rewrite(self.safety, same_meaning=True)
        found = self.outlook(6)
        assert (found.changed, newer.pk in found.due) == ((), False)

    def test_another_question_is_not_asked_earlier(self) -> None:
        learn(self.learner, self.plain, now=at(5))
        newer = self.rewrite(self.plain, same_meaning=False)
        found = self.outlook(6)
        assert (found.changed, newer.pk in found.due) == ((), False)

    def test_the_page_costs_one_query_more_only_where_one_has_changed(self) -> None:
        with self.assertNumQueries(2):
            self.outlook(6)
        self.rewrite(self.safety, same_meaning=False)
        with self.assertNumQueries(4):  # what was answered last, and its wordings, which the process keeps
            self.outlook(6)
