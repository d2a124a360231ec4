"""How many presses a nurse's and a lead's tasks take, by pointer, by keyboard and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.conftest import Site, Visit
from tests.journeys.hands import Hand, Keyboard, Pointer
from tests.journeys.walk import IRIS, sign_in

pytestmark = pytest.mark.browser

# The nurse leads the team too, and ten more patients got a card five days ago that nobody has used.
WARD = (
    IRIS
    + """
from learn.people import codes
nurse.groups.set(Group.objects.filter(name="Lead nurse"))
Membership.objects.filter(nurse=nurse).update(lead=True)
alan = Patient.objects.get(care_team=team, label="Brown, Alan")
people = [alan, *(
    Patient.objects.create(user=User.objects.create_guest(), care_team=team, label=f"Patient {{n}}") for n in range(9)
)]
codes.make_many(users=[one.user for one in people], by=nurse, now=timezone.now() - timedelta(days=5))
"""
)


class ByPointer(Pointer):
    def unfold(self, name: str) -> None:
        self.page.locator("summary").filter(has_text=name).click()
        self.taps += 1


class ByKeyboard(Keyboard):
    def unfold(self, name: str) -> None:
        self.reach(name)
        self.page.keyboard.press("Enter")
        self.taps += 1


def new_card(hand: Hand) -> None:
    """Make a new card for somebody who never used theirs."""
    hand.press("New card: Brown, Alan")
    hand.press("Make a new card")
    expect(hand.page.locator("h1")).to_have_text("Card for Brown, Alan")


def new_cards(hand: Hand) -> None:
    """Make a new card for each of ten who never used theirs."""
    for name in ("All patients", "Card never used 10", "All: tick all 10", "New cards", "Make 10 new cards"):
        hand.press(name)
    expect(hand.page.locator(".card")).to_have_count(10)


def numbers(hand: Hand) -> None:
    """See how it goes."""
    hand.press("How it goes")
    expect(hand.page.locator("main")).to_contain_text("10 of 10")  # cards never used


def treatment(hand: Hand) -> None:
    """Choose a treatment for somebody who has none."""
    hand.press("Brown, Alan")
    hand.press("Choose the treatment")
    hand.pick("Treatment", "Virus therapy")
    hand.press("Save")
    expect(hand.page.locator(".ph")).to_contain_text("Virus therapy")


def teach_back(hand: Hand) -> None:
    """Record a teach-back on the page of the patient."""
    hand.press("Morgan, Iris")
    hand.unfold("Teach back: What to do about diarrhea")  # type: ignore[attr-defined]  # of the two hands above
    hand.choose("Explained in own words")
    hand.press("Save: What to do about diarrhea")
    expect(hand.page.get_by_role("status")).to_have_text("The teach-back is saved.")


MOST = {new_card: 2, new_cards: 5, numbers: 1, treatment: 4, teach_back: 4}
HANDS: dict[str, tuple[type[ByPointer] | type[ByKeyboard], bool]] = {
    "pointer": (ByPointer, True),
    "without-javascript": (ByPointer, False),
    "keyboard": (ByKeyboard, False),
}


@pytest.mark.parametrize("hand", HANDS)
@pytest.mark.parametrize("task", MOST, ids=[task.__name__ for task in MOST])
def test_takes_few_presses(visit: Visit, site: Site, task: Callable[[Hand], None], hand: str) -> None:
    name = f"{task.__name__}-{hand}"
    site.manage("shell", "-c", WARD.format(name=name, password=site.password, missed=(1,)))
    kind, javascript = HANDS[hand]
    page = visit(javascript=javascript)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto("/admin/")
    sign_in(page, name, site.password)
    used = kind(page)
    task(used)
    assert used.taps <= MOST[task], used.taps


def test_a_leads_bar_is_one_line_and_filters_fold_on_a_phone(visit: Visit, site: Site) -> None:
    site.manage("shell", "-c", WARD.format(name="one-line-with-a-long-name", password=site.password, missed=(1,)))
    page = visit(javascript=False)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto("/admin/people/patient/?why=card")
    sign_in(page, "one-line-with-a-long-name", site.password)
    high = page.locator("header.top").bounding_box()
    assert high is not None
    assert high["height"] < 50
    chip = page.get_by_role("link", name="Safety 1")
    expect(chip).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 640})
    expect(chip).to_be_hidden()
    page.get_by_text("Filter: Card never used").click()
    expect(chip).to_be_visible()
