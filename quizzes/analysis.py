"""How well a question works, from first answers: the field's item analysis, arithmetic only, no Django.

Only the first answer that a learner ever gave counts: later ones tell what was remembered from the feedback.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation

Z = 1.959963984540054  # of the normal distribution: 95 of 100 lie within

ENOUGH = 30  # answers before anything is said of a question
ENOUGH_TO_COMPARE = 50  # answers before right and wrong are held against the rest of the check
HARD, EASY, UNPICKED, UNCOVERED = 35, 95, 5, 25  # of 100 first answers
WEAK = 0.2  # a lower correlation with the rest does not tell who knows the subject (Ebel and Frisbie 1991)


@dataclass(frozen=True)
class First:
    """One learner's first answer.

    `picked` are ids of what was chosen, empty for "I'm not sure". `rest` is the share of the other questions of the
    same check that were right at the first try, 0 to 1; None where not all of them were answered.
    """

    right: bool
    picked: Sequence[str]
    rest: float | None = None


@dataclass(frozen=True)
class Health:
    """A question in numbers: `right`, `unsure` and `picked` count among `n` learners."""

    n: int
    right: int
    unsure: int
    picked: Mapping[str, int]
    low: float  # the share of right answers lies between these, 95 times of 100
    high: float
    discrimination: float | None  # from ENOUGH_TO_COMPARE on, and where the answers differ at all

    @property
    def facility(self) -> float:
        """The share that was right at the first try, 0 to 1."""
        return self.right / self.n if self.n else 0.0


@dataclass(frozen=True)
class Finding:
    """What to look at: a name of WORST_FIRST, and a plain sentence to the educator."""

    name: str
    says: str


WORST_FIRST = ("misleading", "hard", "uncovered", "unclear", "unpicked", "easy", "good", "few")


def wilson(right: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, 0 to 1.

    Wilson, Journal of the American Statistical Association 22 (1927) 209-212, without continuity correction: it holds
    for few answers and near 0 and 1 (Newcombe, Statistics in Medicine 17 (1998) 857-872, method 3).
    """
    if n == 0:
        return 0.0, 1.0
    p, z2 = right / n, Z * Z
    middle = p + z2 / (2 * n)
    reach = Z * (p * (1 - p) / n + z2 / (4 * n * n)) ** 0.5
    scale = 1 + z2 / n
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def item_rest(right: Sequence[bool], rest: Sequence[float]) -> float | None:
    """Return how far right and wrong go with the rest of the check, -1 to 1; None where either is the same for all.

    The point-biserial correlation with the rest score, the item itself left out: Henrysson, Psychometrika 28 (1963)
    211-218.
    """
    try:
        return correlation([float(one) for one in right], rest)
    except StatisticsError:
        return None


def health(answers: Sequence[First]) -> Health:
    """Return what these first answers tell of one line of a question."""
    n = len(answers)
    right = sum(one.right for one in answers)
    compared = [(one.right, one.rest) for one in answers if one.rest is not None]
    low, high = wilson(right, n)
    return Health(
        n=n,
        right=right,
        unsure=sum(not one.picked for one in answers),
        picked=Counter(id_ for one in answers for id_ in one.picked),
        low=low,
        high=high,
        discrimination=item_rest([r for r, _ in compared], [rest for _, rest in compared])
        if len(compared) >= ENOUGH_TO_COMPARE
        else None,
    )


def findings(
    found: Health, *, choices: Mapping[str, str], best: Sequence[str], critical: bool = False
) -> list[Finding]:
    """Return what to look at, worst first; one "good" or "few" where there is nothing.

    `choices` are the words of everything that could be picked, by id; `best` are the ids of what is right.
    """
    n, said = found.n, []
    if n < ENOUGH:
        return [Finding("few", f"Too few answers yet: {n} of the {ENOUGH} that it takes.")]
    wrong = {id_: found.picked.get(id_, 0) for id_ in choices if id_ not in best}
    least = min((found.picked.get(id_, 0) for id_ in best), default=0)
    for id_, times in wrong.items():
        if times and times >= least:
            said.append(
                Finding("misleading", f"Misleading: {times} chose “{choices[id_]}”, {least} chose what is right.")
            )
    if found.right * 100 < HARD * n:
        said.append(Finding("hard", f"Too hard or unclear: {found.right} of {n} were right at the first try."))
    if found.unsure * 100 > UNCOVERED * n:
        said.append(Finding("uncovered", f"{found.unsure} of {n} were not sure. The lesson may not cover this."))
    if found.discrimination is not None and found.discrimination < WEAK:
        said.append(Finding("unclear", "People who know the rest miss this one as often. Check the wording."))
    easy = found.right * 100 > EASY * n
    for id_, times in wrong.items():
        if len(choices) > 2 and not easy and times * 100 < UNPICKED * n:
            said.append(Finding("unpicked", f"Nearly nobody picks “{choices[id_]}”: {times} of {n}."))
    if easy and not critical:
        said.append(Finding("easy", f"Easy: {found.right} of {n} were right at the first try."))
    return said or [Finding("good", f"Works well: {found.right} of {n} were right at the first try.")]


def rank(found: Health, worst: Finding) -> tuple[int, float]:
    """Return what sorts questions worst first: by their worst finding, then by the share of right answers."""
    return WORST_FIRST.index(worst.name), found.facility
