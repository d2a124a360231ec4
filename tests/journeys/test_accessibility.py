"""Every page for patients and of the Desk: axe-core, 320 px width, target sizes, the CSP, no request elsewhere."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.conftest import Site, Visit
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
from tests.journeys.seen import SIDEWAYS, SMALL_TARGETS, UNSEEN_FOCUS, WIDE_TEXT, WIDEST

pytestmark = pytest.mark.browser

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", event =>
    told(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`))"""


def against_rules(page: Page, name: str) -> list[str]:
    """Return what axe-core finds against WCAG 2.2 A and AA, AAA contrast, and its best practices."""
    return [
        f"{name}: {rule['id']}: {node['failureSummary']} {node['html']}"
        for rule in Axe().run(page, options=RULES).response["violations"]
        for node in rule["nodes"]
    ]


def problems(page: Page, name: str, width: int) -> list[str]:
    """Return the problems of the open page, one line for each."""
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        found += against_rules(page, f"{name}, {theme}")
    if width == NARROW:
        found += [f"{name}: {target}" for target in page.evaluate(SMALL_TARGETS)]
        found += [f"{name}: {stop}" for stop in page.evaluate(UNSEEN_FOCUS)]
        if (over := page.evaluate(SIDEWAYS)) > 0:
            found.append(f"{name}: {over} px too wide")
        page.evaluate("document.documentElement.dataset.text = 'very-large'")
        found += against_rules(page, f"{name}, very large")
        page.evaluate(WIDE_TEXT)
        if (over := page.evaluate(SIDEWAYS)) > 0:
            found.append(f"{name}, at 200 % with wide spacing: {over} px too wide ({page.evaluate(WIDEST)})")
    return found


def watched(visit: Visit, told: list[str], width: int = NARROW) -> Page:
    """Open a device that writes each CSP violation of its browser into `told`."""
    page = visit(width=width, javascript=True)
    page.expose_function("told", lambda text: told.append(f"{page.url}: against the CSP: {text}"))
    page.add_init_script(TELL_VIOLATIONS)
    return page


@pytest.mark.parametrize("width", [NARROW, 1280])
def test_every_page_can_be_used_by_everybody(visit: Visit, site: Site, width: int) -> None:
    found: list[str] = []
    guest, noor, ana, eda, later, nurse, new = (watched(visit, found, width) for _ in range(7))
    for page, names in (
        (guest, patient_pages(guest)),
        (later, review_pages(later, site)),
        (noor, desk_pages(noor, site.password)),
        (noor, lead_pages(noor, site)),
        (nurse, teach_back_pages(nurse, site, f"iris-{width}")),
        (ana, ana_pages(ana, site)),
        (new, card_pages(new, site)),
        (noor, noor_pages(noor)),
        (eda, eda_pages(eda, site.password)),
    ):
        for name in names:
            found += problems(page, name, width)
    assert not found, "\n".join(found)


def test_a_csp_violation_is_noticed(visit: Visit) -> None:
    """The test of every page would prove nothing if its listener never reported a violation."""
    told: list[str] = []
    page = watched(visit, told)
    page.goto("/")
    page.evaluate("document.head.appendChild(document.createElement('style')).textContent = 'h1 { color: red }'")
    page.wait_for_timeout(100)
    assert any("style-src" in text for text in told)


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
