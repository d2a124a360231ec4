"""The statistics of the published questions, read from the answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, fields
from datetime import timedelta
from io import StringIO
from itertools import product
from statistics import correlation
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command
from django.test import TestCase
from django.utils import timezone

from quizzes import analysis, authoring, health, taking
from quizzes.health import QuestionHealth, lines
from quizzes.models import Attempt, ItemAnalysis, Quiz, Response, Revision
from tests.quizzes.cast import at, crowd, make_learner, make_question, make_quiz, planned, right, together, wrong


def take(quiz: Quiz, *how: str, learner: Any = None, day: int = 1) -> Any:
    """Answer a check's owed questions "right", "wrong" or "unsure", in this order; return the learner."""
    learner = learner or make_learner()
    attempt = taking.start(learner=learner, quiz=quiz, language="en", now=at(day))
    for n, one in enumerate(how):
        item = taking.owed(list(attempt.items.with_answers()))
        assert item is not None
        given = {"right": right, "wrong": wrong, "unsure": lambda _: []}[one](item.revision)
        taking.answer(item=item, given=given, number=item.answers + 1, now=at(day, minute=n))
    return learner


def line(revision: Revision) -> QuestionHealth:
    return next(found for found in lines() if found.revision.question_id == revision.question_id)


class TestTheHealthOfAQuestion(TestCase):
    def setUp(self) -> None:
        self.one, self.two = make_question("one"), make_question("two")
        self.quiz = make_quiz(self.one, self.two)

    def test_counts_a_learners_first_answer_only(self) -> None:
        ana = take(self.quiz, "wrong", "right")
        take(self.quiz, "right", learner=ana, day=2)  # a retry
        take(self.quiz, "right", "right", learner=ana, day=3)  # a second complete check
        take(self.quiz, "unsure", "right", day=4)
        found = line(self.one).health
        assert (found.n, found.right, found.unsure) == (2, 0, 1)
        assert line(self.two).health.n == 2

    def test_counts_the_first_try_of_a_safety_question_not_its_second(self) -> None:
        safety = make_question("safety", critical=True)
        take(make_quiz(safety, slug="safety"), "wrong", "right")
        assert (line(safety).health.n, line(safety).health.right) == (1, 0)

    def test_shows_how_many_chose_what(self) -> None:
        take(self.quiz, "right", "right")
        take(self.quiz, "right", "right")
        take(self.quiz, "wrong", "right")
        assert line(self.one).picks == [("Right 0", 2, True), ("Wrong 1", 1, False), ("Wrong 2", 0, False)]

    def test_shows_how_many_got_each_row_right(self) -> None:
        matching, ordering = make_question("m", kind="matching"), make_question("o", kind="ordering")
        quiz = make_quiz(matching, ordering, slug="rows")
        take(quiz, "right", "right")
        take(quiz, "wrong", "wrong")
        assert line(matching).picks == [
            ("Row 1 – Card A", 1, True),
            ("Row 2 – Card B", 2, True),
            ("Row 3 – Card A", 2, True),
        ]
        assert line(ordering).picks == [("1. Card 1", 1, True), ("2. Card 2", 2, True), ("3. Card 3", 1, True)]

    def test_continues_after_a_typo_and_restarts_after_a_changed_meaning(self) -> None:
        take(self.quiz, "wrong", "right")
        text = {"kind": "choice", "spec": self.one.spec, "why": "W.", "objective": "T"}
        typo = authoring.draft(question=self.one.question, language="en", stem="Stem of one, mended?", **text)
        authoring.publish(revision=typo, same_meaning=True)
        assert line(self.one).revision == typo
        assert line(self.one).health.n == 1
        other = authoring.draft(question=self.one.question, language="en", stem="Another?", **text)
        authoring.publish(revision=other, same_meaning=False)
        assert line(self.one).health.n == 0
        assert line(self.two).health.n == 1

    def test_of_earlier_wordings_is_counted_for_each_line_alone(self) -> None:
        text = {"kind": "choice", "spec": self.one.spec, "why": "W.", "objective": "T"}

        def again(stem: str, *, same_meaning: bool) -> Revision:
            made = authoring.draft(question=self.one.question, language="en", stem=stem, **text)
            authoring.publish(revision=made, same_meaning=same_meaning)
            return made

        ana = take(self.quiz, "wrong", "right")
        typo = again("Stem of one, mended?", same_meaning=True)
        take(self.quiz, "right", "right")
        other = again("Another?", same_meaning=False)
        take(self.quiz, "right", learner=ana, day=2)  # the one that she missed
        bea = take(self.quiz, "unsure", "right")
        again("Newest?", same_meaning=False)
        take(self.quiz, "right", "right", day=3)
        with self.assertNumQueries(2):
            first, second = health.earlier([typo, other])
        assert (first.health.n, first.health.right, first.health.discrimination) == (2, 1, None)
        assert first.picks == [("Right 0", 1, True), ("Wrong 1", 1, False), ("Wrong 2", 0, False)]
        assert (second.health.n, second.health.right, second.health.unsure) == (2, 1, 1)
        (without,) = health.earlier([other], leave_out={"pk": bea.pk})
        assert (without.health.n, without.health.unsure) == (1, 0)
        with self.assertNumQueries(0):
            assert health.earlier([]) == []

    def test_of_earlier_wordings_counts_those_who_were_asked_each_last(self) -> None:
        for n, how in enumerate(("right", "wrong", "unsure", "right", "right")):
            take(self.quiz, how, "right", day=n + 1)
        wordings = list(Revision.objects.filter(question=self.one.question))
        for most, counted in ((1, (1, 1, 0)), (3, (3, 2, 1)), (4, (4, 2, 1)), (5, (5, 3, 1)), (1000, (5, 3, 1))):
            with mock.patch.object(health, "EARLIER", most):
                (found,) = health.earlier(wordings)
            assert (found.health.n, found.health.right, found.health.unsure) == counted

    def test_is_the_same_for_one_question_as_in_the_list(self) -> None:
        for how in (("right", "wrong"), ("wrong", "right"), ("unsure", "unsure")) * 20:
            take(self.quiz, *how)
        for revision in (self.one, self.two):
            assert lines(question=revision.question) == [line(revision)]
        assert line(self.one).health.discrimination is not None

    def test_leaves_out_the_given_learners(self) -> None:
        learner = take(self.quiz, "right", "right")
        assert lines(leave_out={"pk": learner.pk})[0].health.n == 0

    def test_correlates_a_question_with_the_rest_of_each_finished_check(self) -> None:
        for n in range(60):
            take(self.quiz, *(["right", "right"] if n % 2 else ["wrong", "wrong"]))
        found = line(self.one).health.discrimination
        assert found is not None
        assert abs(found - 1.0) < 1e-9
        assert [finding.name for finding in line(self.one).findings] == ["misleading", "unpicked"]

    def test_correlates_with_the_share_of_right_answers_to_the_other_questions(self) -> None:
        longer = make_quiz(self.one, self.two, make_question("three"), slug="longer")
        answered = []
        for how in list(product(("right", "wrong"), repeat=2)) * 11:
            take(self.quiz, *how)
            answered.append((how[0] == "right", float(how[1] == "right")))
        for how in (("right", "right", "wrong"), ("right", "right", "right"), ("wrong", "right", "wrong")) * 2:
            take(longer, *how)
            answered.append((how[0] == "right", how[1:].count("right") / 2))
        found = line(self.one).health.discrimination
        assert found is not None
        assert abs(found - correlation([float(one) for one, _ in answered], [rest for _, rest in answered])) < 1e-9

    def test_does_not_use_retries_for_discrimination(self) -> None:
        learners = [take(self.quiz, "wrong", "wrong") for _ in range(50)]
        text = {"kind": "choice", "spec": self.one.spec, "why": "W.", "objective": "T"}
        other = authoring.draft(question=self.one.question, language="en", stem="Another?", **text)
        authoring.publish(revision=other, same_meaning=False)
        for n, learner in enumerate(learners):
            take(self.quiz, *(["right", "right"] if n % 2 else ["wrong", "wrong"]), learner=learner, day=2)
        assert (line(self.one).health.n, line(self.one).health.discrimination) == (50, None)

    def test_does_not_use_unfinished_checks_for_discrimination(self) -> None:
        for n in range(60):
            take(self.quiz, "right" if n % 2 else "wrong")
        assert line(self.one).health.n == 60
        assert line(self.one).health.discrimination is None

    def test_is_sorted_with_the_worst_first(self) -> None:
        for _ in range(30):
            take(self.quiz, "right", "wrong")
        assert [found.revision.question.slug for found in lines()] == ["two", "one"]

    def test_takes_three_queries_for_one_answer_and_for_many(self) -> None:
        take(self.quiz, "right", "right")
        with self.assertNumQueries(3):
            lines()
        make_question("three")
        for _ in range(10):
            take(self.quiz, "wrong", "right")
        with self.assertNumQueries(3):
            lines()


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Quiz:
    """A check of two questions that counts as one of a large site; five learners took it on the first five days."""
    monkeypatch.setattr(health, "NEWEST", 3)
    monkeypatch.setattr(health, "_kept", {})
    quiz = make_quiz(make_question("one"), make_question("two"))
    for n, how in enumerate(
        (("right", "right"), ("wrong", "right"), ("unsure", "wrong"), ("right", "wrong"), ("wrong",))
    ):
        take(quiz, *how, day=n + 1)
    return quiz


def of_one(**how: Any) -> tuple[int, int, int]:
    found = next(found for found in lines(**how) if found.revision.question.slug == "one").health
    return found.n, found.right, found.unsure


@pytest.mark.django_db
class TestALargeSite:
    def test_counts_once_in_ten_minutes_the_same_in_the_list_and_on_a_page(
        self, large: Quiz, django_assert_num_queries: Any
    ) -> None:
        now = at(5, minute=25)
        with django_assert_num_queries(4):
            first = lines(now=now)
        assert [found.health for found in first] == [found.health for found in lines()]
        take(large, "right", "right", day=6)
        with django_assert_num_queries(3):
            assert lines(now=now + timedelta(minutes=4)) == first
        for found in first:
            with django_assert_num_queries(3):
                assert lines(now=now, question=found.revision.question) == [found]
        health._kept.clear()  # another worker, which counts only now
        assert lines(now=now + timedelta(minutes=4)) == first
        assert of_one(now=at(6, minute=30)) == of_one() != of_one(now=now)

    def test_counts_what_was_there_at_the_last_full_ten_minutes(self, large: Quiz) -> None:
        before = lines()
        late = take(large, "right", day=5)  # began before, and answers on
        until = at(5, minute=10)
        assert until == at(5) + health.EVERY
        counted = lines(now=until)
        attempt = Attempt.objects.get(learner=late)
        taking.answer(
            item=attempt.items.with_answers()[1], given=right(attempt.items.all()[1].revision), number=1,
            now=until + timedelta(seconds=1),
        )  # fmt: skip
        health._kept.clear()
        assert lines(now=until + timedelta(minutes=9)) == counted != before
        assert lines(now=until + health.EVERY) == lines() != counted

    def test_shows_a_published_wording_at_once(self, large: Quiz) -> None:
        now, one = at(5, minute=25), Revision.objects.get(question__slug="one")
        before = of_one(now=now)
        text = {"kind": "choice", "spec": one.spec, "why": "W.", "objective": "T"}
        typo = authoring.draft(question=one.question, language="en", stem="Stem of one, mended?", **text)
        authoring.publish(revision=typo, same_meaning=True)
        assert of_one(now=now) == before != (0, 0, 0)
        assert typo in [found.revision for found in lines(now=now)]
        other = authoring.draft(question=one.question, language="en", stem="Another?", **text)
        authoring.publish(revision=other, same_meaning=False)
        assert of_one(now=now) == (0, 0, 0)

    def test_keeps_nothing_of_whoever_is_gone_or_does_not_count(self, large: Quiz) -> None:
        small, now = make_quiz(make_question("three"), slug="small"), at(5, minute=25)
        alone = take(small, "right", day=2)
        before = lines(now=now)
        newest = Attempt.objects.filter(quiz=large).latest("started").learner
        for learner in (alone, newest):
            learner.is_staff = True
            learner.save()
            left = lines(now=now, leave_out=health.STAFF)
            assert [found.health for found in left] == [found.health for found in lines(leave_out=health.STAFF)]
            learner.is_staff = False
            learner.save()
            assert lines(now=now) == before
            Attempt.objects.filter(learner=learner).delete()
            assert lines(now=now) == lines() != before
            before = lines(now=now)

    def test_keeps_the_figures_of_few_samples(self, large: Quiz) -> None:
        for n in range(3 * health.SAMPLES):
            lines(now=at(6) + n * health.EVERY)
        assert len(health._kept) == health.SAMPLES


def counted(now: Any) -> None:
    """Count for all workers, as the timer does; then be a worker that has counted nothing."""
    assert health.store(language="en", leave_out={}, now=now)
    health._kept.clear()


@pytest.mark.django_db
class TestWhatATimerCounted:
    def test_is_shown_by_every_worker_in_the_list_and_on_a_page(
        self, large: Quiz, django_assert_num_queries: Any
    ) -> None:
        before, now = lines(), at(5, minute=25)
        counted(now)
        for _ in range(2):  # revisions, what was counted, and who counts: no answer is read
            with django_assert_num_queries(3):
                found = lines(now=now + timedelta(minutes=4))
            assert found == before
            assert [one.picks for one in found] == [one.picks for one in before]
        for one in found:
            with django_assert_num_queries(3):
                assert lines(now=now, question=one.revision.question) == [one]
        assert health._kept == {}
        assert lines(now=now, language="es") == []

    def test_is_shown_until_it_has_counted_again_or_ten_minutes_longer(self, large: Quiz) -> None:
        before, until = lines(), at(5, minute=20)
        counted(until)
        later = taking.start(learner=make_learner(), quiz=large, language="en", now=until + timedelta(minutes=5))
        for item in later.items.with_answers():
            taking.answer(item=item, given=right(item.revision), number=1, now=later.started)
        assert lines(now=until + timedelta(minutes=19, seconds=59)) == before
        assert lines(now=until + timedelta(minutes=20)) == lines() != before
        counted(until + timedelta(minutes=10))
        assert lines(now=until + timedelta(minutes=10)) == lines()
        assert lines(now=until + timedelta(minutes=5)) == before, "a clock that is late shows nothing of later"

    def test_holds_nothing_of_whoever_is_gone(self, large: Quiz) -> None:
        small, now = make_quiz(make_question("three"), slug="small"), at(5, minute=25)
        alone = take(small, "right", day=2)
        counted(now)
        before = lines(now=now)
        for learner in (alone, Attempt.objects.filter(quiz=large).latest("started").learner):
            Attempt.objects.filter(learner=learner).delete()
            assert lines(now=now) == lines() != before
            counted(now)
            before = lines(now=now)
            assert before == lines()

    def test_does_not_stand_for_a_wording_that_is_new(self, large: Quiz, django_assert_num_queries: Any) -> None:
        now, one = at(5, minute=25), Revision.objects.get(question__slug="one")
        counted(now)
        before = of_one(now=now)
        text = {"kind": "choice", "spec": one.spec, "why": "W.", "objective": "T"}
        typo = authoring.draft(question=one.question, language="en", stem="Stem of one, mended?", **text)
        authoring.publish(revision=typo, same_meaning=True)
        assert of_one(now=now) == before
        counted(now)
        with django_assert_num_queries(3):
            assert of_one(now=now) == before

    def test_does_not_stand_for_another_language_or_for_others_who_are_left_out(self, large: Quiz) -> None:
        now = at(5, minute=25)
        counted(now)
        newest = Attempt.objects.filter(quiz=large).latest("started").learner
        type(newest).objects.filter(pk=newest.pk).update(is_staff=True)
        assert lines(now=now, leave_out=health.STAFF) == lines(leave_out=health.STAFF) != lines(now=now)
        one = Revision.objects.get(question__slug="one")
        text = {"kind": "choice", "spec": one.spec, "why": "P.", "objective": "T"}
        una = authoring.draft(question=one.question, language="es", stem="¿Una?", **text)
        authoring.publish(revision=una, same_meaning=False)
        for language, left_out in (("en", health.STAFF), ("es", {})):
            health.store(language=language, leave_out=left_out, now=now)
        assert ItemAnalysis.objects.count() == 3

    def test_is_counted_once_for_all_machines_and_replaced_ten_minutes_later(
        self, large: Quiz, django_assert_num_queries: Any
    ) -> None:
        now = at(5, minute=20)
        with django_assert_num_queries(10):
            counted(now)
        with django_assert_num_queries(3):  # another machine: what is published, who counts, what is there
            counted(now + timedelta(minutes=3))
        counted(now + health.EVERY)
        assert ItemAnalysis.objects.get().until == now + health.EVERY

    def test_is_read_as_it_was_counted(self, large: Quiz) -> None:
        now, revisions = at(5, minute=25), Revision.objects.order_by("pk")
        picked = {"a1b2": 3, "Row é": 0}
        found = [analysis.Health(500, 3, 1, picked, 1 / 3, 0.1 + 0.2, some) for some in (-5e-324, 1 - 2**-53)]
        counted(now)
        figures = {revision.pk: asdict(one) for revision, one in zip(revisions, found, strict=True)}
        ItemAnalysis.objects.update(figures=figures)
        assert [one.health for one in sorted(lines(now=now), key=lambda line: line.revision.pk)] == found

    def test_is_not_that_of_a_release_that_counted_otherwise(
        self, large: Quiz, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = at(5, minute=25)
        with monkeypatch.context() as older:
            older.setattr(health, "WAY", health.WAY - 1)
            counted(now)
        ItemAnalysis.objects.update(figures={})
        stored = ItemAnalysis.objects.get()
        health.store(language="en", leave_out={}, now=now)
        assert ItemAnalysis.objects.get(of=stored.of) == stored
        assert ItemAnalysis.objects.exclude(of=stored.of).get().figures != {}

    def test_is_not_that_of_a_release_with_other_figures(self, large: Quiz, monkeypatch: pytest.MonkeyPatch) -> None:
        now, taken = at(5, minute=25), fields(analysis.Health)
        with monkeypatch.context() as older:
            older.setattr(health, "fields", lambda _: taken[:-1])
            counted(now)
        stored = ItemAnalysis.objects.get()
        for figures in stored.figures.values():
            del figures["discrimination"]
        stored.save()
        assert lines(now=now) == lines()


@pytest.mark.django_db
def test_the_command_says_whether_it_counted(large: Quiz, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: at(5, minute=25))
    said = [StringIO(), StringIO()]
    call_command("item_analysis", stdout=said[0])
    assert said[0].getvalue() == "Counted, for every worker.\n"
    health._kept.clear()
    assert lines(leave_out=health.STAFF, now=timezone.now()) == lines(leave_out=health.STAFF)
    assert health._kept == {}, "nothing had to be counted"
    monkeypatch.setattr(health, "NEWEST", 500)
    call_command("item_analysis", stdout=said[1])
    assert said[1].getvalue() == "No check was taken 500 times yet: the pages count for themselves.\n"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_machines_that_count_at_once_store_one_row(large: Quiz) -> None:
    now = at(5, minute=25)
    assert together(4, lambda _: health.store(language="en", leave_out={}, now=now)) == [True] * 4
    assert ItemAnalysis.objects.count() == 1
    health._kept.clear()
    assert lines(now=now) == lines()


@pytest.mark.django_db
def test_a_small_site_counts_anew_each_time(monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any) -> None:
    monkeypatch.setattr(health, "_kept", {})
    quiz = make_quiz(make_question("one"), make_question("two"))
    for n in range(3):
        take(quiz, "right", "wrong")
        with django_assert_num_queries(4):
            assert of_one(now=at(1, minute=3)) == (n + 1, n + 1, 0)
    assert health._kept == {}
    assert health.store(language="en", leave_out={}, now=at(1, minute=13)) is False
    assert not ItemAnalysis.objects.exists()


def plain(newest: int) -> dict[str, tuple[int, int, int, dict[str, int]]]:
    """Reckon the same in plain Python, from every row: by question, answers, right, not sure, and what was chosen."""
    people: dict[Any, list[Any]] = {}
    for attempt in Attempt.objects.filter(kind="check").order_by("started"):
        people.setdefault(attempt.quiz_id, []).append(attempt.learner_id)
    asked = {revision.question_id: revision for revision in Revision.objects.filter(state="published")}
    firsts: dict[tuple[Any, str], Response] = {}
    for response in Response.objects.first_tries().select_related("item__attempt", "item__revision__question"):
        attempt, wording = response.item.attempt, response.item.revision
        if wording.line == asked[wording.question_id].line and (
            attempt.learner_id in people.get(attempt.quiz_id, [])[-newest:]
        ):
            firsts.setdefault((attempt.learner_id, wording.question.slug), response)
    found = {}
    for slug in {slug for _, slug in firsts}:
        mine = [response for (_, of), response in firsts.items() if of == slug]
        picked = Counter(id_ for response in mine for id_ in response.given)
        marks = Counter(response.mark for response in mine)
        found[slug] = (len(mine), marks["right"], marks["unsure"], dict(picked))
    return found


def told() -> dict[str, tuple[int, int, int, dict[str, int]]]:
    healths = {found.revision.question.slug: found.health for found in lines()}
    return {slug: (h.n, h.right, h.unsure, dict(h.picked)) for slug, h in healths.items()}


@pytest.mark.django_db
@pytest.mark.parametrize("newest", [1, 3, 5, 500])
def test_the_newest_people_of_each_quiz_count(newest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their very first answers, whatever they did later: whoever comes back is known by what they answered then."""
    monkeypatch.setattr(health, "NEWEST", newest)
    one, two, three = (make_question(slug) for slug in ("one", "two", "three"))
    short, longer = make_quiz(one, two), make_quiz(one, two, three, slug="longer")
    first = [
        take(short, *how, day=n + 1) for n, how in enumerate((("right", "right"), ("wrong", "unsure"), ("wrong",)))
    ]
    for n, how in enumerate((("unsure", "right", "wrong"), ("right", "right", "right"), ("wrong", "wrong", "right"))):
        take(longer, *how, day=n + 2)
    take(longer, "wrong", "right", "right", learner=first[1], day=6)
    take(short, "right", learner=first[1], day=7)  # the retry: the other one is right by now
    take(short, "wrong", "wrong", learner=first[0], day=8)  # a whole check again
    take(short, "right", "wrong", day=9)
    assert told() == plain(newest)
    assert told()["three"][0] == min(newest, 4)


@pytest.mark.django_db
def test_a_site_with_fewer_than_500_counts_everybody() -> None:
    assert health.NEWEST == 500
    one, two = make_question("one"), make_question("two")
    for quiz in (make_quiz(one, two), make_quiz(two, one, slug="other")):
        for how in (("right", "wrong"), ("wrong", "right"), ("unsure",)):
            take(quiz, *how)
    assert told() == plain(newest=10**6)
    assert told()["one"][0] == 5


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_no_page_looks_through_the_answers_of_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 100,000 learners that took 20 seconds and a gigabyte."""
    revisions = [make_question(f"q{n}") for n in range(5)]
    crowd(make_quiz(*revisions), learners=20_000, now=at(20))
    assert Response.objects.count() == 100_000
    with planned() as plans:
        found = lines(leave_out=health.STAFF)
        [alone] = lines(leave_out=health.STAFF, question=revisions[0].question)
    assert {one.health.n for one in found} == {500}
    assert alone in found
    assert len(plans) == 6
    assert [plan for plan in plans if "Seq Scan on quizzes_response" in plan] == []
    assert sum("attempt_newest_checks" in plan for plan in plans) == 4
    monkeypatch.setattr(health, "EARLIER", 50)  # as few among these as 1,000 among those of a large site
    with planned() as plans:
        [before] = health.earlier(revisions[:1], leave_out=health.STAFF)
    assert before.health.n == health.EARLIER
    whole = ("Seq Scan on quizzes_response", "Seq Scan on quizzes_attemptitem")
    assert [plan for plan in plans if any(scan in plan for scan in whole)] == []
    assert len(plans) == 2
    assert "attemptitem_newest_asked" in plans[1]
