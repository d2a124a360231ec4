"""What staff did for one patient: asked for lessons, changed or withdrew that, spoke with them, made a card, closed.

It is read from what was recorded at each act, not from what stands now, so nothing vanishes: an assignment has its row
with the values of now, and a `Change` for each act with the values from before it. What has no table of its own is in
the audit log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from django.utils.dateparse import parse_date

from learn.assignments.models import Act, Assignment, Change
from learn.languages import SOURCE
from learn.lessons.models import Edition
from learn.people.models import AuditEvent, User
from learn.progress.models import Contact
from learn.progress.written import moment, rows
from quizzes.models import State

# Actions of the audit log that the history names.
LOGGED = {
    "invited": "invited them",
    "renamed": "changed the label",
    "treatment.changed": "changed the treatment",
    "reminded": "sent a reminder by email",
    "ended": "closed the record",
    "taken.back": "opened the record again",
    "patient.left": "moved them to another team",
    "card.made": "made a card",
    "card.cancelled": "cancelled the card",
    "card.lost": "ended all keys: the card was lost",
    "merged": "merged two records",
    "merged.undone": "undid a merge of two records",
    "taught.in.person": "taught a lesson in person",
    "taught.in.person.not": "took back that a lesson was taught in person",
    "question.talked": "talked about a question of theirs",
    "question.untalked": "took back that a question was talked about",
    "withdrawn": "",  # only for its name: the assignment says which lesson it was
}


@dataclass(frozen=True)
class Done:
    """One act: when, by whom, and what, with a sentence's end; `note` is what the nurse wrote."""

    at: datetime
    who: str
    code: str  # contact, asked, changed, back, withdrawn, or a key of LOGGED
    lessons: tuple[str, ...] = ()  # titles
    due: date | None = None  # None if it is not known any more
    note: str = ""
    assignments: tuple[int, ...] = ()  # their primary keys, in the order of `lessons`


class Row(NamedTuple):
    """One row of the statement. The first columns are the same for each kind of row."""

    kind: str
    at: datetime
    username: str | None
    first: str | None
    last: str | None
    note: str
    what: str
    assignment: int | None
    title: str | None
    due: date | None  # as it stands now
    withdrawn: datetime | None
    undone: datetime | None
    change: int | None
    before: date | None  # the due day before this change; None if the act made the assignment
    note_before: str | None

    @property
    def who(self) -> str:
        """The name of who did it, as pages show it."""
        return f"{self.first or ''} {self.last or ''}".strip() or self.username or "Somebody"


_TITLE = f"""
SELECT e.title FROM {Edition._meta.db_table} e
WHERE e.lesson_id = a.lesson_id AND e.language = '{SOURCE}' AND e.state <> '{State.DRAFT.value}'
ORDER BY e.number DESC LIMIT 1"""  # noqa: S608 - only names and constants of our own are put in
# All words about a contact: this history is for staff alone.
_NOTE = """c.note || CASE
    WHEN c.staff_only = '' THEN '' WHEN c.note = '' THEN 'Only for staff: ' ELSE '. Only for staff: '
END || c.staff_only"""
_NAME = "u.username, u.first_name, u.last_name"
_ACTS = f"""
SELECT 'asked', COALESCE(t.at, a.made), {_NAME}, a.note, '', a.id, ({_TITLE}), a.due, a.withdrawn,
    t.undone, c.id, c.due, c.note
FROM {Assignment._meta.db_table} a
LEFT JOIN {Change._meta.db_table} c ON c.assignment_id = a.id
LEFT JOIN {Act._meta.db_table} t ON t.id = c.act_id
JOIN {User._meta.db_table} u ON u.id = COALESCE(t.by_id, a.by_id)
WHERE a.patient_id IN ()
UNION ALL
SELECT 'contact', c.at, {_NAME}, {_NOTE}, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM {Contact._meta.db_table} c
JOIN {User._meta.db_table} u ON u.id = c.nurse_id
WHERE c.patient_id IN ()
UNION ALL
SELECT 'logged', l.at, {_NAME}, '', l.what, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM {AuditEvent._meta.db_table} l
LEFT JOIN {User._meta.db_table} u ON u.id = l.who
WHERE l.patient IN () AND l.what IN ()
"""  # noqa: S608 - as above


def of_patient(patient: int) -> list[Done]:
    """Return what staff did for this patient (a pk), the oldest first. One query."""
    found = [_row(row) for row in rows(_ACTS, [patient], [patient], [patient], list(LOGGED))]
    names = {row.at: row.who for row in found if row.what == "withdrawn"}
    done = [Done(row.at, row.who, "contact", note=row.note) for row in found if row.kind == "contact"]
    done += [Done(row.at, row.who, row.what) for row in found if row.kind == "logged" and row.what != "withdrawn"]
    asked = sorted(
        (row for row in found if row.kind == "asked"), key=lambda row: (row.assignment or 0, row.change or 0)
    )
    single = [
        act for _, rows_ in groupby(asked, key=lambda row: row.assignment) for act in _of_assignment(list(rows_), names)
    ]
    # The same act on several lessons at once, as when they were taught in person, is one line.
    return sorted([*dict.fromkeys(done), *_together(single)], key=lambda act: act.at)


def _row(values: tuple[Any, ...]) -> Row:
    row = Row(*values)
    return row._replace(
        at=moment(row.at),
        withdrawn=moment(row.withdrawn),
        undone=moment(row.undone),
        due=_day(row.due),
        before=_day(row.before),
    )


def _day(value: Any) -> date | None:
    return parse_date(value) if isinstance(value, str) else value


def _of_assignment(rows: list[Row], names: dict[datetime, str]) -> Iterator[Done]:
    """Yield the acts on one assignment. What an act has made of it is what the next one found, or what stands now."""
    for row, after in pairwise([*rows, None]):
        if row is None:
            continue
        title, whose = (row.title or "",), (row.assignment or 0,)
        due, note = (after.before, after.note_before) if after else (row.due, row.note)
        made = row.change is None or row.before is None
        if row.undone:
            due, note = None, ""
        yield Done(row.at, row.who, "asked" if made else "changed", title, due, note or "", whose)
        if row.undone:
            yield Done(row.undone, row.who, "back", title, assignments=whose)
    last = rows[-1]
    if last.withdrawn and last.withdrawn != last.undone:
        who = names.get(last.withdrawn, "Somebody")
        yield Done(last.withdrawn, who, "withdrawn", (last.title or "",), assignments=(last.assignment or 0,))


def _together(acts: list[Done]) -> Iterator[Done]:
    """Yield the same act on several lessons as one."""

    def same(act: Done) -> tuple[Any, ...]:
        return act.at, act.who, act.code, act.due or date.min, act.note

    for _, several in groupby(sorted(acts, key=same), key=same):
        every = list(several)
        titles = tuple(title for act in every for title in act.lessons)
        pks = tuple(pk for act in every for pk in act.assignments)
        yield replace(every[0], lessons=titles, assignments=pks)
