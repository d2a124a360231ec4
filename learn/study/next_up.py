"""Which lesson is next, and how far a learner is: one rule for the start page, My learning and every other page.

Pure functions of standings: nothing is read from the database here. The order of what is left to do:

1. what was begun: in the middle of the steps, a check to do, a check or a retry that is open;
2. what the nurse asked for: lessons that say when to call first, then by due date, then in the site's order;
3. "Talk about it": the learner has finished it, and its next step is a talk with the nurse. Trying again is offered
   beside it at any time, so it does not hold up what was asked for;
4. the rest, also what was taught in person, lessons that say when to call first, then in the site's order.

Of what was begun and of "Talk about it", what the nurse asked for comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from learn.lessons import reference
from learn.lessons.shown import HELPER
from learn.progress.standing import Standing, Status

_SHAPES = {Status.DONE: "full", Status.TALK: "talk", Status.NOT_STARTED: "empty"}  # else "half" (quizzes/_bar.html)
_SHOWN = ("full", "talk", "half", "empty")  # the order of a bar


def _place(standing: Standing) -> tuple[int, bool, bool, date]:
    """Return the key that sorts what is left to do. Equal keys keep the site's order."""
    asked = standing.assigned
    if standing.is_begun:
        group = 1
    elif standing.code == Status.TALK:
        group = 3
    elif standing.code == Status.TAUGHT:
        group = 4
    else:
        group = 2 if asked else 4
    return group, asked is None, not standing.taught.read_first, asked.due if asked else date.max


def in_order(standings: Iterable[Standing]) -> list[Standing]:
    """Return what is left to do, the next one first, and then what is done, the newest first."""
    rows = list(standings)
    done = [s for s in rows if s.is_done]
    done.sort(key=lambda s: -s.done_at.timestamp() if s.done_at else 0.0)
    return sorted((s for s in rows if not s.is_done), key=_place) + done


def first(standings: Iterable[Standing], *, but: str = "") -> Standing | None:
    """Return the lesson to do next, or None when all are done. `but` is the slug of a lesson to leave out."""
    return min((s for s in standings if not s.is_done and s.taught.slug != but), key=_place, default=None)


@dataclass(frozen=True)
class Bar:
    """How far a learner is with some lessons: the parts of a bar, and the numbers that are said beside it."""

    done: int
    of: int
    minutes: int  # to read, for what is left
    questions: int  # to answer, as far as their number is known
    parts: tuple[str, ...]  # one word for each lesson, in the order of a bar

    @property
    def left(self) -> str:
        """What is left, in words: the minutes to read; without any, the questions; "" when neither is known."""
        if self.minutes:
            return ngettext("about %(n)s minute left", "about %(n)s minutes left", self.minutes) % {"n": self.minutes}
        if self.questions:
            return ngettext("%(n)s question left", "%(n)s questions left", self.questions) % {"n": self.questions}
        return ""


def bar(standings: Sequence[Standing]) -> Bar:
    """Return how far the learner is with these lessons."""
    return Bar(
        done=sum(s.is_done for s in standings),
        of=len(standings),
        minutes=sum(s.minutes_left for s in standings),
        questions=sum(s.questions_left for s in standings),
        parts=tuple(sorted((_SHAPES.get(s.code, "half") for s in standings), key=_SHOWN.index)),
    )


@dataclass(frozen=True)
class Asked:
    """Lessons that a nurse asked for together: with the same due date and the same note."""

    due: date
    note: str
    rows: list[Standing]  # as `in_order` sorts them
    bar: Bar


def asked(standings: Iterable[Standing]) -> list[Asked]:
    """Return what a nurse asked for and is not all done, by due date."""

    def key(standing: Standing) -> tuple[date, str]:
        return (standing.assigned.due, standing.assigned.note) if standing.assigned else (date.max, "")

    groups = groupby(sorted((s for s in standings if s.assigned), key=key), key)
    found = [Asked(*together, in_order(rows), bar(rows)) for together, group in groups if (rows := list(group))]
    return [one for one in found if one.bar.done < one.bar.of]


@dataclass(frozen=True)
class Next:
    """What a learner does next, over all lessons."""

    standing: Standing | None = None  # None: all that they have begun and all that the nurse asked for is done
    place: int = 0  # its place in what the nurse asked for together, counted by what is done; 0: not asked for
    of: int = 0
    asked: int = 0  # all lessons that the nurse asked for, done or not
    begun: bool = False  # the learner has begun any lesson

    @property
    def words(self) -> str:
        """How far the lesson is and what follows, in whole sentences."""
        return said(self.standing) if self.standing else ""


def after(standings: Sequence[Standing], *, but: str = "") -> Next:
    """Return what is next over all lessons. `but` is the slug of the lesson that was done just now.

    Only what was begun or asked for counts. Learners whom no nurse asked for anything are then offered the lessons for
    everyone, and the other lessons of the types of therapy in which they have begun one.
    """
    own = [s for s in standings if s.assigned or s.code != Status.NOT_STARTED]
    wanted = [s for s in own if s.assigned]
    found = first(own, but=but)
    if found is None and own and not wanted:
        types = {s.taught.therapy for s in own}
        found = first((s for s in fitting(standings) if s.taught.for_all or s.taught.therapy in types), but=but)
    group = next((g for g in asked(wanted) if found in g.rows), None) if found and found.assigned else None
    return Next(
        standing=found,
        place=group.bar.done + 1 if group else 0,
        of=group.bar.of if group else 0,
        asked=len(wanted),
        begun=any(s.code != Status.NOT_STARTED for s in standings),
    )


def fitting(standings: Iterable[Standing], own: str = "") -> list[Standing]:
    """Return the lessons that may be offered to this learner.

    In a type of therapy whose medicines have different lessons, a lesson may be about another medicine than theirs, and
    one lesson is for helpers: these are offered only if they were begun or asked for, or if the lesson is `own` (a
    slug), that of the medicine that the learner has named.
    """
    return [
        s
        for s in standings
        if s.assigned
        or s.code != Status.NOT_STARTED
        or s.taught.slug == own
        or not (s.taught.therapy in reference.mixed() or s.taught.slug == HELPER)
    ]


def said(standing: Standing) -> str:
    """Return how far a lesson is and what follows, in whole sentences for the learner."""
    minutes, questions = standing.minutes_left, standing.questions_left
    if standing.open_check:
        return _("You have begun the questions. Your answers are saved.")
    if standing.code == Status.TALK:
        return _("Something that matters for your safety is still open. You can look at it again.")
    if standing.code == Status.CHECK:
        if not questions:
            return _("You have read it. Some questions are left.")
        return ngettext(
            "You have read it. %(n)s question is left.", "You have read it. %(n)s questions are left.", questions
        ) % {"n": questions}
    if standing.code == Status.READING and standing.step > 1:
        stopped = _("You stopped at step %(step)s of %(count)s.") % {
            "step": standing.step,
            "count": len(standing.taught.steps),
        }
        return f"{stopped} {_time_left(minutes, questions)}"
    can_stop = _("You can stop at any time: your place is kept.")
    return f"{to_read(minutes, questions)} {can_stop}"


def _time_left(minutes: int, questions: int) -> str:
    """Return "About 2 minutes left, then 4 questions."."""
    read = ngettext("About %(n)s minute left", "About %(n)s minutes left", minutes) % {"n": minutes}
    return _then(read, questions)


def to_read(minutes: int, questions: int) -> str:
    """Return "4 minutes to read, then 7 questions."."""
    read = ngettext("%(n)s minute to read", "%(n)s minutes to read", minutes) % {"n": minutes}
    return _then(read, questions)


def _then(read: str, questions: int) -> str:
    if not questions:
        return f"{read}."
    text = ngettext("%(read)s, then %(n)s question.", "%(read)s, then %(n)s questions.", questions)
    return text % {"read": read, "n": questions}
