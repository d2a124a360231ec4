"""Light or dark: as the device says or as its reader chose; light on paper; the system's own colors before ours."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.conftest import Visit

pytestmark = pytest.mark.browser
LIGHT, DARK, WHITE = "rgb(250, 248, 243)", "rgb(17, 24, 31)", "rgb(255, 255, 255)"
INK = {LIGHT: "rgb(23, 33, 43)", DARK: "rgb(238, 242, 245)", WHITE: "rgb(0, 0, 0)"}
SEEN = "() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
SCHEME = "() => getComputedStyle(document.documentElement).colorScheme"
Theme = Literal["light", "dark"]


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("chosen", ["phone", "light", "dark"])
def test_a_page_has_the_colors_that_its_reader_wants(visit: Visit, chosen: str, system: Theme) -> None:
    page = visit()
    page.emulate_media(color_scheme=system)
    page.goto("/settings/")
    page.locator(f"input[name=colors][value={chosen}] + label").click()
    page.get_by_role("button", name="Save").click()
    wanted = system if chosen == "phone" else chosen
    paper = DARK if wanted == "dark" else LIGHT
    for address in ("/", "/lessons/"):
        page.goto(address)
        assert page.evaluate(SEEN) == [paper, INK[paper]]
        assert page.evaluate(SCHEME) == wanted
    page.emulate_media(color_scheme=system, media="print")
    assert page.evaluate(SEEN) == [WHITE, INK[WHITE]]
    assert page.evaluate(SCHEME) == "light"
    page.emulate_media(color_scheme=system, media="screen", forced_colors="active")
    assert page.evaluate("() => matchMedia('(forced-colors: active)').matches")
    assert page.evaluate(SEEN)[0] != paper, "the system's own color"
