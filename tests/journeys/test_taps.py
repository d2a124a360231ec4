"""How many taps a patient's tasks take on a small phone, by finger, by keyboard and without JavaScript."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Site, Visit
from tests.journeys.hands import Hand, Keyboard, Pointer
from tests.journeys.pages import CARDS, LESSON, NARROW
from tests.journeys.walk import Question, answer, days_go_by, heading, press, questions, start_check
from tests.shipped import LESSONS

pytestmark = pytest.mark.browser
TO_STEP_ONE = 4  # from a misspelled medicine
TO_REVIEW = 2  # from coming back to the first question of a review
TO_CARD = 2  # from a card to the first step of a lesson
CARRY_ON = 1
HANDS: dict[str, tuple[type[Pointer] | type[Keyboard], bool]] = {
    "finger": (Pointer, True),
    "without-javascript": (Pointer, False),
    "keyboard": (Keyboard, False),
}


@pytest.fixture(params=HANDS)
def hand(request: pytest.FixtureRequest, visit: Visit) -> Hand:
    kind, javascript = HANDS[request.param]
    page = visit(width=NARROW, javascript=javascript)
    page.goto("/")
    return kind(page)


def main(hand: Hand) -> str:
    return hand.page.inner_text("main")


def reply(hand: Hand, question: Question) -> int:
    """Give the right answer and go on; return how many choices it has, each of which is a tap."""
    for row, choice in zip(question.rows, question.right, strict=False):
        hand.pick(row, choice)
    if not question.rows:
        hand.choose(*question.right)
    hand.press("Check my answer")
    hand.press("See how it went" if hand.page.get_by_role("link", name="See how it went").count() else "Next question")
    return len(question.right)


def test_from_a_misspelled_medicine_to_the_first_step(hand: Hand) -> None:
    hand.press("I know the name of my medicine")
    hand.write("What are you looking for?", "ketruda")
    hand.press("Find")
    assert "pembrolizumab" in main(hand)
    hand.press("Yes. Show me the lessons")
    hand.press("Start")
    assert "Step 1 of" in main(hand)
    assert hand.taps <= TO_STEP_ONE


def test_a_lesson_takes_a_tap_a_step_and_a_question_its_choices_and_two(hand: Hand) -> None:
    lesson = LESSONS[LESSON]
    hand.page.goto(f"/lessons/{lesson['therapy']}/{LESSON}/1/")
    for _ in lesson["steps"][1:]:
        hand.press("Continue")
    hand.press("Check what you know")
    assert hand.taps == len(lesson["steps"])
    hand.press("Start")
    asked = questions(LESSON)
    choices = [reply(hand, question) for question in asked]
    assert "right the first time" in main(hand)
    assert hand.taps <= len(lesson["steps"]) + 1 + sum(choices) + 2 * len(asked)


def test_who_comes_back_is_one_tap_from_going_on(hand: Hand) -> None:
    lesson = LESSONS[LESSON]
    hand.page.goto(f"/lessons/{lesson['therapy']}/{LESSON}/1/")
    press(hand.page, "Continue")
    hand.page.goto("/")
    hand.press("Carry on")
    assert "Step 2 of" in main(hand)
    assert hand.taps <= CARRY_ON


def test_who_comes_back_to_a_check_is_one_tap_from_its_next_question(hand: Hand) -> None:
    start_check(hand.page, LESSON)
    first, second = questions(LESSON)[:2]
    answer(hand.page, first, "right")
    for place in ("/", "/my/"):
        hand.page.goto(place)
        before = hand.taps
        hand.press("Carry on")
        assert heading(hand.page) == second.stem
        assert hand.taps - before <= CARRY_ON


def test_who_comes_back_is_two_taps_from_the_first_question_of_a_review(hand: Hand, site: Site) -> None:
    start_check(hand.page, LESSON)
    answer(hand.page, first := questions(LESSON)[0], "unsure")
    days_go_by(site, 3)
    hand.page.goto("/")
    hand.press("A two-minute review")
    hand.press("Start")
    assert heading(hand.page) == first.stem
    assert hand.taps <= TO_REVIEW


def test_from_a_card_to_the_first_step(hand: Hand, site: Site) -> None:
    token, _ = site.manage("shell", "--no-imports", "-c", CARDS).split()
    hand.page.goto(f"/j/{token}/")
    hand.press("Start my lessons")
    hand.press("Start")
    assert re.search(r"Step 1 of \d", main(hand))
    assert hand.taps <= TO_CARD
