"""The pages that a person keeps to find them again: on "My learning", in My data, merged and erased."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from learn.account import actions as account
from learn.account import data, guests
from learn.lessons.models import Edition, Lesson, Therapy
from learn.people.models import User
from learn.progress import actions
from learn.progress.models import KeptPage, Reading
from tests.cast import at, keep_published, make_edition, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(at(24), tick=False):
        yield


@pytest.fixture
def lesson() -> Lesson:
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    lesson = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1)
    make_edition(lesson)
    return lesson


def step(n: int) -> str:
    return reverse("step", args=["basics", "a-lesson", n])


def keep(client: Client, n: int = 2) -> Any:
    return client.post(step(n), {"keep": "1"}, follow=True)


def kept(client: Client) -> list[str]:
    part = client.get("/my/").content.decode().partition('id="kept"')[2].partition("</section>")[0]
    return re.findall(r'<a href="([^"]+)"', part)


def test_a_kept_page_is_listed_on_my_learning_and_makes_a_visitor_a_guest(lesson: Lesson, client: Client) -> None:
    assert "Keep this page for later" in words(client.get(step(2)))
    response = keep(client)
    assert response.redirect_chain == [(step(2), 303)]
    assert "This page is kept." in words(response)
    assert User.objects.get().is_guest
    assert kept(client) == [step(2)]
    assert "There is nothing here yet" not in words(client.get("/my/"))
    assert not Reading.objects.exists(), "to keep a page is not to read it"


def test_a_kept_page_is_kept_once(lesson: Lesson, client: Client) -> None:
    keep(client)
    assert "You keep this page already." in words(keep(client))
    assert KeptPage.objects.count() == 1


def test_a_kept_page_can_be_taken_out(lesson: Lesson, client: Client) -> None:
    for n in (1, 2, 3):
        keep(client, n)
    assert kept(client) == [step(3), step(2), step(1)], "the newest first"
    response = client.post("/my/pages/", {"remove": KeptPage.objects.get(slug="two").pk}, follow=True)
    assert "Taken out of the pages you keep." in words(response)
    assert kept(client) == [step(3), step(1)]


def test_a_kept_page_of_somebody_else_is_neither_shown_nor_taken_out(lesson: Lesson, client: Client) -> None:
    keep(client)
    other = Client()
    keep(other, 1)
    assert kept(other) == [step(1)]
    for page in (KeptPage.objects.get(slug="two").pk, "", "x", "0", "9" * 30, "\x00"):
        for who in (other, Client()):
            assert who.post("/my/pages/", {"remove": page}).url == "/my/"
    assert kept(client) == [step(2)]
    assert User.objects.count() == 2, "no row for a visitor"


def test_a_kept_page_leads_to_the_same_step_of_a_newer_edition(lesson: Lesson, client: Client) -> None:
    keep(client)
    make_edition(lesson, "zero one two", number=2)
    assert kept(client) == [step(3)]
    make_edition(lesson, "zero one", number=3)
    assert kept(client) == []
    assert "This page is not shown any more." in words(client.get("/my/"))
    client.post("/my/pages/", {"remove": KeptPage.objects.get().pk})
    assert not KeptPage.objects.exists()


def test_a_kept_page_from_an_older_form_is_the_one_that_was_shown(lesson: Lesson, client: Client) -> None:
    shown = Edition.objects.get().steps.get(slug="two")
    make_edition(lesson, "two one", number=2)
    client.post(step(2), {"keep": "1", "step": shown.pk})
    assert KeptPage.objects.get().slug == "two"


def test_a_kept_page_has_a_limit_with_a_kind_message(lesson: Lesson, client: Client) -> None:
    keep(client, 1)
    learner = User.objects.get()
    KeptPage.objects.bulk_create(
        KeptPage(learner=learner, lesson=lesson, slug=f"s{n}", at=at(20)) for n in range(actions.MOST - 1)
    )
    assert "You keep 50 pages, and there is no room for more." in words(keep(client))
    assert KeptPage.objects.count() == 50


def test_a_kept_page_is_merged_each_once(lesson: Lesson) -> None:
    guest, into = User.objects.create_guest(), User.objects.create_guest()
    for learner, slugs in ((guest, "one two"), (into, "two three")):
        for slug in slugs.split():
            actions.keep_page(learner=learner, lesson=lesson.pk, slug=slug, now=at(20))
    guests.merge(guest=guest, into=into, now=at(25))
    assert sorted(KeptPage.objects.of(into).values_list("slug", flat=True)) == ["one", "three", "two"]


def test_a_kept_page_is_in_my_data_and_erased(lesson: Lesson, client: Client) -> None:
    keep(client)
    client.post(step(1))
    learner = User.objects.get()
    found = data.read(learner)
    assert [row["page"] for row in found["Pages that you keep for later"]] == ["two"]
    assert [row["pages shown"] for row in found["Lessons that you read"]] == ["one"]
    account.erase(user=learner, now=at(25))
    assert not KeptPage.objects.exists()


def test_a_kept_page_keeps_a_guest_from_being_tidied_away_after_a_month(lesson: Lesson, client: Client) -> None:
    keep(client)
    User.objects.update(date_joined=at(1).replace(month=1), last_login=at(1).replace(month=1))
    [batch] = guests.candidates(at=at(24))
    assert not any(guests.to_erase(batch, at=at(24)).values())


def test_my_learning_costs_the_same_queries_for_one_and_three(
    lesson: Lesson, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for pages in ((1,), (2, 3)):
        for n in pages:
            keep(client, n)
        client.get("/my/")
        keep_published()
        with django_assert_num_queries(10):
            client.get("/my/")
