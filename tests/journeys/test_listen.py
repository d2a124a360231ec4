"""Reading aloud uses the browser's own voice, where one is installed on the device."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.conftest import Visit
from tests.journeys.voice import VOICE

pytestmark = pytest.mark.browser
STEP = "/lessons/basics/what-is-immunotherapy/1/"


def at_a_step(visit: Visit, *, local: bool = True, javascript: bool = True) -> Page:
    page = visit(width=320, javascript=javascript)
    page.add_init_script(VOICE.replace("LOCAL", "true" if local else "false"))
    page.goto(STEP)
    return page


def texts(page: Page) -> list[str]:
    found: list[str] = page.evaluate("said.map(part => part.text || part)")
    return found


def test_reads_the_heading_first_and_then_the_step_one_sentence_at_a_time(visit: Visit) -> None:
    page = at_a_step(visit)
    heading = page.locator("h1").inner_text()
    page.get_by_role("button", name="Listen").click()
    assert texts(page) == ["cancel", heading]
    for _ in range(60):
        page.evaluate("finish()")
    read = texts(page)[1:]
    assert " ".join(page.locator("[data-read]").inner_text().split()) == " ".join(" ".join(read[1:]).split())
    assert max(len(part.split()) for part in read) <= 20
    assert page.get_by_role("button", name="Listen").is_visible()  # the reading has ended


def test_can_be_paused_and_stopped_by_keyboard(visit: Visit) -> None:
    page = at_a_step(visit)
    page.get_by_role("button", name="Listen").press("Enter")
    pause = page.get_by_role("button", name="Pause")
    assert pause.evaluate("e => e === document.activeElement")
    pause.press("Enter")
    assert texts(page)[-1] == "pause"
    page.get_by_role("button", name="Go on").press("Enter")
    assert texts(page)[-1] == "resume"
    page.get_by_role("button", name="Stop").press("Enter")
    assert texts(page)[-1] == "cancel"
    assert page.get_by_role("button", name="Listen").evaluate("e => e === document.activeElement")


# What a browser does when it translates a page: it puts the text of each element into a new element, in other words.
TRANSLATE = """() => {
    for (const e of document.querySelectorAll("main *"))
        for (const text of [...e.childNodes].filter(n => n.nodeType === Node.TEXT_NODE && n.data.trim())) {
            const font = document.createElement("font");
            font.textContent = `xx ${text.data.trim()}`;
            text.replaceWith(font);
        }
}"""


def test_works_while_the_browser_translates_the_page(visit: Visit) -> None:
    page = at_a_step(visit)
    page.evaluate(TRANSLATE)
    page.get_by_role("button", name="xx Listen").click()
    for name, done in (("xx Pause", "pause"), ("xx Go on", "resume"), ("xx Pause", "pause")):
        page.get_by_role("button", name=name, exact=True).click()
        assert texts(page)[-1] == done
    page.get_by_role("button", name="xx Stop").click()
    page.get_by_role("button", name="xx Listen").click()
    assert page.get_by_role("button", name="xx Pause", exact=True).is_visible(), "a new reading is not paused"


def test_is_not_offered_in_a_language_without_a_voice(visit: Visit) -> None:
    page = at_a_step(visit)
    for language, offered in (("es", False), ("en-US", True)):
        page.evaluate("language => { document.documentElement.lang = language }", language)
        assert page.locator(".listen").is_visible() is offered, language


def test_does_not_read_what_only_shows_how_a_word_is_said(visit: Visit) -> None:
    page = at_a_step(visit)
    page.evaluate("""() => document.querySelector("[data-read] p").insertAdjacentHTML(
        "beforeend", '<span aria-hidden="true">(say: in-HIH-bih-ter)</span>')""")
    page.get_by_role("button", name="Listen").click()
    for _ in range(60):
        page.evaluate("finish()")
    assert "HIH" not in " ".join(texts(page))


def test_the_layout_does_not_shift_when_a_voice_is_found(visit: Visit) -> None:
    tops = [
        at_a_step(visit, local=local).locator("h1").evaluate("e => e.getBoundingClientRect().top")
        for local in (True, False)
    ]
    assert tops[0] == tops[1]


@pytest.mark.parametrize(("local", "javascript"), [(False, True), (True, False)])
def test_is_not_offered_with_a_remote_voice_or_without_scripts(visit: Visit, local: bool, javascript: bool) -> None:
    page = at_a_step(visit, local=local, javascript=javascript)
    assert not page.locator(".listen").is_visible()
    assert page.get_by_role("button", name="Continue").is_visible()
