"""Two ways to use a page: with a pointer, or with the keyboard alone. Both count the presses they need."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Page

from tests.conftest import Visit
from tests.journeys.walk import heading, press, tick

# The name that a screen reader gives the focused element.
NAMED = """() => {
    const e = document.activeElement;
    const label = e.labels && e.labels[0] ? e.labels[0].textContent : "";
    return (e.getAttribute("aria-label") || label || e.textContent).trim().replace(/\\s+/g, " ");
}"""
FARTHEST = 200  # presses of Tab before a test says that an element cannot be reached


class Hand(Protocol):
    """One way to use a page. `taps` counts presses of a button, a link or a choice; typed letters do not count."""

    page: Page
    taps: int

    def press(self, name: str) -> None:
        """Press a button or follow a link, and wait for the next page."""

    def choose(self, *choices: str) -> None:
        """Tick choices."""

    def pick(self, row: str, choice: str) -> None:
        """Choose from a list."""

    def write(self, field: str, text: str) -> None:
        """Type into a field."""


class Pointer:
    """A finger or a mouse."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def press(self, name: str) -> None:
        press(self.page, name)
        self.taps += 1

    def choose(self, *choices: str) -> None:
        tick(self.page, *choices)
        self.taps += len(choices)

    def pick(self, row: str, choice: str) -> None:
        self.page.get_by_label(row, exact=True).select_option(label=choice)
        self.taps += 1

    def write(self, field: str, text: str) -> None:
        exact = self.page.get_by_label(field, exact=True)  # of "Name" and "Sign-in name", the first
        (exact if exact.count() else self.page.get_by_label(field)).fill(text)


class Phone(Pointer):
    """A finger or a mouse, with the words of `everywhere.Walker`."""

    def __init__(self, visit: Visit, *, width: int, javascript: bool = False) -> None:
        self.visit, self.width, self.javascript = visit, width, javascript
        super().__init__(visit(width=width, javascript=javascript))

    def open(self, address: str) -> None:
        self.page.goto(address)

    def come_back(self) -> None:
        kept = self.page.context.storage_state()
        self.page.context.close()
        self.page = self.visit(width=self.width, javascript=self.javascript, kept=kept)
        self.page.goto("/")

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()

    def title(self) -> str:
        return self.page.title()

    def source(self) -> str:
        return self.page.content()

    def script(self, text: str) -> object:
        return self.page.evaluate(f"() => {{ {text} }}")


class Keyboard:
    """Tab, arrows, Space and Enter, no pointer. `tabs` counts the presses of Tab that the last element needed."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.tabs = page, 0, 0

    def reach(self, name: str, *, within: int = FARTHEST, exact: bool = True) -> None:
        """Press Tab until the element with this name has the focus."""
        for n in range(1, within + 1):
            self.page.keyboard.press("Tab")
            found = self.page.evaluate(NAMED)
            if found == name or (not exact and name in found):
                self.tabs = n
                return
        raise AssertionError(f"“{name}” is not within {within} presses of Tab on {heading(self.page)}")

    def press(self, name: str) -> None:
        self.reach(name, exact=False)
        with self.page.expect_event("load"):
            self.page.keyboard.press("Enter")
        self.taps += 1

    def choose(self, *choices: str) -> None:
        kinds = self.page.locator("main input[type=radio]")
        if kinds.count() == 0:
            for choice in sorted(choices, key=lambda c: self.page.locator("main label").all_inner_texts().index(c)):
                self.reach(choice)
                self.page.keyboard.press("Space")
                self.taps += 1
            return
        labels = [text.strip() for text in self.page.locator("main label").all_inner_texts()]
        self.reach(labels[0])  # a group of radio buttons is one tab stop; the arrow keys move inside it
        self.page.keyboard.press("Space")
        for _ in range(labels.index(choices[0])):
            self.page.keyboard.press("ArrowDown")
        assert self.page.evaluate(NAMED) == choices[0]
        self.taps += 1

    def pick(self, row: str, choice: str) -> None:
        self.reach(row)
        for _ in range(20):
            if self.page.evaluate("document.activeElement.selectedOptions[0].textContent.trim()") == choice:
                break
            self.page.keyboard.press("ArrowDown")
        self.taps += 1

    def write(self, field: str, text: str) -> None:
        self.reach(field)
        self.page.keyboard.type(text)
