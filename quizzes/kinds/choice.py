"""Choose one or more of several choices. The hint always says how many."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quizzes.kinds.base import (
    FIELD,
    Ask,
    Choice,
    Given,
    Mark,
    Post,
    Problem,
    Spec,
    Unreadable,
    alike,
    first_without,
    said,
)

MOST = 6  # maximum number of choices
NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}
# Whole sentences, because in other languages the noun can change with the number.
HINTS = {
    1: gettext_lazy("Choose one."),
    2: gettext_lazy("Choose two."),
    3: gettext_lazy("Choose three."),
    4: gettext_lazy("Choose four."),
}
WANTED = {
    1: gettext_lazy("Choose one answer"),
    2: gettext_lazy("Choose two answers"),
    3: gettext_lazy("Choose three answers"),
    4: gettext_lazy("Choose four answers"),
}


class ChoiceKind:
    """spec: {"version": 1, "choose": 1, "choices": [{"id", "text", "right", "feedback"}]}."""

    def problems(self, spec: Spec) -> list[Problem]:
        """Return what is wrong with the spec."""
        found = []
        choices = spec.get("choices") or []
        if spec.get("version") != 1:
            found.append(Problem("The version of the spec must be 1.", "version"))
        if not 2 <= len(choices) <= MOST:
            found.append(Problem("Give two to six choices.", "choices", min(len(choices), MOST - 1), "text"))
        if len({c.get("id") for c in choices}) != len(choices) or not all(c.get("id") for c in choices):
            found.append(Problem("Every choice needs an id of its own.", "choices"))
        texts = [alike(c.get("text")) for c in choices]
        if len(set(texts)) != len(texts) or not all(texts):
            at = first_without(choices, "text")
            found.append(Problem("Every choice needs words of its own.", "choices", at, "text"))
        if not all(said(c.get("feedback")) for c in choices):
            at = first_without(choices, "feedback")
            found.append(Problem("Every choice needs its feedback.", "choices", at, "feedback"))
        if not all(isinstance(c.get("right"), bool) for c in choices):
            found.append(Problem("Say of every choice whether it is right: true or false.", "choices", 0, "right"))
        choose = spec.get("choose")
        right = sum(c.get("right") is True for c in choices)
        if choose not in NUMBERS:
            found.append(Problem("Say how many to choose: 1 to 4.", "choose"))
        elif right != choose:
            found.append(
                Problem(f"It asks for {NUMBERS[choose]}, but {right} are marked right.", "choices", 0, "right")
            )
        elif right == len(choices):
            found.append(Problem("At least one choice must be wrong.", "choices", 0, "right"))
        return found

    def ask(self, spec: Spec) -> Ask:
        """Return the choices, without the information which are right."""
        choose: int = spec["choose"]
        choices = tuple(Choice(c["id"], c["text"]) for c in spec["choices"])
        return Ask(str(HINTS[choose]), choices, several=choose > 1, shuffle_choices=True)

    def read(self, spec: Spec, post: Post) -> Given:
        """Return the chosen ids in the author's order. Raises Unreadable."""
        posted = set(post.getlist(FIELD))
        known = [c["id"] for c in spec["choices"]]
        choose: int = spec["choose"]
        if not posted:
            raise Unreadable(_("Choose the answer you think is right") if choose == 1 else str(WANTED[choose]))
        if not posted <= set(known):
            raise Unreadable(_("Choose from the answers on this page"))
        if len(posted) != choose:
            raise Unreadable(_("%(wanted)s. You chose %(n)s") % {"wanted": WANTED[choose], "n": len(posted)})
        return [id_ for id_ in known if id_ in posted]

    def mark(self, spec: Spec, given: Given) -> Mark:
        """Return the result: right if all right choices were chosen, and no other."""
        best = [c for c in spec["choices"] if c["right"]]
        chosen = [c for c in spec["choices"] if c["id"] in given]
        return Mark(
            right=chosen == best,
            hits=sum(c["right"] for c in chosen),
            of=len(best),
            best=tuple(c["text"] for c in best),
            chosen=tuple(c["text"] for c in chosen),
            remarks=tuple(c["feedback"] for c in chosen),
        )
