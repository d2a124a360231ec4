"""When a patient needs help: the decision table of ruling 8, with rulings 4 and 7, one case in each row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

from django.test import SimpleTestCase

from learn.people.models import CareTeam
from learn.progress import answers, standing
from learn.progress.models import TeachBack
from learn.progress.safety import ENDED, TWO_DAYS, Answer, Flag, SaidBack, judge
from quizzes import authoring, taking
from quizzes.models import Attempt, AttemptItem
from tests.cast import RecordCase, at, make_nurse, make_patient, make_team, right, wrong

Event = Answer | SaidBack


def on(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def answered(day: int, hour: int, right: bool, **over: bool) -> Answer:
    return Answer(at=on(day, hour), day=date(2026, 11, day), right=right, **over)


def ended_wrong(day: int, hour: int = 9) -> list[Event]:
    """Return a finished check with three wrong answers."""
    return [
        answered(day, hour, False, last=False),
        answered(day, hour + 1, False, first=False, last=False),
        answered(day, hour + 2, False, first=False),
    ]


def once_wrong(day: int, hour: int = 9) -> list[Event]:
    """Return a check with a wrong first answer and a right second one."""
    return [answered(day, hour, False, last=False), answered(day, hour + 1, True, first=False)]


def under_way(day: int, hour: int = 9) -> list[Event]:
    """Return an open check with a wrong answer so far."""
    return [answered(day, hour, False, last=False)]


def right_on(day: int, hour: int = 9) -> list[Event]:
    return [answered(day, hour, True)]


def plain_wrong(day: int, hour: int = 9) -> list[Event]:
    """Return a wrong answer to a wording that was not a safety question."""
    return [answered(day, hour, False, safety=False)]


def said_back(day: int, hour: int = 20) -> list[Event]:
    return [SaidBack(on(day, hour))]


# what happened | needs help, why | times | the lesson says "Talk about it" | the lesson cannot be Done
TABLE: list[tuple[str, list[Event], str | None, int, bool, bool]] = [
    ("nothing yet", [], None, 0, False, False),
    ("right", right_on(1), None, 0, False, False),
    ("wrong in an open check", under_way(1), None, 0, False, False),
    ("a check ended wrong", ended_wrong(1), ENDED, 3, True, True),
    ("right at the second try in the same check", once_wrong(1), None, 0, False, False),
    ("ended wrong, right in a retry that day", [*ended_wrong(1), *right_on(1, 15)], ENDED, 3, False, False),
    ("ended wrong, right on a later day", [*ended_wrong(1), *right_on(2)], None, 0, False, False),
    ("ended wrong, right that day and later", [*ended_wrong(1), *right_on(1, 15), *right_on(2)], None, 0, False, False),
    ("ended wrong, right before it", [*right_on(1), *ended_wrong(2)], ENDED, 3, True, True),
    ("ended wrong, teach-back that day", [*ended_wrong(1), *said_back(1)], None, 0, False, True),
    ("teach-back, and right that day", [*ended_wrong(1), *said_back(1), *right_on(1, 21)], None, 0, False, False),
    ("teach-back before it ended wrong", [*said_back(1), *ended_wrong(2)], ENDED, 3, True, True),
    ("teach-back, and ended wrong again", [*ended_wrong(1), *said_back(1), *ended_wrong(3)], ENDED, 3, True, True),
    ("ended wrong twice", [*ended_wrong(1), *ended_wrong(3)], ENDED, 6, True, True),
    ("ended wrong, right, ended wrong", [*ended_wrong(1), *right_on(2), *ended_wrong(5)], ENDED, 3, True, True),
    ("first tries wrong on two days", [*once_wrong(1), *once_wrong(3)], TWO_DAYS, 2, False, False),
    ("first tries wrong twice on one day", [*once_wrong(1), *once_wrong(1, 15)], None, 0, False, False),
    ("two days, right on a third", [*once_wrong(1), *once_wrong(3), *right_on(4)], None, 0, False, False),
    ("two days, then right that day", [*once_wrong(1), *once_wrong(3), *right_on(3, 15)], TWO_DAYS, 2, False, False),
    ("two days, right between them", [*once_wrong(1), *right_on(2), *once_wrong(3)], None, 0, False, False),
    ("two days, teach-back between them", [*once_wrong(1), *said_back(1), *once_wrong(3)], None, 0, False, False),
    ("two days, teach-back after them", [*once_wrong(1), *once_wrong(3), *said_back(3)], None, 0, False, False),
    ("two days, the second check is open", [*once_wrong(1), *under_way(3)], TWO_DAYS, 2, False, False),
    ("ended wrong, later right at a second try", [*ended_wrong(1), *once_wrong(3)], ENDED, 4, False, False),
    ("ended wrong, wrong in an open check", [*ended_wrong(1), *under_way(3)], ENDED, 4, True, True),
    ("wrong when it was a plain question", plain_wrong(1), None, 0, False, False),
    ("wrong twice when it was a plain question", [*plain_wrong(1), *plain_wrong(3)], None, 0, False, False),
    ("right later as a plain question", [*ended_wrong(1), *right_on(2)], None, 0, False, False),
]  # fmt: skip


class TestTheTable(SimpleTestCase):
    def test_holds_in_every_row(self) -> None:
        assert len({name for name, *_ in TABLE}) == len(TABLE)
        for name, events, why, times, talk, unsettled in TABLE:
            with self.subTest(name):
                found = judge(events)
                assert (found.flag and found.flag.why) == why
                assert (found.flag.times if found.flag else 0) == times
                assert (found.talk, found.unsettled) == (talk, unsettled)

    def test_does_not_depend_on_the_order_of_the_rows(self) -> None:
        tried = 0
        for name, events, *_ in TABLE:
            for shuffled in list(permutations(events))[:120]:
                assert judge(shuffled) == judge(events), name
                tried += 1
        assert tried > 1000

    def test_gives_the_newest_miss_and_counts_unsure_as_wrong(self) -> None:
        assert judge(ended_wrong(1)).flag == Flag(ENDED, 3, on(1, 11), date(2026, 11, 1))

    def test_says_why_in_words(self) -> None:
        for events, words in (
            (ended_wrong(1), "still not right at the end"),
            ([*once_wrong(1), *once_wrong(3)], "not right at first on two days"),
        ):
            flag = judge(events).flag
            assert flag is not None
            assert flag.words == words

    def test_gives_the_time_when_a_miss_was_put_right(self) -> None:
        assert judge([*ended_wrong(1), *right_on(1, 15), *right_on(2)]).settled == on(1, 15)
        assert judge(right_on(1)).settled is None

    def test_never_raises_a_flag_for_a_patient_who_was_never_wrong(self) -> None:
        for days in range(1, 20):
            assert judge([e for day in range(1, days) for e in right_on(day)]).flag is None

    def test_counts_a_teach_back_at_the_same_moment_as_after_the_answer(self) -> None:
        last = ended_wrong(1)[-1]
        assert judge([SaidBack(last.at), *ended_wrong(1)]).flag is None

    def test_compares_days_and_not_hours(self) -> None:
        late, early = answered(1, 23, False), replace(answered(2, 0, True), at=on(1, 23) + timedelta(minutes=2))
        assert judge([late, early]).flag is None
        assert judge([late, replace(early, day=date(2026, 11, 1))]).flag is not None


class TestTheRecord(RecordCase):
    """The same rules with real rows: checks, retries, reviews, teach-backs, in the clinic's time zone."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team = make_team()
        cls.ana, cls.noor = make_patient(cls.team), make_nurse("noor", cls.team)

    def setUp(self) -> None:
        self.learner = self.ana.user

    def needs(self) -> list[standing.Need]:
        return standing.whole([self.learner.pk])[self.learner.pk].needs

    def said_back(self, when: datetime, outcome: str = "own-words", **over: object) -> TeachBack:
        number = TeachBack.objects.count() + 1
        return TeachBack.objects.create(**{
            "patient": self.ana, "question": self.safety.question, "topic": "x", "outcome": outcome,
            "to_whom": "patient", "nurse": self.noor, "at": when, "number": number, "place": 1,
        } | over)  # fmt: skip

    def review(self, how: object, when: datetime, finished: bool = True) -> None:
        """Ask the safety question in a review, an attempt without a quiz."""
        revision = self.safety.question.revisions.get(state="published")
        attempt = Attempt.objects.create(learner=self.learner, kind="review", started=when)
        AttemptItem.objects.create(attempt=attempt, position=1, revision=revision)
        for number in (1, 2, 3)[: 3 if finished else 1]:
            item = attempt.items.with_answers()[0]
            if taking.is_owed(item, [item]):
                taking.answer(item=item, given=how(revision), number=number, now=when)  # type: ignore[operator]

    def test_of_a_check_that_ended_wrong_raises_a_flag_with_the_question(self) -> None:
        assert self.needs() == []
        self.check(plain=right, safety=wrong)
        (need,) = self.needs()
        assert (need.question, need.topic) == (self.safety.question_id, self.safety.objective)
        assert need.taught is not None
        assert need.taught.slug == "a-lesson"

    def test_is_not_hidden_by_a_good_total_nor_raised_by_a_bad_one(self) -> None:
        self.check(plain=wrong)
        assert self.needs() == []

    def test_of_an_open_check_raises_no_flag(self) -> None:
        self.check(safety=wrong, times=1)
        assert self.needs() == []

    def test_is_cleared_by_a_right_answer_on_a_later_day_and_not_the_same_day(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.check(now=at(20, 15))
        assert self.words() == "Done"
        assert len(self.needs()) == 1
        self.review(right, at(21))
        assert self.needs() == []

    def test_counts_days_in_the_clinics_time_zone(self) -> None:
        self.check(safety=wrong, now=at(20, 15))  # 8 in the evening in UTC, the morning of the 21st in Auckland
        self.check(now=at(20, 22))  # the 21st in UTC and, still, in Auckland
        for zone, needs in (("America/New_York", 1), ("UTC", 0), ("Pacific/Auckland", 1)):
            CareTeam.objects.update(zone=zone)
            assert len(self.needs()) == needs, zone

    def test_of_a_review_raises_and_clears_the_flag(self) -> None:
        self.read(1, 2, 3)
        self.check()
        self.review(wrong, at(25))
        (need,) = self.needs()
        assert need.taught is not None
        assert need.taught.slug == "a-lesson"
        assert self.words() == "Talk about it"
        self.review(right, at(27))
        assert self.needs() == []
        assert self.words() == "Done"

    def test_is_cleared_only_by_a_teach_back_in_own_words(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        for outcome in ("prompt", "again"):
            self.said_back(at(20, 18), outcome)
            assert len(self.needs()) == 1
        self.said_back(at(20, 19))
        assert self.needs() == []
        assert self.words() == "Check to do"

    def test_is_not_cleared_by_a_teach_back_about_another_topic(self) -> None:
        self.check(safety=wrong)
        self.said_back(at(20, 19), question=self.plain.question)
        self.said_back(at(20, 19), question=None, lesson=self.lesson)
        assert len(self.needs()) == 1

    def test_is_not_cleared_by_another_patients_teach_back(self) -> None:
        self.check(safety=wrong)
        self.said_back(at(20, 19), patient=make_patient(self.team, "Ben"))
        assert len(self.needs()) == 1

    def test_uses_the_outcome_of_the_last_addendum(self) -> None:
        self.check(safety=wrong)
        root = self.said_back(at(20, 19))
        assert self.needs() == []
        self.said_back(at(20, 20), "", adds_to=root)
        assert self.needs() == []
        self.said_back(at(20, 21), "again", adds_to=root)
        assert len(self.needs()) == 1
        self.said_back(at(20, 22), "own-words", adds_to=root)
        assert self.needs() == []

    def test_is_not_cleared_by_an_addendum_to_an_earlier_teach_back(self) -> None:
        root = self.said_back(at(19), "prompt")
        self.check(safety=wrong)
        self.said_back(at(21), "own-words", adds_to=root)
        assert len(self.needs()) == 1
        self.said_back(at(22))
        assert self.needs() == []

    def test_is_cleared_by_another_wording_of_the_question(self) -> None:
        self.check(safety=wrong)
        newer = authoring.draft(
            question=self.safety.question, language="en", kind="choice", spec=self.safety.spec,
            stem="New?", why="New.", objective="New", critical=False,
        )  # fmt: skip
        authoring.publish(revision=newer, same_meaning=False)
        self.check(now=at(25))
        assert self.needs() == []

    def test_stays_when_the_question_leaves_the_quiz(self) -> None:
        self.check(safety=wrong)
        self.quiz.items.filter(question=self.safety.question).delete()
        assert len(self.needs()) == 1

    def test_of_one_patient_does_not_count_for_another(self) -> None:
        self.check(safety=wrong)
        ben = make_patient(self.team, "Ben")
        self.learner = ben.user
        self.check()
        both = standing.whole([self.ana.user_id, ben.user_id])
        assert (len(both[self.ana.user_id].needs), len(both[ben.user_id].needs)) == (1, 0)

    def test_is_the_same_from_all_answers_as_from_missed_questions(self) -> None:
        """A patient's page reads all answers, but the worklist reads only answers to missed questions."""
        self.check(plain=wrong, safety=wrong)
        self.check(now=at(20, 15))
        self.review(wrong, at(25))
        all_of_it = answers.of_learner(self.learner.pk)
        assert standing.whole([self.learner.pk], all_of_it)[self.learner.pk].needs == self.needs()
        assert len(self.needs()) == 1
