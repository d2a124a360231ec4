"""What a question can be: every kind by name. Plain Python, no Django."""

from quizzes.kinds.base import FIELD, UNSURE, Ask, Choice, Given, Kind, Mark, Spec, Unreadable
from quizzes.kinds.choice import NUMBERS, ChoiceKind
from quizzes.kinds.truth import TruthKind

KINDS: dict[str, Kind] = {
    "choice": ChoiceKind(),
    "truth": TruthKind(),
}

__all__ = ["FIELD", "KINDS", "NUMBERS", "UNSURE", "Ask", "Choice", "Given", "Kind", "Mark", "Spec", "Unreadable"]
