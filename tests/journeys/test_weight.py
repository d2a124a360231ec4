"""Pages for an old phone with a weak signal: few bytes, few requests, and no layout shift."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.bench.weight import WAY, Weight, walk
from tests.conftest import Site

pytestmark = pytest.mark.browser
FIRST, NEXT = "first lesson step, cold", "next step"


@pytest.fixture(scope="module")
def pages(browser: Browser, site: Site) -> dict[str, Weight]:
    return {found.page: found for found in walk(browser, site.url, WAY, slow=False)}


def test_the_first_lesson_step_takes_14_kb_and_four_requests_at_most(pages: dict[str, Weight]) -> None:
    assert 3 <= pages[FIRST].requests <= 4, "page, style sheet, picture, icon"
    assert 3_000 < pages[FIRST].bytes <= 14 * 1024, pages[FIRST]


def test_the_next_step_takes_6_kb_at_most(pages: dict[str, Weight]) -> None:
    assert 1_000 < pages[NEXT].bytes <= 6 * 1024, pages[NEXT]


def test_the_script_takes_10_kb_at_most_and_is_loaded_once(pages: dict[str, Weight]) -> None:
    assert 0 < pages[FIRST].script <= 10 * 1024
    assert [name for name, page in pages.items() if page.script] == [FIRST]


def test_no_page_shifts_its_layout_after_it_is_drawn(pages: dict[str, Weight]) -> None:
    assert {name: page.moved for name, page in pages.items() if page.moved > 0.02} == {}
