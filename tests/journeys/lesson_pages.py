"""Walks through the pages about lessons: an educator's, then a reviewer's. For the accessibility tests."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.journeys.walk import press, sign_in, tick

LESSON = "What is immunotherapy?"


def writing_pages(page: Page, password: str) -> Iterator[str]:
    """Walk through the pages of eda, who writes a draft and sends it for review; yield the name of each open page."""
    page.goto("/admin/")
    sign_in(page, "eda", password)
    press(page, "Lessons")
    yield "lessons"
    press(page, "New lesson")
    press(page, "Write it")
    yield "new lesson, nothing written"
    press(page, "New therapy type")
    press(page, "Make it")
    yield "new therapy type, nothing written"
    page.goto("/admin/lessons/lesson/order/")
    yield "order of lessons"
    page.goto("/admin/lessons/lesson/pack/")
    press(page, "Check it and take it in")
    yield "take in a lesson pack, no file"
    press(page, "Lessons")
    press(page, LESSON)
    yield "a lesson"
    page.get_by_label("Text", exact=True).first.fill("")
    page.get_by_label("Key point", exact=True).first.fill("It helps your **own** defenses.")
    press(page, "Save and check")
    yield "a lesson, a step without words"
    page.get_by_label("Text", exact=True).first.fill("It helps your own defenses, and more.")
    press(page, "Save and check")
    yield "a lesson, the draft"
    press(page, "As patients see it")
    yield "as patients see it"
    press(page, "The lesson")
    press(page, "Send for review")
    yield "a lesson, sent for review"
    press(page, "Texts")
    yield "texts"
    page.get_by_role("table").get_by_role("link", name="Call card").click()
    yield "the call card"
    page.goto("/admin/lessons/text/?kind=term")
    yield "texts, the words"
    for kind, slug in (("visit", "cost"), ("pathway", "bcg"), ("therapy", "basics")):
        page.goto(f"/admin/lessons/text/{kind}/{slug}/change/")
        yield f"texts, a {kind}"
    page.goto("/admin/lessons/text/term/antigen/change/")
    page.get_by_label("Is it used here?").select_option("Not used here")
    press(page, "Save the draft")
    yield "a word that will not be used"
    page.get_by_text("Throw the draft away").click()
    press(page, "Throw this draft away")
    page.goto("/admin/lessons/text/medicine/new/")
    press(page, "Save as a draft")
    yield "a new medicine, nothing written"


def reviewing_pages(page: Page, password: str) -> Iterator[str]:
    """Walk through the pages of rex, who remarks and sends the draft back; yield the name of each open page."""
    page.goto("/admin/")
    sign_in(page, "rex", password)
    yield "to review"
    press(page, LESSON)
    yield "review of a lesson"
    page.get_by_label("Your remark on the whole lesson").fill("More of what?")
    press(page, "Keep the remark on the whole lesson")
    press(page, "Sign and send")
    yield "review of a lesson, nothing decided"
    tick(page, "It goes back to Eda with the open remarks")
    press(page, "Sign and send")
    press(page, "To be confirmed")
    page.locator("summary").first.click()
    yield "to be confirmed"


def ending_pages(page: Page) -> Iterator[str]:
    """Walk on as eda, who finds the remark and throws the draft away."""
    page.goto("/admin/lessons/lesson/?show=back")
    press(page, LESSON)
    yield "a lesson, sent back"
    page.locator("summary", has_text="Throw the draft away").click()
    press(page, "Throw this draft away")
    yield "a lesson, the draft thrown away"
