"""E-a: an educator fixes a typo and publishes it in five clicks at most; a safety question needs rex's review too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.conftest import Site, Visit
from tests.journeys.hands import Keyboard, Pointer
from tests.journeys.walk import heading, questions, sign_in

pytestmark = pytest.mark.browser

MOST = 5
LESSON = "interferons"  # no other journey uses its questions


@pytest.mark.parametrize("hand", [Pointer, Keyboard])
def test_fixes_a_typo_and_publishes_it(visit: Visit, site: Site, hand: type[Pointer] | type[Keyboard]) -> None:
    plain = [q for q in questions(LESSON) if not q.critical][hand is Keyboard]
    page = visit(javascript=False)
    page.goto("/admin/")
    sign_in(page, "eda", site.password)
    assert heading(page) == "Questions"
    eda = hand(page)
    eda.press(plain.stem)
    eda.press("Change the words")
    eda.write("Topic in a few words", f"{plain.objective}, mended")
    eda.press("Save the draft")
    eda.press("Publish as a mended typo")
    assert heading(page) == plain.stem
    expect(page.get_by_role("status")).to_contain_text("Published.")
    assert f"{plain.objective}, mended" in page.inner_text("main")
    assert "Published by Eda" in page.inner_text("main")
    assert eda.taps + 1 <= MOST  # plus the click into the field


def test_a_safety_question_needs_two_people(visit: Visit, site: Site) -> None:
    safety = next(q for q in questions(LESSON) if q.critical)
    eda, rex = (Pointer(visit()) for _ in range(2))
    for who, name in ((eda, "eda"), (rex, "rex")):
        who.page.goto("/admin/")
        sign_in(who.page, name, site.password)
    eda.press(safety.stem)
    eda.press("Change the words")
    eda.write("Topic in a few words", f"{safety.objective}, mended")
    eda.press("Save the draft")
    assert "A second person has to read and publish this" in eda.page.inner_text("main")
    assert eda.page.get_by_role("button", name="Publish").count() == 0
    rex.page.reload()
    rex.press(safety.stem)
    rex.press("Publish as a mended typo")
    expect(rex.page.get_by_role("status")).to_contain_text("Published.")
    assert "Published by Rex" in rex.page.inner_text("main")
