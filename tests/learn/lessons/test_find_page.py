"""The page "Find": symptoms come first, one clear medicine gets a button, an unclear name is asked back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from learn.lessons import governance
from learn.lessons.models import Edition
from tests.cast import keep_published, load_content, make_patient, make_team, words
from tests.shipped import FEVER_T_CELLS as F1

pytestmark = pytest.mark.django_db
BUTTON = "Yes. Show me the lessons"


@pytest.fixture(scope="module", autouse=True)
def _lessons(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load the shipped lessons once; each test runs in a savepoint."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_content()
        yield
        transaction.set_rollback(True)


def html(client: Client, query: str) -> str:
    return client.get(reverse("find"), {"q": query}).content.decode()


def main(client: Client, query: str) -> str:
    """Return the text of the page above the A to Z."""
    return words(client.get(reverse("find"), {"q": query})).split(" A to Z ")[0]


def title(page: str) -> str:
    return " ".join(re.search(r"<title>(.*?) – ", page, re.S)[1].split())  # type: ignore[index]


def heads(page: str) -> list[str]:
    found = re.findall(r"<(h[1-3])[^>]*>(.*?)</h", page.split("<main")[1].split("</main>")[0], flags=re.S)
    return [f"{level} {' '.join(re.sub('<[^>]+>', '', text).split())}" for level, text in found]


@pytest.mark.parametrize("query", ["chest pain", "I cannot breathe", "siezure", "keytruda, then I passed out"])
def test_a_symptom_for_911_shows_911_first(client: Client, query: str) -> None:
    page = html(client, query)
    first = page.split("<main")[1].split("<p", 1)[1]
    assert first.startswith(' class="first"><a href="tel:911">Call 911 now.</a></p>')
    assert title(page) == "Call 911 now: Find"
    assert page.index("tel:911") < page.index("<h1")


def test_thoughts_of_self_harm_show_988_and_911(client: Client) -> None:
    page = html(client, "I want to kill myself")
    assert words(client.get(reverse("find"), {"q": "I want to kill myself"})).startswith(
        'id="main" tabindex="-1"> Call or text 988, or call 911 , now.'
    )
    for link in ('href="tel:988"', 'href="sms:988"', 'href="tel:911"'):
        assert link in page
    both = html(client, "chest pain and I want to die")
    assert both.index("Call 911 now.") < both.index("tel:988")


@pytest.mark.parametrize("query", ["rash", "the runs", "temperature", "no fever but a cough", "puffy legs", "hives"])
def test_another_symptom_links_to_the_card_and_the_safety_lesson_before_any_medicine(
    client: Client, query: str
) -> None:
    page = html(client, query)
    assert "Call your team now, day or night" in main(client, query)
    assert heads(page)[0] == "h1 Feeling unwell? Who to call"
    lesson = reverse("lesson", args=["antibodies-and-checkpoint-inhibitors", "side-effects-when-to-call"])
    for address in (reverse("help"), lesson, reverse("therapies")):
        assert f'href="{address}"' in page.split("<form")[0]
    assert BUTTON not in page
    assert "We do not know" not in page
    assert "There is a problem" not in page


def test_a_mild_symptom_shows_office_hours(client: Client) -> None:
    assert "Call your team in office hours" in main(client, "a little tired")
    assert 'role="status"' in html(client, "a little tired")


def test_a_patient_sees_the_numbers_of_the_team(client: Client) -> None:
    client.force_login(make_patient(make_team(), name="ana").user)
    assert "555-010-0199" in html(client, "rash").split("<h1")[0].split("<main")[1]


def test_a_medicine_with_a_symptom_comes_second_and_only_when_spelled_right(client: Client) -> None:
    page = html(client, "keytruda rash")
    assert heads(page)[:3] == [
        "h1 Feeling unwell? Who to call",
        "h2 Is this your medicine?",
        "h3 pembrolizumab (Keytruda, Keytruda Qlex)",
    ]
    assert BUTTON in page
    assert BUTTON not in html(client, "kytrooda rash")


def test_the_link_to_the_safety_lesson_is_left_out_when_the_lesson_is_missing(client: Client) -> None:
    governance.retire(edition=Edition.objects.filter(state="published").get(lesson__slug="side-effects-when-to-call"))
    assert "side-effects-when-to-call" not in html(client, "rash")


def test_the_answer_is_above_the_form_with_its_own_heading_and_title(client: Client) -> None:
    for query, head in (
        ("keytruda", "Is this your medicine?"),
        ("tecvali", "Which one? Check your papers."),
        ("keyt", "We do not know that name"),
        ("xyzzyqwert", "We do not know that name"),
        ("opdivo and yervoy", "Are these your medicines?"),
    ):
        page = html(client, query)
        assert heads(page)[0] == f"h1 {head}", query
        assert page.index("<h1") < page.index("<form"), query
        assert title(page).startswith(head.rstrip(".")), query
        assert '<h1 tabindex="-1" autofocus>' in page, query
        assert page.count("autofocus") == 1, query
        levels = [int(h[1]) for h in heads(page)]
        assert levels.count(1) == 1, query
        assert all(b - a <= 1 for a, b in pairwise(levels)), query


def test_one_clear_medicine_has_a_button_and_says_how_it_is_given(client: Client) -> None:
    page = main(client, "pembrolizomab")
    assert page.count(BUTTON) == 1
    assert "How it is given: Most medicines of this kind are given into a vein." in page
    assert "Do you get another one?" in page


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("keyt", "Did you mean …? Keytruda (pembrolizumab) Ask your pharmacist how to spell it"),
        ("kimtrak", "Which one? Check your papers. Names can look or sound alike."),
        ("interferon", "interferon alfa-2a (Roferon-A) interferon alfa-2b (Intron A)"),
        ("zolimumab", "We do not know that name"),
    ],
    ids=["part of a name", "two similar names", "one name of two", "unknown"],
)
def test_an_unclear_name_gets_no_button(client: Client, query: str, told: str) -> None:
    assert told in main(client, query)
    assert BUTTON not in html(client, query)


@pytest.mark.parametrize("query", ["keyt", "xyzzyqwert", "metformin", "rituximab", "odronextamab"])
def test_an_answer_without_a_lesson_says_when_to_call(client: Client, query: str) -> None:
    assert "Feeling unwell? See when to call" in main(client, query)
    assert BUTTON not in html(client, query)


def test_a_suggested_name_leads_to_the_one_medicine(client: Client) -> None:
    links = re.findall(r'href="(/find/\?q=[^"]+)"', html(client, "tecvali").split("<form")[0])
    assert len(links) == 3
    for link in links:
        assert BUTTON in client.get(link).content.decode(), link


def test_a_name_that_is_easily_confused_gets_a_warning(client: Client) -> None:
    assert "Kymriah (tisagenlecleucel) is another medicine." in main(client, "Kimmtrak")


def test_two_medicines_get_an_answer_each_and_more_are_asked_for_separately(client: Client) -> None:
    page = main(client, "Opdivo and Yervoy")
    assert page.count(BUTTON) == 2
    assert page.index("nivolumab (Opdivo") < page.index("ipilimumab (Yervoy)") < page.index("Do you get another one?")
    assert "We do not know the name “xyzzyqwert”" in main(client, "Opdivo, Yervoy, xyzzyqwert")


def test_a_new_or_studied_medicine_says_so_and_what_a_fever_means(client: Client) -> None:
    for query in ("odronextamab", "anito-cel"):
        assert f"It is being studied, or very new. Ask your team. {F1}" in main(client, query)
    assert "It is being studied, or very new." in main(client, "ivonescimab")
    assert F1 not in main(client, "ivonescimab")


def test_another_bladder_medicine_says_that_bcgs_toilet_steps_do_not_apply(client: Client) -> None:
    assert "BCG's toilet steps are not its own." in main(client, "Adstiladrin").replace("&#x27;", "'")


def test_the_a_to_z_has_rows_for_brands_in_order(client: Client) -> None:
    letters = words(client.get(reverse("find"))).split(" A to Z ")[1]
    for row in ("Keytruda (pembrolizumab)", "pembrolizumab (Keytruda, Keytruda Qlex)", "Besremi (ropeginterferon"):
        assert row in letters
    assert letters.index("ipilimumab (Yervoy)") < letters.index("Keytruda (") < letters.index("nivolumab (Opdivo")
    assert "metformin" not in letters
    assert "Herceptin" not in letters


@pytest.mark.parametrize(
    "query",
    ["", "\x00", "\x00rash\x00", "x" * 10_000, "fever " * 2_000, "<b>rash</b>", "{{ 7*7 }}", "ﷺ" * 300, "to " * 90],
    ids=range(9),
)  # fmt: skip
def test_invalid_input_gets_a_kind_answer_in_one_query(
    client: Client, django_assert_num_queries: Any, query: str
) -> None:
    keep_published()
    with django_assert_num_queries(1):
        page = client.get(reverse("find"), {"q": query})
    assert page.status_code == 200
    assert b"\x00" not in page.content
    assert b"<b>" not in page.content


def test_the_last_of_several_query_values_is_used(client: Client) -> None:
    assert "nivolumab" in words(client.get("/find/?q=keytruda&q=opdivo&q[]=x")).split(" A to Z ")[0]


@pytest.mark.parametrize("query", ["keytruda", "opdivo and yervoy and imfinzi", "rash"], ids=["one", "three", "unwell"])
def test_it_costs_one_query(client: Client, django_assert_num_queries: Any, query: str) -> None:
    keep_published()
    with django_assert_num_queries(1):  # what is published now
        html(client, query)


# The next page, with the lessons, names the medicine.


def lessons(client: Client, therapy: str, **query: Any) -> str:
    return words(client.get(reverse("therapy", args=[therapy]), query))


def test_the_lessons_page_names_the_medicine_and_sets_no_cookie(client: Client) -> None:
    page = lessons(client, "antibodies-and-checkpoint-inhibitors", medicine="pembrolizumab")
    assert "Lessons for pembrolizumab (Keytruda)" in page
    assert "Lessons for" not in lessons(client, "antibodies-and-checkpoint-inhibitors")
    assert "Lessons for CAR T-cell therapy" in lessons(client, "t-cell-therapy", medicine="car-t-cell-therapy")
    assert not client.cookies.get("sid")


@pytest.mark.parametrize(
    "medicine",
    ["", "nothing", "bcg", "metformin", "\x00", "x" * 10_000, "<script>", "../..", ["pembrolizumab", "bcg"]],
    ids=range(9),
)
def test_a_medicine_of_another_therapy_type_is_ignored(client: Client, medicine: Any) -> None:
    page = lessons(client, "antibodies-and-checkpoint-inhibitors", medicine=medicine)
    assert "Lessons for" not in page
    assert "Antibodies and the brake" in page


def test_lessons_on_other_medicines_come_last(client: Client) -> None:
    page = lessons(client, "non-specific-immunotherapies", medicine="aldesleukin").split("in any order.")[1]
    assert page.index("IL-2") < page.index("BCG for the bladder") < page.index("Interferons")
    plain = lessons(client, "non-specific-immunotherapies").split("in any order.")[1]
    assert plain.index("BCG for the bladder") < plain.index("Interferons") < plain.index("IL-2")
