"""Whoever has read when to call is told of a changed call card, and sees the old and the new words (ruling 21)."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from learn.lessons import card_texts, texts
from learn.lessons.models import CardText, Lesson, Therapy
from learn.people.models import User
from learn.progress import standing
from learn.progress.models import Reading
from tests.cast import at, keep_published, make_edition, make_nurse, make_patient, make_team, words

pytestmark = pytest.mark.django_db

CHANGED = "Changed since you read it"
PAGE = "/help/changes/"
SHIPPED = texts.read(texts.FIXTURES / "call_card.yaml")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(at(24), tick=False):
        yield


@pytest.fixture
def lesson() -> Lesson:
    """Return a published lesson that says when to call, on a site that has shown the shipped card for long."""
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    lesson = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1, read_first=True)
    make_edition(lesson)
    card_texts.keep(SHIPPED, at(1))
    return lesson


@pytest.fixture
def reader(lesson: Lesson, client: Client) -> User:
    """Return a guest on this device who has read the lesson."""
    for n in (1, 2, 3):
        client.post(f"/lessons/basics/a-lesson/{n}/")
    return User.objects.get()


def with_line(text: str, *, tier: int = 0, lessons: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Return the shipped card with one more line."""
    data = deepcopy(SHIPPED) | more
    of = {"lessons": [*lessons], "treatment": "X"} if lessons else {}
    data["tiers"][tier]["groups"][0]["lines"].append({"id": "another", "text": text} | of)
    return data


def told(learner: User) -> list[str]:
    return [change.heading for change in standing.whole([learner.pk])[learner.pk].card]


def change(text: str = "A new sign.", **more: Any) -> bool:
    return card_texts.keep(with_line(text, **more), at(25))


class TestTheWordings:
    def test_are_kept_once_each(self, lesson: Lesson) -> None:
        assert not card_texts.keep(SHIPPED, at(2))
        assert change()
        assert not change()
        assert [*CardText.objects.order_by("number").values_list("number", "at")] == [(1, at(1)), (2, at(25))]

    def test_differ_by_words_and_not_by_spaces_or_what_is_not_shown(self, lesson: Lesson) -> None:
        data = deepcopy(SHIPPED) | {"above": f"  {SHIPPED['above']} ", "claims": []}
        assert not card_texts.keep(data, at(2))


class TestAChangedCard:
    def test_is_told_to_who_has_read_when_to_call_and_nobody_else(self, lesson: Lesson, reader: User) -> None:
        assert told(reader) == []
        change()
        assert told(reader) == ["Call 911"]
        assert told(User.objects.create_guest()) == []
        Lesson.objects.update(read_first=False)
        assert told(reader) == []

    def test_is_not_told_to_who_read_it_with_the_new_card(self, lesson: Lesson, reader: User) -> None:
        change()
        Reading.objects.update(finished=at(26))
        assert told(reader) == []

    def test_is_not_told_if_the_author_says_that_it_means_the_same_and_no_number_changed(
        self, lesson: Lesson, reader: User
    ) -> None:
        change("A sign, in other words.", same_meaning=True)
        assert told(reader) == []
        card_texts.keep(with_line("A sign for 3 days.", same_meaning=True), at(26))
        assert told(reader) == ["Call 911"]

    def test_is_not_told_if_the_line_belongs_to_a_lesson_that_they_have_not_read(
        self, lesson: Lesson, reader: User
    ) -> None:
        change(lessons=("il-2",))
        assert told(reader) == []
        card_texts.keep(with_line("For you.", tier=1, lessons=("a-lesson",)), at(26))
        assert told(reader) == ["Call your team now, day or night"]

    def test_is_two_taps_away_and_ends_with_the_second(self, lesson: Lesson, reader: User, client: Client) -> None:
        assert CHANGED not in words(client.get("/my/"))
        change()
        assert f'href="{PAGE}"' in client.get("/my/").content.decode(), "the first tap"
        page = client.get(PAGE)
        assert "A new sign." in words(page)
        assert SHIPPED["tiers"][0]["groups"][0]["lines"][0]["text"] not in words(page), "only what differs"
        assert words(client.post(PAGE, {"number": "2"}, follow=True)).count("You have read what changed.") == 1
        assert (told(reader), CHANGED in words(client.get("/my/"))) == ([], False)
        assert standing.standings([reader.pk])[reader.pk][0].is_done, "done stays done"
        assert "Nothing has changed" in words(client.get(PAGE))

    def test_is_told_again_when_it_changes_once_more(self, lesson: Lesson, reader: User, client: Client) -> None:
        change()
        client.post(PAGE, {"number": "2"})
        card_texts.keep(with_line("Another sign.", tier=2), at(26))
        assert told(reader) == ["Call 911", "Call your team in office hours"], "the first new sign was taken out"

    @pytest.mark.parametrize("typed", ["", "1", "x", "\x00", "9" * 40, "-2"])
    def test_is_not_ended_by_another_form_than_the_one_that_showed_it(
        self, lesson: Lesson, reader: User, client: Client, typed: str
    ) -> None:
        change()
        response = client.post(PAGE, {"number": typed}, follow=True)
        assert "has changed once more" in words(response)
        assert told(reader) == ["Call 911"]

    def test_shows_nothing_to_a_visitor(self, lesson: Lesson, client: Client) -> None:
        change()
        assert "Nothing has changed" in words(client.get(PAGE))
        assert client.post(PAGE, {"number": "2"}).status_code == 303
        assert not User.objects.exists()

    def test_costs_no_query_more(
        self, lesson: Lesson, reader: User, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        keep_published()
        with django_assert_num_queries(5):
            standing.whole([reader.pk])
        change()
        standing.whole([reader.pk])
        with django_assert_num_queries(5):
            standing.whole([reader.pk])


def test_a_nurse_sees_who_of_her_patients_has_not_seen_the_change(lesson: Lesson, client: Client) -> None:
    team = make_team()
    ana, ben = make_patient(team, "Ana"), make_patient(team, "Ben")
    edition = lesson.editions.get()
    steps = [*edition.steps.all()]
    for patient, day in ((ana, 20), (ben, 26)):
        Reading.objects.create(
            learner=patient.user, edition=edition, furthest=steps[-1], started=at(20), finished=at(day), seen=[]
        )
    change()
    client.force_login(make_nurse("noor", team))
    page = words(client.get("/admin/people/patient/changed/"))
    assert "Ana The call card: “Call 911”" in page
    assert "Ben" not in page
