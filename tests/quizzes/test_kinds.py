"""The kinds of question, which are pure functions of a spec."""

from typing import Any

import pytest
from django.http import QueryDict
from django.test import SimpleTestCase

from quizzes.kinds import KINDS, Unreadable

pytestmark = pytest.mark.one_database  # without a database

ONE: dict[str, Any] = {
    "version": 1,
    "choose": 1,
    "choices": [
        {"id": "a", "text": "Apples", "right": True, "feedback": "About apples."},
        {"id": "b", "text": "Bread", "right": False, "feedback": "About bread."},
        {"id": "c", "text": "Cheese", "right": False, "feedback": "About cheese."},
    ],
}
TWO = ONE | {
    "choose": 2,
    "choices": [*ONE["choices"][:1], ONE["choices"][1] | {"right": True}, ONE["choices"][2]],
}
TRUTH: dict[str, Any] = {"version": 1, "answer": False, "feedback": {"true": "About true.", "false": "About false."}}

MATCHING: dict[str, Any] = {
    "version": 1,
    "cards": [{"id": "v", "text": "Vein"}, {"id": "b", "text": "Bladder"}],
    "rows": [
        {"id": "r1", "text": "Infusion", "card": "v", "feedback": "About infusion."},
        {"id": "r2", "text": "Catheter", "card": "b", "feedback": "About catheter."},
        {"id": "r3", "text": "Drip", "card": "v", "feedback": "About drip."},
    ],
}
ORDERING: dict[str, Any] = {
    "version": 1,
    "cards": [{"id": "x", "text": "Wake"}, {"id": "y", "text": "Wash"}, {"id": "z", "text": "Eat"}],
    "feedback": "About order.",
}


def unreadable(kind: str, spec: dict[str, Any], query: str) -> str:
    with pytest.raises(Unreadable) as caught:
        KINDS[kind].read(spec, QueryDict(query))
    return str(caught.value)


class TestChoice(SimpleTestCase):
    def test_has_no_problems_when_it_can_be_asked(self) -> None:
        assert KINDS["choice"].problems(ONE) == []
        assert KINDS["choice"].problems(TWO) == []

    def test_lists_every_problem_of_a_spec(self) -> None:
        c = ONE["choices"]
        for spec, word in (
            (ONE | {"version": 2}, "version"),
            (ONE | {"choices": c[:1]}, "two to six"),
            (ONE | {"choices": [c[0], c[0]]}, "id of its own"),
            (ONE | {"choices": [c[0], c[1] | {"text": "apples "}]}, "words of its own"),
            (ONE | {"choices": [c[0], c[1] | {"text": "Ap\u200bples"}]}, "words of its own"),
            (ONE | {"choices": [c[0], c[1] | {"text": "Ａｐｐｌｅｓ"}]}, "words of its own"),
            (ONE | {"choices": [c[0], c[1] | {"text": "\u200b"}]}, "words of its own"),
            (ONE | {"choices": [c[0], c[1] | {"feedback": " "}]}, "feedback"),
            (ONE | {"choose": 7}, "how many"),
            (ONE | {"choose": 2}, "asks for two, but 1"),
            (TWO | {"choices": TWO["choices"][:2]}, "must be wrong"),
            ({}, "version"),
        ):
            assert any(word in problem for problem in KINDS["choice"].problems(spec)), word

    def test_gives_the_page_nothing_about_the_right_answer(self) -> None:
        shown = repr(KINDS["choice"].ask(ONE))
        assert "Apples" in shown
        assert "right" not in shown
        assert "About" not in shown

    def test_gives_the_page_the_same_whichever_choice_is_right(self) -> None:
        flipped = ONE | {"choices": [c | {"right": not c["right"]} for c in ONE["choices"]]}
        assert KINDS["choice"].ask(ONE) == KINDS["choice"].ask(flipped)

    def test_reads_the_choices_in_the_authors_order(self) -> None:
        assert KINDS["choice"].read(ONE, QueryDict("choice=b")) == ["b"]
        assert KINDS["choice"].read(TWO, QueryDict("choice=b&choice=a&choice=a")) == ["a", "b"]

    def test_says_how_to_fix_an_answer_that_it_cannot_read(self) -> None:
        assert unreadable("choice", ONE, "") == "Choose the answer you think is right"
        assert unreadable("choice", TWO, "") == "Choose two answers"
        assert unreadable("choice", TWO, "choice=a") == "Choose two answers. You chose 1"
        assert unreadable("choice", TWO, "choice=a&choice=b&choice=c") == "Choose two answers. You chose 3"
        assert unreadable("choice", ONE, "choice=a&choice=b") == "Choose one answer. You chose 2"
        assert unreadable("choice", ONE, "choice=zzz") == "Choose from the answers on this page"
        assert unreadable("choice", ONE, "choice=%00") == "Choose from the answers on this page"

    def test_is_right_when_exactly_the_right_ones_are_chosen(self) -> None:
        for spec, given, is_right, hits in (
            (ONE, ["a"], True, 1),
            (ONE, ["b"], False, 0),
            (ONE, [], False, 0),
            (TWO, ["a", "b"], True, 2),
            (TWO, ["a", "c"], False, 1),
        ):
            mark = KINDS["choice"].mark(spec, given)
            assert (mark.right, mark.hits) == (is_right, hits), given

    def test_explains_the_best_answer_and_the_chosen_answer_afterwards(self) -> None:
        mark = KINDS["choice"].mark(TWO, ["a", "c"])
        assert mark.best == ("Apples", "Bread")
        assert mark.chosen == ("Apples", "Cheese")
        assert mark.remarks == ("About apples.", "About cheese.")


class TestTruth(SimpleTestCase):
    def test_has_no_problems_when_it_can_be_asked(self) -> None:
        assert KINDS["truth"].problems(TRUTH) == []

    def test_lists_every_problem_of_a_spec(self) -> None:
        for spec, word in (
            (TRUTH | {"version": None}, "version"),
            (TRUTH | {"answer": "false"}, "true or false"),
            (TRUTH | {"feedback": {"true": "x"}}, "both"),
            ({}, "both"),
        ):
            assert any(word in problem for problem in KINDS["truth"].problems(spec)), word

    def test_does_not_shuffle_true_and_false(self) -> None:
        ask = KINDS["truth"].ask(TRUTH)
        assert [c.text for c in ask.choices] == ["True", "False"]
        assert not ask.shuffle_choices

    def test_says_how_to_fix_an_answer_that_it_cannot_read(self) -> None:
        assert unreadable("truth", TRUTH, "") == "Choose True or False"
        assert unreadable("truth", TRUTH, "choice=maybe") == "Choose one of the answers on this page"
        assert unreadable("truth", TRUTH, "choice=true&choice=false") == "Choose one of the answers on this page"

    def test_is_right_when_the_answer_is_the_truth_of_the_statement(self) -> None:
        assert KINDS["truth"].mark(TRUTH, ["false"]).right
        assert not KINDS["truth"].mark(TRUTH, ["true"]).right
        assert not KINDS["truth"].mark(TRUTH, []).right

    def test_gives_the_feedback_of_the_chosen_answer(self) -> None:
        mark = KINDS["truth"].mark(TRUTH, ["true"])
        assert (mark.best, mark.chosen, mark.remarks) == (("False",), ("True",), ("About true.",))


class TestMatching(SimpleTestCase):
    def test_has_no_problems_when_it_can_be_asked(self) -> None:
        assert KINDS["matching"].problems(MATCHING) == []

    def test_lists_every_problem_of_a_spec(self) -> None:
        rows, cards = MATCHING["rows"], MATCHING["cards"]
        for spec, word in (
            (MATCHING | {"version": 0}, "version"),
            (MATCHING | {"rows": rows[:1]}, "two to four lines"),
            (MATCHING | {"rows": rows * 2}, "two to four lines"),
            (MATCHING | {"cards": cards[:1]}, "two to four words or phrases"),
            (MATCHING | {"rows": [*rows[:2], rows[2] | {"id": "r1"}]}, "line needs an id"),
            (MATCHING | {"rows": [*rows[:2], rows[2] | {"text": "infusion"}]}, "line needs words"),
            (MATCHING | {"cards": [*cards, {"id": "q", "text": "Arm"}]}, "for every line what goes with it"),
            (MATCHING | {"rows": [*rows[:2], rows[2] | {"card": "q"}]}, "for every line what goes with it"),
            (MATCHING | {"rows": [*rows[:2], rows[2] | {"feedback": ""}]}, "feedback"),
            ({}, "version"),
        ):
            assert any(word in problem for problem in KINDS["matching"].problems(spec)), word

    def test_gives_the_page_rows_and_tiles_but_not_the_pairs(self) -> None:
        other = MATCHING | {"rows": [row | {"card": card} for row, card in zip(MATCHING["rows"], "bvb", strict=True)]}
        assert KINDS["matching"].ask(MATCHING) == KINDS["matching"].ask(other)
        assert "About" not in repr(KINDS["matching"].ask(MATCHING))

    def test_reads_the_tile_of_each_row(self) -> None:
        query = QueryDict("choice-r3=v&choice-r1=v&choice-r2=b")
        assert KINDS["matching"].read(MATCHING, query) == ["v", "b", "v"]

    def test_names_every_row_to_fix_at_once(self) -> None:
        whole = "choice-r1=v&choice-r2=b&choice-r3=v"
        one, two, three = (f"Choose what goes with “{text}”" for text in ("Infusion", "Catheter", "Drip"))
        foreign = "Choose from the words on this page"
        for query, rows in (
            ("", {"r1": one, "r2": two, "r3": three}),
            ("choice-r1=v&choice-r2=&choice-r3=v", {"r2": two}),
            ("choice-r1=&choice-r2=zzz", {"r1": one, "r2": foreign, "r3": three}),
            (whole.replace("r3=v", "r3=%00"), {"r3": foreign}),
            (whole + "&choice-r1=b", {"r1": one}),
        ):
            with pytest.raises(Unreadable) as caught:
                KINDS["matching"].read(MATCHING, QueryDict(query))
            assert caught.value.rows == rows, query

    def test_is_right_when_every_row_has_its_tile(self) -> None:
        for given, is_right, hits in ((["v", "b", "v"], True, 3), (["v", "v", "v"], False, 2), ([], False, 0)):
            mark = KINDS["matching"].mark(MATCHING, given)
            assert (mark.right, mark.hits, mark.of) == (is_right, hits, 3), given

    def test_gives_the_feedback_of_the_missed_rows(self) -> None:
        mark = KINDS["matching"].mark(MATCHING, ["v", "v", "v"])
        assert mark.best == ("Infusion – Vein", "Catheter – Bladder", "Drip – Vein")
        assert mark.chosen[1] == "Catheter – Vein"
        assert mark.remarks == ("About catheter.",)


class TestOrdering(SimpleTestCase):
    def test_has_no_problems_when_it_can_be_asked(self) -> None:
        assert KINDS["ordering"].problems(ORDERING) == []

    def test_lists_every_problem_of_a_spec(self) -> None:
        cards = ORDERING["cards"]
        for spec, word in (
            (ORDERING | {"version": 3}, "version"),
            (ORDERING | {"cards": cards[:2]}, "three to five"),
            (ORDERING | {"cards": cards * 2}, "three to five"),
            (ORDERING | {"cards": [*cards[:2], cards[2] | {"id": "x"}]}, "id of its own"),
            (ORDERING | {"cards": [*cards[:2], cards[2] | {"text": "WAKE"}]}, "words of its own"),
            (ORDERING | {"feedback": ""}, "feedback"),
            ({}, "version"),
        ):
            assert any(word in problem for problem in KINDS["ordering"].problems(spec)), word

    def test_reads_the_tiles_in_the_given_order(self) -> None:
        assert KINDS["ordering"].read(ORDERING, QueryDict("choice-x=3&choice-y=1&choice-z=2")) == ["y", "z", "x"]

    def test_names_every_tile_to_fix_at_once(self) -> None:
        unknown = "Choose a place from the list"
        wash, eat = (f"Choose a place for “{text}”" for text in ("Wash", "Eat"))
        same = "“{}” has the same place as another line: “First”. Give each its own"
        for query, rows in (
            ("choice-x=1", {"y": wash, "z": eat}),
            ("choice-x=1&choice-y=1&choice-z=2", {"x": same.format("Wake"), "y": same.format("Wash")}),
            ("choice-x=1&choice-y=1", {"x": same.format("Wake"), "y": same.format("Wash"), "z": eat}),
            ("choice-x=1&choice-y=4&choice-z=2", {"y": unknown}),
            ("choice-x=1&choice-y=-1&choice-z=2", {"y": unknown}),
            ("choice-x=%C2%B2&choice-y=1&choice-z=2", {"x": unknown}),
        ):
            with pytest.raises(Unreadable) as caught:
                KINDS["ordering"].read(ORDERING, QueryDict(query))
            assert caught.value.rows == rows, query

    def test_does_not_tell_the_order_of_two_tiles_with_one_place(self) -> None:
        """Only the later one was named before, so a learner could find the right order without an answer."""
        reversed_order = ORDERING | {"cards": ORDERING["cards"][::-1]}
        for spec in (ORDERING, reversed_order):
            with pytest.raises(Unreadable) as caught:
                KINDS["ordering"].read(spec, QueryDict("choice-x=1&choice-y=1&choice-z=1"))
            assert set(caught.value.rows) == {"x", "y", "z"}

    def test_has_words_that_fit_a_page_of_lines(self) -> None:
        assert KINDS["ordering"].ask(ORDERING).hint == "Choose a place for each line."

    def test_is_right_when_every_tile_is_in_its_place(self) -> None:
        for given, is_right, hits in ((["x", "y", "z"], True, 3), (["x", "z", "y"], False, 1), ([], False, 0)):
            mark = KINDS["ordering"].mark(ORDERING, given)
            assert (mark.right, mark.hits) == (is_right, hits), given
        assert KINDS["ordering"].mark(ORDERING, ["z", "y", "x"]).remarks == ("About order.",)
        assert KINDS["ordering"].mark(ORDERING, ["x", "y", "z"]).best == ("1. Wake", "2. Wash", "3. Eat")
