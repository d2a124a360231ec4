"""My questions: by keyboard alone, without JavaScript, and with the Back button."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Visit
from tests.journeys.walk import heading, press

pytestmark = pytest.mark.browser
LIST = "/my/questions/"


def focus_on(page: Page, name: str) -> None:
    """Press Tab until the element with this name has the focus."""
    for _ in range(150):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and name in (focused.get_attribute("aria-label") or focused.text_content() or ""):
            return
    raise AssertionError(f"Tab never reaches {name}")


def texts(page: Page) -> list[str]:
    return [" ".join(row.inner_text().split()) for row in page.locator(".mine > li > p:first-child").all()]


def test_a_list_can_be_written_and_ordered_by_keyboard_alone(visit: Visit) -> None:
    page = visit(width=320)
    page.goto(LIST)
    exact = page.get_by_role("button", name="Add: Which side effects mean I call right away?", exact=True)
    expect(exact).to_have_count(1)  # no space before the colon: a screen reader would pause there
    for name in ("Which side effects mean I call right away?", "Who do I tell about a side effect?"):
        page.goto(LIST)
        focus_on(page, f"Add: {name}")
        with page.expect_event("load"):
            page.keyboard.press("Enter")
    page.goto(LIST)
    assert texts(page) == ["Which side effects mean I call right away?", "Who do I tell about a side effect?"]
    focus_on(page, "Change: Who do I tell")
    page.keyboard.press("Enter")
    focus_on(page, "Up: Who do I tell")
    with page.expect_event("load"):
        page.keyboard.press("Enter")
    assert texts(page) == ["Who do I tell about a side effect?", "Which side effects mean I call right away?"]
    focus_on(page, "Down: Who do I tell")  # its buttons are still shown


def test_a_question_about_a_step_leads_to_the_list_and_back_to_the_step(visit: Visit) -> None:
    page = visit(width=320)
    page.goto("/lessons/basics/what-is-immunotherapy/2/")
    press(page, "I have a question about this")
    assert heading(page) == "My questions for my team"
    box = page.get_by_label("Write your own question")
    expect(box).to_have_value("About “It is not the same as chemo”: ")
    box.fill("Why is it not the same as chemo for me?")
    press(page, "Add my question")
    assert heading(page) == "It is not the same as chemo"
    expect(page.get_by_role("status")).to_have_text("Added to your questions.")
    press(page, "My questions")
    assert texts(page) == ["Why is it not the same as chemo for me?"]


def test_a_removed_question_can_be_put_back_after_the_back_button(visit: Visit) -> None:
    page = visit(width=320)
    page.goto(LIST)
    page.get_by_label("Write your own question").fill("May I travel?")
    press(page, "Add my question")
    page.get_by_label("Change: May I travel?").click()
    press(page, "Remove")
    expect(page.get_by_role("status")).to_contain_text("Removed: “May I travel?”")
    with page.expect_event("load"):
        page.go_back()
    assert texts(page) == []  # loaded again, because pages are not cached
    press(page, "Put it back")
    assert texts(page) == ["May I travel?"]
