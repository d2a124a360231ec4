"""One status, derived from the record: the decision table of ruling 7, with rulings 4 and 10."""

from datetime import date, datetime, timedelta
from typing import Any

from django.test import TestCase

from learn.assignments.actions import assign
from learn.lessons import governance
from learn.lessons.models import Edition, Lesson, Step, Therapy
from learn.people.models import User
from learn.progress import actions, summary
from learn.progress.models import Reading
from quizzes import taking
from quizzes.models import Attempt
from tests.cast import at, make_nurse, make_patient, make_question, make_quiz, make_team, right, wrong

NOW = at(20)


def make_edition(lesson: Lesson, slugs: str = "one two three", number: int = 1) -> Edition:
    """Return a published edition with these steps."""
    edition = Edition.objects.create(
        lesson=lesson, number=number, title=f"Lesson {number}", main_message="M.", remember=["a", "b", "c"], minutes=3
    )
    for n, slug in enumerate(slugs.split(), 1):
        Step.objects.create(edition=edition, position=n, slug=slug, heading=slug, body="Text.")
    governance.publish(edition=edition)
    return edition


class RecordCase(TestCase):
    """A lesson of three steps, and a check of a plain and a safety question."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.plain = make_question("plain")
        cls.safety = make_question("safety", critical=True)
        cls.quiz = make_quiz(cls.plain, cls.safety, slug="a-lesson")
        cls.therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
        cls.lesson = Lesson.objects.create(therapy=cls.therapy, slug="a-lesson", position=1, quiz=cls.quiz)
        cls.edition = make_edition(cls.lesson)
        cls.learner = User.objects.create_guest()

    def read(self, *positions: int, edition: Edition | None = None) -> None:
        steps = list((edition or self.edition).steps.all())
        for n in positions:
            actions.read(learner=self.learner, steps=steps, step=steps[n - 1], now=NOW)

    def check(self, plain: Any = right, safety: Any = right, now: datetime = NOW, times: int = 3) -> Attempt:
        """Do what is open at the quiz: `safety` up to `times` times, as long as it is owed."""
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=now)
        for _ in range(1 + times):
            items = list(attempt.items.with_answers())
            item = taking.owed(items)
            if item is None:
                break
            how = safety if item.revision.critical else plain
            now += timedelta(minutes=1)
            taking.answer(item=item, given=how(item.revision), number=item.answers + 1, now=now)
        return attempt

    def standing(self) -> summary.Standing:
        return summary.standings([self.learner.pk], language="en")[self.learner.pk][0]

    def words(self) -> str:
        return self.standing().words


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


class TestANewEdition(RecordCase):
    def test_is_gone_on_with_at_the_same_step_slug(self) -> None:
        self.read(1)
        make_edition(self.lesson, "zero one half two three", number=2)
        assert (self.words(), self.standing().step) == ("Step 4 of 5", 4)

    def test_without_that_step_is_gone_on_with_near_it(self) -> None:
        self.read(1, 2)
        make_edition(self.lesson, "new other", number=2)
        assert self.standing().step == 2

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
        assert summary.catalogue(language="en") == []
        assert not Therapy.objects.taught().exists()


class TestReading(RecordCase):
    def test_is_finished_by_the_last_step_and_only_then(self) -> None:
        self.read(1, 2)
        assert Reading.objects.get().finished is None
        self.read(3)
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

    def assign(self, due: date, note: str = "") -> int:
        return assign(patients=[self.ana], lessons=[self.lesson], due=due, note=note, by=self.noor, now=NOW)

    def assigned(self) -> summary.Standing:
        return summary.standings([self.ana.user_id], language="en")[self.ana.user_id][0]

    def test_twice_is_once(self) -> None:
        assert self.assign(date(2026, 12, 4)) == 1
        assert self.assign(date(2026, 12, 4)) == 0
        assert self.ana.assignments.count() == 1

    def test_again_moves_the_day_and_the_words(self) -> None:
        self.assign(date(2026, 12, 4), "Please")
        assert self.assign(date(2026, 12, 11), "Soon") == 1
        assert [(a.due, a.note) for a in self.ana.assignments.all()] == [(date(2026, 12, 11), "Soon")]

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
        assert self.assign(date(2026, 12, 4)) == 1


class TestManyLearners(RecordCase):
    def test_cost_five_queries_whatever_their_number(self) -> None:
        for n in (1, 3):
            learners = []
            for _ in range(n):
                self.learner = User.objects.create_guest()
                self.read(1, 2, 3)
                self.check(safety=wrong)
                learners.append(self.learner.pk)
            with self.assertNumQueries(5):
                found = summary.standings(learners, language="en")
            assert {s.words for rows in found.values() for s in rows} == {"Talk about it"}
