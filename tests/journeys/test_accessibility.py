"""Every page for patients and of the Desk: axe-core, 320 px width, target sizes, the CSP, no request elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

import pytest
from playwright.sync_api import Page, Route

from tests.conftest import Site, Visit
from tests.journeys.axe import problems
from tests.journeys.it_pages import it_pages
from tests.journeys.lesson_pages import ending_pages, reviewing_pages, writing_pages
from tests.journeys.pages import (
    NARROW,
    ana_pages,
    card_pages,
    desk_pages,
    eda_pages,
    lead_pages,
    noor_pages,
    patient_pages,
    review_pages,
    teach_back_pages,
)
from tests.journeys.second_step import two_step_pages
from tests.journeys.seen import UNSEEN_FOCUS

pytestmark = pytest.mark.browser

Walk: TypeAlias = Iterator[tuple[Page, str]]

TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", event =>
    told(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`))"""


def watched(visit: Visit, told: list[str]) -> Page:
    """Open a device that writes each CSP violation of its browser into `told`."""
    page = visit(width=NARROW, javascript=True)
    page.expose_function("told", lambda text: told.append(f"{page.url}: against the CSP: {text}"))
    page.add_init_script(TELL_VIOLATIONS)
    return page


def guests(visit: Visit, site: Site, told: list[str]) -> Walk:
    """Walk through the pages of people without a nurse."""
    guest, later = watched(visit, told), watched(visit, told)
    yield from ((guest, name) for name in patient_pages(guest))
    yield from ((later, name) for name in review_pages(later, site))


def nurses(visit: Visit, site: Site, told: list[str]) -> Walk:
    """Walk through the pages of nurses, of a lead nurse, and of a patient with a nurse."""
    noor, ana, nurse, new = (watched(visit, told) for _ in range(4))
    yield from ((noor, name) for name in desk_pages(noor, site.password))
    yield from ((noor, name) for name in lead_pages(noor, site))
    yield from ((nurse, name) for name in teach_back_pages(nurse, site, "iris"))
    yield from ((ana, name) for name in ana_pages(ana, site))
    yield from ((new, name) for name in card_pages(new, site))
    yield from ((noor, name) for name in noor_pages(noor))


def educators(visit: Visit, site: Site, told: list[str]) -> Walk:
    """Walk through the pages of an educator."""
    eda = watched(visit, told)
    yield from ((eda, name) for name in eda_pages(eda, site.password))


def writers_and_reviewers(visit: Visit, site: Site, told: list[str]) -> Walk:
    """Walk through the pages about lessons, of an educator and of a clinical reviewer."""
    eda, rex = watched(visit, told), watched(visit, told)
    yield from ((eda, name) for name in writing_pages(eda, site.password))
    yield from ((rex, name) for name in reviewing_pages(rex, site.password))
    yield from ((eda, name) for name in ending_pages(eda))


def it_people(visit: Visit, site: Site, told: list[str]) -> Walk:
    """Walk through the pages of IT."""
    ivy = watched(visit, told)
    yield from ((ivy, name) for name in it_pages(ivy, site.password, "nross"))


def second_steps(visit: Visit, site: Site, told: list[str]) -> Walk:
    """Walk through the pages of the second step of staff."""
    tom = watched(visit, told)
    yield from ((tom, name) for name in two_step_pages(tom, site, "tom"))


RENDERED = """
import json
from django.template.loader import render_to_string
files = ["400", "403", "408", "413", "429", "429_guests", "500", "503"]
context = {"styled": True, "wait": "5 minutes", "again": "/my/", "refused": True, "fields": [("text", "a flu shot")]}
print(json.dumps({file: render_to_string(f"{file}.html", context) for file in files}))
"""


def errors(visit: Visit, site: Site, told: list[str]) -> Walk:
    """Walk through the pages that say what went wrong, as templates: most need a fault or a bad client to be seen."""
    page = watched(visit, told)
    for file, text in json.loads(site.manage("shell", "-v0", "-c", RENDERED)).items():
        page.route("**/what-went-wrong/", partial(_show, text=text))
        page.goto("/what-went-wrong/")
        yield page, f"{file}.html"
        page.unroute("**/what-went-wrong/")


def _show(route: Route, text: str) -> None:
    route.fulfill(body=text, content_type="text/html")


@pytest.mark.parametrize("walk", [guests, errors, nurses, educators, writers_and_reviewers, it_people, second_steps])
def test_every_page_can_be_used_by_everybody(
    visit: Visit, site: Site, walk: Callable[[Visit, Site, list[str]], Walk]
) -> None:
    found: list[str] = []
    for page, name in walk(visit, site, found):
        found += problems(page, name)
    assert not found, "\n".join(found)


def test_a_csp_violation_is_noticed(visit: Visit) -> None:
    """The test of every page would prove nothing if its listener never reported a violation."""
    told: list[str] = []
    page = watched(visit, told)
    page.goto("/")
    page.evaluate("document.head.appendChild(document.createElement('style')).textContent = 'h1 { color: red }'")
    for _ in range(100):  # it is told soon, but not at once
        page.wait_for_timeout(0 if told else 50)
    assert any("style-src" in text for text in told)


@pytest.mark.parametrize(("color", "contrast"), [("#555", "of 2."), ("#999", "of 6.")])
def test_a_weak_contrast_in_the_dark_theme_is_noticed(visit: Visit, color: str, contrast: str) -> None:
    page = visit(width=1280, javascript=True)
    page.goto("/")
    page.evaluate(
        """color => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(`@media (prefers-color-scheme: dark) { p { color: ${color} !important } }`);
            document.adoptedStyleSheets = [sheet];
        }""",
        color,
    )
    found = problems(page, "start")
    assert found
    assert all(contrast in line for line in found)
    assert {line.partition(": color-contrast-enhanced")[0] for line in found} == {
        "start, wide, dark",
        "start, dark",
        "start, very large",
    }


def test_an_invisible_focus_is_noticed(visit: Visit) -> None:
    page = visit(width=NARROW, javascript=True)
    page.goto("/")
    assert page.evaluate(UNSEEN_FOCUS) == []
    page.evaluate("""() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync("a { outline: none !important; box-shadow: none !important; background: none !important }");
        document.adoptedStyleSheets = [sheet];
    }""")
    assert any("Start" in stop for stop in page.evaluate(UNSEEN_FOCUS))
