"""N-c: find who needs help and record a teach-back in three clicks at most; the note for the chart; without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Site, Visit
from tests.journeys.hands import Hand, Keyboard, Pointer
from tests.journeys.walk import IRIS, heading, press, sign_in

pytestmark = pytest.mark.browser

MOST = 3  # clicks from the list to a saved teach-back


def at_home(visit: Visit, site: Site, name: str, *, missed: tuple[int, ...] = (1,), javascript: bool = False) -> Page:
    """Sign in a nurse with two patients, of whom one missed safety questions."""
    site.manage("shell", "-c", IRIS.format(name=name, password=site.password, missed=missed))
    page = visit(javascript=javascript)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto("/admin/")
    sign_in(page, name, site.password)
    return page


class Exact(Keyboard):
    """The keyboard with full button names: the list is a tab stop too, and its text contains every name."""

    def press(self, name: str) -> None:
        self.reach(name if name == "Save" else f"{name}: Morgan, Iris")
        with self.page.expect_event("load"):
            self.page.keyboard.press("Enter")
        self.taps += 1


def teach_back(hand: Hand) -> None:
    """Find who needs help, and record a successful teach-back."""
    page = hand.page
    row = page.get_by_role("row").filter(has_text="Morgan, Iris")
    expect(row).to_contain_text("Safety 1")
    expect(row).to_contain_text("What to do about diarrhea")
    assert "Brown, Alan" not in page.inner_text("main")
    hand.press("Teach back")
    expect(page.locator("main")).to_contain_text("Best answer")
    expect(page.locator("main")).to_contain_text("Can you tell me, in your own words, what to do about diarrhea?")
    hand.choose("Explained in own words")
    hand.press("Save")
    expect(page.get_by_role("status")).to_have_text("The teach-back is saved.")
    expect(page.locator("main")).to_contain_text("What to do about diarrhea: Explained in own words")
    assert hand.taps <= MOST, hand.taps
    page.goto("/admin/")
    expect(page.locator("main")).to_contain_text("No one needs attention. 2 patients are learning.")


@pytest.mark.parametrize("javascript", [True, False])
def test_by_pointer(visit: Visit, site: Site, javascript: bool) -> None:
    teach_back(Pointer(at_home(visit, site, f"teach-{javascript}", javascript=javascript)))


def test_by_keyboard_alone(visit: Visit, site: Site) -> None:
    teach_back(Exact(at_home(visit, site, "teach-keys")))


def test_missed_questions_are_visible_without_scrolling(visit: Visit, site: Site) -> None:
    page = at_home(visit, site, "teach-seen", missed=(1, 2, 5))
    press(page, "Morgan, Iris")
    answers = page.locator(".misses > li")
    assert answers.count() == 3
    for answer in answers.all():  # each with what they chose and the best answer
        for part in ("h3", "dt", "dd"):
            for shown in answer.locator(part).all():
                box = shown.bounding_box()
                assert box is not None
                assert box["y"] + box["height"] <= 768, shown.inner_text()
    expect(answers.first).to_contain_text("They chose")
    expect(answers.first).to_contain_text("Best answer")


def test_the_note_for_the_chart_is_two_clicks_from_the_patients_page(visit: Visit, site: Site) -> None:
    page = at_home(visit, site, "teach-note", javascript=True)
    press(page, "Morgan, Iris")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(page, "Note for the chart")
    assert heading(page) == "Note for the chart"
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.get_by_label("Morgan, Iris").input_value()
    assert "- What to do about diarrhea: last answered, not right," in copied
    expect(page.locator("pre")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator("pre")).to_contain_text("What to do about diarrhea")
    expect(page.locator("textarea")).to_be_hidden()


def test_the_note_can_be_selected_by_hand_without_javascript(visit: Visit, site: Site) -> None:
    page = at_home(visit, site, "teach-plain")
    press(page, "Morgan, Iris")
    press(page, "Note for the chart")
    assert not page.get_by_role("button", name="Copy").is_visible()
    assert "Patient education: immunotherapy" in page.get_by_label("Morgan, Iris").input_value()
