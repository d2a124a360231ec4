"""What changed in the safety pages of a lesson since somebody read it (ruling 21): the decision table."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from learn.lessons import changes
from learn.lessons.models import Edition, Lesson, Therapy
from tests.cast import make_edition

pytestmark = pytest.mark.django_db
ALL = "one two three"
CALL = {"two": "Call at 100.4 °F."}


@pytest.fixture
def lesson() -> Lesson:
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    return Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1)


def told(*editions: Edition, seen: dict[int, str] | None = None, read_first: bool = False) -> list[str]:
    """Return the slugs that a reader of the first edition is told of; `seen` says what they saw, by edition number."""
    chain = changes.chains([editions[-1].pk])[editions[-1].pk]
    by_number = {edition.number: edition.pk for edition in editions}
    shown = {by_number[n]: slugs.split() for n, slugs in (seen or {1: ALL}).items()}
    return [change.slug for change in changes.since(chain, shown, read_first=read_first)]


@pytest.mark.parametrize(
    ("newer", "wanted"),
    [
        ({"safety": CALL}, []),
        ({"safety": {"two": "Call at 100 °F."}}, ["two"]),
        ({"safety": {"two": "**Call** at 100.4  °F."}}, []),
        ({"safety": CALL, "title": "Another title"}, []),
        ({"safety": {"two": "Ring at 100.4 °F."}, "same_meaning": True}, []),
        ({"safety": {"two": "Ring at 101 °F."}, "same_meaning": True}, ["two"]),
        ({"safety": CALL, "slugs": "one new two three"}, []),
        ({"safety": CALL | {"new": "Do this too."}, "slugs": "one new two three"}, ["new"]),
        ({"slugs": "one three"}, ["two"]),
        ({"safety": CALL, "slugs": "two three"}, []),
        ({"safety": CALL, "slugs": "two three one"}, []),
        ({"safety": CALL | {"one": "It is about safety now."}}, ["one"]),
        ({"safety": CALL, "remember": ["a", "b", "d"]}, [changes.REMEMBER]),
    ],
    ids=[
        "the same text", "another number", "bold and spaces", "another title", "a typo", "a typo with a number",
        "a new page, not on safety", "a new page on safety", "a page on safety taken out", "another page taken out",
        "another order", "a page that is on safety now", "points to remember",
    ],
)  # fmt: skip
def test_who_read_the_edition_before_is_told(lesson: Lesson, newer: dict[str, Any], wanted: list[str]) -> None:
    old = make_edition(lesson, safety=CALL)
    assert told(old, make_edition(lesson, number=2, **newer)) == wanted


def test_a_lesson_that_says_when_to_call_is_on_safety_as_a_whole(lesson: Lesson) -> None:
    old, new = make_edition(lesson), make_edition(lesson, number=2, remember=["x", "y", "z"])
    assert told(old, new) == []
    assert told(old, new, read_first=True) == [changes.REMEMBER]


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        ({1: ALL}, ["two", "three"]),
        ({1: ALL, 2: "two"}, ["three"]),
        ({1: ALL, 2: "one"}, ["two", "three"]),
        ({1: "one", 2: "two", 3: "three"}, []),
        ({3: ALL}, []),
        ({1: ALL, 3: "two three"}, []),
        ({}, []),
    ],
    ids=["the first", "the change too", "another page of it", "each in its edition", "the newest", "all changes", "-"],
)
def test_what_was_shown_since_is_not_told_again(lesson: Lesson, seen: dict[int, str], wanted: list[str]) -> None:
    editions = [
        make_edition(lesson, safety=CALL),
        make_edition(lesson, number=2, safety={"two": "Call at once."}),
        make_edition(lesson, number=3, safety={"two": "Call at once.", "three": "Keep the card."}),
    ]
    assert told(*editions, seen=seen or {1: ""}) == wanted


def test_a_change_is_told_even_if_a_typo_in_it_was_mended_since(lesson: Lesson) -> None:
    editions = [
        make_edition(lesson, safety=CALL),
        make_edition(lesson, number=2, safety={"two": "Call at onec."}),
        make_edition(lesson, number=3, safety={"two": "Call at once."}, same_meaning=True),
    ]
    assert told(*editions) == ["two"]
    assert told(*editions, seen={2: ALL}) == []


def test_a_change_that_was_taken_back_is_not_told(lesson: Lesson) -> None:
    texts = ("Call at once.", "Call tomorrow.", "Call at once.")
    editions = [make_edition(lesson, number=n, safety={"two": text}) for n, text in enumerate(texts, 1)]
    assert told(*editions) == []
    assert told(*editions, seen={2: ALL}) == ["two"]


def test_a_page_that_was_taken_out_is_told_until_they_have_seen_it(lesson: Lesson) -> None:
    old, new = make_edition(lesson, safety=CALL), make_edition(lesson, "one three", number=2)
    chain = changes.chains([new.pk])[new.pk]
    (change,) = changes.since(chain, {old.pk: ALL.split()}, read_first=False)
    assert (change.now, change.position, change.heading) == (None, 0, "two")
    assert told(old, new, seen={1: ALL, 2: "two"}) == []


def test_a_change_has_the_old_and_the_new_words_and_its_place(lesson: Lesson) -> None:
    old, new = make_edition(lesson, safety=CALL), make_edition(lesson, "two one", 2, {"two": "Call at 100 °F."})
    (change,) = changes.since(changes.chains([new.pk])[new.pk], {old.pk: ["two"]}, read_first=False)
    (block,) = change.blocks
    assert [bit.text for bit in block.before[0] if bit.changed] == ["100.4"]
    assert [bit.text for bit in block.now[0] if bit.changed] == ["100"]
    assert (change.position, change.heading) == (1, "two")


def test_editions_in_another_language_do_not_count(lesson: Lesson) -> None:
    other = make_edition(lesson, safety={"two": "Llame."}, language="es")
    mine = make_edition(lesson, safety=CALL)
    assert told(other, mine, seen={1: ALL}) == []
    chain = changes.chains([mine.pk])[mine.pk]
    assert [text.edition for text in chain] == [mine.pk]
    assert changes.since(chain, {other.pk: ALL.split()}, read_first=True) == ()


def test_a_draft_is_not_told(lesson: Lesson) -> None:
    old = make_edition(lesson, safety=CALL)
    words = {"title": "T", "main_message": "M.", "remember": ["a", "b", "c"], "minutes": 3}
    draft = Edition.objects.create(lesson=lesson, number=2, **words)
    draft.steps.create(position=1, slug="two", heading="two", body="Call at 100 °F.")
    assert told(old) == []


def test_costs_one_query_for_any_number_of_lessons_and_then_none(
    lesson: Lesson,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    other = Lesson.objects.create(therapy=lesson.therapy, slug="another", position=2)
    for each in (lesson, other):
        make_edition(each)
    now = [make_edition(each, number=2).pk for each in (lesson, other)]
    with django_assert_num_queries(1), django_capture_on_commit_callbacks(execute=True):
        first = changes.chains(now)
    with django_assert_num_queries(0):
        assert changes.chains(now) == first
        assert changes.chains([]) == {}
    assert [len(chain) for chain in first.values()] == [2, 2]


def test_keeps_nothing_of_what_was_rolled_back(lesson: Lesson) -> None:
    with transaction.atomic():
        edition = make_edition(lesson)
        assert changes.chains([edition.pk])
        transaction.set_rollback(True)
    assert changes.chains([edition.pk]) == {}
