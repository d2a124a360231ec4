"""Two minutes before a sign-in ends one is told so and can stay: at the Desk, and on a device that patients share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.conftest import Site, Visit
from tests.journeys.walk import sign_in, tick

pytestmark = pytest.mark.browser


@dataclass
class Chair:
    """Somebody who has typed half a sentence and then does nothing, with a clock that the test turns."""

    page: Page
    field: Locator
    minutes: int  # that a press gives

    @property
    def warning(self) -> Locator:
        """Return what the page says about the end, seen or not."""
        return self.page.locator(".idle")

    def wait(self, minutes: int, seconds: int = 0) -> None:
        """Let time pass."""
        self.page.clock.run_for(1000 * (60 * minutes + seconds))


@pytest.fixture(params=["nurse", "patient"])
def chair(request: pytest.FixtureRequest, visit: Visit, site: Site) -> Chair:
    """Sign in and type half a sentence."""
    nurse = request.param == "nurse"
    page = visit(width=1280 if nurse else 320, javascript=True)
    page.clock.install()
    page.goto("/admin/people/patient/invite/" if nurse else "/accounts/login/?next=/my/questions/")
    if not nurse:
        tick(page, "Other people use it too. Sign me out after 30 minutes without a press.")
    sign_in(page, "noor" if nurse else "ana", site.password)
    field = page.get_by_label("Name or initials" if nurse else "Write your own question")
    field.fill("Half a")
    return Chair(page, field, 15 if nurse else 30)


def test_who_is_idle_is_warned_and_stays_with_what_they_typed(chair: Chair) -> None:
    chair.wait(chair.minutes - 3, 50)
    expect(chair.warning).to_be_hidden()
    chair.wait(0, 20)
    expect(chair.warning).to_contain_text("You will be signed out in 2 minutes.")
    expect(chair.page.locator("[aria-live=polite]").filter(has=chair.warning)).to_be_visible()
    expect(chair.field).to_be_focused()
    with chair.page.expect_response("**/stay/") as response:
        chair.page.get_by_role("button", name="Stay signed in").click()
    assert response.value.status == 204
    expect(chair.warning).to_be_hidden()
    expect(chair.field).to_have_value("Half a")
    chair.wait(chair.minutes - 2, 10)
    expect(chair.warning).to_be_visible()


def test_who_is_too_late_is_told_and_led_to_the_sign_in(chair: Chair) -> None:
    chair.wait(chair.minutes, 10)
    expect(chair.warning).to_contain_text("You were signed out because some time had passed.")
    expect(chair.page.get_by_role("button", name="Stay signed in")).to_be_hidden()
    expect(chair.field).to_have_value("Half a")
    chair.page.context.clear_cookies()
    with chair.page.expect_event("load"):
        chair.page.get_by_role("button", name="Open the page again").click()
    expect(chair.page.get_by_text("You are signed in as")).to_have_count(0)
    expect(chair.warning).to_have_count(0)


def test_a_phone_that_slept_says_at_once_that_it_is_over(chair: Chair) -> None:
    chair.page.clock.set_system_time(timezone.now() + timedelta(hours=2))
    expect(chair.warning).to_be_hidden()
    chair.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(chair.warning).to_contain_text("You were signed out because some time had passed.")


def test_the_warning_covers_nothing_at_the_end_of_the_page(chair: Chair) -> None:
    chair.wait(chair.minutes - 1)
    expect(chair.warning).to_be_visible()
    covered: Any = chair.page.evaluate("""() => {
        scrollTo(0, document.body.scrollHeight);
        const [footer, warning] = ["footer", ".idle"].map(one => document.querySelector(one).getBoundingClientRect());
        return footer.bottom - warning.top;
    }""")
    assert covered < 1
    chair.page.evaluate("scrollTo(0, 0)")
    expect(chair.warning).to_be_in_viewport()


def test_the_warning_hides_no_stop_of_the_tab_key_even_in_very_large_letters(chair: Chair) -> None:
    chair.page.evaluate("document.documentElement.dataset.text = 'very-large'")
    chair.wait(chair.minutes - 1)
    expect(chair.warning).to_be_visible()
    hidden: Any = chair.page.evaluate("""() => {
        const warning = document.querySelector(".idle");
        const stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), textarea, summary")];
        return stops.filter(stop => stop.checkVisibility({visibilityProperty: true}) && !warning.contains(stop))
            .filter(stop => {
                stop.focus({focusVisible: true});
                return stop.getBoundingClientRect().top >= warning.getBoundingClientRect().top;
            }).map(stop => stop.outerHTML.slice(0, 80));
    }""")
    assert hidden == []
