"""The timeline on a patient's page: all events, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from learn.people.names import isolated
from learn.progress import acts
from learn.progress.answers import RIGHT, AnswerRow
from learn.progress.record import Record
from quizzes.numbers import number
from quizzes.templatetags.days import weekday

SHOWN = 10  # lines per page


@dataclass(frozen=True)
class Event:
    """One event on the timeline, as text."""

    at: datetime
    words: str
    note: str = ""


def events(record: Record, done: Iterable[acts.Done]) -> list[Event]:
    """Return what the patient did and what staff did for the patient, newest first."""
    found = [*_readings(record), *_attempts(record), *(_act(act) for act in done)]
    for talk in record.talks:
        first = talk.first
        found.append(
            Event(
                first.at,
                f"{_who(first.nurse)} did a teach-back on “{first.topic}”: {first.get_outcome_display()}",
                first.note,
            )
        )
        for row in talk.added:
            outcome = f": {row.get_outcome_display()}" if row.outcome else ""
            found.append(
                Event(row.at, f"{_who(row.nurse)} added to the teach-back on “{row.topic}”{outcome}", row.note)
            )
    return sorted(found, key=lambda event: event.at, reverse=True)


def _who(nurse: object) -> str:
    return isolated(str(nurse))


def _readings(record: Record) -> Iterable[Event]:
    for reading in record.whole.readings:
        if reading.finished:
            yield Event(reading.finished, f"Read “{reading.title}” to the end")
        again = any(
            other.lesson == reading.lesson and other.finished and other.finished < reading.started
            for other in record.whole.readings
        )
        begun = f"Read in the new edition of “{reading.title}”" if again else f"Began to read “{reading.title}”"
        yield Event(reading.started, begun)


def _attempts(record: Record) -> Iterable[Event]:
    rows = [row for history in record.histories.values() for row in history.rows]
    for _, answers in groupby(sorted(rows, key=lambda r: (str(r.attempt), r.item, r.number)), key=lambda r: r.attempt):
        several = list(answers)
        if finished := several[0].finished:
            yield Event(finished, _attempt(several))


def _attempt(answers: Sequence[AnswerRow]) -> str:
    """Return how a finished check, retry or review went. Missed safety questions are counted separately."""
    last = {row.item: row for row in answers}.values()
    what = {
        "check": f"Finished the check of “{answers[0].quiz_title}”",
        "retry": f"Tried again what was missed in “{answers[0].quiz_title}”",
    }.get(answers[0].kind, "Finished a review")
    safety = sum(row.safety and row.mark != RIGHT for row in last)
    missed = f"; {safety} safety question{'' if safety == 1 else 's'} not right" if safety else ""
    right, helped = sum(row.mark == RIGHT for row in last), "; with help" if answers[0].helped else ""
    return f"{what}: {right} of {len(last)} right{missed}{helped}"


def _act(act: acts.Done) -> Event:
    """Return what a member of staff did."""
    who, n = _who(act.who), len(act.lessons)
    what = f"“{act.lessons[0]}”" if n == 1 else f"{n} lessons"
    by = f" by {weekday(act.due)}" if act.due else ""
    words = {
        "contact": "was in contact",
        "asked": f"asked for {what}{by}",
        "changed": f"changed {what}: due{by or ' another day'}",
        "back": f"took that back: {what}",
        "withdrawn": f"withdrew {what}",
    }
    return Event(act.at, f"{who} {words.get(act.code) or acts.LOGGED[act.code]}", act.note)


def page(found: Sequence[Event], before: str) -> tuple[list[Event], str]:
    """Return one page of events before the mark, and the mark for the next page ("" after the last page).

    `before` may be any text; a text that is not a valid mark gives the first page.
    """
    mark = number(before)
    rest = [event for event in found if mark is None or _mark(event) < mark]
    end = SHOWN
    while end < len(rest) and rest[end].at == rest[end - 1].at:  # events at the same moment stay on one page
        end += 1
    return rest[:end], str(_mark(rest[end - 1])) if rest[end:] else ""


def _mark(event: Event) -> int:
    return round(event.at.timestamp() * 1_000_000)
