"""A guest reads a lesson, does its check, leaves and comes back, without an account and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Visit
from tests.journeys.everywhere import LESSON, a_guest_learns, a_mistake_is_focused
from tests.journeys.hands import Phone
from tests.journeys.walk import answer, heading, press, questions, start_check, tick

pytestmark = pytest.mark.browser


def go_back(page: Page) -> None:
    """Press the browser's Back button. Playwright's `go_back` hangs when the page comes from the bfcache."""
    browser = page.context.new_cdp_session(page)
    history = browser.send("Page.getNavigationHistory")
    browser.send("Page.navigateToHistoryEntry", {"entryId": history["entries"][history["currentIndex"] - 1]["id"]})


@pytest.mark.parametrize("width", [320, 1280])
def test_a_guest_does_a_lesson_and_its_check_and_continues_later(visit: Visit, width: int) -> None:
    a_guest_learns(Phone(visit, width=width))


def test_sending_without_a_choice_focuses_an_error_summary_that_links_to_the_first_choice(visit: Visit) -> None:
    phone = Phone(visit, width=320)
    a_mistake_is_focused(phone)
    expect(phone.page.get_by_role("group", name="There is a problem")).to_have_count(0)


def test_the_back_button_after_an_answer_shows_the_feedback_and_no_second_try(visit: Visit) -> None:
    page = visit(width=320)
    start_check(page, LESSON)
    first, second, *_ = questions(LESSON)
    answer(page, first, "wrong")
    go_back(page)
    expect(page.locator("h1")).to_have_text("Not quite")
    press(page, "Next question")
    answer(page, second, "right")
    go_back(page)
    expect(page.locator("h1")).to_have_text("Yes, that is right")


@pytest.mark.parametrize("javascript", [True, False])
def test_who_looks_something_up_in_the_lesson_comes_back_to_the_question(visit: Visit, javascript: bool) -> None:
    page = visit(width=320, javascript=javascript)
    start_check(page, LESSON)
    first, second, *_ = questions(LESSON)
    answer(page, first, "wrong")
    press(page, "Look at this step again")
    assert f"Your answer is saved: question 1 of {len(questions(LESSON))}." in page.inner_text("main")
    press(page, "Back to the answer")
    assert heading(page) == "Not quite"
    press(page, "Next question")
    press(page, "Look at the lesson again")
    assert f"Your question waits for you: question 2 of {len(questions(LESSON))}." in page.inner_text("main")
    assert page.get_by_role("button", name="Continue").count() == 0
    press(page, "Step ")
    press(page, "Back to the question")
    assert heading(page) == second.stem


def test_not_sure_together_with_a_choice_is_refused_with_a_message(visit: Visit) -> None:
    page = visit()
    start_check(page, LESSON)
    asked = questions(LESSON)
    several = next(q for q in asked if len(q.right) > 1 and not q.rows)
    for question in asked:
        if question is several:
            break
        answer(page, question, "right")
        press(page, "Next question")
    tick(page, *several.right, "I’m not sure")
    press(page, "Check my answer")
    expect(page.get_by_role("group", name="There is a problem")).to_contain_text("but not both")
