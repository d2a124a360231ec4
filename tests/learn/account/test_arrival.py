"""What a new patient sees after the card has opened their record, and that nobody arrives twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from learn.assignments.actions import assign
from learn.lessons.models import Lesson
from learn.people import codes
from learn.people.models import Patient, User
from learn.progress import actions
from learn.progress.models import Reading
from learn.visits.models import MyQuestion
from quizzes.templatetags.days import weekday
from tests.cast import at, keep_published, load_content, make_nurse, make_patient, make_team, words

pytestmark = pytest.mark.django_db

IN, MY, BRING = "/code/in/", "/my/", "/code/bring/"
STEP = reverse("step", args=["virus-therapy", "after-a-t-vec-shot", 1])
DUE = date(2026, 12, 5)


@pytest.fixture(autouse=True)
def on_november_24() -> Iterator[None]:
    load_content()
    with time_machine.travel(at(24), tick=False):
        yield


@pytest.fixture
def noor() -> User:
    return make_nurse("noor", make_team())


@pytest.fixture
def ana(noor: User) -> Patient:
    return make_patient(noor.memberships.get().care_team)


@pytest.fixture
def card(ana: Patient, noor: User) -> codes.Made:
    made = codes.make(user=ana.user, by=noor, now=at(23))
    assert made
    return made


def ask(ana: Patient, noor: User, *slugs: str, due: date = DUE) -> None:
    lessons = Lesson.objects.filter(slug__in=slugs)
    assign(patients=[ana], lessons=lessons, due=due, note="", by=noor, now=at(23))


def read(user: User) -> None:
    """Read the first step of a lesson."""
    steps = list(Lesson.objects.get(slug="after-a-t-vec-shot").editions.get().steps.all())
    actions.read(learner=user, steps=steps, step=steps[0], now=at(24))


def test_says_what_was_asked_for_how_long_it_takes_and_by_when(
    client: Client, ana: Patient, noor: User, card: codes.Made
) -> None:
    ask(ana, noor, "what-is-immunotherapy", "how-virus-therapy-works", "who-to-call", "after-a-t-vec-shot")
    response = client.post(f"/j/{card.token}/", follow=True)
    assert response.redirect_chain == [(IN, 303)]
    page = words(response)
    by = f"About 18 minutes in all, by {weekday(DUE)} . One at a time is fine."
    assert f"You are in Maple team asked for 4 lessons. {by}" in page
    assert "First After a T-VEC shot 5 minutes to read, then" in page
    first = reverse("lesson", args=["virus-therapy", "after-a-t-vec-shot"])
    assert f'<a class="btn" href="{first}">' in response.content.decode()
    order = ["After a T-VEC shot Start here", "Who to call Not started", "What is", "How virus"]
    places = [page.index(name, page.index("Your 4 lessons")) for name in order]
    assert places == sorted(places), "the lessons about safety, then the order of the site"
    for text in ("which questions were hard", "It opens your lessons on any phone", "This is not my card"):
        assert text in page
    assert f'href="{reverse("finish")}">This is not my card' in response.content.decode()


def test_says_it_of_one_lesson_and_of_several_days(client: Client, ana: Patient, noor: User) -> None:
    client.force_login(ana.user)
    ask(ana, noor, "who-to-call")
    page = words(client.get(IN))
    assert "Maple team asked for 1 lesson." in page
    assert "Your lesson" in page
    ask(ana, noor, "what-is-immunotherapy", due=date(2026, 12, 19))
    assert f"About 9 minutes in all, the first by {weekday(DUE)} ." in words(client.get(IN))


def test_of_a_card_without_lessons_says_so_and_offers_a_start(client: Client, card: codes.Made) -> None:
    response = client.post("/code/", {"letters": card.letters}, follow=True)
    assert response.redirect_chain == [(IN, 303)]
    page = words(response)
    assert "Maple team has not asked for a lesson yet. You can start with any lesson." in page
    assert "Find my medicine" in page
    assert "minutes" not in page
    assert "This is not my card" in page


def test_comes_again_until_something_was_done_and_never_after(client: Client, ana: Patient, card: codes.Made) -> None:
    for _ in range(2):  # a double press, or a look without a start
        assert Client().post(f"/j/{card.token}/").url == IN
    read(ana.user)
    assert Client().post(f"/j/{card.token}/").url == MY
    assert Client().post("/code/", {"letters": card.letters}).url == MY
    client.force_login(ana.user)
    assert client.get(IN).url == MY


def test_is_not_for_others(client: Client, ana: Patient, noor: User) -> None:
    assert client.get(IN).url == f"/code/?next={IN}"
    for user in (User.objects.create_guest(), noor):
        client.force_login(user)
        assert client.get(IN).url == MY
    Patient.objects.update(ended_on=date(2026, 11, 24), ended_why="finished")
    client.force_login(User.objects.get(pk=ana.user_id))
    assert client.get(IN).url == MY


def test_comes_after_the_question_about_a_guests_work(client: Client, ana: Patient, card: codes.Made) -> None:
    client.post(STEP)
    assert client.post(f"/j/{card.token}/").url == BRING
    assert client.post(BRING, {"bring": "no"}).url == IN
    other = Client()
    other.post(STEP)
    other.post(f"/j/{card.token}/")
    assert other.post(BRING, {"bring": "yes"}).url == MY
    assert Reading.objects.filter(learner=ana.user).exists()


def test_is_not_needed_by_who_opens_their_own_code(client: Client) -> None:
    guest = User.objects.create_guest()
    made = codes.make(user=guest, by=guest, now=at(23))
    assert made
    assert client.post("/code/", {"letters": made.letters}).url == MY


def test_gives_way_to_the_requested_page(client: Client, card: codes.Made) -> None:
    assert client.post("/code/?next=/my/questions/", {"letters": card.letters}).url == "/my/questions/"


def test_leads_to_my_learning_who_has_written_a_question(ana: Patient, card: codes.Made) -> None:
    MyQuestion.objects.create(learner=ana.user, text="May I swim?", position=1, added=at(23))
    assert Client().post(f"/j/{card.token}/").url == MY


def test_of_one_patient_names_nothing_of_another(client: Client, ana: Patient, noor: User) -> None:
    ask(ana, noor, "who-to-call")
    client.force_login(make_patient(ana.care_team, "Ben").user)
    assert "has not asked for a lesson yet" in words(client.get(IN))


@pytest.mark.parametrize("n", [1, 3])
def test_costs_a_fixed_number_of_queries(
    client: Client, ana: Patient, noor: User, django_assert_num_queries: Any, n: int
) -> None:
    ask(ana, noor, *("who-to-call", "what-is-immunotherapy", "after-a-t-vec-shot")[:n])
    client.force_login(ana.user)
    keep_published()
    client.get(IN)
    with django_assert_num_queries(6):  # session with user, and the five of `standing.standings`
        client.get(IN)
