"""The second step in a real browser: with an app and without JavaScript; with a passkey, which needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Site, Visit
from tests.journeys.hands import Keyboard
from tests.journeys.second_step import asked_earlier, make_it_person, on_localhost, shown_code
from tests.journeys.walk import heading, press, sign_in

pytestmark = pytest.mark.browser
A_CHIP = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@contextmanager
def with_a_chip(browser: Browser, site: Site, *, chip: bool = True) -> Iterator[tuple[Page, list[str]]]:
    """Open a device that has passkeys (a virtual authenticator), and what its console says."""
    context = browser.new_context(base_url=on_localhost(site), viewport={"width": 320, "height": 640})
    context.set_default_timeout(10_000)
    page, said = context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    if chip:
        devices = context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": A_CHIP})
    try:
        yield page, said
    finally:
        context.close()


def test_an_app_is_set_up_and_used_without_javascript_and_by_keyboard(visit: Visit, site: Site) -> None:
    make_it_person(site, "tina")
    page = visit(width=320)
    page.goto("/accounts/login/?next=/accounts/two-step/")
    sign_in(page, "tina", site.password)
    hand = Keyboard(page)
    hand.press("Set up an app")
    code, next_code = shown_code(page), shown_code(page, later=1)
    hand.write("The 6 digits that the app shows now", code)
    hand.press("Set it up")
    assert heading(page) == "Recovery codes"
    codes = page.locator(".recovery code").all_inner_texts()
    assert len(codes) == 10

    for second_step in (next_code, codes[4]):
        other = visit(width=320)
        other.goto("/accounts/login/?next=/accounts/two-step/")
        sign_in(other, "tina", site.password)
        assert heading(other) == "Second step"
        hand = Keyboard(other)
        hand.write("Code from your app, or a recovery code", second_step)
        hand.press("Go on")
        assert heading(other) == "Two-step sign-in"
    expect(other.locator("main")).to_contain_text("You have 9 left")


def test_a_passkey_is_set_up_and_opens_the_desk(browser: Browser, site: Site) -> None:
    make_it_person(site, "paul")
    with with_a_chip(browser, site) as (page, said):
        page.goto("/accounts/login/?next=/accounts/two-step/")
        sign_in(page, "paul", site.password)
        press(page, "Add a passkey")
        page.get_by_label("What is it called?").fill("Ward laptop")
        press(page, "Set it up")
        assert heading(page) == "Recovery codes"
        page.goto("/accounts/two-step/")
        expect(page.locator("main")).to_contain_text("Passkey: Ward laptop")

        press(page, "Sign out")
        page.goto("/accounts/login/?next=/accounts/two-step/")
        sign_in(page, "paul", site.password)
        assert heading(page) == "Second step"
        press(page, "Use my passkey")
        assert heading(page) == "Two-step sign-in"

        asked_earlier(site, "paul")
        press(page, "Set up an app")
        assert heading(page) == "Is it you?"
        press(page, "Use my passkey")
        assert heading(page) == "Two-step sign-in"
        assert said == []


def test_a_device_without_the_passkey_can_still_type_a_code(browser: Browser, site: Site) -> None:
    make_it_person(site, "pia")
    with with_a_chip(browser, site) as (page, _):
        page.goto("/accounts/login/?next=/accounts/two-step/passkey/")
        sign_in(page, "pia", site.password)
        page.get_by_label("What is it called?").fill("Phone")
        press(page, "Set it up")
        codes = page.locator(".recovery code").all_inner_texts()
    with with_a_chip(browser, site, chip=False) as (page, _):
        page.goto("/accounts/login/")
        sign_in(page, "pia", site.password)
        page.get_by_label("Code from your app, or a recovery code").fill(codes[0])
        press(page, "Go on")
        assert page.url.endswith("/admin/people/user/")  # the home page of IT
