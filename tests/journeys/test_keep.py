"""Keep my progress: a code opens it on a second device, an account keeps it, a shared device keeps nothing."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Site, Visit
from tests.journeys.walk import (
    answer,
    heading,
    mailed_code,
    press,
    questions,
    read_on,
    sign_in,
    start_check,
    tick,
)  # fmt: skip

pytestmark = pytest.mark.browser

LESSON = "what-is-immunotherapy"
STEP = "/lessons/basics/what-is-immunotherapy/1/"


def finish_a_lesson(page: Page) -> None:
    page.goto(STEP)
    read_on(page)
    press(page, "Start")
    for question in questions(LESSON):
        answer(page, question, "right")
        press(page, "Next question" if page.get_by_role("link", name="Next question").count() else "See how it went")
    page.goto("/my/")


def shows_done(page: Page) -> None:
    page.goto("/my/")
    expect(page.get_by_role("listitem").filter(has_text="What is immunotherapy?")).to_contain_text("Done")


def test_a_code_opens_the_same_record_on_a_second_device(visit: Visit) -> None:
    phone = visit(width=320)
    finish_a_lesson(phone)
    press(phone, "Keep my progress")
    tick(phone, "Give me a code, to go on with another phone")
    press(phone, "Continue")
    letters = phone.locator(".code").inner_text()
    press(phone, "I have it. Go on")
    expect(phone.get_by_role("link", name="Keep my progress")).to_have_count(0)

    tablet = visit()
    tablet.goto("/code/")
    tablet.get_by_label("Your code").fill(letters.lower())
    press(tablet, "Open my lessons")
    shows_done(tablet)

    tablet.goto("/lessons/basics/how-your-immune-system-fights-cancer/1/")
    press(tablet, "Continue")
    phone.goto("/my/")
    expect(phone.get_by_role("listitem").filter(has_text="Step 2 of")).to_have_count(1)


def test_an_email_address_opens_the_same_record_on_a_second_device(visit: Visit, site: Site) -> None:
    phone = visit(width=320)
    finish_a_lesson(phone)
    press(phone, "Keep my progress")
    tick(phone, "Keep it under my email address")
    press(phone, "Continue")
    phone.get_by_label("Your email address").fill("Dora@Example.com")
    press(phone, "Send me a code")
    expect(phone.get_by_text("dora@example.com")).to_be_visible()
    phone.get_by_label("The code from the email").fill(mailed_code(site))
    press(phone, "Keep my progress")
    expect(phone.get_by_text("Your progress is kept under your email address.")).to_be_visible()
    shows_done(phone)

    tablet = visit()
    start_check(tablet, "how-your-immune-system-fights-cancer")
    tablet.goto("/accounts/login/")
    press(tablet, "Send me a code by email")
    tablet.get_by_label("Your email address").fill("dora@example.com")
    press(tablet, "Send me a code")
    tablet.get_by_label("The code from the email").fill(mailed_code(site).replace(" ", ""))
    press(tablet, "Open my lessons")
    assert heading(tablet) == "Bring what you did on this phone?"
    press(tablet, "Yes, that was me")
    shows_done(tablet)

    tablet.goto("/lessons/basics/how-your-immune-system-fights-cancer/1/")
    press(tablet, "Continue")
    phone.goto("/my/")
    expect(phone.get_by_role("listitem").filter(has_text="How your immune system")).to_have_count(1)


@pytest.mark.parametrize("javascript", [False, True])
def test_an_account_made_by_a_guest_keeps_everything_they_did(visit: Visit, javascript: bool) -> None:
    name = f"dora{int(javascript)}"
    phone = visit(width=320, javascript=javascript)
    finish_a_lesson(phone)
    press(phone, "Keep my progress")
    tick(phone, "Create an account with a name and a password")
    press(phone, "Continue")
    phone.get_by_label("Choose a sign-in name").fill(name)
    field = phone.get_by_label("Choose a password")
    field.fill("maple leaves in fall")
    if javascript:
        phone.get_by_role("button", name="Show password").click()
        assert field.get_attribute("type") == "text"
    else:
        expect(phone.get_by_role("button", name="Show password")).to_have_count(0)
    press(phone, "Create my account")
    shows_done(phone)

    other = visit()
    other.goto("/accounts/login/")
    sign_in(other, name, "maple leaves in fall")
    shows_done(other)


def test_finishing_leaves_nothing_on_a_shared_device(visit: Visit) -> None:
    tablet = visit()
    finish_a_lesson(tablet)
    press(tablet, "Finish and remove from this phone")
    expect(tablet.get_by_text("You have no code and no account.")).to_be_visible()
    press(tablet, "Finish and remove")
    assert heading(tablet) == "Nothing of you is left on this phone or computer"
    kept = {cookie["name"] for cookie in tablet.context.cookies()}
    assert kept <= {"moved", "csrf"}  # neither identifies a person
    tablet.go_back(wait_until="commit")
    tablet.goto("/my/")
    expect(tablet.get_by_text("There is nothing here yet.")).to_be_visible()


def test_erasing_takes_two_steps_and_signs_out_every_device(visit: Visit) -> None:
    phone = visit(width=320)
    finish_a_lesson(phone)
    tablet = visit(kept=phone.context.storage_state())
    shows_done(tablet)
    press(phone, "My data: see it, get it, erase it")
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Get it as a file").click()
    data = json.loads(download.value.path().read_text())
    assert data["Checks that you began, and your answers"][0]["answers"][0]["question"] == questions(LESSON)[0].stem
    press(phone, "Erase everything about me")
    press(phone, "Erase everything")
    expect(phone.get_by_role("group", name="There is a problem")).to_contain_text("Tick the box")
    tick(phone, "Yes. Erase everything, for good")
    with phone.expect_event("load"):
        phone.get_by_role("button", name="Erase everything").click()
    assert heading(phone) == "Everything about you is erased"
    for page in (phone, tablet):
        page.goto("/my/")
        expect(page.get_by_text("There is nothing here yet.")).to_be_visible()
