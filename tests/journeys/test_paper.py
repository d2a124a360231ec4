"""Printed pages: questions on one page, the team's phone numbers on top, no navigation."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.conftest import Site, Visit
from tests.journeys.walk import PHONES, give_team, press, sign_in

pytestmark = pytest.mark.browser
LIST = "/my/questions/"


def pages(page: Page, paper: str) -> int:
    """Return how many sheets the page needs when it is printed."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format=paper)))


def ask(page: Page, *texts: str) -> None:
    """Add questions to the list."""
    page.goto(LIST)
    for text in texts:
        page.get_by_label("Write your own question").fill(text)
        press(page, "Add my question")


@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_ten_questions_fit_one_page_and_many_questions_need_more(visit: Visit, paper: str) -> None:
    page = visit(width=320, javascript=True)
    ask(page, *(f"What tests or scans will I have in month {n}, and before that?" for n in range(10)))
    press(page, "Print my list")
    assert pages(page, paper) == 1
    ask(page, *(f"{n}: {'Long words ' * 20}" for n in range(5)))
    press(page, "Print my list")
    assert pages(page, paper) == 2


def test_the_two_ways_to_take_the_list_stand_on_lines_of_their_own(visit: Visit) -> None:
    page = visit(width=320)
    ask(page, "Can I get a flu shot?")
    here, pdf = (page.get_by_role("link", name=name).bounding_box() for name in ("Print my list", "My list as a PDF"))
    assert here is not None
    assert pdf is not None
    assert here["y"] + here["height"] <= pdf["y"]


@pytest.fixture
def long_team(site: Site) -> Iterator[None]:
    """Give ana's team the longest phone numbers and fever limit that a team can have."""
    give_team(site, day_phone="5" * 30, night_phone="6" * 30, fever="39 " * 13)
    yield
    give_team(site, **PHONES)


@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_the_call_card_is_one_sheet_with_the_numbers_on_top(visit: Visit, site: Site, paper: str) -> None:
    page = visit(javascript=True)
    page.goto("/accounts/login/")
    sign_in(page, "ana", site.password)
    page.goto("/help/")
    assert pages(page, paper) == 1
    page.emulate_media(media="print")
    for text in (
        "Night and weekend: 555-011-0199",
        "Chest pain.",
        "A headache that stays or gets worse, or a stiff neck.",
        "No answer in 30 minutes?",
        "A daily pain pill or steroid can hide a fever.",
        "Mild aches.",
    ):
        assert page.get_by_text(text).first.is_visible(), text
    for part in (".tier li", ".fever p", ".tier h4"):
        sizes = page.locator(part).evaluate_all("all => all.map(e => parseFloat(getComputedStyle(e).fontSize))")
        assert min(sizes) > 13.3, "10 pt"


@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_the_call_card_is_one_sheet_for_a_guest_and_with_the_longest_phones(
    visit: Visit, site: Site, long_team: None, paper: str
) -> None:
    guest = visit(javascript=True)
    guest.goto("/help/")
    assert pages(guest, paper) == 1
    guest.emulate_media(media="print")
    assert guest.get_by_text("the cancer doctor on call").last.is_visible()
    page = visit(javascript=True)
    page.goto("/accounts/login/")
    sign_in(page, "ana", site.password)
    page.goto("/help/")
    assert "5" * 30 in page.inner_text("main")
    assert pages(page, paper) == 1


@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_the_call_card_leaves_room_for_two_more_lines_on_its_sheet(visit: Visit, paper: str) -> None:
    """Another browser or another typeface needs a little more room than ours."""
    page = visit(javascript=True)
    page.goto("/help/")
    page.evaluate("""() => {
        const more = document.createElement("p");
        more.append("One more line.", document.createElement("br"), "And another.");
        document.querySelector("main").append(more);
    }""")
    assert pages(page, paper) == 1


@pytest.mark.parametrize("javascript", [True, False])
def test_a_lesson_is_printed_from_one_button_with_its_whole_card(visit: Visit, javascript: bool) -> None:
    page = visit(width=320, javascript=javascript)
    page.goto("/lessons/basics/what-is-immunotherapy/2/")
    press(page, "Print the whole lesson")
    button, words = page.get_by_role("button", name="Print"), page.get_by_text("Use the Print or Share button")
    assert (button.is_visible(), words.is_visible()) == (javascript, not javascript)
    if javascript:
        page.evaluate("window.print = () => { window.printed = true }")
        button.click()
        assert page.evaluate("window.printed")
    assert 2 <= pages(page, "Letter") <= 6
    page.emulate_media(media="print")
    assert page.locator(".paper").is_visible()
    for text in ("Help for your own defenses", "Remember", "Chest pain.", "Mild aches.", "Cancer.Net"):
        assert page.get_by_text(text).first.is_visible(), text
    assert not button.is_visible()


def test_a_folded_card_is_whole_on_paper(visit: Visit) -> None:
    page = visit(width=320)
    page.goto("/lessons/antibodies-and-checkpoint-inhibitors/side-effects-when-to-call/4/")
    last = page.get_by_text("Mild aches.")
    assert not last.is_visible()
    assert "Mild aches." not in page.inner_text("main")
    page.emulate_media(media="print")
    assert "Mild aches." in page.inner_text("main")


def test_the_phone_numbers_are_on_top_and_the_navigation_is_not_printed(visit: Visit, site: Site) -> None:
    page = visit(javascript=True)
    page.goto("/accounts/login/")
    sign_in(page, "ana", site.password)
    for address in ("/help/", "/my/", LIST, "/lessons/basics/what-is-immunotherapy/1/", "/words/"):
        page.goto(address)
        page.emulate_media(media="screen")
        assert not page.locator(".paper").is_visible()
        page.emulate_media(media="print")
        assert "Day: 555-010-0199" in page.locator(".paper").inner_text()
        top, heading = (page.locator(part).evaluate("e => e.getBoundingClientRect().top") for part in (".paper", "h1"))
        assert top < heading, address
        for part in ("header nav", "footer", ".back", ".btn"):
            assert not any(one.is_visible() for one in page.locator(part).all()), (address, part)
        assert page.locator("body").evaluate("e => getComputedStyle(e).fontSize") == "18.6667px", "14 pt"


def test_a_page_in_dark_colors_is_printed_in_light_colors(visit: Visit) -> None:
    page = visit(javascript=True)
    page.goto("/help/")
    page.evaluate("document.documentElement.dataset.colors = 'dark'")
    ink = "e => getComputedStyle(e).color"
    dark = page.locator(".tier li").first.evaluate(ink)
    page.emulate_media(media="print")
    for part in (".tier li", ".tier h3", "h1", "p"):
        assert page.locator(part).first.evaluate(ink) == "rgb(0, 0, 0)", part
    assert dark != "rgb(0, 0, 0)"


def test_the_open_list_is_printed_without_buttons_and_messages(visit: Visit) -> None:
    page = visit(javascript=True)
    ask(page, "May I travel?", "May I swim?")
    page.get_by_label("Change: May I swim?").click()
    press(page, "Remove")
    page.emulate_media(media="print")
    shown = page.locator("main").inner_text()
    assert "May I travel?" in shown
    for text in (
        "May I swim?",
        "Change",
        "Print my list",
        "Write your own question",
        "Share with my nurse",
        "Questions other people ask",
    ):
        assert text not in shown


# A patient whose note has about forty lines: seven lessons, eight safety questions, a teach-back.
NOTE = """
from django.contrib.auth.models import Group
from django.utils import timezone
from learn.management.ward import SAFETY, Ward
from learn.people.models import CareTeam, Membership, User
team = CareTeam.objects.create(name="Note team", day_phone="555-010-0177", night_phone="555-011-0177")
nurse = User.objects.create_user("note", password="{password}", is_staff=True)
nurse.groups.add(Group.objects.get(name="Nurse"))
Membership.objects.create(care_team=team, nurse=nurse, started=timezone.now())
ward = Ward(team=team, noor=nurse, now=timezone.now())
[patient] = ward.invite(["Iris Morgan"], -18)
ward.do(patient, SAFETY, ward.at(-9, 20), ward.safety_places(1))
ward.rows.save()
print(patient.pk)
"""


def test_the_note_for_the_chart_is_one_sheet_without_a_frame(visit: Visit, site: Site) -> None:
    patient = site.manage("shell", "--no-imports", "-c", NOTE.format(password=site.password)).strip()
    page = visit(javascript=True)
    page.goto(f"/admin/people/patient/{patient}/chart/")
    sign_in(page, "note", site.password)
    assert (pages(page, "Letter"), pages(page, "A4")) == (1, 1)
    page.emulate_media(media="print")
    note = page.locator("pre")
    assert "Safety questions answered right" in note.inner_text()
    assert note.evaluate("e => getComputedStyle(e).borderTopWidth") == "0px"
    assert not page.locator("textarea").is_visible()
