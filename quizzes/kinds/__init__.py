"""The kinds of questions, by name. Plain Python; of Django they use only the translation."""

from quizzes.kinds.base import FIELD, UNSURE, Ask, Choice, Given, Kind, Mark, Problem, Spec, Unreadable, said
from quizzes.kinds.choice import ChoiceKind
from quizzes.kinds.matching import MatchingKind
from quizzes.kinds.ordering import OrderingKind
from quizzes.kinds.truth import TruthKind

KINDS: dict[str, Kind] = {
    "choice": ChoiceKind(),
    "truth": TruthKind(),
    "matching": MatchingKind(),
    "ordering": OrderingKind(),
}

__all__ = [
    "FIELD",
    "KINDS",
    "UNSURE",
    "Ask",
    "Choice",
    "Given",
    "Kind",
    "Mark",
    "Problem",
    "Spec",
    "Unreadable",
    "said",
]
