"""One status, derived from the record: the decision table of ruling 7, with rulings 4 and 10."""

from datetime import date, timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import TransactionTestCase

from learn.assignments.actions import assign
from learn.assignments.models import Act, Assignment
from learn.lessons import governance
from learn.lessons.models import Lesson, Therapy
from learn.people.models import User
from learn.progress import actions, standing
from learn.progress.models import Reading
from quizzes import authoring, taking
from quizzes.models import Attempt
from tests.cast import (
    RecordCase,
    at,
    keep_published,
    make_edition,
    make_nurse,
    make_patient,
    make_team,
    right,
    together,
    wrong,
)

NOW = at(20)


class TestTheStatus(RecordCase):
    def test_is_not_started_before_the_first_step_was_read(self) -> None:
        assert self.words() == "Not started"

    def test_names_the_step_to_go_on_with(self) -> None:
        self.read(1)
        assert self.words() == "Step 2 of 3"
        self.read(2)
        assert (self.words(), self.standing().step) == ("Step 3 of 3", 3)

    def test_never_goes_back_when_a_step_is_read_again(self) -> None:
        self.read(1, 2, 1)
        assert self.words() == "Step 3 of 3"

    def test_is_check_to_do_after_the_last_step_until_the_check_is_finished(self) -> None:
        self.read(1, 2, 3)
        assert self.words() == "Check to do"
        taking.start(learner=self.learner, quiz=self.quiz, language="en", now=NOW)
        assert self.words() == "Check to do"

    def test_is_done_after_a_finished_check_with_the_safety_item_right(self) -> None:
        self.read(1, 2, 3)
        self.check(plain=wrong)
        assert self.words() == "Done"
        assert self.standing().done_at == NOW + timedelta(minutes=2)

    def test_is_done_when_the_safety_item_came_right_in_the_same_check(self) -> None:
        answers = iter([wrong, wrong, right])
        self.read(1, 2, 3)
        self.check(safety=lambda revision: next(answers)(revision))
        assert self.words() == "Done"

    def test_is_talk_about_it_when_a_safety_item_stayed_wrong_or_unsure(self) -> None:
        for how in (wrong, lambda revision: []):
            self.learner = User.objects.create_guest()
            self.read(1, 2, 3)
            self.check(safety=how)
            assert self.words() == "Talk about it"

    def test_is_talk_about_it_before_the_last_step_was_read_too(self) -> None:
        self.check(safety=wrong)
        assert self.words() == "Talk about it"

    def test_is_done_again_after_a_right_answer_in_a_retry(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        assert self.check(now=NOW + timedelta(days=1)).kind == Attempt.Kind.RETRY
        assert self.words() == "Done"

    def test_does_not_ask_for_talk_while_the_check_goes_on(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong, times=1)
        assert self.words() == "Check to do"

    def test_asks_for_talk_when_a_later_check_misses_a_safety_item(self) -> None:
        self.read(1, 2, 3)
        self.check()
        self.check(safety=wrong, now=NOW + timedelta(days=1))
        assert self.words() == "Talk about it"

    def test_needs_the_last_step_and_the_check_both(self) -> None:
        self.read(1)
        self.check()
        assert self.words() == "Step 2 of 3"

    def test_of_one_learner_is_not_anothers(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.learner = User.objects.create_guest()
        assert self.words() == "Not started"

    def test_of_a_lesson_without_a_check_is_done_when_it_was_read(self) -> None:
        Lesson.objects.update(quiz=None)
        self.read(1, 2, 3)
        assert self.words() == "Done"


class TestTheDayItWasDone(RecordCase):
    def test_is_when_all_of_it_was_first_true(self) -> None:
        self.check()
        assert self.standing().done_at is None
        steps = list(self.edition.steps.all())
        for step in steps:
            actions.read(learner=self.learner, steps=steps, step=step, now=at(22))
        assert self.standing().done_at == at(22)

    def test_is_when_a_missed_safety_item_was_put_right(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.check(now=at(25))
        assert self.standing().done_at == at(25) + timedelta(minutes=1)

    def test_does_not_move_when_it_is_done_once_more(self) -> None:
        self.read(1, 2, 3)
        self.check()
        was = self.standing().done_at
        self.check(now=at(28))
        steps = list(self.edition.steps.all())
        actions.read(learner=self.learner, steps=steps, step=steps[2], now=at(28))
        newer = make_edition(self.lesson, number=2)
        steps = list(newer.steps.all())
        actions.read(learner=self.learner, steps=steps, step=steps[2], now=at(29))
        assert self.standing().done_at == was


class TestANewWordingOfASafetyQuestion(RecordCase):
    def test_clears_what_was_missed_when_it_is_answered_right_critical_or_not(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        newer = authoring.draft(
            question=self.safety.question, language="en", kind="choice", spec=self.safety.spec,
            stem="New?", why="New.", objective="New", critical=False,
        )  # fmt: skip
        authoring.publish(revision=newer, same_meaning=False)
        self.check(now=at(25))
        assert self.words() == "Done"

    def test_taken_out_of_the_quiz_does_not_hide_what_was_missed(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.quiz.items.filter(question=self.safety.question).delete()
        assert self.words() == "Talk about it"


class TestACheckInTheMiddle(RecordCase):
    def test_counts_as_begun_though_no_step_was_read(self) -> None:
        taking.start(learner=self.learner, quiz=self.quiz, language="en", now=NOW)
        assert (self.words(), self.standing().open_check) == ("Step 1 of 3", True)

    def test_puts_right_what_was_missed_as_soon_as_it_is_answered(self) -> None:
        self.read(1, 2, 3)
        self.check(plain=wrong, safety=wrong)
        retry = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(25))
        item = next(i for i in retry.items.with_answers() if i.revision.critical)
        taking.answer(item=item, given=right(item.revision), number=1, now=at(25))
        assert (self.words(), self.standing().open_check) == ("Done", True)


class TestANewEdition(RecordCase):
    def test_is_gone_on_with_at_the_same_step_slug(self) -> None:
        self.read(1)
        make_edition(self.lesson, "zero one half two three", number=2)
        assert (self.words(), self.standing().step) == ("Step 4 of 5", 4)

    def test_without_that_step_is_gone_on_with_near_it(self) -> None:
        self.read(1, 2)
        make_edition(self.lesson, "new other", number=2)
        assert self.standing().step == 2

    def test_read_again_from_its_beginning_keeps_the_furthest_place(self) -> None:
        self.read(1, 2)
        newer = make_edition(self.lesson, number=2)
        self.read(1, edition=newer)
        assert self.words() == "Step 3 of 3"

    def test_never_takes_done_away(self) -> None:
        self.read(1, 2, 3)
        self.check()
        newer = make_edition(self.lesson, "one two three four", number=2)
        assert self.words() == "Done"
        self.read(1, edition=newer)
        assert self.words() == "Done"

    def test_freezes_its_steps_and_retires_the_one_before(self) -> None:
        newer = make_edition(self.lesson, number=2)
        assert all(step.frozen for step in newer.steps.all())
        self.edition.refresh_from_db()
        assert self.edition.state == "retired"

    def test_that_is_retired_hides_the_lesson(self) -> None:
        governance.retire(edition=self.edition)
        assert standing.catalogue() == []
        assert not Therapy.objects.taught().exists()


class TestReading(RecordCase):
    def test_is_finished_by_the_last_step_and_only_then(self) -> None:
        self.read(1, 2)
        assert Reading.objects.get().finished is None
        self.read(3)
        assert Reading.objects.get().finished == NOW
        steps = list(self.edition.steps.all())
        actions.read(learner=self.learner, steps=steps, step=steps[2], now=at(28))
        assert Reading.objects.get().finished == NOW

    def test_returns_the_step_after_it(self) -> None:
        steps = list(self.edition.steps.all())
        assert actions.read(learner=self.learner, steps=steps, step=steps[0], now=NOW) == steps[1]
        assert actions.read(learner=self.learner, steps=steps, step=steps[2], now=NOW) is None


class TestAssigning(RecordCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team = make_team()
        cls.ana, cls.noor = make_patient(cls.team), make_nurse("noor", cls.team)

    def assign(self, due: date, note: str = "") -> Act | None:
        return assign(patients=[self.ana], lessons=[self.lesson], due=due, note=note, by=self.noor, now=NOW)

    def assigned(self) -> standing.Standing:
        return standing.standings([self.ana.user_id])[self.ana.user_id][0]

    def test_twice_is_once(self) -> None:
        first = self.assign(date(2026, 12, 4))
        assert first
        assert self.assign(date(2026, 12, 4)) == first
        assert self.ana.assignments.count() == 1

    def test_again_moves_the_day_and_the_words(self) -> None:
        self.assign(date(2026, 12, 4), "Please")
        self.noor = make_nurse("nell", self.team)
        assert self.assign(date(2026, 12, 11), "Soon")
        found = [(a.due, a.note, a.by.username) for a in self.ana.assignments.all()]
        assert found == [(date(2026, 12, 11), "Soon", "nell")]

    def test_is_all_or_nothing(self) -> None:
        self.assign(date(2026, 12, 4))
        with patch.object(Assignment.objects, "bulk_create", side_effect=RuntimeError), pytest.raises(RuntimeError):
            self.assign(date(2026, 12, 11))
        assert self.ana.assignments.get().due == date(2026, 12, 4)

    def test_is_late_after_the_due_day_until_it_is_done(self) -> None:
        self.assign(date(2026, 11, 20))
        assert not self.assigned().is_late(date(2026, 11, 20))
        assert self.assigned().is_late(date(2026, 11, 21))
        self.learner = self.ana.user
        self.read(1, 2, 3)
        self.check()
        assert not self.assigned().is_late(date(2026, 11, 21))

    def test_withdrawn_asks_for_nothing_and_can_be_made_again(self) -> None:
        self.assign(date(2026, 12, 4))
        self.ana.assignments.update(withdrawn=NOW)
        assert self.assigned().assigned is None
        assert self.assign(date(2026, 12, 4))
        assert self.assigned().assigned


class TestManyLearners(RecordCase):
    def test_cost_five_queries_whatever_their_number_and_two_more_for_what_was_missed(self) -> None:
        for how, queries, words in ((right, 5, "Done"), (wrong, 7, "Talk about it")):
            for n in (1, 3):
                learners = []
                for _ in range(n):
                    self.learner = User.objects.create_guest()
                    self.read(1, 2, 3)
                    self.check(safety=how)
                    learners.append(self.learner.pk)
                keep_published()
                with self.assertNumQueries(queries):
                    found = standing.standings(learners)
                assert {s.words for rows in found.values() for s in rows} == {words}


@pytest.mark.race
class TestContinueAtOnce(TransactionTestCase):
    """Several tabs, or pressing ahead: the lock must not lose the row it waited for."""

    serialized_rollback = True

    def test_keeps_the_furthest_step_and_shows_no_error(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
        therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
        lesson = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1)
        steps = list(make_edition(lesson, "a b c d e f g h").steps.all())
        for _ in range(20):
            learner = User.objects.create_guest()
            done = together(8, lambda n, who=learner: actions.read(learner=who, steps=steps, step=steps[n], now=NOW))
            assert [error for error in done if isinstance(error, Exception)] == []
            assert Reading.objects.get(learner=learner).furthest == steps[7]
            assert Reading.objects.get(learner=learner).finished == NOW
