"""A warning two minutes before an idle sign-in ends lets people stay: at the Desk and on a shared device."""

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
class IdlePerson:
    """Somebody who has typed half a sentence and then does nothing. The test moves the page's clock."""

    page: Page
    field: Locator
    minutes: int  # how long a sign-in lasts after a press

    @property
    def warning(self) -> Locator:
        """Return the element with the warning, visible or hidden."""
        return self.page.locator(".idle")

    def wait(self, minutes: int, seconds: int = 0) -> None:
        """Let time pass."""
        self.page.clock.run_for(1000 * (60 * minutes + seconds))


@pytest.fixture(params=["nurse", "patient"])
def idle(request: pytest.FixtureRequest, visit: Visit, site: Site) -> IdlePerson:
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
    return IdlePerson(page, field, 15 if nurse else 30)


def test_an_idle_person_is_warned_and_can_stay_with_their_text_kept(idle: IdlePerson) -> None:
    idle.wait(idle.minutes - 3, 50)
    expect(idle.warning).to_be_hidden()
    idle.wait(0, 20)
    expect(idle.warning).to_contain_text("You will be signed out in 2 minutes.")
    expect(idle.page.locator("[aria-live=polite]").filter(has=idle.warning)).to_be_visible()
    expect(idle.field).to_be_focused()
    with idle.page.expect_response("**/stay/") as response:
        idle.page.get_by_role("button", name="Stay signed in").click()
    assert response.value.status == 204
    expect(idle.warning).to_be_hidden()
    expect(idle.field).to_have_value("Half a")
    idle.wait(idle.minutes - 2, 10)
    expect(idle.warning).to_be_visible()


def test_without_a_network_the_warning_says_so_and_the_page_stays(idle: IdlePerson) -> None:
    errors: list[str] = []
    idle.page.on("pageerror", lambda error: errors.append(str(error)))
    idle.wait(idle.minutes - 2, 10)
    idle.page.context.set_offline(True)
    idle.page.get_by_role("button", name="Stay signed in").click()
    away = "There is no connection just now. Try again in a moment."
    expect(idle.warning).to_contain_text(away)
    expect(idle.warning.get_by_text(away)).to_be_visible()
    expect(idle.field).to_have_value("Half a")
    idle.page.context.set_offline(False)
    with idle.page.expect_response("**/stay/") as response:
        idle.page.get_by_role("button", name="Stay signed in").click()
    assert response.value.status == 204
    expect(idle.warning).to_be_hidden()
    assert errors == []


def test_after_the_end_the_page_says_so_and_leads_to_the_sign_in(idle: IdlePerson) -> None:
    idle.wait(idle.minutes, 10)
    expect(idle.warning).to_contain_text("You were signed out because some time had passed.")
    expect(idle.page.get_by_role("button", name="Stay signed in")).to_be_hidden()
    expect(idle.field).to_have_value("Half a")
    idle.page.context.clear_cookies()
    with idle.page.expect_event("load"):
        idle.page.get_by_role("button", name="Open the page again").click()
    expect(idle.page.get_by_text("You are signed in as")).to_have_count(0)
    expect(idle.warning).to_have_count(0)


def test_a_phone_that_was_asleep_says_at_once_that_the_sign_in_has_ended(idle: IdlePerson) -> None:
    idle.page.clock.set_system_time(timezone.now() + timedelta(hours=2))
    expect(idle.warning).to_be_hidden()
    idle.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(idle.warning).to_contain_text("You were signed out because some time had passed.")


def test_the_warning_covers_nothing_at_the_end_of_the_page(idle: IdlePerson) -> None:
    idle.wait(idle.minutes - 1)
    expect(idle.warning).to_be_visible()
    covered: Any = idle.page.evaluate("""() => {
        scrollTo(0, document.body.scrollHeight);
        const [footer, warning] = ["footer", ".idle"].map(one => document.querySelector(one).getBoundingClientRect());
        return footer.bottom - warning.top;
    }""")
    assert covered < 1
    idle.page.evaluate("scrollTo(0, 0)")
    expect(idle.warning).to_be_in_viewport()


def test_the_warning_hides_no_focused_control_even_in_very_large_text(idle: IdlePerson) -> None:
    idle.page.evaluate("document.documentElement.dataset.text = 'very-large'")
    idle.wait(idle.minutes - 1)
    expect(idle.warning).to_be_visible()
    hidden: Any = idle.page.evaluate("""() => {
        const warning = document.querySelector(".idle");
        const stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), textarea, summary")];
        return stops.filter(stop => stop.checkVisibility({visibilityProperty: true}) && !warning.contains(stop))
            .filter(stop => {
                stop.focus({focusVisible: true});
                return stop.getBoundingClientRect().top >= warning.getBoundingClientRect().top;
            }).map(stop => stop.outerHTML.slice(0, 80));
    }""")
    assert hidden == []
