"""E-a: from her lesson, an educator publishes a mended typo in five clicks; a safety question needs rex too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.conftest import Site, Visit
from tests.journeys.hands import Keyboard, Pointer
from tests.journeys.walk import heading, questions, sign_in

pytestmark = pytest.mark.browser

MOST = 5
LESSON = "interferons"  # no other journey uses its questions
HERS = f"/admin/quizzes/question/?quiz={LESSON}"  # a filter is a link, which can be kept


@pytest.mark.parametrize("hand", [Pointer, Keyboard])
def test_fixes_a_typo_and_publishes_it(visit: Visit, site: Site, hand: type[Pointer] | type[Keyboard]) -> None:
    plain = [q for q in questions(LESSON) if not q.critical][hand is Keyboard]
    page = visit(javascript=False)
    page.goto("/admin/")
    sign_in(page, "eda", site.password)
    assert heading(page) == "Questions"
    page.goto(HERS)
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
        who.page.goto(HERS)
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


FILE = "\n\n".join(
    f"::Topic {n}::Which of these is number {n}?{{=This is {n}.#Yes. ~That is not {n}.#No. ####Because it is {n}.}}"
    for n in range(30)
)
MOST_TO_TAKE_IN = 4
TAKES_IN = {"Pointer": "names-and-tests", "Keyboard": "a-vaccine-that-treats"}  # no other journey uses their drafts


@pytest.mark.parametrize("hand", [Pointer, Keyboard])
def test_takes_thirty_questions_in_from_a_file(visit: Visit, site: Site, hand: type[Pointer] | type[Keyboard]) -> None:
    name = hand.__name__
    page = visit(javascript=False)
    page.goto("/admin/")
    sign_in(page, "eda", site.password)
    page.goto(f"/admin/quizzes/question/?quiz={TAKES_IN[name]}")  # a kept link
    eda = hand(page)
    eda.press("Take in from a file")
    file = page.get_by_label("File", exact=True)
    if isinstance(eda, Keyboard):
        eda.reach("File", within=40)
    text = FILE.replace("Which", f"{name}: which")
    file.set_input_files({"name": "thirty.gift", "mimeType": "text/plain", "buffer": text.encode()})
    eda.taps += 1  # the press that opens the browser's own window to choose a file
    eda.press("Read the file")
    assert "New\n30" in page.inner_text("main")
    eda.press("Take in 30 drafts")
    expect(page.get_by_role("status")).to_contain_text("Taken in: 30 drafts.")
    assert eda.taps == MOST_TO_TAKE_IN
    assert page.get_by_role("link", name=f"{name}: which of these is number").count() == 30
