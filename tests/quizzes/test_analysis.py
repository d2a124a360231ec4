"""Item statistics, compared with published values, with scipy, and with values calculated by hand."""

from __future__ import annotations

from random import Random

import pytest
from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as some

from quizzes import analysis
from quizzes.analysis import First

pytestmark = pytest.mark.one_database  # without a database

CHOICES = {"r": "Right", "a": "Wrong A", "b": "Wrong B"}

# LSAT-6 (Bock and Lieberman 1970): how many of 1000 persons gave each pattern of five answers, 00000 to 11111.
LSAT = [
    3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15, 10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28, 298,
]  # fmt: skip
PERSONS = [[int(c) for c in f"{pattern:05b}"] for pattern, times in enumerate(LSAT) for _ in range(times)]


def answers(*, right: int = 0, a: int = 0, b: int = 0, unsure: int = 0) -> list[First]:
    """Return the given number of first answers of each sort."""
    return (
        [First(True, ["r"])] * right
        + [First(False, ["a"])] * a
        + [First(False, ["b"])] * b
        + [First(False, [])] * unsure
    )


def said(found: list[First], *, critical: bool = False) -> list[str]:
    return [
        finding.name
        for finding in analysis.findings(analysis.health(found), choices=CHOICES, best=["r"], critical=critical)
    ]


class TestTheInterval(SimpleTestCase):
    def test_equals_published_values(self) -> None:
        """Newcombe 1998, table I, method 3."""
        for right, n, low, high in (
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ):
            got = analysis.wilson(right, n)
            assert (round(got[0], 4), round(got[1], 4)) == (low, high)

    @given(some.integers(1, 500).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))))
    def test_equals_scipys_values(self, counted: tuple[int, int]) -> None:
        from scipy.stats import binomtest  # takes seconds: only where it is used, not wherever tests are collected

        right, n = counted
        low, high = analysis.wilson(right, n)
        theirs = binomtest(right, n).proportion_ci(method="wilson")
        assert abs(low - theirs.low) < 1e-9
        assert abs(high - theirs.high) < 1e-9
        assert 0 <= low <= right / n + 1e-12
        assert right / n - 1e-12 <= high <= 1

    def test_is_0_to_1_without_answers(self) -> None:
        assert analysis.wilson(0, 0) == (0.0, 1.0)


class TestDiscrimination(SimpleTestCase):
    def test_equals_published_values_for_the_lsat(self) -> None:
        """ltm 1.2 (Rizopoulos), descript(LSAT), "Excluded". It divides one deviation by n-1, so it is 1/2000 lower."""
        published = (0.1128, 0.1531, 0.1727, 0.1444, 0.1215)
        assert len(PERSONS) == 1000
        for item, wanted in enumerate(published):
            found = analysis.health([First(p[item] == 1, ["x"], (sum(p) - p[item]) / 4) for p in PERSONS])
            assert found.discrimination is not None
            assert abs(found.discrimination * (999 / 1000) ** 0.5 - wanted) < 6e-5
        assert [sum(p[item] for p in PERSONS) for item in range(5)] == [924, 709, 553, 763, 870]

    def test_equals_scipys_correlation(self) -> None:
        from scipy.stats import pointbiserialr

        random = Random(7)
        right = [random.random() < 0.6 for _ in range(200)]
        rest = [random.random() * 0.5 + 0.3 * one for one in right]
        found = analysis.item_rest(right, rest)
        assert found is not None
        assert abs(found - pointbiserialr(right, rest).statistic) < 1e-12

    def test_is_not_calculated_under_fifty_answers_or_without_variation(self) -> None:
        some_rest = [First(n % 2 == 0, ["r"], n % 5 / 4) for n in range(50)]
        assert analysis.health(some_rest).discrimination is not None
        assert analysis.health(some_rest[:49]).discrimination is None
        assert analysis.health([*some_rest[:49], First(True, ["r"], None)]).discrimination is None
        assert analysis.health([First(True, ["r"], n % 5 / 4) for n in range(60)]).discrimination is None
        assert analysis.health([First(n % 2 == 0, ["r"], 0.5) for n in range(60)]).discrimination is None


class TestHealth(SimpleTestCase):
    def test_counts_each_choice(self) -> None:
        found = analysis.health(answers(right=20, a=10, b=6, unsure=4))
        assert (found.n, found.right, found.unsure, dict(found.picked)) == (40, 20, 4, {"r": 20, "a": 10, "b": 6})
        assert found.facility == 0.5
        assert analysis.health([]).facility == 0.0

    @given(
        some.lists(
            some.builds(
                First,
                some.booleans(),
                some.lists(some.sampled_from("rab"), unique=True),
                some.none() | some.sampled_from([0.0, 1 / 3, 0.5, 1.0]),
                some.integers(1, 40),
            ),
            max_size=12,
        )
    )
    def test_is_the_same_for_answers_that_are_alike_and_for_each_alone(self, alike: list[First]) -> None:
        alone = [First(one.right, one.picked, one.rest) for one in reversed(alike) for _ in range(one.times)]
        assert analysis.health(alike) == analysis.health(alone)


class TestAFinding(SimpleTestCase):
    def test_is_not_given_under_thirty_answers(self) -> None:
        assert said(answers(a=29)) == ["few"]
        assert said(answers(a=30)) != ["few"]
        few = analysis.findings(analysis.health(answers(right=3)), choices=CHOICES, best=["r"])
        assert few[0].says == "Too few answers yet: 3 of the 30 that it takes."

    def test_says_so_when_a_question_works_well(self) -> None:
        assert said(answers(right=80, a=12, b=8)) == ["good"]

    def test_changes_exactly_at_each_threshold(self) -> None:
        assert said(answers(right=35, a=30, b=30, unsure=5)) == ["good"]
        assert said(answers(right=34, a=30, b=30, unsure=6)) == ["hard"]
        assert said(answers(right=95, a=5)) == ["unpicked"]
        assert said(answers(right=96, a=4)) == ["easy"]
        assert said(answers(right=96, a=4), critical=True) == ["good"]
        assert said(answers(right=55, a=10, b=10, unsure=25)) == ["good"]
        assert said(answers(right=54, a=10, b=10, unsure=26)) == ["uncovered"]
        assert said(answers(right=85, a=10, b=5)) == ["good"]
        assert said(answers(right=86, a=10, b=4)) == ["unpicked"]
        assert said(answers(right=41, a=40, b=19)) == ["good"]
        assert said(answers(right=40, a=40, b=20)) == ["misleading"]

    def test_names_the_choice_that_misleads(self) -> None:
        found = analysis.findings(analysis.health(answers(right=12, a=15, b=3)), choices=CHOICES, best=["r"])
        assert found[0].says == "Misleading: 15 chose “Wrong A”, 12 chose what is right."

    def test_finds_a_question_that_good_learners_miss(self) -> None:
        rests = [n % 10 / 9 for n in range(60)]
        turned = [First(rest < 0.7, ["r"] if rest < 0.7 else ["ab"[n % 2]], rest) for n, rest in enumerate(rests)]
        assert said(turned) == ["unclear"]
        straight = [First(rest > 0.3, ["r"] if rest > 0.3 else ["ab"[n % 2]], rest) for n, rest in enumerate(rests)]
        assert said(straight) == ["good"]

    def test_is_ranked_with_the_worst_first(self) -> None:
        assert said(answers(right=10, a=40, b=2, unsure=30)) == ["misleading", "hard", "uncovered", "unpicked"]
        hard = analysis.health(answers(right=10, a=9, b=9, unsure=9))
        harder = analysis.health(answers(right=8, a=7, b=7, unsure=15))
        finding = analysis.Finding("hard", "")
        assert analysis.rank(harder, finding) < analysis.rank(hard, finding)
        assert analysis.rank(hard, analysis.Finding("misleading", "")) < analysis.rank(harder, finding)

    def test_does_not_ask_for_more_wrong_choices_in_true_or_false(self) -> None:
        found = analysis.health([First(True, ["true"])] * 38 + [First(False, ["false"])] + [First(False, [])] * 2)
        assert [v.name for v in analysis.findings(found, choices={"true": "T", "false": "F"}, best=["true"])] == [
            "good"
        ]
