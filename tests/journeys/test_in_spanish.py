"""A browser on a site in two languages: Spanish read aloud only by a Spanish voice; nothing is cut on a small phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.conftest import Site, Visit, served, shared
from tests.journeys.axe import problems
from tests.journeys.seen import SIDEWAYS
from tests.journeys.voice import VOICE
from tests.journeys.walk import press, sign_in

pytestmark = pytest.mark.browser
SCREEN = 640
STEP = "/lessons/basics/what-is-immunotherapy/1/"
ENGLISH, MEXICAN, REMOTE = (
    {"lang": "en-US", "localService": True},
    {"lang": "es-MX", "localService": True},
    {"lang": "es-US", "localService": False},
)
SPOKEN = "said.filter(part => part.text).map(part => [part.lang, part.voice.lang])"
PAGES = [
    "/", "/lessons/", "/lessons/basics/", STEP, "/help/", "/find/", "/words/", "/my/questions/", "/my/", "/more/",
    "/about/", "/settings/", "/check/what-is-immunotherapy/", "/code/", "/print/", "/privacy/", "/nowhere/",
    "/language/",
]  # fmt: skip


@pytest.fixture(scope="module")
def spanish(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site in English and Spanish."""
    commands = ("migrate", "load_content", "make_demo --people", "collectstatic --noinput")
    folder, kept = tmp_path_factory.mktemp("spanish"), shared(tmp_path_factory)
    with served(folder, kept, *commands, LANGUAGES="en,es") as found:
        yield found


def reads(visit: Visit, site: Site, language: str = "es", **over: Any) -> Page:
    page = visit(width=320, base=site.url, **over)
    page.context.add_cookies([{"name": "language", "value": language, "url": site.url}])
    return page


@pytest.mark.parametrize(("language", "voices", "spoken"), [
    ("es", [ENGLISH], ""), ("es", [], ""), ("es", [ENGLISH, REMOTE], ""),
    ("es", [ENGLISH, MEXICAN], "es-MX"), ("en", [MEXICAN], ""), ("en", [MEXICAN, ENGLISH], "en-US"),
])  # fmt: skip
def test_a_page_is_read_only_by_a_voice_of_its_language(
    visit: Visit, spanish: Site, language: str, voices: list[dict[str, Any]], spoken: str
) -> None:
    page = reads(visit, spanish, language, javascript=True)
    page.add_init_script(VOICE.replace('[{lang: "en-US", localService: LOCAL}]', json.dumps(voices)))
    page.goto(STEP)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(".listen").is_visible() is bool(spoken)
    if spoken:
        page.locator(".listen button").first.click()
        page.evaluate("finish()")
        assert page.evaluate(SPOKEN) == [[spoken, spoken]] * 2


def test_a_step_that_is_not_translated_is_read_in_its_own_language(visit: Visit, spanish: Site) -> None:
    """English words on a Spanish page: a Spanish voice would spell them out."""
    for voice, offered in ((MEXICAN, False), (ENGLISH, True)):
        page = reads(visit, spanish, javascript=True)
        page.add_init_script(VOICE.replace('[{lang: "en-US", localService: LOCAL}]', json.dumps([voice])))

        def in_english(route: Any) -> None:
            found = route.fetch()
            route.fulfill(response=found, body=found.text().replace("<div data-read>", '<div data-read lang="en">'))

        page.route(f"**{STEP}", in_english)
        page.goto(STEP)
        assert page.locator("[data-read]").get_attribute("lang") == "en"
        assert page.locator(".listen").is_visible() is offered


@pytest.mark.parametrize("size", ["standard", "very-large"])
def test_nothing_is_cut_on_the_narrowest_phone(visit: Visit, spanish: Site, size: str) -> None:
    """Spanish is a third longer than English, and its words are."""
    page = reads(visit, spanish)
    page.context.add_cookies([{"name": "look", "value": f"text={size}", "url": spanish.url}])
    for address in PAGES:
        page.goto(address)
        assert page.locator("html").get_attribute("lang") == "es", address
        assert page.evaluate(SIDEWAYS) <= 0, address


@pytest.mark.parametrize("language", ["en", "es"])
def test_who_is_in_danger_sees_911_on_the_first_screen(visit: Visit, spanish: Site, language: str) -> None:
    """For a visitor, and for a patient, whose page begins with the numbers of the team."""
    page = reads(visit, spanish, "en", javascript=True)
    for person in ("", "ana"):
        if person:
            page.goto("/accounts/login/")
            sign_in(page, person, spanish.password)
        page.goto("/help/")
        if language == "es":
            press(page, "Español")
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator(".numbers").count() == bool(person)
        head = page.locator(".call-911 > h3").bounding_box()
        assert head is not None
        assert head["y"] + head["height"] <= SCREEN, person
        if language == "es":
            press(page, "English")


def translation_pages(page: Page, password: str) -> Iterator[str]:
    """Walk through the pages on which rex reads a translation and signs it; yield the name of each open page."""
    page.goto("/admin/")
    sign_in(page, "rex", password)
    waits = page.get_by_role("region", name="In Spanish, not signed")
    waits.locator("a[href$='/es/call-card/']").click()
    page.get_by_role("heading", name="Sign it").wait_for()
    yield "the call card beside the English"
    page.goto("/admin/lessons/lesson/review/")
    yield "to review, translations"
    waits.locator("a[lang=es]").first.click()
    page.get_by_role("heading", name="Sign it").wait_for()
    page.locator("#sign").get_by_role("button", name="Sign").click()
    page.get_by_text("There is a problem").wait_for()
    yield "a lesson beside the English, nothing filled in"


def test_the_pages_for_translations_can_be_used_by_everybody(visit: Visit, spanish: Site) -> None:
    page = visit(width=320, base=spanish.url, javascript=True)
    found = [line for name in translation_pages(page, spanish.password) for line in problems(page, name)]
    assert not found, "\n".join(found)
