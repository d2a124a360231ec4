"""N-b: assign a pathway to 10 of 18 patients in six clicks at most and undo it, also without mouse or script."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Site, Visit
from tests.journeys.walk import heading, sign_in

pytestmark = pytest.mark.browser

MOST = 6
PATHWAY = "Virus therapy: 5 lessons"
TEN = """
from django.contrib.auth.models import Group
from django.utils import timezone
from learn.people.models import CareTeam, Membership, Patient, User
team = CareTeam.objects.create(name="{name}", day_phone="555-010-0177", night_phone="555-011-0177")
nurse = User.objects.create_user("{name}", password="{password}", is_staff=True)
nurse.groups.add(Group.objects.get(name="Nurse"))
Membership.objects.create(care_team=team, nurse=nurse, started=timezone.now())
for n in range(18):
    treatment = "virus-therapy" if n % 9 < 5 else "cancer-vaccines"
    Patient.objects.create(
        user=User.objects.create_guest(), care_team=team, label=f"Patient {{n}}", treatment=treatment
    )
"""


def at_home(visit: Visit, site: Site, name: str, *, javascript: bool) -> Page:
    """Sign in a nurse with 18 patients, of whom ten have virus therapy, and open the list of all patients."""
    site.manage("shell", "-c", TEN.format(name=name, password=site.password))
    page = visit(javascript=javascript)
    page.goto("/admin/people/patient/")
    sign_in(page, name, site.password)
    return page


def assign(page: Page, act: Callable[[str], None]) -> None:
    """Assign the pathway to the ten; `act` presses the control with the given name."""
    for name in ("Virus therapy 10", "All: tick all 10"):
        act(name)
    assert page.locator("[name=patient]:checked").count() == 10
    for name in ("Assign lessons", PATHWAY, "Assign to 10 patients"):
        act(name)
    expect(page.get_by_role("status")).to_have_text("Assigned 5 lessons to 10 patients.")


def asked(page: Page) -> int:
    """Return how many assigned lessons the list shows."""
    page.goto("/admin/people/patient/")
    return 5 * len(re.findall(r"\b0 of 5\b", page.inner_text("main")))


@pytest.mark.parametrize("javascript", [True, False])
def test_by_pointer(visit: Visit, site: Site, javascript: bool) -> None:
    page = at_home(visit, site, f"pointer-{javascript}", javascript=javascript)
    clicks = [1]  # opening the list of all patients from the home page takes one click

    def click(name: str) -> None:
        clicks.append(1)
        found = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
        (found if found.count() else page.locator("label").filter(has_text=name)).click()

    assign(page, click)
    assert sum(clicks) <= MOST, sum(clicks)
    click("Undo")
    expect(page.get_by_role("status")).to_have_text("Undone.")
    assert asked(page) == 0


def test_by_keyboard_alone(visit: Visit, site: Site) -> None:
    page = at_home(visit, site, "keyboard", javascript=False)
    focused = """(e => e && (e.ariaLabel || (e.labels && e.labels.length ? e.labels[0] : e).textContent)
        .trim().replace(/\\s+/g, " "))(document.activeElement)"""

    def reach(name: str) -> None:
        for _ in range(40):
            if page.evaluate(focused) == name:
                break
            page.keyboard.press("Tab")
        else:
            pytest.fail(f"Tab never reaches “{name}” on “{heading(page)}”")
        if name == PATHWAY:
            page.keyboard.press("Space")
        else:
            with page.expect_event("load"):
                page.keyboard.press("Enter")

    assign(page, reach)
    assert asked(page) == 50
