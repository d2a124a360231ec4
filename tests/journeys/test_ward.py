"""The Desk with a ward of twenty: how much of it a nurse sees at once on a computer, a tablet and a phone."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Page

from tests.conftest import Site, Visit
from tests.journeys.walk import sign_in

pytestmark = pytest.mark.browser

# Twenty patients need attention: four missed safety questions, ten never used their card, six are late. Their treatment
# has the longest name.
WARD = """
from django.contrib.auth.models import Group
from django.utils import timezone
from learn.management.ward import SAFETY, Ward
from learn.people.models import CareTeam, Membership, User
team = CareTeam.objects.create(name="{name}", day_phone="555-010-0177", night_phone="555-011-0177")
nurse = User.objects.create_user("{name}", password="{password}", is_staff=True)
nurse.groups.add(Group.objects.get(name="Lead nurse"))
Membership.objects.create(care_team=team, nurse=nurse, started=timezone.now(), lead=True)
ward = Ward(team=team, noor=nurse, now=timezone.now())
names = [f"Robin Miller {{n}}" for n in range(20)]
missed, unused, late = names[:4], names[4:14], names[14:]
for n, one in enumerate(ward.invite(missed, -30, 60)):
    ward.open_card([one], -30)
    ward.do(one, SAFETY, ward.at(-30), ward.safety_places(n + 1))
    for day in (-22, -3):
        ward.review(one, ward.at(day), 0)
ward.invite(unused, -5)
for one in ward.invite(late, -9):
    ward.open_card([one], -9)
    ward.read(one, SAFETY, ward.at(-2), 2)
ward.rows.save()
"""
COMPUTER, TABLET, PHONE = (1366, 900), (768, 1024), (320, 640)


@pytest.fixture(scope="module")
def lead(site: Site) -> str:
    """Make the ward and return the sign-in name of its lead."""
    site.manage("shell", "--no-imports", "-c", WARD.format(name="twenty", password=site.password))
    return "twenty"


def at(visit: Visit, site: Site, lead: str, size: tuple[int, int], address: str = "/admin/") -> Page:
    page = visit(javascript=False)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    sign_in(page, lead, site.password)
    return page


def boxes(found: Locator) -> list[dict[str, float]]:
    return [dict(box) for one in found.all() if (box := one.bounding_box())]


def test_twenty_who_need_attention_end_within_900_px(visit: Visit, site: Site, lead: str) -> None:
    rows = boxes(at(visit, site, lead, COMPUTER).locator("main tbody tr"))
    assert len(rows) == 20
    assert rows[-1]["y"] + rows[-1]["height"] <= 900


@pytest.mark.parametrize("address", ["/admin/", "/admin/people/patient/"])
def test_on_a_tablet_a_patient_takes_two_lines(visit: Visit, site: Site, lead: str, address: str) -> None:
    rows = boxes(at(visit, site, lead, TABLET, address).locator("main tbody tr"))
    assert len(rows) == 20
    assert max(row["height"] for row in rows) <= 80


def test_the_bar_on_top_leaves_room_on_a_phone_and_only_the_page_shown_is_bold(
    visit: Visit, site: Site, lead: str
) -> None:
    page = at(visit, site, lead, PHONE)
    [top] = boxes(page.locator("header.top"))
    assert top["height"] <= 160
    bold = page.locator("header.top nav a").evaluate_all(
        "links => links.filter(a => getComputedStyle(a).fontWeight === '700').map(a => a.innerText)"
    )
    assert bold == ["My patients"]


def test_the_button_of_a_form_with_many_choices_is_within_a_screen_and_a_half(
    visit: Visit, site: Site, lead: str
) -> None:
    for size in (COMPUTER, TABLET):
        page = at(visit, site, lead, size)
        page.locator("main tbody th a").first.click()
        for address, name in (("../../invite/", "Save and show the card"), ("../print/", "Make the PDF")):
            patient = page.url
            page.goto(urljoin(patient, address))
            [button] = boxes(page.get_by_role("button", name=name))
            assert button["y"] + button["height"] <= 1.5 * size[1], (size, name)
            page.goto(patient)


def test_a_line_stands_between_two_topics(visit: Visit, site: Site, lead: str) -> None:
    page = at(visit, site, lead, COMPUTER, "/admin/people/patient/how-it-goes/")
    heads = page.locator("table.chart").filter(has_text="Right at the first try").first.locator("tbody th")
    lines = heads.evaluate_all("found => found.map(th => parseFloat(getComputedStyle(th).borderBottomWidth))")
    assert len(lines) > 3
    assert min(lines[:-1]) > 0


def test_all_that_is_said_about_a_topic_is_in_sight(visit: Visit, site: Site, lead: str) -> None:
    for width in (1280, 1366):
        page = at(visit, site, lead, (width, 800), "/admin/people/patient/how-it-goes/")
        topics = page.get_by_role("region", name="Safety questions, topic by topic")
        assert "After a month" in topics.inner_text()
        assert topics.evaluate("e => e.scrollWidth - e.clientWidth") == 0, width


def test_what_stands_in_a_row_of_a_lesson_stands_on_one_line(visit: Visit, site: Site, lead: str) -> None:
    page = at(visit, site, lead, COMPUTER)
    page.locator("main tbody th a").first.click()
    row = page.locator("p.small.acts").filter(has_text="Asked by").first
    tops = row.evaluate(
        """row => [...row.children].map(child => {
            const range = document.createRange();
            range.selectNodeContents(child.firstChild);
            return range.getBoundingClientRect().top;
        })"""
    )
    assert len(tops) == 3
    assert max(tops) - min(tops) < 1
