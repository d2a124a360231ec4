"""A hospital from an empty database to the first printed card: one command, then all in the browser. Clicks counted.

And IT's own work by keyboard alone, without JavaScript.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests import totp
from tests.conftest import ROOT, Site, Visit, served, shared
from tests.journeys.hands import Hand, Keyboard, Pointer
from tests.journeys.walk import heading, sign_in

pytestmark = pytest.mark.browser
OWN = "a long lane of lindens"
NURSE = "Lead nurse: also the members and phone numbers of the teams below"


@pytest.fixture
def empty(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a site as a hospital installs it: with the lessons, without people, and with the second step required.

    Passwords are hashed in as many rounds as there.
    """
    commands, own = ("migrate", "load_content", "collectstatic --noinput"), {"STAFF_TWO_STEP": "required"}
    with served(tmp_path, shared(tmp_path_factory), *commands, **own, FEW_ROUNDS="") as site:
        yield site


def first_sign_in(hand: Hand, site: Site, name: str, password: str) -> None:
    """Sign in with a one-time password; choose an own one; set up an app for the second step."""
    hand.page.goto(f"{site.url}/admin/")
    hand.write("Your sign-in name", name)
    hand.write("Password", password)
    hand.press("Sign in")
    assert heading(hand.page) == "Choose your own password"
    hand.write("Your new password", f"{OWN} {name}")
    hand.press("Save my new password")
    assert heading(hand.page) == "Two-step sign-in"
    hand.press("Set up an app")
    hand.write("The 6 digits", totp.code(totp.secret_on(hand.page.content()), time.time()))
    hand.press("Set it up")
    assert hand.page.locator(".recovery code").count() == 10
    hand.press("I have them. Go on")


def make_team(hand: Hand) -> None:
    """Make the Maple team from IT's first page."""
    hand.press("All care teams")
    hand.press("Make a care team")
    hand.write("Name", "Maple team")
    hand.write("Day", "555-010-0199")
    hand.write("Night and weekend", "555-011-0199")
    hand.choose("I have called both numbers, and they ring at the right place")
    hand.press("Save")


def from_nothing(hand: Hand, lead: Hand, site: Site) -> str:
    """Go the whole way; return the letters of the first card. What is typed is no click."""
    said = site.manage("make_admin")
    first_sign_in(hand, site, "admin", re.findall(r"24 hours: (\S+)", said)[0])
    assert heading(hand.page) == "Staff"
    make_team(hand)
    hand.press("Staff")
    hand.press("Add a person")
    hand.write("Name", "Lena Fischer")
    hand.write("Sign-in name", "lfischer")
    hand.choose(NURSE)
    hand.choose("Maple team")
    hand.press("Add, and show the one-time password")
    password = hand.page.locator(".slip .code").inner_text()

    first_sign_in(lead, site, "lfischer", password)
    lead.press("Invite a patient")
    lead.write("Name or initials", "Ana B.")
    lead.choose("Virus therapy")
    lead.press("Save and show the card")
    assert heading(lead.page) == "Card for Ana B."
    card = lead.page.locator(".card").inner_text()
    assert "555-010-0199" in card
    assert "555-011-0199" in card
    lead.taps += 1  # printing
    return str(lead.page.locator(".card .code").inner_text())


def new_device(browser: Browser, site: Site) -> Page:
    """Open a device without JavaScript."""
    device = browser.new_context(base_url=site.url, java_script_enabled=False)
    device.set_default_timeout(20_000)
    return device.new_page()


def test_a_hospital_prints_its_first_card_after_one_command_and_few_clicks(browser: Browser, empty: Site) -> None:
    it, lead = (Pointer(new_device(browser, empty)) for _ in range(2))
    letters = from_nothing(it, lead, empty)
    told = re.findall(r"takes (\d+) clicks of IT and (\d+) of the lead nurse", told_in_the_docs())
    assert told == [(str(it.taps), str(lead.taps))]

    ana = new_device(browser, empty)
    ana.goto("/code/")
    ana.get_by_label("Your code").fill(letters)
    ana.get_by_role("button", name="Open my lessons").click()
    assert heading(ana) == "You are in"


def told_in_the_docs() -> str:
    """Return docs/hospital-it.md as one line."""
    return " ".join((ROOT / "docs" / "hospital-it.md").read_text().split())


def test_it_adds_a_person_and_a_team_by_keyboard_alone(visit: Visit, site: Site) -> None:
    hand = Keyboard(visit())
    page = hand.page
    page.goto("/admin/")
    sign_in(page, "ivy", site.password)
    hand.press("All care teams")
    hand.press("Make a care team")
    hand.press("Save")  # nothing is written: the summary of errors leads to the first field
    assert page.evaluate("document.activeElement.className") == "err-sum"
    hand.reach("Type a name, like Maple team")
    page.keyboard.press("Enter")
    page.keyboard.type("Kite team")
    for name, text in (("Day", "555-012-0199"), ("Night and weekend", "555-013-0199")):
        hand.write(name, text)
    hand.reach("I have called both numbers, and they ring at the right place")
    page.keyboard.press("Space")
    hand.press("Save")
    assert "Kite team" in page.inner_text("main")

    hand.press("Staff")
    hand.press("Add a person")
    hand.write("Name", "Kay Ito")
    hand.write("Sign-in name", "kito")
    hand.reach("Nurse: the patients of their own teams, assigning, teach-back")
    page.keyboard.press("Space")
    hand.reach("Kite team")
    page.keyboard.press("Space")
    hand.press("Add, and show the one-time password")
    assert page.locator("h1").inner_text() == "One-time password for Kay Ito"
    password = page.locator(".slip .code").inner_text()
    hand.press("Done")
    hand.press("Kay Ito")
    hand.press("New one-time password")
    hand.press("Make a one-time password")
    assert page.locator(".slip .code").inner_text() != password
    hand.press("Done")
    hand.press("Kay Ito")
    hand.reach("Disable Kay Ito")
    page.keyboard.press("Enter")  # opens the part of the page
    hand.press("Disable Kay Ito")
    assert "is disabled and cannot sign in" in page.inner_text("main")
