"""Journeys that run in each engine: by `make test` in Chromium, by `make browsers` in Firefox and WebKitGTK too."""

from __future__ import annotations

import re
from typing import Protocol

from tests.journeys.walk import SAYS, Answer, Question, questions

LESSON = "what-is-immunotherapy"
LISTS = ("Not right yet (2)", "Right after another look (1)", "Right the first time")


class Walker(Protocol):
    """A browser on the site, whatever drives it."""

    def open(self, address: str) -> None:
        """Go to an address of the site."""

    def come_back(self) -> None:
        """Close the browser, and open it again with the same cookies at the start page."""

    def press(self, name: str) -> None:
        """Press a button or follow a link, and wait for the next page."""

    def choose(self, *choices: str) -> None:
        """Tick choices."""

    def pick(self, row: str, choice: str) -> None:
        """Choose from a list."""

    def write(self, field: str, text: str) -> None:
        """Type into a field."""

    def texts(self, selector: str) -> list[str]:
        """Return the text of each element that fits, as it is drawn."""

    def title(self) -> str:
        """Return the title of the page."""

    def source(self) -> str:
        """Return the page as HTML."""

    def script(self, text: str) -> object:
        """Run a script's body in the page and return what it returns."""


def heading(walker: Walker) -> str:
    """Return the text of the page's only h1."""
    return walker.texts("h1")[0]


def main(walker: Walker) -> str:
    """Return the text of the page without its header and footer."""
    return walker.texts("main")[0]


def answer(walker: Walker, question: Question, how: Answer) -> None:
    """Answer the question that the page shows."""
    assert heading(walker) == question.stem
    choices = {"right": question.right, "wrong": question.wrong, "unsure": ["I’m not sure"]}[how]
    if question.rows and how == "unsure":
        walker.press(*choices)
        return
    if question.rows:
        for row, choice in zip(question.rows, choices, strict=True):
            walker.pick(row, choice)
    else:
        walker.choose(*choices)
    walker.press("Check my answer")


def a_guest_learns(walker: Walker) -> None:
    """Read a lesson and do its check, with two breaks; the result says truly how it went."""
    walker.open("/")
    walker.press("Start")
    walker.press("The basics")
    walker.press("What is immunotherapy?")
    steps = int(re.findall(r"Step 1 of (\d+)", main(walker))[0])
    walker.press("Continue")
    walker.press("Continue")
    third = heading(walker)

    walker.come_back()
    assert f"You stopped at step 3 of {steps}." in main(walker)
    walker.press("Carry on")
    assert heading(walker) == third
    for _ in range(3, steps):
        walker.press("Continue")
    walker.press("Check what you know")
    walker.press("Start")
    _does_the_check(walker)
    assert heading(walker) == "My learning"
    row = next(text for text in walker.texts("main li") if "What is immunotherapy?" in text)
    assert "Done" in row


def _does_the_check(walker: Walker) -> None:
    asked = questions(LESSON)
    wrong = next(q for q in asked if not q.critical and q is not asked[0])
    missed = next(q for q in asked if q.critical)
    how: dict[str, Answer] = {asked[0].stem: "unsure", wrong.stem: "wrong", missed.stem: "wrong"}
    for number, question in enumerate(asked, 1):
        assert f"Question {number} of {len(asked)}" in main(walker)
        assert question.why not in walker.source()
        answer(walker, question, how.get(question.stem, "right"))
        assert heading(walker) == SAYS[how.get(question.stem, "right")]
        assert question.why in main(walker)
        assert ("once more at the end" in main(walker)) == (question is missed)
        if number == 3:
            walker.come_back()
            assert "You have begun the questions." in main(walker)
            walker.press("Carry on")
        else:
            walker.press("Next question")

    assert "Once more, 1 of 1" in main(walker)
    assert walker.title().startswith("Once more, 1 of 1")
    answer(walker, missed, "right")
    assert heading(walker) == SAYS["right"]
    walker.press("See how it went")

    first = len(asked) - 3
    assert f"{first} right the first time, {first + 1} of {len(asked)} by the end." in main(walker)
    assert "Talk with your nurse" not in main(walker)
    assert len(walker.texts(".segs li")) == len(asked)
    for question in asked:
        name = LISTS[0] if question in (asked[0], wrong) else LISTS[1] if question is missed else LISTS[2]
        assert any(name in panel and question.objective in panel for panel in walker.texts(".panel")), question.stem
    walker.press("Finish for today")


def a_mistake_is_focused(walker: Walker) -> None:
    """Send a question without a choice: the summary has the focus, and a ring, also after a press of the mouse."""
    walker.open(f"/check/{LESSON}/")
    walker.press("Start")
    walker.press("Check my answer")
    assert walker.title().startswith("Error: ")
    assert walker.script("return document.activeElement.className") == "err-sum"
    assert "There is a problem" in walker.texts(".err-sum")[0]
    assert walker.script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    walker.script("document.querySelector('.err-sum a').click()")
    assert walker.script("return document.activeElement === document.querySelector('.opt input')") is True
    answer(walker, questions(LESSON)[0], "right")
    assert heading(walker) == SAYS["right"]


def a_nurse_signs_in(walker: Walker, name: str, password: str) -> None:
    """Sign in from the Desk's address: a wrong password is refused kindly, the right one opens her patients."""
    walker.open("/admin/")
    for word in ("not the password", password):
        walker.write("Your sign-in name", name)
        walker.write("Password", word)
        walker.press("Sign in")
        if word != password:
            assert walker.title().startswith("Error: ")
    assert heading(walker) == "My patients"
    walker.press("All patients")
    assert "Ana" in main(walker)
