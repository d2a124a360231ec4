"""Walks through IT's part of the Desk, for the accessibility tests and for the screenshots."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.journeys.walk import press, sign_in, tick


def it_pages(page: Page, password: str, nurse: str) -> Iterator[str]:
    """Walk through the pages of ivy, who adds a nurse with this sign-in name; yield the name of each open page."""
    page.goto("/admin/")
    sign_in(page, "ivy", password)
    yield "staff"
    page.goto("/admin/people/user/?show=away")
    yield "staff, nobody"
    page.goto("/admin/people/user/add/")
    press(page, "Add, and show the one-time password")
    yield "add a person, nothing written"
    page.get_by_label("Name", exact=True).fill("Nell Ross")
    page.get_by_label("Sign-in name").fill(nurse)
    tick(page, "Nurse: the patients of their own teams, assigning, teach-back")
    press(page, "Add, and show the one-time password")
    yield "one-time password"
    page.reload()
    yield "one-time password, shown already"
    press(page, "Make a new one…")
    yield "one-time password, before"
    press(page, "Cancel")
    page.locator("summary").click()
    yield "one person"
    page.get_by_role("button", name="Disable Nell Ross").click()
    yield "one person, disabled"
    page.goto("/admin/people/user/changes/")
    yield "who changed what"
    page.goto("/admin/people/careteam/all/")
    yield "all care teams"
    press(page, "Make a care team")
    press(page, "Save")
    yield "make a care team, nothing written"
    page.goto("/admin/people/careteam/all/")
    press(page, "Maple team")
    yield "settings of a care team"
    press(page, "Close Maple team")
    yield "settings of a care team, not to be closed"
    page.goto("/admin/password/")
    press(page, "Save my new password")
    yield "change my password, nothing written"
