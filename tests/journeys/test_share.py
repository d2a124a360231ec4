"""An address to share: with the device's own way where the browser has one, and without a script in other ways."""

from __future__ import annotations

import pytest

from tests.conftest import Visit

pytestmark = pytest.mark.browser
STEPS = "/lessons/basics/what-is-immunotherapy/"
SHARE = """
window.shared = [];
Object.defineProperty(navigator, "share", {value: what => { shared.push(what); return Promise.reject("closed") }});
"""


def test_the_devices_own_way_is_offered_where_there_is_one(visit: Visit) -> None:
    page = visit(width=320, javascript=True)
    page.add_init_script(SHARE)
    page.goto(f"{STEPS}7/")
    page.get_by_text("Share with someone who helps me").click()
    page.get_by_role("button", name="Share in another way").click()
    [shared] = page.evaluate("shared")
    assert shared == {"url": page.get_by_label("The address, to copy").input_value()}
    assert shared["url"].endswith(STEPS)


@pytest.mark.parametrize("javascript", [True, False], ids=["no such way", "no script"])
def test_elsewhere_the_address_can_be_copied_mailed_or_sent(visit: Visit, javascript: bool) -> None:
    page = visit(width=320, javascript=javascript)
    page.goto(f"{STEPS}7/")
    page.get_by_text("Share with someone who helps me").click()
    assert page.get_by_label("The address, to copy").is_visible()
    assert page.get_by_role("link", name="Send it by email").is_visible()
    assert page.get_by_role("link", name="Send it as a text message").is_visible()
    assert not page.get_by_role("button", name="Share in another way").is_visible()
