"""Every fact is taught or left out with a reason, every safety fact is asked, and nothing else is taught."""

import re
from collections import Counter
from typing import Any

import yaml
from django.test import SimpleTestCase

from learn.lessons import reference
from quizzes.readability import plain, smog
from tests.cast import FIXTURES


def load(name: str) -> Any:
    return yaml.safe_load((FIXTURES / name).read_text(encoding="utf-8"))


LESSONS = {path.stem: load(f"lessons/{path.name}") for path in (FIXTURES / "lessons").glob("*.yaml")}
QUIZZES = {path.stem: load(f"quizzes/{path.name}") for path in (FIXTURES / "quizzes").glob("*.yaml")}
CLAIMS, SOURCES = reference.claims(), reference.sources()
TAUGHT = Counter(c for lesson in LESSONS.values() for step in lesson["steps"] for c in step["claims"])
QUESTIONS = [q for quiz in QUIZZES.values() for q in quiz["questions"]]


class TestTheFacts(SimpleTestCase):
    def test_are_168_with_ids_of_their_own(self) -> None:
        assert len(CLAIMS) == len(load("claims.yaml")) == 168

    def test_are_taught_once_each_or_left_out_with_a_reason(self) -> None:
        left_out = load("not_taught.yaml")
        assert all(len(reason) > 20 for reason in left_out.values())
        assert set(CLAIMS) - set(TAUGHT) == set(left_out)
        # BA-21 (side effects can start at any time) is worth saying in two lessons.
        assert {claim for claim, times in TAUGHT.items() if times > 1} == {"BA-21"}

    def test_that_are_taught_or_asked_exist(self) -> None:
        assert set(TAUGHT) <= set(CLAIMS)
        assert {claim for question in QUESTIONS for claim in question["claims"]} <= set(CLAIMS)

    def test_of_safety_are_each_taught_and_asked_by_a_safety_question(self) -> None:
        safety = {claim.id for claim in CLAIMS.values() if claim.safety}
        asked = {claim for question in QUESTIONS if question["critical"] for claim in question["claims"]}
        assert len(safety) == 33
        assert safety <= set(TAUGHT)
        assert safety <= asked

    def test_rest_on_sources_that_are_listed(self) -> None:
        assert {key for claim in CLAIMS.values() for key in claim.sources} <= set(SOURCES)
        assert [claim.id for claim in CLAIMS.values() if not claim.sources] == ["TC-22", "VX-19"]  # both on hold

    def test_are_given_with_their_sources_under_each_lesson(self) -> None:
        for slug, lesson in LESSONS.items():
            ids = [claim for step in lesson["steps"] for claim in step["claims"]]
            assert reference.sources_of(ids), slug


class TestTheQuestions(SimpleTestCase):
    def test_are_all_seventy_nine(self) -> None:
        items = Counter(question["item"] for question in QUESTIONS)
        wanted = {1: 11, 2: 16, 3: 13, 4: 9, 5: 12, 6: 9, 7: 9}
        assert set(items) == {f"L{lesson}-{n}" for lesson, last in wanted.items() for n in range(1, last + 1)}
        assert set(items.values()) == {1}

    def test_of_truth_are_neither_mostly_true_nor_mostly_false(self) -> None:
        answers = [question["answer"] for question in QUESTIONS if question["kind"] == "truth"]
        assert 0.35 <= sum(answers) / len(answers) <= 0.65


class TestEveryObjective(SimpleTestCase):
    """What a reader is to be able to do after the lessons, and the items that ask for it."""

    ASKED_BY = {
        "L1": {"O1": [1, 2, 6, 8, 9, 11], "O2": [3], "O3": [4, 5], "O4": [7, 10]},
        "L2": {"O1": [1, 2, 5], "O2": [3, 4], "O3": [6, 14, 15, 16], "O4": [7, 8, 9, 11, 12], "O5": [10, 13]},
        "L3": {"O1": [1], "O2": [2, 3, 10, 12], "O3": [4, 6], "O4": [5, 7, 8, 9, 11, 13]},
        "L4": {"O1": [1, 2], "O2": [3, 4], "O3": [5, 6, 7, 9], "O4": [8]},
        "L5": {"O1": [1, 2, 3, 4], "O2": [5, 10], "O3": [6, 7], "O4": [8, 9, 11, 12]},
        "L6": {"O1": [1, 2], "O2": [3, 4, 5], "O3": [6, 7], "O4": [8, 9]},
        "L7": {"O1": [1, 6, 7], "O2": [2], "O3": [3, 4, 8, 9], "O4": [5]},
    }

    def test_is_asked_by_an_item_and_every_item_asks_for_one(self) -> None:
        items = {question["item"] for question in QUESTIONS}
        named = [f"{lesson}-{n}" for lesson, goals in self.ASKED_BY.items() for ns in goals.values() for n in ns]
        assert len(named) == len(set(named))
        assert set(named) == items


class TestTheCorrections(SimpleTestCase):
    """What the article had wrong is nowhere in our words."""

    def test_hold_in_every_text(self) -> None:
        texts = yaml.safe_dump([LESSONS, QUIZZES], allow_unicode=True)
        for wrong in (
            r"dostarlizumab",
            r"\bspuleucel",
            r"\balferon",
            r"discontinued",
            r"stop button",
            r"does not enter healthy cells",
            r"8 weeks.{0,30}driv",
            r"cancer\.net",
        ):
            assert not re.search(wrong, texts, re.IGNORECASE), wrong


class TestAWord(SimpleTestCase):
    def test_is_found_in_a_text_by_any_of_its_names_and_not_inside_another(self) -> None:
        assert [t.slug for t in reference.words_on("Your T cells and one antibody.")] == ["t-cell", "antibody"]
        assert "gene" not in [t.slug for t in reference.words_on("In general, genetic.")]

    def test_of_the_list_is_short_and_has_a_place_of_its_own(self) -> None:
        assert 45 <= len(reference.terms()) <= 60
        assert len({term.slug for term in reference.terms()}) == len(reference.terms())
        for term in reference.terms():
            assert 2 <= len(term.meaning.split()) <= 22, term


class TestTheQuestionsForTheVisit(SimpleTestCase):
    GROUPS = load("questions.yaml")

    def test_stand_in_seven_groups_and_an_eighth_of_extras(self) -> None:
        assert len(self.GROUPS) == 8
        asked = [q for group in self.GROUPS for q in group["questions"]]
        assert len({q["slug"] for q in asked}) == len(asked) == 34
        assert [group["group"] for group in self.GROUPS if any(q.get("extra") for q in group["questions"])] == ["Extra"]

    def test_carry_all_nineteen_of_the_article(self) -> None:
        assert {q["article"] for group in self.GROUPS[:7] for q in group["questions"]} == set(range(1, 20))

    def test_mark_the_four_that_matter_for_safety(self) -> None:
        safety = [q["slug"] for group in self.GROUPS for q in group["questions"] if q.get("safety")]
        assert safety == ["call-right-away", "who-do-i-tell", "how-soon", "night-number"]

    def test_that_are_extra_name_their_facts_and_lessons(self) -> None:
        for question in self.GROUPS[7]["questions"]:
            assert set(question["claims"]) <= set(CLAIMS)
            assert set(question["lessons"]) <= set(LESSONS)


class TestTheReadingGrade(SimpleTestCase):
    def test_by_smog_is_nine_or_below_for_every_lesson(self) -> None:
        for slug, lesson in LESSONS.items():
            bodies = [step["body"] for step in lesson["steps"]]
            text = "\n".join(plain(f"{step['body']}\n\n{step['key_point']}") for step in lesson["steps"])
            assert smog(text, mask=reference.mask(bodies)) <= 9.0, slug


class TestAHold(SimpleTestCase):
    def test_names_facts_that_are_taught_and_every_fact_that_is_not_confirmed(self) -> None:
        held = {claim for row in load("holds.yaml") for claim in row["claims"]}
        assert held <= set(TAUGHT)
        assert {"VX-19", "TC-22", "TC-14"} <= held
        assert {claim.id for claim in CLAIMS.values() if claim.status == "A?"} <= held
