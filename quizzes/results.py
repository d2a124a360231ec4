"""The result of an attempt in true words: what was right the first time, what after another look, what is still open.

"You know all 7" after five misses would be wrong twice: it hides the misses, and nobody knows today what will be known
next week.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from quizzes.asked import Asked
from quizzes.models import Attempt, Response


@dataclass(frozen=True)
class Result:
    """The answered questions of an attempt, each in one of five lists, in the order in which they were asked.

    A retry asks what was missed before: what is right there is right after another look.
    """

    kind: str  # of the attempt
    first: tuple[Asked, ...] = ()  # right the first time
    again: tuple[Asked, ...] = ()  # right after another look
    since: tuple[Asked, ...] = ()  # not right at the end, but in a later attempt
    talk: tuple[Asked, ...] = ()  # safety questions that are still not right
    open: tuple[Asked, ...] = ()  # other questions that are still not right

    @property
    def known(self) -> tuple[Asked, ...]:
        """The questions that were right at the end."""
        return self.first + self.again

    @property
    def missed(self) -> tuple[Asked, ...]:
        """The questions that were not right at the end, those about safety first."""
        return self.talk + self.open

    @property
    def of(self) -> int:
        """How many questions were answered."""
        return len(self.known) + len(self.since) + len(self.missed)

    @property
    def parts(self) -> list[str]:
        """The parts of the bar (`_bar.html`), sorted: right the first time, after another look, to talk about, open."""
        return (
            ["full"] * len(self.first)
            + ["again"] * len(self.again + self.since)
            + ["talk"] * len(self.talk)
            + ["empty"] * len(self.open)
        )

    @property
    def is_review(self) -> bool:
        """Whether the attempt is a review."""
        return self.kind == Attempt.Kind.REVIEW

    @property
    def words(self) -> str:
        """The result in one sentence with its true numbers."""
        numbers = {"first": len(self.first), "end": len(self.known), "of": self.of}
        return str(self._sentence()) % numbers

    def _sentence(self) -> str:
        first, end, of = len(self.first), len(self.known), self.of
        if end == 0 and self.since:
            return _("Not right then.") if of == 1 else _("None of the %(of)s was right then.")
        if end == 0:
            return _("Not right yet.") if of == 1 else _("None of the %(of)s is right yet.")
        if self.kind == Attempt.Kind.RETRY:
            if end < of:
                return _("%(end)s of %(of)s right this time.")
            return _("Right this time.") if of == 1 else _("All %(of)s right this time.")
        if of == 1 and not first:
            return _("Right after another look.")
        return self._of_a_review() if self.is_review else self._of_a_check()

    def _of_a_check(self) -> str:
        first, end, of = len(self.first), len(self.known), self.of
        if first == of:
            return _("Right the first time.") if of == 1 else _("All %(of)s right the first time.")
        if first == end:
            return _("%(first)s of %(of)s right the first time.")
        if first:
            return (
                _("%(first)s right the first time, all %(of)s by the end.")
                if end == of
                else _("%(first)s right the first time, %(end)s of %(of)s by the end.")
            )
        return (
            _("None right the first time, all %(of)s by the end.")
            if end == of
            else _("None right the first time, %(end)s of %(of)s by the end.")
        )

    def _of_a_review(self) -> str:
        # "The first time" would be wrong in a review: each of its questions was asked before.
        first, end, of = len(self.first), len(self.known), self.of
        if first == of:
            return _("Right straight away.") if of == 1 else _("All %(of)s right straight away.")
        if first == end:
            return _("%(first)s of %(of)s right straight away.")
        if first:
            return (
                _("%(first)s right straight away, all %(of)s by the end.")
                if end == of
                else _("%(first)s right straight away, %(end)s of %(of)s by the end.")
            )
        return (
            _("None right straight away, all %(of)s by the end.")
            if end == of
            else _("None right straight away, %(end)s of %(of)s by the end.")
        )


def result_of(items: Sequence[Asked], still_open: Collection[int] | None = None) -> Result:
    """Return the result of an attempt that needs no more answers. `items` are all its items.

    `still_open` are the questions (pk) that are still not right now (`taking.still_open`); None stands for all that
    were missed. What was not answered, in a review that was left and closed, is in no list.
    """
    kind = items[0].attempt.kind
    lists: dict[str, list[Asked]] = {"first": [], "again": [], "since": [], "talk": [], "open": []}
    for item in items:
        if not item.answers:
            continue
        if item.last_mark == Response.Marked.RIGHT:
            name = "first" if item.answers == 1 and kind != Attempt.Kind.RETRY else "again"
        elif still_open is not None and item.revision.question_id not in still_open:
            name = "since"
        else:
            name = "talk" if item.revision.critical else "open"
        lists[name].append(item)
    return Result(kind, **{name: tuple(found) for name, found in lists.items()})


@dataclass(frozen=True)
class AskedAgain:
    """Which questions of a result the next review asks, and on which day: what the memories say, never a guess."""

    day: date | None = None  # of the next review; None if there is none, or if one is begun
    today: bool = False  # the review can be done now
    n: int = 0  # how many questions of the result it asks
    of: int = 0  # of how many
    these: bool = False  # they are exactly those that were not right the first time, or the only one


def asked_again(result: Result, *, asks: Collection[int], following: date | None, today: date) -> AskedAgain:
    """Return which questions of this result are asked again. `asks` and `following` are `Outlook.asks` and `.next`."""
    missed_first = {item.revision.question_id for item in result.again + result.since + result.missed}
    again = ({item.revision.question_id for item in result.first} | missed_first) & set(asks)
    day = following or (today if asks else None)
    these = bool(again) and (again == missed_first or result.of == 1)
    return AskedAgain(day, today=day == today, n=len(again), of=result.of, these=these)
