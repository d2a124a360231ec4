"""On a small phone (320 x 640) a page begins with what it is for, and its button is near; no word is torn apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from learn.lessons import texts
from tests.conftest import Site, Visit
from tests.journeys.pages import LESSON, NARROW
from tests.journeys.walk import QUIZZES, answer, press, questions, sign_in, start_check

pytestmark = pytest.mark.browser
SCREEN = 640
LESSONS = sorted((Path(__file__).resolve().parents[2] / "fixtures" / "lessons").glob("*.yaml"))
PICTURED = {(row["lesson"], row["step"]) for row in texts.read(LESSONS[0].parents[1] / "pictures.yaml")}
# The words that are drawn in two lines, without a hyphen between the parts.
TORN = """() => {
    const torn = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode;
        const around = node.parentElement;
        if (!around.checkVisibility({visibilityProperty: true}) || around.closest(".vh")) continue;
        for (const word of node.data.matchAll(/[\\p{L}\\p{N}]{2,}/gu)) {
            const range = document.createRange();
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            const tops = new Set([...range.getClientRects()].filter(r => r.width > 0).map(r => Math.round(r.top)));
            if (tops.size > 1) torn.push(word[0]);
        }
    }
    return torn;
}"""
# Puts another question into the page: its text and its choices, in the place of those that are there.
ASK = """([stem, choices]) => {
    document.querySelector("legend h1").textContent = stem;
    document.querySelectorAll(".opt label").forEach((label, n) => {
        if (choices[n] !== undefined) label.textContent = choices[n];
    });
    return document.querySelectorAll(".opt")[1].getBoundingClientRect().bottom;
}"""


def bottom(page: Page, name: str) -> float:
    """Return where the button with this name ends, in CSS pixels from the top of the page."""
    box = page.get_by_role("button", name=name, exact=True).bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def test_the_header_is_at_most_two_rows_on_a_phone_and_one_on_a_computer(visit: Visit) -> None:
    for width, most in ((NARROW, 91), (1280, 50)):
        page = visit(width=width)
        page.goto("/")
        assert page.locator("header.site").evaluate("e => e.getBoundingClientRect().height") <= most, width


# Puts the switch of a site in two languages into the header, and returns how high the header is then.
SWITCH = """header => {
    const name = Object.assign(document.createElement("button"), {className: "link", textContent: "Español"});
    const form = Object.assign(document.createElement("form"), {className: "language"});
    form.append(name);
    header.querySelector(".wrap").append(form);
    return header.getBoundingClientRect().height;
}"""


def test_the_header_is_one_row_on_a_computer_with_a_second_language_too(visit: Visit) -> None:
    page = visit(width=768)
    page.goto("/")
    assert page.locator("header.site").evaluate(SWITCH) <= 50


def test_a_step_without_a_picture_has_its_button_within_two_screens(visit: Visit) -> None:
    page = visit(width=NARROW)
    long, seen = {}, 0
    for file in LESSONS:
        lesson = texts.read(file)
        for n, step in enumerate(lesson["steps"], 1):
            if (lesson["slug"], step["slug"]) in PICTURED:
                continue
            page.goto(f"/lessons/{lesson['therapy']}/{lesson['slug']}/{n}/")
            button = page.locator("main form .btn").last.bounding_box()
            assert button is not None
            seen += 1
            if button["y"] + button["height"] > 2 * SCREEN:
                long[f"{lesson['slug']}/{step['slug']}"] = round(button["y"] + button["height"])
    assert long == {}
    assert seen > 50


def shown(item: dict[str, Any]) -> list[str]:
    """Return the choices of a question in the order of the file; true and false for a statement."""
    return [one["text"] for one in item.get("choices", [])] or ["True", "False"]


def test_a_question_has_its_first_two_choices_on_the_first_screen(visit: Visit) -> None:
    page = visit(width=NARROW, javascript=True)
    start_check(page, LESSON)
    long = {}
    asked = 0
    for file in sorted(QUIZZES.glob("*.yaml")):
        for item in texts.read(file)["questions"]:
            if item["kind"] not in ("choice", "truth"):
                continue
            choices = sorted(shown(item), key=len, reverse=True)  # they are shuffled: the two longest may come first
            end = page.evaluate(ASK, [item["stem"], choices])
            asked += 1
            if end > SCREEN:
                long[f"{file.stem}/{item['slug']}"] = round(end)
    assert asked > 80
    assert long == {}


def test_the_sign_in_button_is_on_the_first_screen(visit: Visit, site: Site) -> None:
    phone, computer = visit(width=NARROW, javascript=True), visit(width=1366, javascript=True)
    for address in ("/accounts/login/", "/accounts/login/?next=/admin/"):
        for page, screen in ((phone, SCREEN), (computer, 768)):
            page.goto(address)
            assert bottom(page, "Sign in") <= screen, (address, screen)


def test_no_word_is_torn_apart_at_the_largest_text(visit: Visit, site: Site) -> None:
    page = visit(width=NARROW, javascript=True)
    torn = {}

    def look(name: str) -> None:
        page.evaluate("document.documentElement.dataset.text = 'very-large'")
        if found := page.evaluate(TORN):
            torn[name] = found

    for address in (
        "/",
        "/help/",
        "/lessons/",
        "/lessons/basics/",
        "/lessons/basics/what-is-immunotherapy/1/",
        "/lessons/antibodies-and-checkpoint-inhibitors/side-effects-when-to-call/4/",
        "/my/",
        "/my/questions/",
        "/accounts/login/",
        "/code/",
        "/settings/",
        "/more/",
        "/about/",
        "/privacy/",
        "/find/",
        "/words/",
    ):
        page.goto(address)
        look(address)
    start_check(page, LESSON)
    look("question")
    first = questions(LESSON)[0]
    answer(page, first, "wrong")
    look("feedback")
    page.goto("/accounts/login/")
    sign_in(page, "ana", site.password)
    look("my learning")
    assert torn == {}


def test_a_torn_word_is_noticed(visit: Visit) -> None:
    page = visit(width=NARROW, javascript=True)
    page.goto("/help/")
    assert page.evaluate(TORN) == []
    page.evaluate("() => { document.querySelector('h1').textContent = 'immuno'.repeat(20) }")
    assert len(page.evaluate(TORN)) == 1
    press(page, "My learning")
