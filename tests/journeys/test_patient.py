"""A patient's main tasks, with the taps counted: by pointer, by keyboard alone, without JavaScript, and when the
connection breaks after each press of a button."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route

from tests.conftest import Visit
from tests.journeys.hands import Hand, Keyboard, Pointer
from tests.journeys.walk import Question, heading, questions

pytestmark = pytest.mark.browser

LESSON = "antibodies-and-the-brake"  # five steps and five questions: choice, matching, ordering, true or false
WAYS = {"pointer": (Pointer, False), "pointer, with JavaScript": (Pointer, True), "keyboard": (Keyboard, False)}


def answer(hand: Hand, question: Question) -> None:
    assert heading(hand.page) == question.stem
    if question.rows:
        shown = hand.page.locator("main select").evaluate_all("all => all.map(e => e.labels[0].textContent.trim())")
        for row in shown:  # the page shuffles the rows
            hand.pick(row, question.right[question.rows.index(row)])
    else:
        hand.choose(*question.right)
    hand.press("Check my answer")


@pytest.fixture(params=WAYS)
def hand(request: pytest.FixtureRequest, visit: Visit) -> Hand:
    way, javascript = WAYS[request.param]
    made: Hand = way(visit(width=360, javascript=javascript))
    return made


def test_a_misspelled_medicine_leads_to_the_first_step_in_four_taps(hand: Hand) -> None:
    hand.page.goto("/")
    hand.press("I know the name of my medicine")
    hand.write("Type the name of your medicine", "pembrolizomab")
    hand.press("Find my medicine")
    hand.press("Yes. Show me the lessons for pembrolizumab")
    hand.press("Antibodies and the brake")
    assert "Step 1 of 5" in hand.page.inner_text("main")
    assert hand.taps <= 4


def test_a_lesson_takes_one_tap_for_each_step_and_three_for_each_question(hand: Hand) -> None:
    hand.page.goto(f"/lessons/antibodies-and-checkpoint-inhibitors/{LESSON}/1/")
    while hand.page.get_by_role("button", name="Continue").count():
        hand.press("Continue")
    hand.press("Check what you know")
    hand.press("Start")
    assert hand.taps == 5 + 1
    asked, choices = questions(LESSON), 0
    for n, question in enumerate(asked, 1):
        answer(hand, question)
        assert heading(hand.page) == "Yes, that is right"
        hand.press("Next question" if n < len(asked) else "See how it went")
        choices += len(question.right)
    assert "All 5 right the first time." in hand.page.inner_text("main")
    assert hand.taps == 6 + choices + 2 * len(asked), "a tap for each choice, one to send, one to go on"


def test_the_main_button_of_a_step_is_within_ten_presses_of_tab(visit: Visit) -> None:
    hand = Keyboard(visit(width=360))
    hand.page.goto(f"/lessons/antibodies-and-checkpoint-inhibitors/{LESSON}/1/")
    hand.reach("Continue", within=10)


class BrokenLine:
    """Every POST reaches the site, but the reply to its first try is lost."""

    def __init__(self, page: Page) -> None:
        self.broken = 0
        self.tried: set[str] = set()
        page.route("**/*", self.pass_on)

    def pass_on(self, route: Route) -> None:
        post = route.request.method == "POST"
        form = re.sub(r"csrfmiddlewaretoken=\w+", "", f"{route.request.url} {route.request.post_data}")
        if post and form not in self.tried:
            self.tried.add(form)
            route.fetch(max_redirects=0)
            self.broken += 1
            route.abort("connectionreset")
        else:
            route.continue_()


def test_a_connection_that_breaks_after_every_post_loses_and_duplicates_nothing(visit: Visit) -> None:
    page = visit(width=360)
    line = BrokenLine(page)

    def send(button: str) -> None:
        """Press, see the browser's own error page, and open the form's address again."""
        form, before = page.url, line.broken
        with page.expect_event("requestfailed"):
            page.get_by_role("button", name=button).click(no_wait_after=True)
        assert line.broken == before + 1
        page.wait_for_url("chrome-error://**")
        page.goto(form)

    page.goto(f"/lessons/antibodies-and-checkpoint-inhibitors/{LESSON}/1/")
    for n in range(1, 6):
        assert f"Step {n} of 5" in page.inner_text("main")
        send("Continue" if n < 5 else "Check what you know")
        page.get_by_role("button", name="Continue" if n < 5 else "Check what you know").click()
        page.wait_for_load_state()
    send("Start")
    page.get_by_role("button", name="Carry on").click()
    page.wait_for_load_state()
    asked = questions(LESSON)
    for n, question in enumerate(asked, 1):
        assert heading(page) == question.stem
        if question.rows:
            for row, choice in zip(question.rows, question.right, strict=True):
                page.get_by_label(row, exact=True).select_option(label=choice)
        else:
            Pointer(page).choose(*question.right)
        send("Check my answer")
        assert heading(page) == "Yes, that is right", "the answer was saved, so the question leads to its feedback"
        Pointer(page).press("Next question" if n < len(asked) else "See how it went")
    assert "All 5 right the first time." in page.inner_text("main")
    assert line.broken == 5 + 1 + 5
