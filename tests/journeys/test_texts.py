"""E-c: an educator rewords a line of the call card, a clinician signs it, a patient reads it. Without JavaScript."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Site, Visit, serving, shared
from tests.journeys.walk import heading, press, sign_in

pytestmark = pytest.mark.browser

OLD, NEW = "A seizure.", "A seizure, or a fit."


@pytest.fixture
def own(site: Site, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a site with a database of its own: on the others, readers would be told of the changed card."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    env = site.env | {"PUBLIC_URL": url, "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}
    found = replace(site, url=url, log=tmp_path / "log", env=env)
    found.prepare(shared(tmp_path_factory), "migrate", "load_content", "make_demo --people")
    with serving(found):
        yield found


def staff(page: Page, name: str, site: Site) -> Page:
    page.goto("/admin/")
    sign_in(page, name, site.password)
    return page


def test_a_line_of_the_card_is_reworded_signed_and_read(visit: Visit, own: Site) -> None:
    eda = staff(visit(base=own.url), "eda", own)
    press(eda, "Texts")
    eda.get_by_role("table").get_by_role("link", name="Call card").click()
    eda.locator("#id_line_seizure").fill(NEW)
    press(eda, "Save the draft")
    expect(eda.get_by_role("heading", name="Where these words appear")).to_be_visible()
    assert NEW in eda.locator(".diff").inner_text()
    press(eda, "Send for review")
    expect(eda.get_by_role("status")).to_contain_text("Sent for review.")
    patient = visit(base=own.url)
    patient.goto("/help/")
    assert OLD in patient.inner_text("main")

    rex = staff(visit(base=own.url), "rex", own)
    rex.locator("main").get_by_role("link", name="Call card", exact=True).click()
    expect(rex.get_by_role("heading", name="Where these words appear")).to_be_visible()
    rex.get_by_text("and it may be shown. Readers are told what changed").click()
    press(rex, "Sign and send")
    expect(rex.get_by_role("link", name="Say in which role you sign")).to_be_visible()
    rex.get_by_label("Your role, as you sign").fill("oncology nurse")
    press(rex, "Sign and send")
    expect(rex.get_by_role("status")).to_contain_text("Published.")

    patient.reload()
    assert heading(patient) == "Get help"
    said = patient.inner_text("main")
    assert NEW in said
    assert "Reviewed by a clinician" in said
