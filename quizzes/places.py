"""The number of a question in its attempt, as a learner reads it: "Question 3 of 7", then "Once more, 1 of 5".

Questions that come back (ruling 4) are counted by themselves: a number that goes down looks like a mistake of the site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from quizzes import taking
from quizzes.asked import Item
from quizzes.models import Attempt, Response


class Turn(IntEnum):
    """How often the learner was asked these questions before. A retry begins with AGAIN."""

    FIRST = 0
    AGAIN = 1
    ONE_MORE = 2
    LAST = 3


_WORDS = {
    Turn.FIRST: gettext_lazy("Question %(n)s of %(of)s"),
    Turn.AGAIN: gettext_lazy("Once more, %(n)s of %(of)s"),
    Turn.ONE_MORE: gettext_lazy("And again, %(n)s of %(of)s"),
    Turn.LAST: gettext_lazy("One last time, %(n)s of %(of)s"),
}
_INSIDE = {
    Turn.FIRST: pgettext_lazy("inside a sentence", "question %(n)s of %(of)s"),
    Turn.AGAIN: pgettext_lazy("inside a sentence", "once more, %(n)s of %(of)s"),
    Turn.ONE_MORE: pgettext_lazy("inside a sentence", "and again, %(n)s of %(of)s"),
    Turn.LAST: pgettext_lazy("inside a sentence", "one last time, %(n)s of %(of)s"),
}


@dataclass(frozen=True)
class Place:
    """The number of a question among those that are asked in the same turn. It says nothing about the learner."""

    turn: Turn
    n: int
    of: int
    begins: bool = False  # the turn begins here, and it is not the first: the page says what comes
    others: bool = False  # other questions were missed too; they do not come back now

    @property
    def words(self) -> str:
        """The place as a heading: "Once more, 1 of 5"."""
        return str(_WORDS[self.turn]) % {"n": self.n, "of": self.of}

    @property
    def inside(self) -> str:
        """The place inside a sentence: "once more, 1 of 5"."""
        return str(_INSIDE[self.turn]) % {"n": self.n, "of": self.of}

    @property
    def opening(self) -> str:
        """What is said before the first question of a turn; "" before any other question."""
        if not self.begins:
            return ""
        if self.turn == Turn.LAST:
            said = ngettext(
                "%(of)s question about your safety is not right yet. Here it is one last time.",
                "%(of)s questions about your safety are not right yet. Here they are one last time.",
                self.of,
            )
        elif self.others:
            said = ngettext(
                "%(of)s question about your safety was not right yet. Here it is again.",
                "%(of)s questions about your safety were not right yet. Here they are again.",
                self.of,
            )
        else:
            said = ngettext(
                "%(of)s was not right yet. Here it is again.",
                "%(of)s were not right yet. Here they are again.",
                self.of,
            )
        return said % {"of": self.of}


ALONE = Place(Turn.FIRST, 1, 1)  # of a question that is shown without an attempt


def place_of(item: Item, items: Sequence[Item], *, answered: bool = False) -> Place:
    """Return the place of this item. `items` are all items of its attempt.

    It is the place of the next answer to the item, or with `answered` of its newest one, for the feedback.
    """
    before = item.answers - answered  # how often it was asked in this attempt before that
    retry = item.attempt.kind == Attempt.Kind.RETRY
    among = list(items) if before < 1 else [other for other in items if _in_turn(other, before)]
    turn = Turn.LAST if before >= taking.ASKED_AGAIN else Turn(max(before, 0) + retry)
    return Place(
        turn=turn,
        n=1 + sum(other.position < item.position for other in among),
        of=len(among),
        begins=turn > Turn.FIRST and all(other.answers == before for other in among),
        others=any(other.last_mark != Response.Marked.RIGHT for other in items if other not in among),
    )


def _in_turn(item: Item, before: int) -> bool:
    """Return whether this item is one of those that come back after so many answers."""
    return item.answers > before or (item.answers == before and taking.comes_back(item))
