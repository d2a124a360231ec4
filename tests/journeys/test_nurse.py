"""noor assigns, ana learns, noor sees it; omar, of another team, sees none of it. No JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.conftest import Site, Visit
from tests.journeys.walk import answer, heading, press, questions, read_on, sign_in, tick

pytestmark = pytest.mark.browser


def signed_in(visit: Visit, site: Site, name: str, address: str = "/accounts/login/") -> Page:
    """Sign somebody in on a new device."""
    page = visit()
    page.goto(address)
    sign_in(page, name, site.password)
    return page


def in_row(page: Page, lesson: str) -> Locator:
    """Return the row of this lesson, on a page of the nurse or of the patient."""
    # What happened is listed too, without links.
    return page.get_by_role("listitem").filter(has_text=lesson).filter(has=page.get_by_role("link")).first


def test_noor_assigns_a_lesson_ana_does_it_and_noor_sees_it(visit: Visit, site: Site) -> None:
    due = timezone.localdate() + timedelta(days=10)
    by_when, due_on = f"{due:%A}, {due:%B} {due.day}", f"due {due:%b} {due.day}"

    noor = signed_in(visit, site, "noor", "/admin/")
    assert heading(noor) == "My patients"
    expect(noor.locator("main")).to_contain_text(
        re.compile(r"No one needs attention. \d+ patients? (is|are) learning.")
    )
    press(noor, "Assign lessons")
    noor.get_by_label("Tick Ana").check()
    press(noor, "Assign lessons")
    noor.get_by_text("Choose lessons one by one").click()
    tick(noor, "What is immunotherapy?", "Side effects: when to call")
    noor.get_by_label("By which day?").fill(due.isoformat())
    press(noor, "Assign to 1 patient")
    assert heading(noor) == "My patients"
    expect(noor.get_by_role("status")).to_have_text("Assigned 2 lessons to Ana.")
    press(noor, "All patients")
    expect(noor.get_by_role("row").filter(has_text="Ana")).to_contain_text("0 of 2")
    press(noor, "Ana")
    expect(in_row(noor, "What is immunotherapy?")).to_contain_text(f"Not started, {due_on}")

    ana = signed_in(visit, site, "ana")
    assert heading(ana) == "My learning"
    expect(ana.locator("main")).to_contain_text(re.compile(rf"Your nurse asked for these 2\s+By {by_when}."))
    expect(in_row(ana, "What is immunotherapy?")).to_contain_text("Not started")
    expect(ana.locator(".next")).to_contain_text("Side effects: when to call")
    ana.goto("/lessons/basics/")
    expect(ana.locator(".rows > li").first).to_contain_text("What is immunotherapy?")
    expect(ana.locator("main")).to_contain_text(f"Your nurse asked for 1 of these by {by_when}.")
    press(ana, "What is immunotherapy?")
    press(ana, "Continue")

    noor.reload()
    expect(in_row(noor, "What is immunotherapy?")).to_contain_text("Step 2 of")

    read_on(ana)
    press(ana, "Start")
    for question in questions("what-is-immunotherapy"):
        answer(ana, question, "right")
        press(ana, "Next question" if ana.get_by_role("link", name="Next question").count() else "See how it went")
    expect(ana.locator(".next")).to_contain_text("Next lesson, 2 of 2")
    press(ana, "Finish for today")
    expect(in_row(ana, "What is immunotherapy?")).to_contain_text("Done")

    noor.reload()
    expect(in_row(noor, "What is immunotherapy?")).to_contain_text("Done")
    expect(in_row(noor, "Side effects: when to call")).to_contain_text(f"Not started, {due_on}")
    press(noor, "Progress")
    assert heading(noor) == "Progress"
    expect(noor.get_by_role("row").filter(has_text="Ana")).to_contain_text("Done")


def test_a_nurse_of_another_team_sees_nothing_and_a_patient_cannot_open_the_desk(visit: Visit, site: Site) -> None:
    noor = signed_in(visit, site, "noor", "/admin/people/patient/")
    change = noor.get_by_role("link", name="Ana", exact=True).get_attribute("href") or ""
    number = change.split("/")[-3]
    addresses = [
        change,
        f"/admin/people/patient/{number}/contact/",
        f"/admin/people/patient/assign/?patient={number}",
    ]
    for address in addresses:
        assert noor.request.get(address).status == 200, "otherwise the 404 for omar would prove nothing"

    omar = signed_in(visit, site, "omar", "/admin/")
    assert heading(omar) == "My patients"
    assert "Ana" not in omar.content()
    assert "You have no patients here yet" in omar.inner_text("main")
    ana = signed_in(visit, site, "ana")
    for page, closed in ((omar, addresses), (ana, ["/admin/", "/admin/people/patient/", *addresses])):
        for address in closed:
            response = page.goto(address)
            assert response is not None
            assert response.status == 404, address
            assert heading(page) == "We cannot find that page"
