"""For people who come back to a lesson that they have read: what changed in a safety text since (ruling 21)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from learn.account import guests
from learn.lessons.models import Edition, Lesson, Therapy
from learn.people.models import User
from learn.progress import standing
from learn.progress.models import Reading
from quizzes.models import Attempt
from tests.cast import as_form, at, keep_published, make_edition, make_question, make_quiz, right, words

pytestmark = pytest.mark.django_db

CHANGED = "Changed since you read it"
PAGE = "/lessons/basics/a-lesson/changes/"
OLD, NEW = {"two": "Call if the fever is 101 °F."}, {"two": "Call if the fever is 100.4 °F."}


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(at(24), tick=False):
        yield


@pytest.fixture
def lesson() -> Lesson:
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    quiz = make_quiz(make_question(critical=True), slug="a-lesson")
    lesson = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1, quiz=quiz)
    make_edition(lesson, safety=OLD)
    return lesson


@pytest.fixture
def reader(lesson: Lesson, client: Client) -> User:
    """Return a guest on this device who has done the lesson."""
    for n in (1, 2, 3):
        client.post(step(n))
    client.post("/check/a-lesson/")
    item = Attempt.objects.get().items.select_related("revision").get()
    client.post(reverse("quizzes:question", args=[item.attempt_id, 1]), as_form(item.revision, right(item.revision)))
    return User.objects.get()


def step(n: int) -> str:
    return reverse("step", args=["basics", "a-lesson", n])


def status(learner: User) -> standing.Standing:
    return standing.standings([learner.pk])[learner.pk][0]


def publish(lesson: Lesson, number: int = 2, **over: Any) -> Edition:
    return make_edition(lesson, number=number, **({"safety": NEW} | over))


class TestAChangedSafetyText:
    def test_is_told_on_my_learning_and_in_the_list_of_lessons(
        self, lesson: Lesson, reader: User, client: Client
    ) -> None:
        for address in ("/my/", "/lessons/basics/"):
            assert CHANGED not in words(client.get(address))
        publish(lesson)
        assert f'href="{PAGE}"' in client.get("/my/").content.decode(), "one tap to the changes"
        assert CHANGED in words(client.get("/lessons/basics/")).partition("Done")[2]

    def test_is_told_with_the_lesson_which_opens_at_the_changed_step(
        self, lesson: Lesson, reader: User, client: Client
    ) -> None:
        publish(lesson)
        response = client.get("/lessons/basics/a-lesson/", follow=True)
        assert response.redirect_chain == [(f"{step(2)}?changed=1", 302)]
        assert "This lesson has changed since you read it." in words(response)
        assert f'href="{PAGE}"' in response.content.decode()
        assert "has changed" not in words(client.get(step(2)))

    def test_shows_the_old_and_the_new_words(self, lesson: Lesson, reader: User, client: Client) -> None:
        publish(lesson)
        page = client.get(PAGE)
        said = words(page)
        assert "Before Call if the fever is 101 °F. Now Call if the fever is 100.4 °F." in said
        html = page.content.decode()
        assert re.findall(r"<(del|ins)>(.+?)</\1>", html) == [("del", "101"), ("ins", "100.4")]
        assert said.count("Text.") == 0, "what is the same is not shown"

    def test_is_over_with_one_press_and_everything_stays_done(
        self, lesson: Lesson, reader: User, client: Client
    ) -> None:
        done, attempts = status(reader).done_at, Attempt.objects.count()
        newer = publish(lesson)
        assert (status(reader).words, status(reader).done_at) == ("Done", done)
        response = client.post(PAGE, {"edition": newer.pk}, follow=True)
        assert response.redirect_chain == [("/my/", 303)]
        assert "Thank you. You have read what changed." in words(response)
        assert CHANGED not in words(response)
        assert (status(reader).words, status(reader).done_at) == ("Done", done)
        assert Attempt.objects.count() == attempts
        assert "Nothing about safety has changed" in words(client.get(PAGE))

    def test_is_over_when_the_page_was_read_again(self, lesson: Lesson, reader: User, client: Client) -> None:
        publish(lesson)
        client.post(step(1))
        assert CHANGED in words(client.get("/my/"))
        client.post(step(2))
        assert CHANGED not in words(client.get("/my/"))

    def test_is_recorded_once_however_often_the_button_is_pressed(
        self, lesson: Lesson, reader: User, client: Client
    ) -> None:
        newer = publish(lesson)
        for _ in range(3):
            assert client.post(PAGE, {"edition": newer.pk}).url == "/my/"
        assert Reading.objects.get(edition=newer).seen == ["two"]
        assert Reading.objects.get(edition=newer).finished is None

    @pytest.mark.parametrize("edition", ["", "0", "-1", "x", "9" * 30, "²"])
    def test_is_shown_again_after_a_form_that_is_stale_or_broken(
        self, lesson: Lesson, reader: User, client: Client, edition: str
    ) -> None:
        publish(lesson)
        assert client.post(PAGE, {"edition": edition}).url == PAGE
        assert "This lesson has changed once more." in words(client.get(PAGE))
        assert status(reader).changed

    def test_that_changed_once_more_while_the_page_was_open_is_told_still(
        self, lesson: Lesson, reader: User, client: Client
    ) -> None:
        seen = publish(lesson)
        publish(lesson, 3, safety={"two": "Call at once."})
        client.post(PAGE, {"edition": seen.pk})
        assert "Call at once." in words(client.get(PAGE))

    def test_that_is_new_or_taken_out_is_told(self, lesson: Lesson, reader: User, client: Client) -> None:
        newer = publish(lesson, slugs="one three four", safety={"four": "Keep <b>the</b> card."})
        said = words(client.get(PAGE))
        assert "four This page is new." in said
        assert "two This page is not in the lesson any more. If you are not sure" in said
        assert "<b>" not in client.get(PAGE).content.decode().split("<main")[1].split("</main>")[0]
        client.post(PAGE, {"edition": newer.pk})
        assert not status(reader).changed

    @pytest.mark.parametrize(
        "over",
        [{"safety": OLD}, {"safety": {"two": "Call, if the fever is 101 °F."}, "same_meaning": True}],
        ids=["no change", "a typo"],
    )
    def test_is_not_told_when_nothing_means_something_else(
        self, lesson: Lesson, reader: User, client: Client, over: dict[str, Any]
    ) -> None:
        publish(lesson, **over)
        assert CHANGED not in words(client.get("/my/"))
        assert "changed=" not in client.get("/lessons/basics/a-lesson/").url

    def test_is_not_told_to_who_has_not_read_the_lesson(self, lesson: Lesson, client: Client) -> None:
        client.post(step(1))
        client.post(step(2))
        newer = publish(lesson)
        assert CHANGED not in words(client.get("/my/"))
        assert client.post(PAGE, {"edition": newer.pk}).url == "/my/"
        assert not Reading.objects.filter(edition=newer).exists()

    def test_is_not_told_to_a_visitor_who_gets_no_row(self, lesson: Lesson) -> None:
        newer = publish(lesson)
        visitor = Client()
        assert "Nothing about safety has changed" in words(visitor.get(PAGE))
        assert visitor.post(PAGE, {"edition": newer.pk}).url == "/my/"
        assert not User.objects.exists()

    def test_of_a_lesson_that_is_not_there_is_not_found(self, lesson: Lesson, client: Client) -> None:
        for address in ("/lessons/basics/nope/changes/", "/lessons/nope/a-lesson/changes/"):
            assert client.get(address).status_code == client.post(address).status_code == 404

    def test_costs_one_query_more_until_the_process_has_the_older_text(
        self,
        lesson: Lesson,
        reader: User,
        django_assert_num_queries: DjangoAssertNumQueries,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        publish(lesson)
        keep_published()
        with django_assert_num_queries(6), django_capture_on_commit_callbacks(execute=True):
            assert status(reader).changed
        with django_assert_num_queries(5):
            assert status(reader).changed

    def test_is_not_told_twice_to_a_guest_who_is_merged(self, lesson: Lesson, reader: User, client: Client) -> None:
        newer = publish(lesson)
        client.post(PAGE, {"edition": newer.pk})
        into = User.objects.create_guest()
        guests.merge(guest=reader, into=into, now=at(25))
        assert status(into).words == "Done"
        assert not status(into).changed
