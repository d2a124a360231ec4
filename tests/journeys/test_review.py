"""A learner comes back days later and does the review: two taps to the first question, by pointer or keyboard."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Site, Visit
from tests.journeys.hands import Hand, Keyboard, Pointer
from tests.journeys.walk import answer, days_go_by, heading, press, questions, start_check

pytestmark = pytest.mark.browser

LESSON = "antibodies-and-the-brake"
LATER = re.compile(r"Next: [MTWFS][a-z]+day, [JFMASOND][a-z]+ [0-9]{1,2}\.")


@pytest.mark.parametrize("way", [Pointer, Keyboard])
def test_the_first_question_is_two_taps_away(visit: Visit, site: Site, way: type[Pointer | Keyboard]) -> None:
    page = visit(width=360)
    start_check(page, LESSON)
    asked = questions(LESSON)[:2]
    for question in asked:
        answer(page, question, "right")
        press(page, "Next question")
    page.goto("/my/")
    assert LATER.search(page.inner_text("main"))
    days_go_by(site, 9)

    hand: Hand = way(page)
    page.goto("/")
    hand.press("A two-minute review")
    assert "2 short questions" in page.inner_text("main")
    hand.press("Start")
    assert hand.taps == 2
    assert heading(page) in [question.stem for question in asked]

    page.goto("/")  # they leave in the middle and come back
    press(page, "A two-minute review")
    press(page, "Carry on")
    for n in (1, 2):
        answer(page, next(q for q in asked if q.stem == heading(page)), "right")
        press(page, "Next question" if n == 1 else "See how it went")
    assert heading(page) == "That is all for now"
    assert LATER.search(page.inner_text("main"))
    press(page, "Go to my learning")
    assert LATER.search(page.inner_text("main"))


def test_not_this_week_pauses_the_review_and_can_be_undone(visit: Visit, site: Site) -> None:
    page = visit(width=360)
    start_check(page, LESSON)
    answer(page, questions(LESSON)[0], "unsure")
    days_go_by(site, 1)
    page.goto("/review/")
    press(page, "Not this week")
    assert "You asked for no review this week." in page.inner_text("main")
    page.goto("/")
    assert page.get_by_role("link", name="A two-minute review").count() == 0
    press(page, "Two-minute review")
    press(page, "Ask me again now")
    press(page, "Start")
    assert heading(page) == questions(LESSON)[0].stem
