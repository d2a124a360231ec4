"""Every fact is taught or left out with a reason, every safety fact has a question, and nothing else is taught."""

import re
from collections import Counter

import pytest
import yaml
from django.test import SimpleTestCase

from learn.lessons import reference
from quizzes.readability import plain, smog
from tests.cast import FIXTURES
from tests.shipped import load

pytestmark = pytest.mark.one_database  # without a database

LESSONS = {path.stem: load(f"lessons/{path.name}") for path in (FIXTURES / "lessons").glob("*.yaml")}
QUIZZES = {path.stem: load(f"quizzes/{path.name}") for path in (FIXTURES / "quizzes").glob("*.yaml")}
CLAIMS, SOURCES = reference.claims(), reference.sources()
TAUGHT = Counter(
    claim for lesson in LESSONS.values() for claim in {c for step in lesson["steps"] for c in step["claims"]}
)
QUESTIONS = [q for quiz in QUIZZES.values() for q in quiz["questions"]]


class TestTheFacts(SimpleTestCase):
    def test_are_210_with_ids_of_their_own(self) -> None:
        assert len(CLAIMS) == len(load("claims.yaml")) == 210

    def test_are_taught_once_each_or_left_out_with_a_reason(self) -> None:
        left_out = load("not_taught.yaml")
        assert all(len(reason) > 20 for reason in left_out.values())
        assert set(CLAIMS) - set(TAUGHT) == set(left_out)
        # Taught in more than one lesson: side effects can start at any time, what a scan may mean, birth control;
        # and the facts that "I help somebody" repeats for helpers.
        for_helpers = {c for step in LESSONS["i-help-somebody"]["steps"] for c in step["claims"]} - {"CT-21"}
        assert {claim for claim, times in TAUGHT.items() if times > 1} == {"BA-21", "BA-23", "CI-35"} | for_helpers

    def test_that_lessons_or_questions_name_exist(self) -> None:
        assert set(TAUGHT) <= set(CLAIMS)
        assert {claim for question in QUESTIONS for claim in question["claims"]} <= set(CLAIMS)

    def test_of_safety_are_each_taught_and_asked_by_a_safety_question(self) -> None:
        safety = {claim.id for claim in CLAIMS.values() if claim.safety}
        asked = {claim for question in QUESTIONS if question["critical"] for claim in question["claims"]}
        assert len(safety) == 59
        assert safety <= set(TAUGHT)
        assert safety <= asked

    def test_have_sources_that_are_in_the_list(self) -> None:
        assert {key for claim in CLAIMS.values() for key in claim.sources} <= set(SOURCES)
        assert [claim.id for claim in CLAIMS.values() if not claim.sources] == ["VX-19"]  # on hold

    def test_are_given_with_their_sources_under_each_lesson(self) -> None:
        for slug, lesson in LESSONS.items():
            ids = [claim for step in lesson["steps"] for claim in step["claims"]]
            assert reference.sources_of(ids), slug


class TestTheQuestions(SimpleTestCase):
    def test_have_an_item_id_each(self) -> None:
        items = Counter(question["item"] for question in QUESTIONS)
        assert len(items) == 111
        assert set(items.values()) == {1}

    def test_of_true_or_false_have_a_balance_of_both(self) -> None:
        answers = [question["answer"] for question in QUESTIONS if question["kind"] == "truth"]
        assert 0.35 <= sum(answers) / len(answers) <= 0.65


class TestEveryObjective(SimpleTestCase):
    """What readers should be able to do after the lessons, and the items that test it."""

    ASKED_BY = {
        "L1": {"O1": [1, 2, 6, 8, 9, 11], "O2": [3], "O3": [4, 5], "O4": [7, 10]},
        "L2": {
            "O1": [1, 2, 5], "O2": [3, 4], "O3": [6, 14, 15, 16], "O4": [7, 8, 9, 11, 12, 17, 18],
            "O5": [10, 13, 19, 20, 21, 22, 23],
        },
        "L3": {"O1": [1], "O2": [3, 10, 12], "O3": [6, 16], "O4": [5, 7, 8, 9, 11, 13, 14, 15, 17, 18]},
        "L4": {"O1": [1, 2], "O2": [3, 4], "O3": [5, 6, 7, 9, 10, 11, 12], "O4": [8, 13]},
        "L5": {"O1": [1, 2, 3, 4], "O2": [5, 10], "O3": [6, 7, 13, 14, 15, 17, 18], "O4": [8, 9, 11, 12, 16]},
        "L6": {"O1": [1, 2], "O2": [3, 4, 5], "O3": [6, 7], "O4": [8, 9]},
        "L7": {"O1": [1, 6], "O2": [2, 16], "O3": [3, 4, 8, 9, 10, 11, 12, 13, 14, 15], "O4": [5]},
        "L8": {"O1": [1], "O2": [2, 3, 5], "O3": [4], "O4": [6]},  # T-cell engagers
    }  # fmt: skip

    def test_has_an_item_and_every_item_has_an_objective(self) -> None:
        items = {question["item"] for question in QUESTIONS}
        named = [f"{lesson}-{n}" for lesson, goals in self.ASKED_BY.items() for ns in goals.values() for n in ns]
        assert len(named) == len(set(named))
        assert set(named) == items


class TestTheCorrections(SimpleTestCase):
    """The errors of the article are nowhere in our texts."""

    def test_hold_in_every_text(self) -> None:
        texts = yaml.safe_dump([LESSONS, QUIZZES], allow_unicode=True)
        for wrong in (
            r"dostarlizumab",  # wrong spelling of dostarlimab
            r"\bspuleucel",  # wrong spelling of sipuleucel-T
            r"\balferon",  # not a cancer drug
            r"discontinued",  # no source says this of older brands
            r"stop button",
            r"does not enter healthy cells",  # too absolute
            r"8 weeks.{0,30}driv",  # shorter since June 2025
            r"cancer\.net",  # closed in 2024
        ):
            assert not re.search(wrong, texts, re.IGNORECASE), wrong


def slugs_on(text: str) -> list[str]:
    """Return the slugs of the word list that are found in this text."""
    return [term.slug for term in reference.words_on(text)]


class TestAWord(SimpleTestCase):
    def test_is_found_by_any_of_its_names_but_not_inside_another_word(self) -> None:
        assert slugs_on("Your T cells and one antibody.") == ["t-cell", "antibody"]
        assert slugs_on("In general, genetic. An overdose, a scanner.") == []
        assert slugs_on("Two scans, two biopsies, Crohn's and Crohn’s, a scan.") == ["scan", "biopsy", "crohns"]

    def test_in_capitals_is_found_only_in_capitals(self) -> None:
        assert slugs_on("A CAR, and TB.") == ["car", "tb"]
        assert slugs_on("Do not drive a car.") == []

    def test_of_several_parts_is_found_instead_of_its_parts(self) -> None:
        assert slugs_on("A PD-L1 test. A steroid taper.") == ["pd-l1-test", "steroid-taper"]
        assert slugs_on("A T-cell engager, two bispecific antibodies.") == ["t-cell-engager", "bispecific-antibody"]
        assert slugs_on("A steroid taper, so less of a steroid.") == ["steroid-taper", "steroid"]

    def test_has_a_short_meaning_and_a_unique_slug(self) -> None:
        assert 60 <= len(reference.terms()) <= 90
        assert len({term.slug for term in reference.terms()}) == len(reference.terms())
        for term in reference.terms():
            assert 2 <= len(term.meaning.split()) <= 20, term


class TestTheQuestionsForTheVisit(SimpleTestCase):
    GROUPS = load("questions.yaml")

    def test_are_in_seven_groups_and_one_group_of_extras(self) -> None:
        assert len(self.GROUPS) == 8
        asked = [q for group in self.GROUPS for q in group["questions"]]
        assert len({q["slug"] for q in asked}) == len(asked) == 43
        assert [group["group"] for group in self.GROUPS if any(q.get("extra") for q in group["questions"])] == ["Extra"]

    def test_include_all_nineteen_of_the_article(self) -> None:
        asked = [q for group in self.GROUPS for q in group["questions"]]
        assert {q["article"] for q in asked if "article" in q} == set(range(1, 20))
        ours = {q["slug"] for q in asked if not q.keys() & {"article", "extra"}}
        assert ours == {
            "no-treatment",
            "stay-in-hospital",
            "missed-visit",
            "how-high-a-fever",
            "fever-pill",
            "which-emergency-room",
            "people-at-home",
            "which-vaccines",
            "interpreter",
        }

    def test_mark_the_seven_that_matter_for_safety(self) -> None:
        safety = [q["slug"] for group in self.GROUPS for q in group["questions"] if q.get("safety")]
        assert safety == [
            "call-right-away",
            "who-do-i-tell",
            "how-soon",
            "night-number",
            "how-high-a-fever",
            "fever-pill",
            "which-emergency-room",
        ]

    def test_use_the_word_number_only_for_phones(self) -> None:
        texts = [q["text"] for group in self.GROUPS for q in group["questions"]]
        assert [text for text in texts if "number" in text.replace("phone number", "")] == []

    def test_that_are_extra_name_their_facts_and_lessons(self) -> None:
        for question in self.GROUPS[7]["questions"]:
            assert set(question["claims"]) <= set(CLAIMS)
            assert set(question["lessons"]) <= set(LESSONS)


class TestTheReadingGrade(SimpleTestCase):
    def test_is_nine_or_below_by_smog_for_every_lesson(self) -> None:
        for slug, lesson in LESSONS.items():
            bodies = [step["body"] for step in lesson["steps"]]
            text = "\n".join(plain(f"{step['body']}\n\n{step['key_point']}") for step in lesson["steps"])
            assert smog(text, mask=reference.mask(bodies)) <= 9.0, slug


class TestAHold(SimpleTestCase):
    HELD = [claim for row in load("holds.yaml") for claim in row["claims"]]

    def test_names_only_taught_facts_and_includes_the_unconfirmed_ones(self) -> None:
        assert set(self.HELD) <= set(TAUGHT)
        assert {"VX-19", "TC-22", "TC-14"} <= set(self.HELD)

    def test_exists_for_facts_that_somebody_must_confirm_or_without_a_second_source(self) -> None:
        waiting = {claim.id for claim in CLAIMS.values() if claim.confirm or claim.status == "A?"}
        assert len(waiting) == 51
        assert waiting <= set(self.HELD)

    def test_says_in_one_sentence_what_is_to_be_confirmed_and_names_a_fact_once(self) -> None:
        notes = [row["note"] for row in load("holds.yaml")]
        assert len(notes) == len(set(notes))
        assert all(note.endswith(".") and len(note.split()) >= 7 for note in notes)
        assert len(self.HELD) == len(set(self.HELD))
