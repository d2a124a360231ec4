"""Walks through the pages about lessons: an educator's, then a reviewer's. For the accessibility tests."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.journeys.walk import answer, press, questions, sign_in, start_check, tick

LESSON = "What is immunotherapy?"
VISIT = "I am worried about cost. Who can help?"
CHECK = "vaccines-that-prevent"  # no other journey takes it


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
    for kind in ("medicine", "term", "visit", "pathway"):
        page.goto(f"/admin/lessons/text/{kind}/new/")
        press(page, "Save as a draft")
        yield f"a new {kind}, nothing written"
    page.goto("/admin/lessons/text/medicine/cemiplimab/change/")
    yield "texts, a medicine"
    page.goto("/admin/lessons/text/therapy/virus-therapy/change/")
    page.get_by_label("Whose is it?").select_option(label="For everyone")
    press(page, "Save the draft")
    yield "texts, a therapy type that stays a treatment"
    page.goto("/admin/lessons/text/visit/cost/change/")
    page.get_by_label("Place in its group").select_option(label="First in its group")
    press(page, "Save the draft")
    yield "a visit question that moves"
    press(page, "Send for review")
    yield "a visit question, sent for review"


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
    page.goto("/admin/")
    page.locator("main").get_by_role("link", name=VISIT, exact=True).click()
    yield "review of a text"
    press(page, "Sign and send")
    yield "review of a text, nothing decided"
    tick(page, "It goes back to Eda")
    page.get_by_label("If it goes back").fill("Leave it where it is.")
    press(page, "Sign and send")
    yield "a text, sent back"
    page.goto("/admin/lessons/lesson/review/")
    press(page, "To be confirmed")
    page.locator("summary").first.click()
    yield "to be confirmed"
    address = _reworded(page, password)
    page.goto(address)
    press(page, "Publish as a changed meaning")
    page.get_by_text("were right at the first try").last.click()
    yield "a question, with the answers to an earlier wording"


def _reworded(page: Page, password: str) -> str:
    """Let somebody answer a question on another device, and eda reword it; return the address of the question."""
    asked = questions(CHECK)[0]
    assert page.context.browser
    device = page.context.browser.new_context(base_url=page.url.partition("/admin")[0])
    somebody = device.new_page()
    start_check(somebody, CHECK)
    answer(somebody, asked, "unsure")
    device.clear_cookies()
    somebody.goto("/admin/")
    sign_in(somebody, "eda", password)
    somebody.goto(f"/admin/quizzes/question/?quiz={CHECK}")
    press(somebody, asked.stem)
    press(somebody, "Change the words")
    why = somebody.get_by_label("Why", exact=True)
    why.fill(f"{why.input_value()} Ask your team.")
    press(somebody, "Save the draft")
    address = somebody.url
    device.close()
    return address


def ending_pages(page: Page) -> Iterator[str]:
    """Walk on as eda, who finds the remark and throws the draft away."""
    page.goto("/admin/lessons/lesson/?show=back")
    press(page, LESSON)
    yield "a lesson, sent back"
    page.locator("summary", has_text="Throw the draft away").click()
    press(page, "Throw this draft away")
    yield "a lesson, the draft thrown away"
    page.goto("/admin/lessons/text/visit/cost/change/")
    yield "a visit question, sent back"
    page.locator("summary", has_text="Throw the draft away").click()
    press(page, "Throw this draft away")
