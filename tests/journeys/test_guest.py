"""A guest reads a lesson, does its check, leaves and comes back, without an account and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Visit
from tests.journeys.walk import Answer, answer, heading, press, questions, read_on, start_check, tick

pytestmark = pytest.mark.browser

LESSON = "what-is-immunotherapy"
LISTS = ("Not right yet (2)", "Right after another look (1)", "Right the first time")


def come_back(page: Page, visit: Visit, width: int) -> Page:
    """Close the browser, and open it again on another day at the start page."""
    kept = page.context.storage_state()
    page.context.close()
    again = visit(width=width, kept=kept)
    again.goto("/")
    return again


def go_back(page: Page) -> None:
    """Press the browser's Back button. Playwright's `go_back` hangs when the page comes from the bfcache."""
    browser = page.context.new_cdp_session(page)
    history = browser.send("Page.getNavigationHistory")
    browser.send("Page.navigateToHistoryEntry", {"entryId": history["entries"][history["currentIndex"] - 1]["id"]})


@pytest.mark.parametrize("width", [320, 1280])
def test_a_guest_does_a_lesson_and_its_check_and_continues_later(visit: Visit, width: int) -> None:
    page = visit(width=width)
    page.goto("/")
    press(page, "Start")
    press(page, "The basics")
    press(page, "What is immunotherapy?")
    steps = int(re.findall(r"Step 1 of (\d+)", page.inner_text("main"))[0])
    press(page, "Continue")
    press(page, "Continue")
    third = heading(page)

    page = come_back(page, visit, width)
    assert f"You stopped at step 3 of {steps}." in page.inner_text("main")
    press(page, "Carry on")
    assert heading(page) == third
    read_on(page)
    press(page, "Start")

    asked = questions(LESSON)
    wrong = next(q for q in asked if not q.critical and q is not asked[0])
    missed = next(q for q in asked if q.critical)
    how: dict[str, Answer] = {asked[0].stem: "unsure", wrong.stem: "wrong", missed.stem: "wrong"}
    says = {"right": "Yes, that is right", "wrong": "Not quite", "unsure": "That is fine. Here is the answer"}
    for number, question in enumerate(asked, 1):
        assert f"Question {number} of {len(asked)}" in page.inner_text("main")
        assert question.why not in page.content()
        answer(page, question, how.get(question.stem, "right"))
        assert heading(page) == says[how.get(question.stem, "right")]
        assert question.why in page.inner_text("main")
        assert ("once more at the end" in page.inner_text("main")) == (question is missed)
        if number == 3:
            page = come_back(page, visit, width)
            assert "You have begun the questions." in page.inner_text("main")
            press(page, "Carry on")
            press(page, "Carry on")
        else:
            press(page, "Next question")

    assert "Once more, 1 of 1" in page.inner_text("main")
    assert page.title().startswith("Once more, 1 of 1")
    answer(page, missed, "right")
    assert heading(page) == says["right"]
    press(page, "See how it went")

    main = page.inner_text("main")
    first = len(asked) - 3
    assert f"{first} right the first time, {first + 1} of {len(asked)} by the end." in main
    assert "Talk with your nurse" not in main
    assert page.locator(".segs li").count() == len(asked)
    lists = {name: page.locator(".panel").filter(has_text=name).inner_text() for name in LISTS}
    for question in asked:
        name = LISTS[0] if question in (asked[0], wrong) else LISTS[1] if question is missed else LISTS[2]
        assert question.objective in lists[name]
    press(page, "Finish for today")
    assert heading(page) == "My learning"
    expect(page.get_by_role("listitem").filter(has_text="What is immunotherapy?")).to_contain_text("Done")


def test_sending_without_a_choice_focuses_an_error_summary_that_links_to_the_first_choice(visit: Visit) -> None:
    page = visit(width=320)
    start_check(page, LESSON)
    press(page, "Check my answer")
    assert page.title().startswith("Error: ")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("There is a problem")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(page.locator("input[type=radio]").first).to_be_focused()
    answer(page, questions(LESSON)[0], "right")
    assert heading(page) == "Yes, that is right"


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
    expect(page.get_by_role("alert")).to_contain_text("but not both")
