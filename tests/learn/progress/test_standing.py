"""The status of a lesson, derived from the record: the decision table of ruling 7, with rulings 4 and 10."""

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

    def test_names_the_step_to_continue_with(self) -> None:
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

    def test_is_done_after_a_finished_check_with_the_safety_question_right(self) -> None:
        self.read(1, 2, 3)
        self.check(plain=wrong)
        assert self.words() == "Done"
        assert self.standing().done_at == NOW + timedelta(minutes=2)

    def test_is_done_when_the_safety_question_came_right_in_the_same_check(self) -> None:
        answers = iter([wrong, wrong, right])
        self.read(1, 2, 3)
        self.check(safety=lambda revision: next(answers)(revision))
        assert self.words() == "Done"

    def test_is_talk_about_it_when_a_safety_question_stayed_wrong_or_unsure(self) -> None:
        for how in (wrong, lambda revision: []):
            self.learner = User.objects.create_guest()
            self.read(1, 2, 3)
            self.check(safety=how)
            assert self.words() == "Talk about it"

    def test_is_talk_about_it_even_before_the_last_step_was_read(self) -> None:
        self.check(safety=wrong)
        assert self.words() == "Talk about it"

    def test_is_done_again_after_a_right_answer_in_a_retry(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        assert self.check(now=NOW + timedelta(days=1)).kind == Attempt.Kind.RETRY
        assert self.words() == "Done"

    def test_is_not_talk_about_it_while_the_check_is_open(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong, times=1)
        assert self.words() == "Check to do"

    def test_is_talk_about_it_when_a_later_check_misses_a_safety_question(self) -> None:
        self.read(1, 2, 3)
        self.check()
        self.check(safety=wrong, now=NOW + timedelta(days=1))
        assert self.words() == "Talk about it"

    def test_needs_both_the_last_step_and_the_check(self) -> None:
        self.read(1)
        self.check()
        assert self.words() == "Step 2 of 3"

    def test_of_one_learner_does_not_count_for_another(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.learner = User.objects.create_guest()
        assert self.words() == "Not started"

    def test_of_a_lesson_without_a_check_is_done_after_the_last_step(self) -> None:
        Lesson.objects.update(quiz=None)
        self.read(1, 2, 3)
        assert self.words() == "Done"


class TestTheDayItWasDone(RecordCase):
    def test_is_the_day_when_all_conditions_were_first_met(self) -> None:
        self.check()
        assert self.standing().done_at is None
        steps = list(self.edition.steps.all())
        for step in steps:
            actions.read(learner=self.learner, steps=steps, step=step, now=at(22))
        assert self.standing().done_at == at(22)

    def test_is_the_day_when_a_missed_safety_question_was_put_right(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.check(now=at(25))
        assert self.standing().done_at == at(25) + timedelta(minutes=1)

    def test_does_not_change_when_the_lesson_is_done_again(self) -> None:
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
    def test_clears_the_miss_when_it_is_answered_right_even_if_not_critical(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        newer = authoring.draft(
            question=self.safety.question, language="en", kind="choice", spec=self.safety.spec,
            stem="New?", why="New.", objective="New", critical=False,
        )  # fmt: skip
        authoring.publish(revision=newer, same_meaning=False)
        self.check(now=at(25))
        assert self.words() == "Done"

    def test_does_not_hide_the_miss_when_it_leaves_the_quiz(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.quiz.items.filter(question=self.safety.question).delete()
        assert self.words() == "Talk about it"


class TestAnOpenCheck(RecordCase):
    def test_counts_as_started_even_when_no_step_was_read(self) -> None:
        taking.start(learner=self.learner, quiz=self.quiz, language="en", now=NOW)
        assert (self.words(), self.standing().open_check) == ("Step 1 of 3", True)

    def test_puts_a_missed_question_right_as_soon_as_it_is_answered(self) -> None:
        self.read(1, 2, 3)
        self.check(plain=wrong, safety=wrong)
        retry = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(25))
        item = next(i for i in retry.items.with_answers() if i.revision.critical)
        taking.answer(item=item, given=right(item.revision), number=1, now=at(25))
        assert (self.words(), self.standing().open_check) == ("Done", True)


class TestANewEdition(RecordCase):
    def test_continues_at_the_step_with_the_same_slug(self) -> None:
        self.read(1)
        make_edition(self.lesson, "zero one half two three", number=2)
        assert (self.words(), self.standing().step) == ("Step 4 of 5", 4)

    def test_without_that_step_continues_near_it(self) -> None:
        self.read(1, 2)
        make_edition(self.lesson, "new other", number=2)
        assert self.standing().step == 2

    def test_read_from_its_start_keeps_the_furthest_step(self) -> None:
        self.read(1, 2)
        newer = make_edition(self.lesson, number=2)
        self.read(1, edition=newer)
        assert self.words() == "Step 3 of 3"

    def test_does_not_change_a_lesson_that_is_done(self) -> None:
        self.read(1, 2, 3)
        self.check()
        newer = make_edition(self.lesson, "one two three four", number=2)
        assert self.words() == "Done"
        self.read(1, edition=newer)
        assert self.words() == "Done"

    def test_freezes_its_steps_and_retires_the_last_edition(self) -> None:
        newer = make_edition(self.lesson, number=2)
        assert all(step.frozen for step in newer.steps.all())
        self.edition.refresh_from_db()
        assert self.edition.state == "retired"

    def test_hides_the_lesson_when_it_is_retired(self) -> None:
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

    def test_returns_the_next_step(self) -> None:
        steps = list(self.edition.steps.all())
        for n, following in enumerate((*steps[1:], None)):
            onward = actions.read(learner=self.learner, steps=steps, step=steps[n], now=NOW)
            assert (onward.step, onward.unseen) == (following, False)


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

    def test_twice_makes_one_assignment(self) -> None:
        first = self.assign(date(2026, 12, 4))
        assert first
        assert self.assign(date(2026, 12, 4)) == first
        assert self.ana.assignments.count() == 1

    def test_again_changes_the_day_and_the_note(self) -> None:
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

    def test_can_be_withdrawn_and_assigned_again(self) -> None:
        self.assign(date(2026, 12, 4))
        self.ana.assignments.update(withdrawn=NOW)
        assert self.assigned().assigned is None
        assert self.assign(date(2026, 12, 4))
        assert self.assigned().assigned


class TestManyLearners(RecordCase):
    def test_cost_five_queries_for_any_number_and_two_more_for_missed_questions(self) -> None:
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
    """Several tabs continue at the same moment: no request may lose what another one saved."""

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
