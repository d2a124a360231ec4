"""Search in lessons and words: any spelling, the call card first, and never the answer of a question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from learn.lessons import governance, reference, search, shown
from learn.lessons.models import Edition, Step
from quizzes.kinds import KINDS
from quizzes.models import Revision
from tests.cast import keep_published, load_content, words
from tests.matrix import EDGES

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _lessons(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load the shipped lessons once; each test runs in a savepoint."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_content()
        yield
        transaction.set_rollback(True)


def find(query: str) -> search.Found:
    return search.find(query, shown.every_page())


def steps(query: str) -> list[str]:
    return [f"{step.page.lesson.row.slug}/{step.page.slug}" for step in find(query).steps]


def page(client: Client, query: str) -> str:
    return client.get(reverse("find"), {"q": query}).content.decode()


def main(client: Client, query: str) -> str:
    return words(client.get(reverse("find"), {"q": query})).split(" A to Z ")[0]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("the HPV vaccine", "vaccines-that-prevent/the-hpv-vaccine"),
        ("HPV VACCINES", "vaccines-that-prevent/the-hpv-vaccine"),
        ("hpv vacine", "vaccines-that-prevent/the-hpv-vaccine"),
        ("can I get a flu shot", "who-to-call/what-you-take"),
        ("steroid pills", "before-and-during-treatment/steroids-and-hormones"),
        ("how is it given", "what-is-immunotherapy/how-it-is-given"),
    ],
    ids=["as written", "other case and ending", "misspelled", "a sentence", "both words", "filler words"],
)
def test_the_step_that_says_most_about_it_comes_first(query: str, first: str) -> None:
    assert Step.objects.filter(slug=first.partition("/")[2]).exists()
    assert steps(query)[0] == first


@pytest.mark.parametrize(
    "query", ["diarrhoea", "diarhea", "DIARRHÉA", "diarrhea\u200b", "ｄｉａｒｒｈｅａ", "dia\u00adrrhea"], ids=ascii
)
def test_accents_other_characters_and_misspellings_are_forgiven(query: str) -> None:
    assert steps(query) == steps("diarrhea") != []


def test_a_word_that_stands_there_is_not_taken_for_another() -> None:
    """ "Liver" differs from "river" and "live" by one letter."""
    assert all("liver" in step.passage.lower() for step in find("liver").steps)


@pytest.mark.parametrize("query", ["", " ", "a", "I", "the of and", "my medicine please", "xyzzyqwert", "💥", "-", "7"])
def test_nothing_is_found_for_nothing(query: str) -> None:
    assert not find(query)


def test_a_misspelled_medicine_is_left_to_the_finder() -> None:
    """A passage about a medicine with a similar name could be taken for one about the reader's own."""
    assert steps("keytruda") != []
    assert steps("keytrudo") == steps("keyt") == []
    for query in ("durvalumob", "avelumap"):
        assert not any("mab</mark>" in step.passage for step in find(query).steps)


def test_a_term_is_found_by_its_name_and_by_its_meaning() -> None:
    assert find("antigen").words[0].term.slug == "antigen"
    assert find("antigen").words[0].name == "<mark>antigen</mark>"
    assert "biopsy" in [word.term.slug for word in find("looked at in a lab").words]


def test_the_words_are_marked_as_they_are_written_and_nothing_else() -> None:
    step = find("side effects").steps[0]
    assert str(step.heading) == "<mark>Side</mark> <mark>effects</mark> can come at any time"
    assert re.sub("</?mark>", "", str(step.heading)) == step.page.heading


def test_a_text_with_signs_of_html_stays_text() -> None:
    assert search._marked('Is 1 < 2 & "a" <b>', frozenset({"a"})) == (
        "Is 1 &lt; 2 &amp; &quot;<mark>a</mark>&quot; &lt;b&gt;"
    )


def test_the_answers_of_questions_cannot_be_searched(client: Client) -> None:
    """No choice, feedback or reason of any question is shown, though each is typed in full."""
    published = Revision.objects.filter(state="published")[:40]
    assert len(published) == 40
    taught = " ".join(
        f"{step.body} {step.key_point} {step.edition.remember}" for step in Step.objects.select_related("edition")
    )
    for revision in published:
        asked = KINDS[revision.kind].ask(revision.spec)
        shown_text = words(client.get(reverse("find"), {"q": revision.stem[:200]}))
        for text in (revision.why, *(choice.text for choice in asked.choices)):
            if len(text) > 40 and text not in taught:
                assert text not in shown_text, (revision.stem, text)


def test_only_what_is_published_now_is_found() -> None:
    before = steps("catheter")
    assert any(step.startswith("bcg-for-the-bladder/") for step in before)
    governance.retire(edition=Edition.objects.filter(state="published").get(lesson__slug="bcg-for-the-bladder"))
    assert not any(step.startswith("bcg-for-the-bladder/") for step in steps("catheter"))


def test_a_new_edition_is_found_at_once() -> None:
    old = Edition.objects.filter(state="published").get(lesson__slug="il-2")
    assert steps("zebrafish") == []
    new = Edition.objects.create(
        lesson=old.lesson,
        number=old.number + 1,
        title=old.title,
        main_message="M.",
        remember=["a", "b", "c"],
        minutes=3,
    )
    Step.objects.create(edition=new, position=1, slug="one", heading="Zebrafish", body="Text.")
    assert steps("zebrafish") == []
    governance.publish(edition=new)
    assert steps("zebrafish") == ["il-2/one"]


# The page.


def test_lessons_and_words_stand_in_groups_with_links(client: Client) -> None:
    html = page(client, "biopsy")
    text = main(client, "biopsy")
    assert re.findall(r"<h1[^>]*>\s*(.*?)\s*</h1>", html) == ["What we found"]
    assert text.index("In the lessons") < text.index("BCG for the bladder, step") < text.index(" Words ")
    assert f'href="{reverse("words")}#biopsy"' in html
    for address in re.findall(r'<a href="(/lessons/[^"]+/\d+/)"><span>', html):
        assert client.get(address).status_code == 200
    assert "We do not know" not in text
    assert "There is a problem" not in text


def test_a_named_medicine_comes_before_the_lessons_and_a_guess_after_them(client: Client) -> None:
    named, guessed = main(client, "keytruda"), main(client, "tumour")
    assert named.index("Is this your medicine?") < named.index("In the lessons")
    assert guessed.index("In the lessons") < guessed.index("Medicines Did you mean …? Temodar")
    assert "Did you mean" not in main(client, "can I have sex"), "each word stands in the lessons"


def test_a_symptom_shows_the_call_card_first_and_no_passage_of_another_treatment(client: Client) -> None:
    text = main(client, "fever")
    assert text.index("Call your team now, day or night") < text.index("In the lessons")
    assert "A mild fever can come" not in text
    assert Step.objects.filter(body__contains="A mild fever can come").exists()


@pytest.mark.parametrize("query", ["chest pain", "I want to die"])
def test_a_symptom_for_911_is_not_followed_by_lessons(client: Client, query: str) -> None:
    assert "In the lessons" not in main(client, query)


def test_when_nothing_is_found_the_page_says_what_to_do(client: Client) -> None:
    html = page(client, "xyzzyqwert")
    assert "Was it not a medicine? Try another word." in main(client, "xyzzyqwert")
    assert f'href="{reverse("questions")}"' in html.split("<form")[0]


def test_many_results_say_how_to_find_fewer(client: Client) -> None:
    assert "There is more in the lessons." in main(client, "vaccine")
    assert len(find("vaccine").steps) == search.MOST_STEPS
    assert "There is more" not in main(client, "catheter hurt you")


def test_a_search_costs_one_statement_once_the_lessons_are_kept(client: Client, django_assert_num_queries: Any) -> None:
    keep_published()
    for query in ("biopsy", "keytruda", "rash", "xyzzyqwert"):
        with django_assert_num_queries(1):
            page(client, query)


@pytest.mark.parametrize(
    "edge", [e for e in EDGES if isinstance(e, str)] + ["ﷺ" * 200, "word " * 40, "a" * 200], ids=range(27)
)
def test_any_text_is_answered(edge: str) -> None:
    found = search.find(edge, shown.every_page())
    assert len(found.steps) <= search.MOST_STEPS
    assert len(found.words) <= search.MOST_TERMS


@pytest.mark.parametrize("address", ["/", "/lessons/", "/find/", "/my/", "/help/"])
def test_each_page_leads_to_the_search(client: Client, address: str) -> None:
    assert f'<a href="{reverse("find")}">Find a lesson or a word</a>' in client.get(address).content.decode()


def test_the_word_list_has_a_place_for_each_word_found(client: Client) -> None:
    listed = client.get(reverse("words")).content.decode()
    assert all(f'id="{term.slug}"' in listed for term in reference.terms())
