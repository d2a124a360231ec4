"""A nurse invites a patient and prints; the printed code opens the lessons. Clicks counted, no JavaScript."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import timedelta

import numpy as np
import pytest
import zxingcpp
from django.utils import timezone
from playwright.sync_api import Page

from tests.conftest import Site, Visit
from tests.journeys.hands import NAMED, Keyboard
from tests.journeys.walk import PHONES, give_team, heading, press, sign_in, tick

pytestmark = pytest.mark.browser

MM = 96 / 25.4  # CSS pixels


def invited(visit: Visit, site: Site, label: str) -> Page:
    """Invite somebody as noor, with one typed field; return the page with the invitation."""
    page = visit()
    page.goto("/admin/")
    sign_in(page, "noor", site.password)
    press(page, "Invite a patient")
    page.get_by_label("Name or initials").fill(label)
    tick(page, "Virus therapy")
    press(page, "Save and show the card")
    return page  # printing is the fourth click


def read_square(page: Page) -> str:
    """Read the QR code from the page's pixels, as a phone does."""
    shot = page.locator(".square").screenshot(type="png")
    reader = page.context.browser.new_page()
    reader.set_content("<canvas></canvas>")
    width, height, grey = reader.evaluate(
        """async data => {
            const bitmap = await createImageBitmap(await (await fetch("data:image/png;base64," + data)).blob());
            const canvas = document.querySelector("canvas");
            canvas.width = bitmap.width; canvas.height = bitmap.height;
            const context = canvas.getContext("2d");
            context.drawImage(bitmap, 0, 0);
            const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
            return [bitmap.width, bitmap.height, [...pixels].filter((_, n) => n % 4 === 0)];
        }""",
        b64encode(shot).decode(),
    )
    reader.close()
    [found] = zxingcpp.read_barcodes(np.array(grey, dtype=np.uint8).reshape(height, width))
    return str(found.text)


def sheets(page: Page, paper: str) -> int:
    """Return how many sheets of this paper the page needs."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format=paper)))


def test_an_invitation_is_half_a_sheet_and_its_qr_code_and_letters_open_the_lessons(visit: Visit, site: Site) -> None:
    noor = invited(visit, site, "Delia")
    assert heading(noor) == "Card for Delia"
    printed = noor.locator(".card")
    assert "Delia" not in printed.inner_text()
    letters = printed.locator(".code").inner_text()
    assert re.fullmatch(r"[B-Z]{4} [B-Z]{4} [B-Z]{4}", letters)

    assert [sheets(noor, paper) for paper in ("Letter", "A4")] == [1, 1]
    noor.emulate_media(media="print")
    noor.set_viewport_size({"width": round(200 * MM), "height": 640})  # Letter without its margins
    card = printed.bounding_box()
    assert card is not None
    assert card["height"] <= 127.1 * MM, "half a sheet of Letter, without its margins"
    box = noor.locator(".square").bounding_box()
    assert box is not None
    assert abs(box["width"] - 46 * MM) < 1, "46 mm"
    assert (
        noor.locator(".code").evaluate("e => getComputedStyle(e).fontSize") == f"{28 / 72 * 96:.4f}".rstrip("0") + "px"
    )
    assert not noor.locator("h1").is_visible()
    link = read_square(noor)
    assert re.fullmatch(re.escape(site.url) + r"/j/[\w-]{22}/", link)

    dee = visit(width=320)
    dee.goto(link)
    assert heading(dee) == "Start your lessons?"
    press(dee, "Start my lessons")
    assert link.rsplit("/", 2)[1] not in dee.url
    assert heading(dee) == "You are in"
    press(dee, "Start")
    assert dee.url.endswith("/lessons/virus-therapy/after-a-t-vec-shot/1/"), "the safety lesson, two taps from the link"

    other = visit(width=320)
    other.goto("/code/")
    other.get_by_label("Your code").fill(letters.lower())
    press(other, "Open my lessons")
    assert heading(other) == "You are in"
    due = timezone.localdate() + timedelta(days=7)
    assert f"by {due:%A}, {due:%B} {due.day}" in other.inner_text("main")

    noor.emulate_media(media="screen")
    noor.reload()
    assert "cannot be shown again" in noor.inner_text("main")
    assert letters not in noor.content()


def test_two_invitations_come_on_a_sheet_also_with_the_longest_phones_and_names(visit: Visit, site: Site) -> None:
    give_team(site, day_phone="5" * 30, night_phone="6" * 30)
    try:
        page = visit()
        page.goto("/admin/")
        sign_in(page, "noor", site.password)
        page.goto("/admin/people/patient/invite/many/")
        field = page.locator("input[name=name]")
        field.fill("M" * int(field.get_attribute("maxlength") or 80))
        page.locator("input[name=many]").fill("3")
        tick(page, "Virus therapy")
        page.locator("main form button").last.click()
    finally:
        give_team(site, **PHONES)
    cards = page.locator(".card")
    assert cards.count() == 3
    assert "5" * 30 in cards.first.inner_text()
    assert [sheets(page, paper) for paper in ("Letter", "A4")] == [2, 2], "three cards"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": round(194 * MM), "height": 640})  # A4 is narrower than Letter
    for n in range(3):
        box = cards.nth(n).bounding_box()
        assert box is not None
        assert box["height"] <= 127.1 * MM, "half a sheet of Letter, without its margins"
    card = " ".join(cards.first.inner_text().split())
    assert "Call your team, or call 911. Nurses do not watch this site." in card
    assert "I get immunotherapy. It can make the body attack healthy organs." in card
    assert "I also get chemo, or did in the last 8 weeks: ☐ yes ☐ no." in card
    for part in ("Name of the medicine:", "Date of the last dose:"):
        line = cards.first.locator(".blank", has_text=part).locator("span").bounding_box()
        assert line is not None
        assert line["width"] > 40 * MM, "40 mm to write on"


def test_a_guest_can_merge_their_work_into_the_invited_record(visit: Visit, site: Site) -> None:
    letters = invited(visit, site, "Eve").locator(".code").inner_text()
    eve = visit(width=320)
    eve.goto("/lessons/basics/what-is-immunotherapy/1/")
    press(eve, "Continue")
    eve.goto("/")
    press(eve, "I have a code from my nurse")
    eve.get_by_label("Your code").fill(letters)
    press(eve, "Open my lessons")
    assert heading(eve) == "Bring what you did on this phone?"
    press(eve, "Yes, that was me")
    assert heading(eve) == "My learning"
    row = eve.get_by_role("listitem").filter(has_text="What is immunotherapy?")
    assert "Step 2 of" in row.inner_text()
    assert "Your nurse asked for these" in eve.inner_text("main")


def test_inviting_by_keyboard_alone_takes_four_presses(visit: Visit, site: Site) -> None:
    hand = Keyboard(visit())
    hand.page.goto("/admin/")
    sign_in(hand.page, "noor", site.password)
    hand.press("Invite a patient")
    hand.write("Name or initials", "Kay")
    hand.reach("Antibodies and checkpoint inhibitors")  # a group is one tab stop; the arrow keys choose in it
    hand.page.keyboard.press("ArrowDown")
    hand.page.keyboard.press("ArrowDown")
    assert hand.page.evaluate(NAMED) == "IL-2"
    hand.taps += 1
    hand.press("Save and show the card")
    assert heading(hand.page) == "Card for Kay"
    assert hand.taps + 1 <= 4, "plus the press that prints"
