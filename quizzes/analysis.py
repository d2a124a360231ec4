"""Item analysis: how well a question works. Arithmetic only, no Django.

Only the first answer that a learner ever gave to a question counts. Later answers show what the learner remembered
from the feedback.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt

Z = 1.959963984540054  # the normal distribution's z for a 95 % interval

ENOUGH = 30  # minimum number of answers for any finding
ENOUGH_TO_COMPARE = 50  # minimum number of answers for the comparison with the rest of the check
HARD, EASY, UNPICKED, UNCOVERED = 35, 95, 5, 25  # percent of first answers
HARD_SAFETY = 70  # the same for a safety question, which many should get right at the first try
FEW = 10  # below this number of answers, a bar would say more than is known
WEAK = 0.2  # with a lower discrimination, a question does not show who knows the subject (Ebel and Frisbie 1991)


@dataclass(frozen=True)
class First:
    """A first answer, and how many learners gave it (`times`).

    `picked` has the ids of what was chosen; it is empty for "I'm not sure". `rest` is the share of the other questions
    of the same check that the learner got right at the first try, 0 to 1; None if not all of them were answered.
    """

    right: bool
    picked: Sequence[str]
    rest: float | None = None
    times: int = 1


@dataclass(frozen=True)
class Health:
    """The statistics of a question. `right`, `unsure` and `picked` (by id) are numbers of learners, out of `n`."""

    n: int
    right: int
    unsure: int
    picked: Mapping[str, int]
    low: float  # 95 % interval of the share of right answers, 0 to 1
    high: float
    discrimination: float | None  # see `item_rest`; None below ENOUGH_TO_COMPARE answers or if all are alike

    @property
    def facility(self) -> float:
        """The share of learners who were right at the first try, 0 to 1."""
        return self.right / self.n if self.n else 0.0


@dataclass(frozen=True)
class Finding:
    """Something that an educator should look at: a name from WORST_FIRST, and a sentence for the educator."""

    name: str
    says: str


WORST_FIRST = ("misleading", "hard", "uncovered", "unclear", "unpicked", "easy", "good", "few")


def wilson(right: int, n: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of the share `right` / `n`, each bound 0 to 1; (0, 1) if `n` is 0.

    The score interval without continuity correction: Wilson, Journal of the American Statistical Association 22 (1927)
    209-212. It is valid for small numbers and near 0 and 1 (Newcombe, Statistics in Medicine 17 (1998) 857-872,
    method 3).
    """
    if n == 0:
        return 0.0, 1.0
    p, z2 = right / n, Z * Z
    middle = p + z2 / (2 * n)
    reach = Z * (p * (1 - p) / n + z2 / (4 * n * n)) ** 0.5
    scale = 1 + z2 / n
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def item_rest(right: Sequence[bool], rest: Sequence[float], times: Sequence[int] | None = None) -> float | None:
    """Return the discrimination of a question, -1 to 1: do learners who know the rest get this one right?

    Takes for each learner whether the answer was right, and the share of the other questions that were right; or, with
    `times`, for each pair of these the number of learners. This is the point-biserial correlation with the rest score,
    without the item itself: Henrysson, Psychometrika 28 (1963) 211-218. Returns None if all answers or all rest scores
    are equal.
    """
    if len(set(right)) < 2 or len(set(rest)) < 2:
        return None
    pairs = list(zip(times or [1] * len(right), map(float, right), rest, strict=True))
    n = sum(many for many, _, _ in pairs)
    x, y = (fsum(pair[0] * pair[place] for pair in pairs) / n for place in (1, 2))
    both = fsum(many * (one - x) * (other - y) for many, one, other in pairs)
    apart = fsum(many * (one - x) ** 2 for many, one, _ in pairs) * fsum(many * (o - y) ** 2 for many, _, o in pairs)
    return both / sqrt(apart)


def health(answers: Sequence[First]) -> Health:
    """Return the statistics of these first answers to one line of a question (wordings with the same meaning)."""
    n = sum(one.times for one in answers)
    right = sum(one.times for one in answers if one.right)
    picked: Counter[str] = Counter()
    compared: Counter[tuple[bool, float]] = Counter()  # thousands of answers are a dozen different pairs
    for one in answers:
        for id_ in one.picked:
            picked[id_] += one.times
        if one.rest is not None:
            compared[one.right, one.rest] += one.times
    low, high = wilson(right, n)
    return Health(
        n=n,
        right=right,
        unsure=sum(one.times for one in answers if not one.picked),
        picked=dict(picked),
        low=low,
        high=high,
        discrimination=item_rest([r for r, _ in compared], [rest for _, rest in compared], list(compared.values()))
        if compared.total() >= ENOUGH_TO_COMPARE
        else None,
    )


def findings(
    found: Health, *, choices: Mapping[str, str], best: Sequence[str], critical: bool = False
) -> list[Finding]:
    """Return what an educator should look at, worst first. If there is nothing, return one "good" or "few".

    `choices` has the text of everything that could be picked, by id; `best` has the ids of the right ones. A critical
    (safety) question is hard below HARD_SAFETY, and is never reported as too easy.
    """
    n, result = found.n, []
    if n < ENOUGH:
        return [Finding("few", f"Too few answers yet: {n} of the {ENOUGH} that it takes.")]
    wrong = {id_: found.picked.get(id_, 0) for id_ in choices if id_ not in best}
    least = min((found.picked.get(id_, 0) for id_ in best), default=0)
    for id_, times in wrong.items():
        if times and times >= least:
            result.append(
                Finding("misleading", f"Misleading: {times} chose “{choices[id_]}”, {least} chose what is right.")
            )
    if found.right * 100 < (HARD_SAFETY if critical else HARD) * n:
        result.append(Finding("hard", f"Too hard or unclear: {found.right} of {n} were right at the first try."))
    if found.unsure * 100 > UNCOVERED * n:
        result.append(Finding("uncovered", f"{found.unsure} of {n} were not sure. The lesson may not cover this."))
    if found.discrimination is not None and found.discrimination < WEAK:
        result.append(Finding("unclear", "People who know the rest miss this one as often. Check the wording."))
    easy = found.right * 100 > EASY * n
    for id_, times in wrong.items():
        if len(choices) > 2 and not easy and times * 100 < UNPICKED * n:
            result.append(Finding("unpicked", f"Nearly nobody picks “{choices[id_]}”: {times} of {n}."))
    if easy and not critical:
        result.append(Finding("easy", f"Easy: {found.right} of {n} were right at the first try."))
    return result or [Finding("good", f"Works well: {found.right} of {n} were right at the first try.")]


def rank(found: Health, worst: Finding) -> tuple[int, float]:
    """Return a sort key that puts the worst question first: by worst finding, then by the share of right answers."""
    return WORST_FIRST.index(worst.name), found.facility
