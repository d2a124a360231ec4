"""A screenshot of every screen, on a phone and on a desktop: `make screens` writes them into docs/screens/.

It visits the same pages as the accessibility tests, so a new page gets its screenshot without a change here. This is
not a test of the site: pytest collects it only when it is named.
"""

from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.conftest import Site, Visit
from tests.journeys.it_pages import it_pages
from tests.journeys.pages import (
    NARROW,
    ana_pages,
    card_pages,
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
TALLEST = 1500  # CSS px: a longer page is cut
# Folder, width in CSS px, color scheme, image pixels for each CSS px.
WAYS = (("phone", NARROW, "light", 0.75), ("desktop", 1280, "dark", 0.4))


def take(page: Page, file: Path, *, width: int, scale: float) -> None:
    """Save the page as a small WebP: large enough to see the layout, and to read the text of the phone version."""
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    page.mouse.move(0, 0)  # so that no element is drawn in its hover state
    made = page.context.new_cdp_session(page).send(
        "Page.captureScreenshot",
        {
            "format": "webp",
            "quality": 25,
            "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": scale},
            "captureBeyondViewport": True,
        },
    )
    file.write_bytes(base64.b64decode(made["data"]))


def gallery(names: dict[str, str]) -> str:
    """Return the Markdown page with all screenshots; `names` maps each file name to its screen, in order."""
    head = (
        "# Every screen\n\nMade by `make screens`; a long page is cut.\n\n| Screen | Phone, light | Desktop, dark |\n"
    )
    rows = (f"| {name} | ![](phone/{file}) | ![](desktop/{file}) |" for file, name in names.items())
    return head + "|---|---|---|\n" + "\n".join(rows) + "\n"


def test_every_screen_has_its_picture(visit: Visit, site: Site) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    taken: dict[str, str] = {}
    for folder, width, theme, scale in WAYS:
        (FOLDER / folder).mkdir(parents=True)
        taken = {}
        guest, noor, ana, eda, later, nurse, new, ivy = (visit(width=width, javascript=True) for _ in range(8))
        for who, page, names in (
            ("patient", guest, patient_pages(guest)),
            ("patient", later, review_pages(later, site)),
            ("desk", noor, desk_pages(noor, site.password)),
            ("desk", noor, lead_pages(noor, site)),
            ("desk", nurse, teach_back_pages(nurse, site, f"iris-{width}")),
            ("patient", ana, ana_pages(ana, site)),
            ("patient", new, card_pages(new, site)),
            ("desk", noor, noor_pages(noor)),
            ("educator", eda, eda_pages(eda, site.password)),
            ("it", ivy, it_pages(ivy, site.password, f"nross-{width}")),
        ):
            for name in names:
                page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                file = f"{who}-{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}.webp"
                assert file not in taken, f"two screens are called {name}"
                taken[file] = f"{who}: {name}"
                take(page, FOLDER / folder / file, width=width, scale=scale)
    (FOLDER / "README.md").write_text(gallery(taken), encoding="utf-8")
    assert len(taken) > 100
