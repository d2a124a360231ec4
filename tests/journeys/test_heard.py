"""What a screen reader reads on six pages: the browser's accessibility tree, kept as text so that a change is seen.

After a change that is meant, write the files again and read what has changed: `HEARD=write pytest
tests/journeys/test_heard.py`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.conftest import Visit
from tests.journeys.walk import answer, press, questions, start_check

pytestmark = pytest.mark.browser

FOLDER = Path(__file__).parent / "heard"
CHOICE = re.compile(r" *- radio [^\n]*\n *- text: [^\n]*\n")
CHOICES = re.compile(f"(?:{CHOICE.pattern})+")
LESSON = "what-is-immunotherapy"


def public(address: str) -> Callable[[Page], None]:
    """Return a function that opens this address."""
    return lambda page: page.goto(address) and None


def question(page: Page) -> None:
    """Open the first question of a check."""
    start_check(page, LESSON)


def feedback(page: Page) -> None:
    """Answer the questions until a safety question has been answered wrong."""
    start_check(page, LESSON)
    for asked in questions(LESSON):
        answer(page, asked, "wrong" if asked.critical else "right")
        if asked.critical:
            return
        press(page, "Next question")


PAGES: dict[str, Callable[[Page], None]] = {
    "start": public("/"),
    "step": public("/lessons/basics/what-is-immunotherapy/1/"),
    "question": question,
    "feedback": feedback,
    "help": public("/help/"),
    "sign-in": public("/accounts/login/"),
}


def heard(page: Page) -> str:
    """Return the accessibility tree of the page as YAML, without what differs from run to run."""
    tree = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", page.locator("body").aria_snapshot())
    # Every check has its own order of choices: here they stand by the alphabet.
    return CHOICES.sub(lambda found: "".join(sorted(CHOICE.findall(found[0]))), tree + "\n")


def differences(old: str, new: str) -> Iterator[str]:
    """Yield the lines that only one of the two texts has."""
    before, after = old.splitlines(), new.splitlines()
    yield from (f"- {line}" for line in before if line not in after)
    yield from (f"+ {line}" for line in after if line not in before)


@pytest.mark.parametrize("name", PAGES)
def test_a_screen_reader_reads_the_page_as_before(visit: Visit, name: str) -> None:
    page = visit(width=320)
    PAGES[name](page)
    file, now = FOLDER / f"{name}.yaml", heard(page)
    if os.environ.get("HEARD") == "write":
        file.write_text(now, encoding="utf-8")
    assert now == file.read_text(encoding="utf-8"), "\n".join(differences(file.read_text(encoding="utf-8"), now))


def test_a_button_that_lost_its_name_is_noticed(visit: Visit) -> None:
    page = visit(width=320)
    page.goto("/accounts/login/")
    page.evaluate("""() => {
        for (const button of document.querySelectorAll("main form button, main form input[type=submit]")) {
            button.textContent = button.value = "";
        }
    }""")
    assert heard(page) != (FOLDER / "sign-in.yaml").read_text(encoding="utf-8")
