"""Two minutes before a nurse is signed out she is told so, and can stay with what she has typed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Site, Visit
from tests.journeys.walk import sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit: Visit, site: Site) -> Page:
    """Return a nurse's page whose clock the test turns."""
    page = visit(javascript=True)
    page.clock.install()
    page.goto("/admin/people/patient/invite/")
    sign_in(page, "noor", site.password)
    page.get_by_label("Name or initials").fill("Half a name")
    return page


def test_she_is_warned_after_13_minutes_and_stays_with_what_she_typed(page: Page) -> None:
    warning = page.get_by_role("alert")
    page.clock.run_for("12:50")
    expect(warning).to_be_hidden()
    page.clock.run_for("00:20")
    expect(warning).to_contain_text("You will be signed out in 2 minutes.")
    with page.expect_response("**/admin/stay/") as response:
        page.get_by_role("button", name="Stay signed in").click()
    assert response.value.status == 204
    expect(warning).to_be_hidden()
    expect(page.get_by_label("Name or initials")).to_have_value("Half a name")
    page.clock.run_for("13:10")
    expect(warning).to_be_visible()


def test_too_late_leads_to_the_sign_in(page: Page) -> None:
    page.clock.run_for("13:10")
    page.context.clear_cookies()
    with page.expect_event("load"):
        page.get_by_role("button", name="Stay signed in").click()
    expect(page.get_by_label("Your sign-in name")).to_be_visible()
