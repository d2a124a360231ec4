"""Readability grades, compared with published values and with calculations by hand."""

import pytest
from django.test import SimpleTestCase

from quizzes.readability import grade, hard_words, longest_sentence, mean_sentence, plain, sentences, syllables, words

pytestmark = pytest.mark.one_database


class TestSyllables(SimpleTestCase):
    def test_are_counted_as_spoken(self) -> None:
        spoken = {
            "the": 1, "cell": 1, "cells": 1, "treated": 2, "cancer": 2, "immune": 2, "changes": 2, "brakes": 1,
            "little": 2, "infusion": 3, "question": 2, "doses": 2, "eyes": 1, "medicine": 3,
            "immunotherapy": 6, "pembrolizumab": 5, "religion": 3, "called": 1, "needed": 2,
        }  # fmt: skip
        assert {word: syllables(word) for word in spoken} == spoken

    def test_counts_four_in_infectious(self) -> None:
        assert [syllables(word) for word in ("infectious", "cautious", "precious")] == [3, 2, 2]

    def test_of_letters_and_numbers_are_counted_one_by_one(self) -> None:
        assert [syllables(word) for word in ("BCG", "911", "T", "T-cell")] == [3, 3, 1, 2]

    def test_of_a_possessive_are_those_of_the_word(self) -> None:
        assert syllables("team's") == syllables("teams") == 1


class TestPlain(SimpleTestCase):
    def test_strips_the_small_markdown_subset(self) -> None:
        assert plain("A **T cell** finds *sick* cells.") == "A T cell finds sick cells."

    def test_ends_each_list_item_as_a_sentence(self) -> None:
        assert plain("You may get:\n\n- a shot\n- an infusion.\n") == "You may get:\na shot.\nan infusion."

    def test_joins_the_lines_of_one_paragraph_or_item(self) -> None:
        assert plain("One\nsentence.\n\n- one\n  item") == "One sentence.\none item."

    def test_keeps_a_dash_and_a_star_that_are_not_markdown(self) -> None:
        assert plain("A T-cell * shot.") == "A T-cell * shot."


class TestSentences(SimpleTestCase):
    def test_end_at_a_stop_a_question_or_a_line(self) -> None:
        assert sentences("Call now. Are you sure?\nYou may get:\na shot.") == [
            "Call now.", "Are you sure?", "You may get:", "a shot.",
        ]  # fmt: skip

    def test_do_not_end_inside_an_abbreviation(self) -> None:
        assert len(sentences("In the U.S. most are given at 0.5 of a day.")) == 1

    def test_end_before_a_quotation(self) -> None:
        assert len(sentences("You say “germs.” Then you ask.")) == 2

    def test_are_empty_for_an_empty_text(self) -> None:
        assert sentences(" \n -- \n") == []


class TestWords(SimpleTestCase):
    def test_keep_hyphens_and_apostrophes_inside(self) -> None:
        assert words("Don't stop: your team's T-cell plan, 911.") == [
            "Don't", "stop", "your", "team's", "T-cell", "plan", "911",
        ]  # fmt: skip


class TestTheGrade(SimpleTestCase):
    def test_equals_the_published_grade_of_the_platypus_sentence(self) -> None:
        # Published: 13 words with 24 syllables in one sentence are grade 11.3 (the platypus sentence in the English
        # Wikipedia's article on the tests). Our rule counts two more syllables in it ("Australian", "reptilian"), so
        # this test uses other words with the same counts: 11 x 2 + 2 x 1 = 24.
        text = "happy " * 11 + "red cat."
        assert len(words(text)) == 13
        assert sum(map(syllables, words(text))) == 24
        assert round(grade(text), 1) == 11.3

    def test_is_the_lowest_possible_for_one_word_of_one_syllable(self) -> None:
        # 0.39 x 1/1 + 11.8 x 1/1 - 15.59 = -3.40
        assert round(grade("Call."), 2) == -3.40

    def test_equals_a_calculation_by_hand(self) -> None:
        # 8 words, 2 sentences, syllables 1+2+2+1+1+1+1+2 = 11: 0.39 x 8/2 + 11.8 x 11/8 - 15.59 = 1.56 + 16.225 - 15.59
        assert round(grade("Your immune system fights germs. It fights cancer."), 3) == 2.195

    def test_counts_a_masked_word_as_two_syllables_in_any_case(self) -> None:
        # 3 words, 1 sentence. Unmasked 6+2+2 = 10, masked 2+2+2 = 6: the difference is 11.8 x 4/3.
        text = "Immunotherapy fights cancer."
        bare, masked = grade(text), grade(text, mask=["immunotherapy"])
        assert round(bare - masked, 6) == round(11.8 * 4 / 3, 6) - round(11.8 * (syllables("fights") - 1) / 3, 6)

    def test_masks_each_word_of_a_term(self) -> None:
        text = "A monoclonal antibody helps."
        assert grade(text, mask=["monoclonal antibody"]) == grade(text, mask=["monoclonal", "antibody"])
        assert grade(text, mask=["monoclonal antibody"]) < grade(text)

    def test_is_zero_for_an_empty_text(self) -> None:
        assert grade("") == 0.0


class TestLengths(SimpleTestCase):
    def test_are_counted_in_words(self) -> None:
        text = "Call now. If you are not sure, call your team."
        assert longest_sentence(text) == 8
        assert mean_sentence(text) == 5.0

    def test_are_zero_for_an_empty_text(self) -> None:
        assert longest_sentence("") == 0
        assert mean_sentence("") == 0.0


class TestHardWords(SimpleTestCase):
    def test_have_three_syllables_or_more_and_are_not_masked(self) -> None:
        assert hard_words("Immunotherapy is a medicine.", mask=["immunotherapy"]) == ["medicine"]
