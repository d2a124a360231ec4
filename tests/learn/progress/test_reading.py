"""A lesson is read when each of its steps was shown once, in any edition (ruling 7); what was read stays read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from learn.account import guests
from learn.lessons.models import Edition, Lesson, Therapy
from learn.people.models import User
from learn.progress import actions, standing
from learn.progress.models import Reading
from tests.cast import SiteCase, at, make_edition, make_question, make_quiz, words

UNSEEN = "You have not seen this step yet. Then the questions."


@pytest.fixture
def lesson(db: None) -> Lesson:
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    quiz = make_quiz(make_question(), slug="a-lesson")
    return Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1, quiz=quiz)


@pytest.fixture
def edition(lesson: Lesson) -> Edition:
    return make_edition(lesson, "one two three four")


def read(learner: User, edition: Edition, *positions: int, now: datetime | None = None) -> actions.Onward:
    """Press Continue on these steps; return where the last press leads."""
    steps = list(edition.steps.all())
    current = Edition.objects.get(lesson=edition.lesson_id, state="published")
    shown = list(current.steps.all())
    led = [
        actions.read(learner=learner, steps=steps, step=steps[n - 1], now=now or at(20), shown=shown) for n in positions
    ]
    return led[-1]


def row(learner: User) -> standing.Standing:
    return standing.standings([learner.pk])[learner.pk][0]


def led(onward: actions.Onward) -> tuple[str, bool]:
    return (onward.step.slug if onward.step else "", onward.unseen)


# The pages where Continue was pressed, in order; where the last press leads; is that an unseen step out of the order;
# the words of the status after it.
WAYS: dict[str, tuple[tuple[int, ...], str, bool, str]] = {
    "in order": ((1, 2, 3, 4), "", False, "Check to do"),
    "not to the end": ((1, 2), "three", False, "Step 3 of 4"),
    "the last alone": ((4,), "one", True, "Step 1 of 4"),
    "from the last to an unseen one and on": ((4, 1), "two", False, "Step 2 of 4"),
    "and then to the end": ((4, 1, 2, 3), "", False, "Check to do"),
    "over a gap": ((1, 2, 4), "three", True, "Step 3 of 4"),
    "a gap, then what was missing": ((1, 2, 4, 3), "", False, "Check to do"),
    "two gaps": ((2, 4, 1), "three", True, "Step 3 of 4"),
    "back to a seen step": ((1, 2, 4, 1), "two", False, "Step 3 of 4"),
    "the last twice": ((4, 4), "one", True, "Step 1 of 4"),
    "again after all were read": ((1, 2, 3, 4, 1), "two", False, "Check to do"),
    "the last again after all were read": ((1, 2, 3, 4, 4), "", False, "Check to do"),
}


@pytest.mark.parametrize(("pressed", "to", "unseen", "said"), WAYS.values(), ids=WAYS)
def test_a_lesson_is_read_when_each_step_was_shown(
    edition: Edition, pressed: tuple[int, ...], to: str, unseen: bool, said: str
) -> None:
    learner = User.objects.create_guest()
    assert led(read(learner, edition, *pressed)) == (to, unseen)
    assert row(learner).words == said
    assert bool(Reading.objects.get().finished) is (said == "Check to do")
    assert (standing.lessons_read(learner) == {edition.lesson_id}) is (said == "Check to do")


@pytest.mark.parametrize(
    ("first", "newer", "then", "said"),
    [
        ((1, 2, 3), "one two three four", (4,), "Check to do"),
        ((1, 2, 3), "zero one two three four", (5,), "Step 1 of 5"),
        ((4,), "one two three four", (1, 2, 3), "Check to do"),
        ((1, 2), "one two", (2,), "Check to do"),
        ((1, 2, 3), "four three two one", (1,), "Check to do"),
    ],
    ids=["the rest in the newer", "a new step", "the end in the older", "a shorter one", "another order"],
)
def test_a_step_counts_in_any_edition(
    lesson: Lesson, edition: Edition, first: tuple[int, ...], newer: str, then: tuple[int, ...], said: str
) -> None:
    learner = User.objects.create_guest()
    read(learner, edition, *first)
    read(learner, make_edition(lesson, newer, number=2), *then)
    assert row(learner).words == said


def test_the_last_step_of_an_old_form_completes_the_newer_edition(lesson: Lesson, edition: Edition) -> None:
    learner = User.objects.create_guest()
    newer = make_edition(lesson, "one two", number=2)
    read(learner, newer, 1)
    assert led(read(learner, edition, 2)) == ("", False)
    assert row(learner).words == "Check to do"


def test_a_lesson_that_is_read_stays_read_in_a_newer_edition(lesson: Lesson, edition: Edition) -> None:
    learner = User.objects.create_guest()
    read(learner, edition, 1, 2, 3, 4)
    newer = make_edition(lesson, "zero one two three four", number=2)
    assert led(read(learner, newer, 5)) == ("", False)
    assert row(learner).words == "Check to do"
    assert Reading.objects.get(edition=newer).finished is None, "of this edition, only one step was shown"
    read(learner, newer, 1, 2, 3, 4, now=at(22))
    assert Reading.objects.get(edition=newer).finished == at(22)


def test_a_step_is_recorded_once_and_a_repeated_press_writes_nothing(
    edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    learner, steps = User.objects.create_guest(), list(edition.steps.all())
    for queries in (5, 4):  # savepoint, the lock, the readings of the lesson, the new reading; release
        with django_assert_num_queries(queries):
            actions.read(learner=learner, steps=steps, step=steps[0], now=at(20))
        assert Reading.objects.get().seen == ["one"]


class TestTheStepPage(SiteCase):
    STEPS = ("antibodies-and-checkpoint-inhibitors", "side-effects-when-to-call")

    def press(self, n: int) -> Any:
        return self.client.post(reverse("step", args=[*self.STEPS, n]), follow=True)

    def test_leads_from_the_last_step_alone_to_the_first_with_one_sentence(self) -> None:
        response = self.press(6)
        assert response.redirect_chain == [(reverse("step", args=[*self.STEPS, 1]), 303)]
        assert words(response).count(UNSEEN) == 1
        assert "Step 1 of 6" in words(self.get("therapy", self.STEPS[0]))
        assert self.get("lesson", *self.STEPS).url == reverse("step", args=[*self.STEPS, 1])

    def test_leads_from_the_last_unseen_step_to_the_questions(self) -> None:
        self.press(6)
        for n in (1, 2, 3, 4):
            assert UNSEEN not in words(self.press(n))
        assert self.press(5).redirect_chain == [(reverse("check", args=[self.STEPS[1]]), 303)]
        assert "Check to do" in words(self.get("my"))

    def test_promises_no_questions_where_there_are_none(self) -> None:
        Lesson.objects.filter(slug=self.STEPS[1]).update(quiz=None)
        assert "You have not seen this step yet." in words(response := self.press(6))
        assert "Then the questions" not in words(response)

    def test_does_not_lead_another_person_by_what_this_one_saw(self) -> None:
        self.read(*self.STEPS, upto=5)
        other = Client()
        assert other.post(reverse("step", args=[*self.STEPS, 6])).url == reverse("step", args=[*self.STEPS, 1])


def test_continue_costs_three_statements_in_its_transaction(
    edition: Edition, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = reverse("step", args=["basics", "a-lesson", 1])
    client.post(address)
    client.get(address)
    address = reverse("step", args=["basics", "a-lesson", 2])
    # Session with user, what is published and its steps (not kept inside a test); savepoint; the lock, the readings of
    # the lesson, the reading; release.
    with django_assert_num_queries(3 + 5):
        client.post(address)


class TestAMerge:
    def merged(self, edition: Edition, guest: tuple[int, ...], own: tuple[int, ...]) -> standing.Standing:
        visitor, into = User.objects.create_guest(), User.objects.create_guest()
        for learner, positions in ((visitor, guest), (into, own)):
            if positions:
                read(learner, edition, *positions)
        guests.merge(guest=visitor, into=into, now=at(25))
        return row(into)

    @pytest.mark.parametrize(
        ("guest", "own", "said"),
        [
            ((1, 2, 3, 4), (1,), "Check to do"),
            ((1, 2), (3, 4), "Check to do"),
            ((1, 2), (4,), "Step 3 of 4"),
            ((1,), (1, 2), "Step 3 of 4"),
            ((4,), (), "Step 1 of 4"),
            ((), (1,), "Step 2 of 4"),
        ],
        ids=["read by the guest", "read by both together", "a gap is left", "own is further", "guest only", "own only"],
    )
    def test_counts_what_either_was_shown(
        self, edition: Edition, guest: tuple[int, ...], own: tuple[int, ...], said: str
    ) -> None:
        assert self.merged(edition, guest, own).words == said

    def test_of_two_editions_completes_the_lesson(self, lesson: Lesson, edition: Edition) -> None:
        visitor, into = User.objects.create_guest(), User.objects.create_guest()
        read(visitor, edition, 1, 2)
        read(into, make_edition(lesson, "one two three four", number=2), 3, 4)
        guests.merge(guest=visitor, into=into, now=at(25))
        assert row(into).words == "Check to do"
        assert Reading.objects.filter(learner=into).count() == 2

    def test_keeps_the_earlier_day(self, edition: Edition) -> None:
        visitor, into = User.objects.create_guest(), User.objects.create_guest()
        read(visitor, edition, 1, 2, 3, 4, now=at(18))
        read(into, edition, 1, 2, 3, 4, now=at(19))
        guests.merge(guest=visitor, into=into, now=at(25))
        reading = Reading.objects.get(learner=into)
        assert (reading.started, reading.finished) == (at(18), at(18))


BEFORE, AFTER = [("progress", "0003_no_repeated_index")], [("progress", "0004_seen_steps")]


@pytest.fixture
def older_release() -> Iterator[None]:
    """Migrate back to the release without the column, and always forward again at the end."""
    MigrationExecutor(connection).migrate(BEFORE)
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_the_migration_takes_over_what_was_read_and_begun(older_release: None) -> None:
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    lesson = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1)
    old, new = make_edition(lesson, "one two three"), make_edition(lesson, "zero one two", number=2)
    rows: dict[str, tuple[Edition, int, datetime | None]] = {
        "read": (old, 3, at(20)),
        "begun": (old, 3, None),
        "at its first step": (old, 1, None),
        "in the newer edition": (new, 2, None),
    }
    table = MigrationExecutor(connection).loader.project_state(BEFORE).apps.get_model("progress", "Reading")
    learners = {}
    for name, (edition, furthest, finished) in rows.items():
        learners[name] = User.objects.create_guest()
        table.objects.create(
            learner_id=learners[name].pk, edition_id=edition.pk, started=at(19), moved=at(19), finished=finished,
            furthest_id=edition.steps.get(position=furthest).pk,
        )  # fmt: skip

    MigrationExecutor(connection).migrate(AFTER)

    rows_now = dict(Reading.objects.values_list("learner", "seen"))  # no column that came later
    seen = {name: rows_now[learner.pk] for name, learner in learners.items()}
    assert seen == {
        "read": ["one", "two", "three"],
        "begun": ["one", "two"],
        "at its first step": [],
        "in the newer edition": ["zero"],
    }
    assert Reading.objects.values_list("finished", flat=True).get(learner=learners["read"]) == at(20)
    with connection.cursor() as cursor:  # a process of the release before writes on while the site is updated
        cursor.execute(
            "INSERT INTO progress_reading (learner_id, edition_id, furthest_id, started)"
            " SELECT %s, edition_id, furthest_id, started FROM progress_reading WHERE learner_id = %s",
            [User.objects.create_guest().pk, learners["read"].pk],
        )
    assert Reading.objects.order_by("-pk").values_list("seen", flat=True)[0] == []
