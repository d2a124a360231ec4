"""Whoever helps a patient: a way through the same lessons, and an address to share that says nothing of the reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from learn.lessons import governance, shown
from learn.lessons.models import Edition
from tests.cast import keep_published, load_content, make_patient, make_team, words

pytestmark = pytest.mark.django_db
HELPER = ("your-care-team", shown.HELPER)


@pytest.fixture(scope="module", autouse=True)
def _lessons(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load the shipped lessons once; each test runs in a savepoint."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_content()
        yield
        transaction.set_rollback(True)


def html(client: Client, name: str = "helping", *args: Any) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def test_the_start_page_leads_a_helper_to_the_way_through_the_lessons(client: Client) -> None:
    assert f'<a href="{reverse("helping")}">I help somebody who gets treatment</a>' in html(client, "start")


def test_it_begins_with_the_lesson_for_helpers_and_with_when_to_call(client: Client) -> None:
    page = html(client).split("<main")[1]
    first = page.index(f'href="{reverse("lesson", args=HELPER)}"')
    assert page.index("You may notice a change before they do.") < first < page.index(f'href="{reverse("help")}"')


def test_it_lists_every_lesson_once_and_what_to_watch_for_in_its_own_words(client: Client) -> None:
    page, text = html(client), words(client.get(reverse("helping")))
    lessons = shown.every_page()
    for pages in lessons:
        row = pages[0].lesson.row
        assert page.count(f'<a href="{reverse("lesson", args=[row.therapy, row.slug])}">') == 1, row.slug
    watch = [page for pages in lessons for page in pages if page.teaches_card]
    assert len(watch) > 5
    assert text.count("What to watch for:") == len(watch)
    for step in watch:
        assert f'<a href="{step.address}">' in page
        assert step.key_point in text.replace("&#x27;", "'")


def test_it_works_without_the_lesson_for_helpers_and_without_any_lesson(client: Client) -> None:
    governance.retire(edition=Edition.objects.filter(state="published").get(lesson__slug=shown.HELPER))
    assert reverse("lesson", args=HELPER) not in html(client)
    assert reverse("helping") not in html(client, "start")
    Edition.objects.filter(state="published").update(state="retired")
    assert "What to watch for:" not in words(client.get(reverse("helping")))


def test_it_costs_one_statement(client: Client, django_assert_num_queries: Any) -> None:
    keep_published()
    with django_assert_num_queries(1):
        html(client)


# The address to share.

LESSON = ("basics", "what-is-immunotherapy")


def shared(page: str) -> str:
    """Return the address in the field to copy."""
    [found] = re.findall(r'<textarea id="share-address" rows="3" readonly>([^<]+)</textarea>', page)
    return str(found)


@pytest.mark.parametrize("who", ["visitor", "patient"])
def test_the_last_step_and_the_therapy_page_give_a_plain_address_that_opens_for_everybody(
    client: Client, who: str
) -> None:
    if who == "patient":
        client.force_login(make_patient(make_team(), "Ana", name="ana").user)
    last = len(shown.pages([LESSON[1]])[LESSON[1]])
    for page, address in (
        (html(client, "step", *LESSON, last), reverse("lesson", args=LESSON)),
        (html(client, "therapy", LESSON[0]), reverse("therapy", args=LESSON[:1])),
    ):
        assert shared(page) == settings.PUBLIC_URL + address
        opened = Client().get(address, follow=True)
        assert opened.status_code == 200
        assert not opened.cookies.get("sid")
    assert 'id="share-address"' not in html(client, "step", *LESSON, 1)


def test_a_medicine_in_the_address_of_the_page_is_not_shared(client: Client) -> None:
    address = reverse("therapy", args=["antibodies-and-checkpoint-inhibitors"])
    page = client.get(address, {"medicine": "pembrolizumab"}).content.decode()
    assert shared(page) == settings.PUBLIC_URL + address
    assert "pembrolizumab" not in page.split('id="share-address"')[1].split("</details>")[0]


def test_email_and_text_message_begin_with_a_plain_sentence(client: Client) -> None:
    page = html(client, "therapy", LESSON[0]).replace("&amp;", "&")
    said = f"Here are plain lessons about immunotherapy. You need no account: {shared(page)}"
    [mail] = re.findall(r'href="(mailto:[^"]+)"', page)
    [sms] = re.findall(r'href="(sms:[^"]+)"', page)
    assert "+" not in mail + sms, "an email program would show it as a plus"
    assert parse_qs(urlsplit(mail).query) == {"subject": ["Plain lessons about immunotherapy"], "body": [said]}
    assert parse_qs(urlsplit(sms).query) == {"body": [said]}


def test_the_button_of_the_device_is_hidden_until_the_script_shows_it(client: Client) -> None:
    page = html(client, "therapy", LESSON[0])
    assert f'<span hidden data-share="{shared(page)}">' in page
