"""The shipped lessons, checks, therapy types and call card follow the rules of plain language."""

import re
from collections import Counter
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from django.test import SimpleTestCase

from learn.lessons import reference
from quizzes.readability import grade, longest_sentence, mean_sentence, plain, sentences, words
from tests.shipped import UNKIND, load

pytestmark = pytest.mark.one_database  # without a database

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"


def ids(prefix: str, numbers: str) -> list[str]:
    """Return claim ids: ids("BA", "1-3 22") is BA-01, BA-02, BA-03, BA-22."""
    found: list[str] = []
    for part in numbers.split():
        first, _, last = part.partition("-")
        found += [f"{prefix}-{number:02d}" for number in range(int(first), int(last or first) + 1)]
    return found


# Therapy type -> lesson -> the claims that it must teach, in reading order.
CLAIMS: dict[str, dict[str, list[str]]] = {
    "basics": {
        "how-your-immune-system-fights-cancer": ids("BA", "6-13"),
        "what-is-immunotherapy": ids("BA", "1-5 14-24"),
    },
    "antibodies-and-checkpoint-inhibitors": {
        "side-effects-when-to-call": [*ids("CI", "27-31 36 39 41 43-44"), "BA-21"],
        "before-and-during-treatment": [*ids("CI", "33 35 37-38 40 42"), *ids("BA", "23 25-26")],
        "antibodies-and-the-brake": ids("CI", "1-15 26"),
        "names-and-tests": ids("CI", "16-25 32 34 45-46"),
    },
    "non-specific-immunotherapies": {
        "bcg-for-the-bladder": ids("NS", "20-34"),
        "interferons": ids("NS", "2-13 35"),
        "il-2": ids("NS", "14-19 36"),
    },
    "virus-therapy": {
        "after-a-t-vec-shot": ids("OV", "6 13 16-19 22-23"),
        "how-virus-therapy-works": ids("OV", "1-5 7-12 14-15 20-21"),
    },
    "t-cell-therapy": {
        "after-t-cell-therapy": ids("TC", "8 12-14 23 28"),
        "t-cell-engagers": [*ids("TE", "1-10"), "CI-35"],
        "weeks-after-t-cell-therapy": ids("TC", "15-17 22 24-27"),
        "how-t-cell-therapy-works": ids("TC", "1-7 9-11 18-21"),
    },
    "cancer-vaccines": {
        "a-vaccine-that-treats": ids("VX", "10-11 14 16-17 19-20"),
        "vaccines-that-prevent": ids("VX", "1-9 15 18"),
    },
    "your-care-team": {
        "who-to-call": ids("CT", "7-8 13-15 18-20"),
        "your-questions": ids("CT", "1-6 9-12 16"),
        "i-help-somebody": [
            "CI-30", "NS-13", "NS-27", *ids("OV", "16 18"), *ids("TC", "13-14 16"), *ids("CT", "7-8 10 13-14 16 21"),
        ],
    },
}  # fmt: skip
SAFETY = {claim.id for claim in reference.claims().values() if claim.safety}

# Lesson -> the items of its check. A star marks a safety item.
ITEMS = {
    "how-your-immune-system-fights-cancer": "L1-2 L1-3 L1-11",
    "what-is-immunotherapy": "L1-1 L1-4 L1-5 L1-6 L1-7* L1-8 L1-9 L1-10*",
    "side-effects-when-to-call": "L2-7* L2-8* L2-9* L2-10* L2-11* L2-12* L2-17* L2-18*",
    "before-and-during-treatment": "L2-13* L2-19* L2-20* L2-21* L2-22* L2-23",
    "antibodies-and-the-brake": "L2-1 L2-2 L2-3 L2-4 L2-5",
    "names-and-tests": "L2-6 L2-14 L2-15 L2-16",
    "bcg-for-the-bladder": "L3-6* L3-7* L3-9 L3-10 L3-11* L3-16* L3-17* L3-18*",
    "interferons": "L3-1 L3-3 L3-8* L3-14*",
    "il-2": "L3-5* L3-12 L3-13* L3-15*",
    "after-a-t-vec-shot": "L4-5* L4-6* L4-7* L4-9* L4-10* L4-11* L4-12* L4-13*",
    "how-virus-therapy-works": "L4-1 L4-2 L4-3 L4-4 L4-8",
    "after-t-cell-therapy": "L5-6* L5-7* L5-13* L5-14* L5-15*",
    "t-cell-engagers": "L8-1 L8-2* L8-3* L8-4* L8-5* L8-6*",
    "weeks-after-t-cell-therapy": "L5-8* L5-9* L5-11* L5-12* L5-16* L5-17* L5-18*",
    "how-t-cell-therapy-works": "L5-1 L5-2 L5-3 L5-4 L5-5 L5-10",
    "a-vaccine-that-treats": "L6-6 L6-7 L6-8* L6-9",
    "vaccines-that-prevent": "L6-1 L6-2 L6-3 L6-4 L6-5*",
    "who-to-call": "L7-2* L7-3* L7-4* L7-8* L7-9* L7-14* L7-15* L7-16*",
    "your-questions": "L7-1 L7-5 L7-6",
    "i-help-somebody": "L7-10* L7-11* L7-12* L7-13*",
}

# Counted as two syllables in the reading grade: medicines, and the long terms that the lesson teaches.
MASKED = {
    "how-your-immune-system-fights-cancer": ["immunotherapy"],
    "what-is-immunotherapy": ["immunotherapy", "chemotherapy"],
    "side-effects-when-to-call": ["checkpoint inhibitor", "checkpoint inhibitors"],
    "before-and-during-treatment": [
        "checkpoint inhibitor", "checkpoint inhibitors", "autoimmune", "psoriasis", "colitis", "rheumatoid arthritis",
        "myasthenia gravis", "Guillain-Barré",
    ],
    "how-virus-therapy-works": ["oncolytic", "melanoma", "talimogene laherparepvec", "Imlygic"],
    "after-a-t-vec-shot": ["acyclovir"],
    "how-t-cell-therapy-works": [
        "receptor", "receptors", "chimeric antigen receptor", "melanoma", "synovial sarcoma", "lifileucel", "Amtagvi",
        "afami-cel", "Tecelra", "tebentafusp", "Kimmtrak",
    ],
    "after-t-cell-therapy": ["cytokine", "Tecelra"],
    "weeks-after-t-cell-therapy": ["Carvykti"],
    "t-cell-engagers": ["cytokine", "blinatumomab"],
    "vaccines-that-prevent": ["Gardasil", "sipuleucel-T"],
    "a-vaccine-that-treats": ["sipuleucel-T", "Provenge"],
    "your-questions": ["immunotherapy"],
    "who-to-call": ["immunotherapy"],
    "antibodies-and-the-brake": [
        "antibody", "antibodies", "monoclonal", "antigen", "checkpoint inhibitor", "checkpoint inhibitors",
    ],
    "names-and-tests": [
        "atezolizumab", "avelumab", "cemiplimab", "cosibelimab", "dostarlimab", "durvalumab", "ipilimumab",
        "nivolumab", "pembrolizumab", "penpulimab", "relatlimab", "retifanlimab", "tislelizumab", "toripalimab",
        "tremelimumab", "Bavencio", "Imfinzi", "Jemperli", "Keytruda", "Opdivo", "Tecentriq", "Yervoy", "Libtayo",
        "Zynyz", "Loqtorzi", "Tevimbra", "Unloxcyt", "Imjudo", "Opdualag",
        "monoclonal", "antibody", "checkpoint inhibitor", "checkpoint inhibitors", "tumor-agnostic",
    ],
    "interferons": [
        "Roferon-A", "Intron", "interferon", "interferons", "interleukins", "cytokines", "non-specific",
        "immunotherapies", "Besremi", "Pegasys", "polycythemia vera", "hepatitis",
    ],
    "il-2": ["aldesleukin", "Proleukin", "interleukin-2", "interleukins", "melanoma", "capillary"],
    "bcg-for-the-bladder": ["nadofaragene", "Adstiladrin", "nogapendekin", "Anktiva"],
}  # fmt: skip

TIERS = ["Call 911", "Call your team now, day or night", "Call your team in office hours"]

NO_MARKDOWN = re.compile(r"^\s*#|\[[^\]]*\]\(|https?:|<[a-z/]|!\[", re.IGNORECASE | re.MULTILINE)
EMPTY_OPTION = re.compile(r"\b(all|none|both) of (the|these)\b", re.IGNORECASE)
VERDICT = re.compile(r"^(yes|no|not quite|correct|right|wrong|well done|sorry)\b", re.IGNORECASE)


def load_all(folder: str) -> dict[str, Any]:
    return {path.stem: load(f"{folder}/{path.name}") for path in sorted((FIXTURES / folder).glob("*.yaml"))}


LESSONS = load_all("lessons")
QUIZZES = load_all("quizzes")
CARD = load("call_card.yaml")
THERAPIES = load("therapies.yaml")


def steps() -> Iterator[tuple[str, Any]]:
    for slug, lesson in LESSONS.items():
        for step in lesson["steps"]:
            yield slug, step


def questions() -> Iterator[tuple[str, Any]]:
    for slug, quiz in QUIZZES.items():
        for question in quiz["questions"]:
            yield slug, question


def choices(question: Any) -> list[Any]:
    return list(question.get("choices", [])) if question["kind"] == "choice" else []


def step_text(step: Any) -> str:
    return plain(f"{step['body']}\n\n{step['key_point']}")


def lesson_text(lesson: Any) -> str:
    top = [plain(line) for line in (lesson["main_message"], *lesson["remember"])]
    return "\n".join([*top, *map(step_text, lesson["steps"])])


def feedback(question: Any) -> list[str]:
    said = [choice["feedback"] for choice in choices(question)]
    said += [row["feedback"] for row in question.get("rows", [])]
    return said + [question[key] for key in ("if_true", "if_false", "if_wrong") if key in question]


def question_text(question: Any) -> str:
    options = [choice["text"] for choice in choices(question)] + list(question.get("cards", []))
    options += [row[key] for row in question.get("rows", []) for key in ("text", "match")]
    return "\n".join(plain(text) for text in (question["stem"], *options, *feedback(question), question["why"]))


def card_lines() -> Iterator[tuple[str, Any]]:
    for tier in CARD["tiers"]:
        for group in tier["groups"]:
            for line in group["lines"]:
                yield tier["name"], line


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


class TestEveryText(SimpleTestCase):
    def test_is_calm_and_plain(self) -> None:
        for text in strings([LESSONS, QUIZZES, CARD, THERAPIES]):
            assert not UNKIND.search(text), text

    def test_has_no_sentence_over_twenty_words(self) -> None:
        for text in strings([LESSONS, QUIZZES, CARD, THERAPIES]):
            assert longest_sentence(plain(text)) <= 20, text


class TestATherapyType(SimpleTestCase):
    def test_is_one_of_seven_in_order(self) -> None:
        assert [therapy["slug"] for therapy in THERAPIES] == list(CLAIMS)
        assert [therapy["position"] for therapy in THERAPIES] == [1, 2, 3, 4, 5, 6, 7]

    def test_is_marked_as_general_or_as_a_therapy(self) -> None:
        general = [therapy["slug"] for therapy in THERAPIES if therapy["kind"] == "general"]
        assert general == ["basics", "your-care-team"]
        assert {therapy["kind"] for therapy in THERAPIES} == {"general", "therapy"}

    def test_has_a_title_and_a_short_summary(self) -> None:
        for therapy in THERAPIES:
            assert set(therapy) == {"slug", "position", "kind", "title", "summary"}
            assert therapy["title"]
            assert len(words(therapy["summary"])) <= 15, therapy["summary"]


class TestALesson(SimpleTestCase):
    keys = {
        "therapy",
        "slug",
        "position",
        "language",
        "title",
        "main_message",
        "remember",
        "minutes",
        "checked",
        "next_check",
        "steps",
    }

    def test_has_the_agreed_parts_and_no_others(self) -> None:
        for slug, lesson in LESSONS.items():
            assert set(lesson) - {"read_first", "same_meaning", "short"} == self.keys, slug
            assert lesson.get("read_first", True) is True, slug
            assert (lesson["slug"], lesson["language"]) == (slug, "en")

    def test_is_at_its_place_in_its_therapy_type(self) -> None:
        for slug, lesson in LESSONS.items():
            assert list(CLAIMS[lesson["therapy"]]).index(slug) + 1 == lesson["position"], slug

    def test_about_safety_comes_first_in_its_therapy_type(self) -> None:
        for therapy, lessons in CLAIMS.items():
            first = [LESSONS[slug].get("read_first", False) for slug in lessons]
            assert first == sorted(first, reverse=True), therapy
            assert any(first) or therapy == "basics", therapy

    def test_has_a_check_of_the_same_name(self) -> None:
        assert LESSONS.keys() == QUIZZES.keys()

    def test_opens_with_one_sentence_and_closes_with_three_points(self) -> None:
        for slug, lesson in LESSONS.items():
            assert len(sentences(lesson["main_message"])) == 1, slug
            assert len(lesson["remember"]) == 3, slug

    def test_has_four_to_seven_steps(self) -> None:
        for slug, lesson in LESSONS.items():
            assert 4 <= len(lesson["steps"]) <= 7, slug
            assert len({step["slug"] for step in lesson["steps"]}) == len(lesson["steps"]), slug

    def test_teaches_exactly_its_claims(self) -> None:
        for slug, lesson in LESSONS.items():
            taught = {claim for step in lesson["steps"] for claim in step["claims"]}
            assert sorted(taught) == sorted(CLAIMS[lesson["therapy"]][slug]), slug

    def test_asks_each_safety_claim_in_a_safety_question(self) -> None:
        for slug, lesson in LESSONS.items():
            asked = {claim for item in QUIZZES[slug]["questions"] if item["critical"] for claim in item["claims"]}
            if slug != "i-help-somebody":  # it repeats, for helpers, what other lessons teach
                elsewhere = {"CI-35"} if slug == "t-cell-engagers" else set()  # asked in before-and-during-treatment
                assert SAFETY & set(CLAIMS[lesson["therapy"]][slug]) - elsewhere <= asked, slug

    def test_is_read_at_grade_six_or_below(self) -> None:
        for slug, lesson in LESSONS.items():
            assert grade(lesson_text(lesson), mask=MASKED.get(slug, [])) <= 6.0, slug

    def test_has_on_average_at_most_twelve_words_in_a_sentence(self) -> None:
        for slug, lesson in LESSONS.items():
            assert mean_sentence(lesson_text(lesson)) <= 12, slug

    def test_says_its_reading_time_which_is_five_minutes_at_most(self) -> None:
        for slug, lesson in LESSONS.items():
            read = sum(len(words(step_text(step))) for step in lesson["steps"]) / 130
            assert lesson["minutes"] == ceil(read) <= 5, slug


class TestAStep(SimpleTestCase):
    def test_has_the_agreed_parts_and_no_others(self) -> None:
        for slug, step in steps():
            assert set(step) == {"slug", "heading", "claims", "body", "key_point"}, (slug, step["slug"])

    def test_has_forty_to_eighty_words(self) -> None:
        for slug, step in steps():
            assert 40 <= len(words(plain(step["body"]))) <= 80, (slug, step["slug"])

    def test_that_shows_the_card_has_sixty_words_at_most(self) -> None:
        for slug, step in steps():
            if step["slug"] == "know-the-card":
                assert len(words(plain(step["body"]))) <= 60, slug

    def test_is_read_at_grade_eight_or_below(self) -> None:
        for slug, step in steps():
            assert grade(step_text(step), mask=MASKED.get(slug, [])) <= 8.0, (slug, step["slug"])

    def test_has_at_most_three_sentences_in_a_paragraph(self) -> None:
        for slug, step in steps():
            for paragraph in plain(step["body"]).splitlines():
                assert len(sentences(paragraph)) <= 3, (slug, paragraph)

    def test_ends_each_list_item_with_a_period(self) -> None:
        for slug, step in steps():
            for line in step["body"].splitlines():
                assert not line.startswith("- ") or line.endswith("."), (slug, line)

    def test_has_a_short_heading_and_one_key_point(self) -> None:
        for slug, step in steps():
            assert len(words(step["heading"])) <= 9, (slug, step["heading"])
            assert len(sentences(step["key_point"])) == 1, (slug, step["key_point"])

    def test_marks_two_new_terms_or_fewer(self) -> None:
        for slug, step in steps():
            bold = [text.rstrip(".") for text in re.findall(r"\*\*(.+?)\*\*", step["body"])]
            terms = [text for text in bold if text[0].upper() + text[1:] not in TIERS]
            assert len(terms) <= 2, (slug, step["slug"])

    def test_uses_only_the_supported_markdown(self) -> None:
        for slug, step in steps():
            assert not NO_MARKDOWN.search(step["body"]), (slug, step["slug"])

    def test_that_mentions_the_card_uses_the_full_name_of_a_tier(self) -> None:
        for _, step in steps():
            if "CI-30" in step["claims"]:
                assert f"**{TIERS[1]}.**" in step["body"]
                assert f"**{TIERS[0]}.**" in step["body"]

    def test_does_not_say_above_below_next_or_last(self) -> None:
        """The page decides where the card is shown, and lessons can be read in any order."""
        for slug, step in steps():
            said = f"{step['body']} {step['key_point']}"
            assert not re.search(r"\b(below|above(?! all)|next lesson|last lesson)\b", said, re.IGNORECASE), (
                slug,
                step["slug"],
            )


class TestACheck(SimpleTestCase):
    def test_asks_the_agreed_items(self) -> None:
        for slug, quiz in QUIZZES.items():
            wanted = {item.rstrip("*"): item.endswith("*") for item in ITEMS[slug].split()}
            asked = {question["item"]: question["critical"] for question in quiz["questions"]}
            assert asked == wanted, slug

    def test_has_three_to_eight_questions(self) -> None:
        for slug, quiz in QUIZZES.items():
            assert set(quiz) == {"slug", "title", "questions"}
            assert (quiz["slug"], quiz["title"]) == (slug, LESSONS[slug]["title"])
            assert 3 <= len(quiz["questions"]) <= 8, slug

    def test_is_read_at_grade_six_or_below(self) -> None:
        for slug, quiz in QUIZZES.items():
            text = "\n".join(map(question_text, quiz["questions"]))
            assert grade(text, mask=MASKED.get(slug, [])) <= 6.0, slug


class TestAQuestion(SimpleTestCase):
    keys = {"slug", "item", "kind", "critical", "objective", "claims", "step", "stem", "why"}

    def test_has_the_agreed_parts_and_no_others(self) -> None:
        extra = {
            "choice": {"choose", "choices"},
            "truth": {"answer", "if_true", "if_false", "misconceptions"},
            "matching": {"rows"},
            "ordering": {"cards", "if_wrong"},
        }
        for _, question in questions():
            assert question["kind"] in extra, question["slug"]
            assert set(question) == self.keys | extra[question["kind"]], question["slug"]

    def test_has_a_slug_of_its_own(self) -> None:
        counted = Counter(question["slug"] for _, question in questions())
        assert [slug for slug, times in counted.items() if times > 1] == []

    def test_is_taught_by_a_step_of_its_lesson(self) -> None:
        for slug, question in questions():
            assert question["step"] in {step["slug"] for step in LESSONS[slug]["steps"]}, question["slug"]
            taught = {claim for step in LESSONS[slug]["steps"] for claim in step["claims"]}
            assert set(question["claims"]) <= taught, question["slug"]
            told = next(step for step in LESSONS[slug]["steps"] if step["slug"] == question["step"])
            assert set(question["claims"]) & set(told["claims"]), question["slug"]

    def test_is_short(self) -> None:
        for _, question in questions():
            assert len(words(question["stem"])) <= 20, question["slug"]
            assert len(words(question["why"])) <= 40, question["slug"]
            assert len(words(question["objective"])) <= 7, question["slug"]

    def test_has_a_question_mark_and_a_statement_has_a_period(self) -> None:
        for _, question in questions():
            if question["kind"] in {"choice", "truth"}:
                assert question["stem"].endswith("." if question["kind"] == "truth" else "?"), question["stem"]

    def test_has_no_negative_in_its_stem(self) -> None:
        for _, question in questions():
            assert not re.search(r"\b(not|except|never|always)\b", question["stem"], re.IGNORECASE), question["stem"]

    def test_with_a_statement_has_no_word_like_all_or_every(self) -> None:
        """A statement with such a word is nearly always false, which helps readers to guess."""
        for _, question in questions():
            if question["kind"] == "truth":
                assert not re.search(r"\b(all|every|each|any|no one|none)\b", question["stem"], re.IGNORECASE), question

    def test_with_a_statement_has_feedback_for_true_and_for_false(self) -> None:
        for _, question in questions():
            if question["kind"] == "truth":
                assert isinstance(question["answer"], bool)
                assert question["if_true"]
                assert question["if_false"]


class TestAChoice(SimpleTestCase):
    def test_is_right_as_often_as_the_question_asks(self) -> None:
        for _, question in questions():
            if question["kind"] == "choice":
                right = sum(choice.get("right", False) for choice in choices(question))
                assert right == question["choose"], question["slug"]
                assert 3 <= len(choices(question)) <= 4, question["slug"]

    def test_has_ten_words_or_fewer(self) -> None:
        for _, question in questions():
            for choice in choices(question):
                assert len(words(choice["text"])) <= 10, choice["text"]
                assert not EMPTY_OPTION.search(choice["text"]), choice["text"]
                assert set(choice) <= {"text", "right", "misconception", "feedback"}, choice["text"]
                assert not (choice.get("right") and "misconception" in choice), choice["text"]

    def test_to_call_has_another_tier_as_an_alternative(self) -> None:
        """Learners must know how fast to call, so a right tier is never the only tier among the choices."""
        for _, question in questions():
            texts = {choice["text"].rstrip(".") for choice in choices(question)}
            right = {choice["text"].rstrip(".") for choice in choices(question) if choice.get("right")}
            if question["kind"] == "choice" and right & set(TIERS):
                assert len(texts & set(TIERS)) >= 2, question["slug"]

    def test_between_tiers_is_asked_in_every_therapy_type(self) -> None:
        asked = {
            LESSONS[slug]["therapy"]
            for slug, question in questions()
            if question["critical"] and sum(choice["text"].rstrip(".") in TIERS for choice in choices(question)) >= 2
        }
        assert asked == set(CLAIMS)

    def test_is_the_right_one_at_least_once_for_each_tier(self) -> None:
        right = Counter(
            choice["text"].rstrip(".")
            for _, question in questions()
            for choice in choices(question)
            if question["critical"] and choice.get("right")
        )
        assert min(right[tier] for tier in TIERS) >= 1
        assert right["Call 911"] >= 4

    def test_has_feedback_about_the_facts_and_not_about_the_lesson(self) -> None:
        for _, question in questions():
            for text in feedback(question):
                assert not re.search(r"\bthis lesson\b|\bthe lesson\b", text, re.IGNORECASE), (question["slug"], text)

    def test_that_is_right_is_not_often_the_longest_or_the_shortest(self) -> None:
        single = [choices(question) for _, question in questions() if question.get("choose") == 1]
        longest = shortest = 0
        for options in single:
            right = next(len(choice["text"]) for choice in options if choice.get("right"))
            others = [len(choice["text"]) for choice in options if not choice.get("right")]
            longest += right > max(others)
            shortest += right < min(others)
        assert longest * 3 <= len(single)
        assert shortest * 3 <= len(single)

    def test_that_says_call_uses_the_name_of_a_tier(self) -> None:
        for _, question in questions():
            for choice in choices(question):
                if question["critical"] and choice.get("right") and choice["text"].startswith("Call"):
                    assert choice["text"].rstrip(".") in TIERS, choice["text"]

    def test_that_is_right_for_a_tier_uses_the_words_of_that_tier(self) -> None:
        for _, question in questions():
            for tier in TIERS:
                if question["critical"] and tier.lower() in question["stem"].lower():
                    said = {word.lower() for name, line in card_lines() if name == tier for word in words(line["text"])}
                    for choice in choices(question):
                        if choice.get("right"):
                            assert {word.lower() for word in words(choice["text"])} <= said, choice["text"]


class TestFeedback(SimpleTestCase):
    def test_exists_for_every_answer_with_thirty_words_at_most(self) -> None:
        for _, question in questions():
            for text in feedback(question):
                assert 1 <= len(words(text)) <= 30, (question["slug"], text)

    def test_does_not_say_right_or_wrong_because_the_page_does(self) -> None:
        for _, question in questions():
            for text in feedback(question):
                assert not VERDICT.search(text), (question["slug"], text)

    def test_on_a_safety_question_says_what_to_do(self) -> None:
        for _, question in questions():
            if question["critical"]:
                for text in feedback(question):
                    assert re.search(r"\b(call|tell|ask|cover|show|keep)\b", text, re.IGNORECASE), text
