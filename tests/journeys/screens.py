"""A picture of every screen, on a phone and on a desktop: `make screens` writes them into docs/screens/.

It walks where the accessibility tests walk, so a new page has its picture without a line here. Not a test: pytest
collects it only when it is named.
"""

from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.conftest import Site, Visit
from tests.journeys.test_accessibility import (
    NARROW,
    ana_pages,
    desk_pages,
    eda_pages,
    lead_pages,
    noor_pages,
    patient_pages,
    review_pages,
    teach_back_pages,
)

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screens"
TALLEST = 2400  # CSS px of a page that are shown


def take(page: Page, file: Path) -> None:
    """Keep what the page shows as a small WebP; half the pixels of a desktop's are enough to see what is where."""
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    wide = page.viewport_size["width"] if page.viewport_size else NARROW
    clip = {"x": 0, "y": 0, "width": wide, "height": min(size[1], TALLEST), "scale": 1 if wide == NARROW else 0.5}
    made = page.context.new_cdp_session(page).send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": 35, "clip": clip, "captureBeyondViewport": True},
    )
    file.write_bytes(base64.b64decode(made["data"]))


@pytest.mark.parametrize(("width", "theme"), [(NARROW, "light"), (1280, "dark")])
def test_every_screen_has_its_picture(visit: Visit, site: Site, width: int, theme: str) -> None:
    folder = FOLDER / ("phone" if width == NARROW else "desktop")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    guest, noor, ana, eda, later, nurse = (visit(width=width, javascript=True) for _ in range(6))
    taken = 0
    for who, page, names in (
        ("patient", guest, patient_pages(guest)),
        ("patient", later, review_pages(later, site)),
        ("desk", noor, desk_pages(noor, site.password)),
        ("desk", noor, lead_pages(noor, site)),
        ("desk", nurse, teach_back_pages(nurse, site, f"iris-{width}")),
        ("patient", ana, ana_pages(ana, site)),
        ("desk", noor, noor_pages(noor)),
        ("educator", eda, eda_pages(eda, site.password)),
    ):
        for name in names:
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            taken += 1
            take(page, folder / f"{taken:03}-{who}-{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}.webp")
    assert taken > 100
