"""Which feedback of a QTI item is shown for which answer: its response processing is run, with the operators that
feedback uses. Scores are not reckoned.

Values are lists of strings; None is QTI's NULL. https://www.imsglobal.org/question/qtiv2p2/imsqti_v2p2_impl.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quizzes.formats.xml import Node

FEEDBACK = ("modalFeedback", "feedbackInline", "feedbackBlock")
Value = list[str] | None


class Unknown(Exception):
    """The response processing uses an operator that is not run here."""


class _Exit(Exception):
    pass


@dataclass
class Feedback:
    """The feedback elements of an item, and what decides about them."""

    parts: list[Node]
    processing: Node
    correct: dict[str, list[str]]
    defaults: dict[str, Value]
    ordered: bool = False

    @classmethod
    def of(cls, item: Node) -> Feedback:
        """Return the feedback of an assessmentItem with the names of QTI 2."""
        correct = {
            one.get("identifier"): [value.text().strip() for value in one.first("correctResponse").nodes("value")]
            for one in item.nodes("responseDeclaration")
        }
        defaults = {
            one.get("identifier"): [v.text().strip() for v in one.first("defaultValue").nodes("value")] or None
            for one in item.nodes("outcomeDeclaration")
        }
        ordered = any(one.get("cardinality") == "ordered" for one in item.nodes("responseDeclaration"))
        return cls(list(item.every(*FEEDBACK)), item.first("responseProcessing"), correct, defaults, ordered)

    def shown(self, response: str, answer: Sequence[str]) -> frozenset[int]:
        """Return the numbers of the elements that are shown after this answer. Raises Unknown."""
        run = _Run(self, {response: list(answer) or None})
        try:
            run.rules(self.processing.nodes())
        except _Exit:
            pass
        except (ValueError, TypeError) as error:  # an operator with too many or too few parts
            raise Unknown("broken") from error
        return frozenset(n for n, part in enumerate(self.parts) if run.shows(part))


class _Run:
    def __init__(self, feedback: Feedback, responses: dict[str, Value]) -> None:
        self.feedback, self.responses = feedback, responses
        self.outcomes = dict(feedback.defaults)
        self.wanted = {part.get("outcomeIdentifier") for part in feedback.parts}

    def shows(self, part: Node) -> bool:
        named = part.get("identifier") in (self.outcomes.get(part.get("outcomeIdentifier")) or [])
        return named != (part.get("showHide") == "hide")

    def rules(self, rules: Iterable[Node]) -> None:
        for rule in rules:
            if rule.name == "setOutcomeValue":
                if rule.get("identifier") in self.wanted:
                    self.outcomes[rule.get("identifier")] = self.value(*rule.nodes())
            elif rule.name == "responseCondition":
                self.condition(rule)
            elif rule.name == "responseProcessingFragment":
                self.rules(rule.nodes())
            elif rule.name == "exitResponse":
                raise _Exit
            else:
                raise Unknown(rule.name)

    def condition(self, rule: Node) -> None:
        if not self.matters(rule):
            return  # it only gives points
        for branch in rule.nodes("responseIf", "responseElseIf", "responseElse"):
            test, rules = [], branch.nodes()
            if branch.name != "responseElse":
                test, rules = rules[:1], rules[1:]
            if all(self.true(one) for one in test):
                return self.rules(rules)

    def matters(self, rule: Node) -> bool:
        """Return whether something in this rule sets an outcome that feedback asks for, or ends the processing."""
        sets = {one.get("identifier") for one in rule.every("setOutcomeValue")}
        return bool(sets & self.wanted) or any(True for _ in rule.every("exitResponse"))

    def true(self, node: Node) -> bool:
        if node.name == "not":
            return not self.true(*node.nodes())
        if node.name == "and":
            return all(self.true(one) for one in node.nodes())
        if node.name == "or":
            return any(self.true(one) for one in node.nodes())
        if node.name == "isNull":
            return not self.value(*node.nodes())
        if node.name == "match":
            one, other = (self.value(inside) for inside in node.nodes())
            if one is None or other is None:
                return False
            return one == other if self.feedback.ordered else sorted(one) == sorted(other)
        if node.name == "member":
            one, other = (self.value(inside) for inside in node.nodes())
            return bool(one and other and one[0] in other)
        raise Unknown(node.name)

    def value(self, node: Node) -> Value:
        name = node.get("identifier")
        if node.name == "variable":
            return self.responses.get(name, self.outcomes.get(name))
        if node.name == "correct":
            return self.feedback.correct.get(name) or None
        if node.name == "baseValue":
            return [node.text().strip()]
        if node.name in ("multiple", "ordered"):
            return [one for inside in node.nodes() for one in self.value(inside) or []] or None
        raise Unknown(node.name)
