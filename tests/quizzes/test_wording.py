"""The advice on wording: each rule with a question that breaks it and one that follows it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import SimpleTestCase

from quizzes import wording
from quizzes.wording import advise

pytestmark = pytest.mark.one_database

CHOICES = ("The team", "The pump", "The nurse")


def choice(*texts: str, feedback: str = "That is it. The team can look.", right: int = 1) -> dict[str, Any]:
    """Return the spec of a choice question whose first `right` choices are right."""
    rows = [{"id": f"i{n}", "text": t, "right": n < right, "feedback": feedback} for n, t in enumerate(texts)]
    return {"version": 1, "choose": right, "choices": rows}


def broken(
    stem: str = "Who helps you here?",
    *texts: str,
    why: str = "The team can look.",
    kind: str = "choice",
    spec: dict[str, Any] | None = None,
    **over: Any,
) -> list[str]:
    """Return the names of the rules that this question breaks."""
    spec = spec or choice(*(texts or CHOICES), **over)
    return [advice.rule for advice in advise(kind=kind, stem=stem, why=why, spec=spec)]


def truth(stem: str, **over: Any) -> list[str]:
    return broken(
        stem,
        kind="truth",
        spec={"version": 1, "answer": True, "feedback": {"true": "It is.", "false": "It is."} | over},
    )


class TestAQuestion(SimpleTestCase):
    def test_that_follows_every_rule_gets_no_advice(self) -> None:
        assert broken() == []
        assert truth("The team can help.") == []

    def test_asks_a_full_question(self) -> None:
        assert broken("You call your") == ["no_question"]

    def test_has_no_choice_like_all_of_the_above(self) -> None:
        for text in ("All of the above", "none of these", "Both of the above"):
            assert broken("Who helps?", "The team", "The pump", text) == ["all_or_none"], text
        assert broken("Who helps?", "All of them", "The pump", "The nurse") == []

    def test_has_no_negative_in_its_stem(self) -> None:
        assert broken("Who can’t help you?") == ["negative_stem"]
        assert broken("Who helps, except one?") == ["negative_stem"]
        assert truth("The team can not help.") == []

    def test_does_not_have_the_right_choice_as_its_longest(self) -> None:
        longest = "The team, as soon as you can reach them"
        assert broken("Who helps?", longest, "The pump", "The nurse") == ["right_is_longest"]
        assert broken("Who helps?", longest, "The pump that stands on the table", "The nurse") == []
        assert broken("Who helps?", "The team now", "A pump", "A cat") == []  # short choices are not compared

    def test_has_choices_in_the_same_form(self) -> None:
        assert broken("Who helps?", "The team.", "The pump", "The nurse") == ["unlike_choices"]
        assert broken("When?", "After 2 weeks", "Today", "Next month") == ["unlike_choices"]
        assert broken("What now?", "Call 911", "Wait a day", "Go to bed") == []

    def test_has_no_absolute_word_like_always(self) -> None:
        assert broken("Who helps?", "The team", "Nobody", "The nurse") == ["absolute"]
        assert broken("Who helps?", "The team", "Usually a pump", "The nurse") == ["absolute"]
        assert truth("It always helps.") == ["absolute"]

    def test_does_not_repeat_its_words_in_the_right_choice(self) -> None:
        assert broken("Who is in the clinic?", "The clinic team", "The pump", "The nurse") == ["echo"]
        assert broken("Who is in the clinic?", "The clinic team", "The clinic pump", "The nurse") == []

    def test_has_at_most_three_choices_when_one_is_right(self) -> None:
        assert broken("Who helps?", "The team", "The pump", "The nurse", "The cat") == ["many_choices"]
        assert broken("Who helps?", "The team", "The pump", "The nurse", "The cat", right=2) == []

    def test_has_feedback_to_every_answer(self) -> None:
        assert broken(feedback=" ") == ["missing_feedback"]
        assert truth("It helps.", false="") == ["missing_feedback"]

    def test_has_kind_feedback(self) -> None:
        assert broken(feedback="Wrong. The team helps.") == ["unkind"] * 3
        assert broken(feedback="Well done!") == ["unkind"] * 3

    def test_does_not_name_choices_by_letter(self) -> None:
        assert broken(why="Choice B is what helps.") == ["letters"]

    def test_has_short_sentences_and_choices(self) -> None:
        assert broken(why=" ".join(["go"] * 20) + ".") == []
        assert broken(why=" ".join(["go"] * 21) + ".") == ["long_sentence"]
        long = " ".join(["go"] * 11)
        assert broken("Who helps?", "x " + long, "y " + long, "z " + long) == ["long_choice"] * 3

    def test_is_not_hard_to_read(self) -> None:
        assert broken(why="Immunological deterioration necessitates multidisciplinary consideration. " * 2) == [
            "hard_to_read"
        ]

    def test_has_a_reason_and_feedback_that_can_be_read_alone(self) -> None:
        long = "Immunological deterioration necessitates multidisciplinary consideration. " * 3
        easy = ["The team can help you. Call them on any day. They know what to do."] * 2
        spec = choice("The team", "The pump", "The nurse", feedback=" ".join(easy))
        assert "hard_reason" not in broken(spec=spec)
        assert "hard_reason" in broken(why=long)
        said = advise(kind="choice", stem="Who helps you here?", why="The team.", spec=choice(*CHOICES, feedback=long))
        assert any(one.says.startswith("A feedback reads at school grade") for one in said)

    def test_has_a_kind_reason(self) -> None:
        assert broken(why="That would be wrong.") == ["unkind"]

    def test_uses_everyday_words(self) -> None:
        assert broken(why="You can contact them.") == ["plain_words"]
        found = advise(kind="choice", stem="Who helps you here?", why="It is a battle.", spec=choice(*CHOICES))
        assert [advice.says for advice in found] == ["Leave out “battle”."]

    def test_has_no_percentages(self) -> None:
        assert broken(why="It helps 30% of us.") == ["numbers"]

    def test_with_rows_and_tiles_is_checked_too(self) -> None:
        rows = [
            {"id": f"r{n}", "text": f"Row {n}", "card": "c", "feedback": "Choice A." if n else "It is."} for n in (0, 1)
        ]
        spec: dict[str, Any] = {"version": 1, "cards": [{"id": "c", "text": "Card"}], "rows": rows}
        assert broken("Match them.", kind="matching", spec=spec) == ["letters"]
        cards = {"version": 1, "cards": [{"id": str(n), "text": f"Do {n}"} for n in range(3)], "feedback": "No!"}
        assert broken("Put them in order.", kind="ordering", spec=cards) == ["unkind"]


class TestTheRules(SimpleTestCase):
    def test_each_have_a_docstring(self) -> None:
        assert len(wording.RULES) == 17
        assert all(rule.__doc__ for rule in wording.RULES.values())
