"""Search engines: no page of a person is ever listed, and the public pages only if the hospital wants it.

That no page is listed by default is asked of each address, for each role, in tests/test_access.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from learn.headers import PUBLIC
from tests.matrix import TABLE, World

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NEVER = "noindex, nofollow"
SECURITY = "/.well-known/security.txt"


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Create all people once, in a transaction around all tests of this file. Each test has its own savepoint in it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def tag(response: Any) -> str | None:
    return response.headers.get("X-Robots-Tag")


def test_each_public_page_is_an_address_of_the_site() -> None:
    assert set(TABLE) >= PUBLIC
    assert not {name for name in PUBLIC if ":" in name}


@pytest.mark.parametrize("name", [*TABLE])
def test_if_the_hospital_wants_it_only_public_pages_are_listed(world: World, settings: Any, name: str) -> None:
    settings.PUBLIC_INDEX = True
    assert tag(world.client("anonymous").get(world.address(name))) == (None if name in PUBLIC else NEVER)
    for role in ("ana", "guest", "noor", "eda"):
        assert tag(world.client(role).get(world.address(name))) == NEVER, "it may show something of their own"


@pytest.mark.parametrize("query", ["?q=fever", "?medicine=pembrolizumab", "?print=1", "?x"])
@pytest.mark.parametrize("name", ["find", "therapy", "start", "words"])
def test_a_page_with_a_query_is_never_listed(world: World, settings: Any, name: str, query: str) -> None:
    settings.PUBLIC_INDEX = True
    assert tag(Client().get(world.address(name, plain=True) + query)) == NEVER


def test_an_error_page_is_never_listed(world: World, settings: Any) -> None:
    settings.PUBLIC_INDEX = True
    client = Client(raise_request_exception=False)
    for response in (
        client.get("/nope/"),
        client.get("/lessons/nowhere/"),
        client.post("/help/"),
        client.get("/help/", headers={"host": "evil.example"}),
    ):
        assert response.status_code >= 400
        assert tag(response) == NEVER


def test_robots_txt_forbids_nothing_because_a_forbidden_page_cannot_say_that_it_is_not_to_be_listed() -> None:
    response = Client().get("/robots.txt")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/plain")
    rules = [line for line in response.content.decode().splitlines() if line and not line.startswith("#")]
    assert rules == ["User-agent: *", "Disallow:"]


def test_robots_txt_asks_the_database_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Client().get("/robots.txt")


def test_security_txt_says_where_to_report_and_until_when(settings: Settings, django_assert_num_queries: Any) -> None:
    """The form is that of RFC 9116. It is read on the last moment of a month, and on the first of the next."""
    assert Client().get(SECURITY).status_code == 404
    settings.SECURITY_CONTACT = ["mailto:security@hospital.example", "https://hospital.example/report"]
    for now, until in (("2026-11-30T23:59:59Z", "2027-04-30"), ("2026-12-01T00:00:00Z", "2027-05-30")):
        with time_machine.travel(now, tick=False), django_assert_num_queries(0):
            response = Client().get(SECURITY)
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        fields = [line.split(": ", 1) for line in response.content.decode().splitlines() if not line.startswith("#")]
        assert fields == [
            ["Contact", "mailto:security@hospital.example"],
            ["Contact", "https://hospital.example/report"],
            ["Expires", f"{until}T00:00:00Z"],
            ["Preferred-Languages", "en"],
            ["Canonical", f"http://testserver{SECURITY}"],
        ]
