"""True or false: the learner says whether a statement is true. Each answer has its own feedback."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from quizzes.kinds.base import FIELD, Ask, Choice, Given, Mark, Post, Problem, Spec, Unreadable, said

_WORDS = {"true": pgettext_lazy("statement", "True"), "false": pgettext_lazy("statement", "False")}


class TruthKind:
    """spec: {"version": 1, "answer": bool, "feedback": {"true": str, "false": str}}."""

    def problems(self, spec: Spec) -> list[Problem]:
        """Return what is wrong with the spec."""
        found = []
        if spec.get("version") != 1:
            found.append(Problem("The version of the spec must be 1.", "version"))
        if not isinstance(spec.get("answer"), bool):
            found.append(Problem("Say whether the statement is true or false.", "answer"))
        feedback = spec.get("feedback") or {}
        if missing := [word for word in _WORDS if not said(feedback.get(word))]:
            found.append(Problem("Give feedback for both answers.", "feedback", missing[0]))
        return found

    def ask(self, spec: Spec) -> Ask:
        """Return True and False, always in this order."""
        return Ask(_("Choose one."), tuple(Choice(id_, str(text)) for id_, text in _WORDS.items()), of_site=True)

    def read(self, spec: Spec, post: Post) -> Given:
        """Return ["true"] or ["false"]. Raises Unreadable."""
        posted = set(post.getlist(FIELD))
        if not posted:
            raise Unreadable(_("Choose True or False"))
        if len(posted) != 1 or not posted <= set(_WORDS):
            raise Unreadable(_("Choose one of the answers on this page"))
        return list(posted)

    def mark(self, spec: Spec, given: Given) -> Mark:
        """Return the result: right if the answer is that of the spec."""
        best = str(spec["answer"]).lower()
        return Mark(
            right=given == [best],
            hits=int(given == [best]),
            of=1,
            best=(str(_WORDS[best]),),
            chosen=tuple(str(_WORDS[id_]) for id_ in given),
            remarks=tuple(spec["feedback"][id_] for id_ in given),
            of_site=True,
        )
