"""The kinds of question: plain functions over a spec."""

from typing import Any

from django.http import QueryDict
from django.test import SimpleTestCase

from quizzes.kinds import KINDS, Unreadable

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


def unreadable(kind: str, spec: dict[str, Any], query: str) -> str:
    try:
        given = KINDS[kind].read(spec, QueryDict(query))
    except Unreadable as error:
        return str(error)
    raise AssertionError(f"read as {given}")


class TestChoice(SimpleTestCase):
    def test_has_no_problems_when_it_can_be_asked(self) -> None:
        assert KINDS["choice"].problems(ONE) == []
        assert KINDS["choice"].problems(TWO) == []

    def test_names_every_problem_of_a_spec(self) -> None:
        c = ONE["choices"]
        for spec, word in (
            (ONE | {"version": 2}, "version"),
            (ONE | {"choices": c[:1]}, "two to six"),
            (ONE | {"choices": [c[0], c[0]]}, "id of its own"),
            (ONE | {"choices": [c[0], c[1] | {"text": "apples "}]}, "words of its own"),
            (ONE | {"choices": [c[0], c[1] | {"feedback": " "}]}, "feedback"),
            (ONE | {"choose": 7}, "how many"),
            (ONE | {"choose": 2}, "asks for two, but 1"),
            (TWO | {"choices": TWO["choices"][:2]}, "must be wrong"),
            ({}, "version"),
        ):
            assert any(word in problem for problem in KINDS["choice"].problems(spec)), word

    def test_shows_the_page_nothing_of_what_is_right(self) -> None:
        shown = repr(KINDS["choice"].ask(ONE))
        assert "Apples" in shown
        assert "right" not in shown
        assert "About" not in shown

    def test_shows_the_same_whichever_choice_is_right(self) -> None:
        flipped = ONE | {"choices": [c | {"right": not c["right"]} for c in ONE["choices"]]}
        assert KINDS["choice"].ask(ONE) == KINDS["choice"].ask(flipped)

    def test_reads_what_was_chosen_in_the_authors_order(self) -> None:
        assert KINDS["choice"].read(ONE, QueryDict("choice=b")) == ["b"]
        assert KINDS["choice"].read(TWO, QueryDict("choice=b&choice=a&choice=a")) == ["a", "b"]

    def test_tells_how_to_mend_what_it_cannot_read(self) -> None:
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

    def test_says_after_the_answer_what_was_best_what_was_chosen_and_about_it(self) -> None:
        mark = KINDS["choice"].mark(TWO, ["a", "c"])
        assert mark.best == ("Apples", "Bread")
        assert mark.chosen == ("Apples", "Cheese")
        assert mark.remarks == ("About apples.", "About cheese.")


class TestTruth(SimpleTestCase):
    def test_has_no_problems_when_it_can_be_asked(self) -> None:
        assert KINDS["truth"].problems(TRUTH) == []

    def test_names_every_problem_of_a_spec(self) -> None:
        for spec, word in (
            (TRUTH | {"version": None}, "version"),
            (TRUTH | {"answer": "false"}, "true or false"),
            (TRUTH | {"feedback": {"true": "x"}}, "both"),
            ({}, "both"),
        ):
            assert any(word in problem for problem in KINDS["truth"].problems(spec)), word

    def test_keeps_its_order(self) -> None:
        ask = KINDS["truth"].ask(TRUTH)
        assert [c.text for c in ask.choices] == ["True", "False"]
        assert not ask.shuffled

    def test_tells_how_to_mend_what_it_cannot_read(self) -> None:
        assert unreadable("truth", TRUTH, "") == "Choose True or False"
        assert unreadable("truth", TRUTH, "choice=maybe") == "Choose one of the answers on this page"
        assert unreadable("truth", TRUTH, "choice=true&choice=false") == "Choose one of the answers on this page"

    def test_is_right_when_the_answer_is_the_statements_own(self) -> None:
        assert KINDS["truth"].mark(TRUTH, ["false"]).right
        assert not KINDS["truth"].mark(TRUTH, ["true"]).right
        assert not KINDS["truth"].mark(TRUTH, []).right

    def test_speaks_to_the_answer_that_was_given(self) -> None:
        mark = KINDS["truth"].mark(TRUTH, ["true"])
        assert (mark.best, mark.chosen, mark.remarks) == (("False",), ("True",), ("About true.",))
