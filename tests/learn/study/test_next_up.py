"""Which lesson is next: the decision table of `next_up`, and what is said about how far one is."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from learn.assignments.models import Assignment
from learn.lessons.shown import HELPER
from learn.progress.standing import Standing, Status, Taught
from learn.study import next_up
from tests.cast import at

pytestmark = pytest.mark.one_database  # without a database

SOON, LATER = date(2026, 12, 5), date(2026, 12, 12)
NOT_STARTED, READING, CHECK, DONE, TALK = Status.NOT_STARTED, Status.READING, Status.CHECK, Status.DONE, Status.TALK


def taught(slug: str, **over: Any) -> Taught:
    """Return a lesson of four steps and four minutes, with five questions."""
    blank = dict.fromkeys((field.name for field in fields(Taught)), "")
    mine = {"steps": ("a", "b", "c", "d"), "slug": slug, "therapy": "virus-therapy", "minutes": 4, "quiz": 1}
    return Taught(**blank | mine | {"questions": 5, "read_first": False, "for_all": False} | over)


def lesson(
    slug: str, code: Status = NOT_STARTED, due: date | None = None, note: str = "", step: int = 1, **over: Any
) -> Standing:
    """Return a status in a lesson of this slug, assigned if there is a due date."""
    mine = {name: over.pop(name) for name in ("open_check", "checked", "done_at") if name in over}
    assigned = Assignment(due=due, note=note) if due else None
    done = {"done_at": at(20)} if code == DONE else {}
    return Standing(taught(slug, **over), code, step=step, assigned=assigned, **(done | mine))


def names(standings: list[Standing]) -> str:
    return " ".join(s.taught.slug for s in standings)


@pytest.mark.parametrize(
    ("rows", "slug"),
    [
        ([lesson("a"), lesson("b", READING)], "b"),
        ([lesson("a", due=SOON, read_first=True), lesson("b", READING)], "b"),
        ([lesson("a", due=SOON), lesson("b", CHECK)], "b"),
        ([lesson("a", READING), lesson("b", READING, SOON)], "b"),
        ([lesson("a", READING), lesson("b", READING, read_first=True)], "b"),
        ([lesson("a", due=SOON), lesson("b", TALK, open_check=True)], "b"),
        ([lesson("a", DONE, open_check=True), lesson("b")], "b"),
        ([lesson("a"), lesson("b", due=SOON)], "b"),
        ([lesson("a", due=SOON), lesson("b", due=LATER, read_first=True)], "b"),
        ([lesson("a", due=LATER), lesson("b", due=SOON)], "b"),
        ([lesson("a", due=SOON), lesson("b", due=SOON)], "a"),
        ([lesson("a", TALK, SOON), lesson("b", due=SOON)], "b"),
        ([lesson("a"), lesson("b", TALK)], "b"),
        ([lesson("a"), lesson("b", read_first=True)], "b"),
        ([lesson("a", DONE), lesson("b")], "b"),
        ([lesson("a"), lesson("b")], "a"),
    ],
    ids=[
        "begun before the rest",
        "begun before what was asked, even about safety",
        "a check to do is begun",
        "of two that are begun, what was asked",
        "of two that are begun, the one about safety",
        "an open retry is begun",
        "an open check of a lesson that is done waits",
        "asked before the rest",
        "asked about safety before an earlier day",
        "asked for an earlier day first",
        "asked for one day in the order of the site",
        "asked before one to talk about",
        "one to talk about before the rest",
        "the rest with safety first",
        "done is never next",
        "the rest in the order of the site",
    ],
)
def test_the_next_lesson_is(rows: list[Standing], slug: str) -> None:
    found = next_up.first(rows)
    assert found is not None
    assert found.taught.slug == slug
    assert next_up.in_order(rows)[0] == found


def test_there_is_no_next_lesson_when_all_are_done_or_left_out() -> None:
    assert next_up.first([lesson("a", DONE), lesson("b")], but="b") is None
    assert next_up.first([]) is None


def test_lessons_that_are_done_stand_at_the_end_the_newest_first() -> None:
    rows = [lesson("old", DONE, done_at=at(3)), lesson("new", DONE, done_at=at(9)), lesson("open")]
    assert names(next_up.in_order(rows)) == "open new old"


class TestABar:
    def test_has_a_part_for_each_lesson_by_its_shape(self) -> None:
        rows = [lesson("a"), lesson("b", READING), lesson("c", TALK), lesson("d", DONE), lesson("e", CHECK)]
        assert next_up.bar(rows).parts == ("full", "talk", "half", "half", "empty")
        assert (next_up.bar(rows).done, next_up.bar(rows).of) == (1, 5)

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ([lesson("a"), lesson("b", DONE)], "about 4 minutes left"),
            ([lesson("a"), lesson("b", READING, step=3)], "about 6 minutes left"),
            ([lesson("b", READING, step=2, minutes=5)], "about 4 minutes left"),
            ([lesson("b", READING, step=4)], "about 1 minute left"),
            ([lesson("a", CHECK)], "5 questions left"),
            ([lesson("a", CHECK, questions=1)], "1 question left"),
            ([lesson("a", CHECK, open_check=True)], ""),
            ([lesson("a", CHECK, checked=True)], ""),
            ([lesson("a", TALK, checked=True)], ""),
            ([lesson("a", DONE)], ""),
        ],
        ids=[
            "a whole lesson", "half a lesson", "rounded up", "the last step", "a check", "one question",
            "a check that was begun", "a check to do again", "only a talk", "nothing",
        ],
    )  # fmt: skip
    def test_says_what_is_left_by_the_minutes_of_the_lessons(self, rows: list[Standing], words: str) -> None:
        assert next_up.bar(rows).left == words


class TestWhatIsSaidOfALesson:
    @pytest.mark.parametrize(
        ("row", "words"),
        [
            (lesson("a"), "4 minutes to read, then 5 questions. You can stop at any time: your place is kept."),
            (lesson("a", questions=0), "4 minutes to read. You can stop at any time: your place is kept."),
            (lesson("a", READING, step=3), "You stopped at step 3 of 4. About 2 minutes left, then 5 questions."),
            (lesson("a", READING, step=4, checked=True), "You stopped at step 4 of 4. About 1 minute left."),
            (lesson("a", READING, open_check=True), "You have begun the questions. Your answers are saved."),
            (lesson("a", CHECK), "You have read it. 5 questions are left."),
            (lesson("a", CHECK, questions=1), "You have read it. 1 question is left."),
            (lesson("a", CHECK, checked=True), "You have read it. Some questions are left."),
            (lesson("a", TALK), "Something that matters for your safety is still open. You can look at it again."),
        ],
        ids=["new", "no check", "begun", "checked", "open check", "check", "one question", "after a talk", "talk"],
    )
    def test_are_its_place_and_what_follows(self, row: Standing, words: str) -> None:
        assert next_up.said(row) == words


class TestWhatANurseAskedFor:
    def test_is_one_group_for_each_day_and_note_by_day(self) -> None:
        rows = [
            lesson("a", due=LATER),
            lesson("b", due=SOON),
            lesson("c", due=SOON, note="Before Monday"),
            lesson("d", READING, SOON),
            lesson("e"),
        ]
        found = [(group.due, group.note, names(group.rows)) for group in next_up.asked(rows)]
        assert found == [(SOON, "", "d b"), (SOON, "Before Monday", "c"), (LATER, "", "a")]

    def test_is_a_group_until_all_of_it_is_done(self) -> None:
        rows = [lesson("a", DONE, SOON), lesson("b", DONE, LATER), lesson("c", TALK, LATER)]
        [group] = next_up.asked(rows)
        assert (group.due, group.bar.done, group.bar.of, names(group.rows)) == (LATER, 1, 2, "c b")


class TestAfterALesson:
    def test_comes_the_next_of_what_was_asked_with_its_place(self) -> None:
        rows = [lesson("a", DONE, SOON), lesson("b", DONE, SOON), lesson("c", due=SOON), lesson("d", due=SOON)]
        found = next_up.after([*rows, lesson("e")], but="b")
        assert found.standing is rows[2]
        assert (found.place, found.of, found.asked) == (3, 4, 4)

    def test_never_comes_the_same_lesson(self) -> None:
        found = next_up.after([lesson("a", TALK, SOON), lesson("b", DONE, SOON)], but="a")
        assert found.standing is None
        assert found.begun

    def test_comes_nothing_more_when_all_that_was_asked_is_done(self) -> None:
        assert next_up.after([lesson("a", DONE, SOON), lesson("b", for_all=True)]).standing is None

    def test_comes_for_others_a_lesson_of_the_same_type_or_for_everyone(self) -> None:
        rows = [lesson("other", therapy="basics"), lesson("a", DONE), lesson("b"), lesson("c", for_all=True)]
        slugs = []
        while found := next_up.after([*rows], but="").standing:
            slugs.append(found.taught.slug)
            rows[rows.index(found)] = lesson(found.taught.slug, DONE, therapy=found.taught.therapy)
        assert slugs == ["b", "c"]

    @pytest.mark.parametrize("therapy", ["non-specific-immunotherapies", "t-cell-therapy", "cancer-vaccines"])
    def test_comes_no_lesson_that_may_be_about_another_medicine(self, therapy: str) -> None:
        done, other = lesson("a", DONE, therapy=therapy), lesson("b", therapy=therapy)
        assert next_up.after([done, other]).standing is None
        assert names(next_up.fitting([done, other])) == "a"
        assert names(next_up.fitting([done, other], own="b")) == "a b"
        begun = lesson("b", READING, therapy=therapy)
        assert next_up.after([done, begun]).standing is begun
        asked = lesson("b", due=SOON, therapy=therapy)
        assert next_up.after([done, asked]).standing is asked

    def test_comes_no_lesson_for_helpers_unless_it_was_begun(self) -> None:
        assert next_up.after([lesson("a", DONE), lesson(HELPER, for_all=True)]).standing is None
        assert next_up.after([lesson("a", DONE), lesson(HELPER, READING)]).standing is not None

    def test_comes_nothing_for_a_visitor_who_has_begun_nothing(self) -> None:
        found = next_up.after([lesson("a"), lesson("b", for_all=True)])
        assert (found.standing, found.begun, found.asked) == (None, False, 0)
