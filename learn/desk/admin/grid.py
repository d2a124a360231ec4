"""The grid of patients by lessons, with the same status words as everywhere; can be sorted and filtered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from learn.desk.admin import drawn
from learn.desk.admin.days import short
from learn.desk.admin.patients import mine
from learn.fields import choice
from learn.people.models import CareTeam, Patient
from learn.people.requests import StaffRequest
from learn.progress.standing import Standing, Status, Taught, Whole, whole

ALL, LATE, WEEK, HELP, NONE = "all", "late", "week", "help", "none"
DAYS = 7  # today and the next six days
NEED, NAME, DUE = "need", "name", "due"
# status: (the word of a cell, what only a screen reader says behind it)
WORDS = {
    Status.DONE: ("Done", ""),
    Status.CHECK: ("Check", " to do"),
    Status.TAUGHT: ("Taught", " in person"),
    Status.READING: ("Step {step}", " of {count}"),
    Status.NOT_STARTED: ("Not yet", " begun"),
    Status.TALK: ("Talk", " about it"),
}
HELPED = " about it: a safety question is not right yet"


@dataclass(frozen=True)
class Cell:
    """One patient in one lesson: the status that the patient also sees, and the marks that only staff see."""

    standing: Standing
    late: bool  # the due date has passed
    soon: bool  # the due date is within the next seven days
    help: bool  # a safety question of this lesson was missed

    @property
    def shown(self) -> bool:
        """True when the lesson was assigned or started, or when the patient missed a question of it."""
        return self.standing.assigned is not None or self.standing.code != Status.NOT_STARTED or self.help

    @property
    def wanted(self) -> bool:
        """True when the grid needs a column for it: the lesson was assigned, or a safety question of it was missed."""
        return self.standing.assigned is not None or self.help

    @property
    def words(self) -> str:
        """The text of the cell in an exported file."""
        marks = [word for word, true in (("Late", self.late), ("Needs help", self.help)) if true]
        return ", ".join([self.standing.words, *marks]) if self.shown else "–"

    @property
    def kind(self) -> str:
        """What the cell looks like and counts as in the picture: talk before late before the status."""
        if self.help or self.code == Status.TALK:
            return "talk"
        return "late" if self.late else drawn.SIGN[self.code]

    @property
    def sign(self) -> str:
        """The name of the cell's sign (admin/_signs.html)."""
        return self.kind if self.kind in ("talk", "late") else self.code.value

    @property
    def word(self) -> tuple[str, str]:
        """The short word of the cell, and what a screen reader says behind it."""
        numbers = {"step": self.standing.step, "count": len(self.standing.taught.steps)}
        word, more = (text.format(**numbers) for text in WORDS[self.code])
        if self.kind == "talk":
            return "Talk", HELPED if self.help else " about it"
        if self.kind == "late":
            return ("Late", ", not begun") if self.code == Status.NOT_STARTED else (f"Late, {word.lower()}", more)
        return word, more

    def fits(self, due: str, status: str) -> bool:
        """Return True when this cell matches the filter."""
        by_day = {ALL: True, LATE: self.late, WEEK: self.soon}[due]
        return by_day and self.shown and (status == ALL or (self.help if status == HELP else status == self.code))

    @property
    def code(self) -> Status:
        """The status as a `Status` value."""
        return self.standing.code


@dataclass(frozen=True)
class PatientRow:
    """One patient, with a cell for every published lesson."""

    patient: Patient
    cells: list[Cell]
    unplaced: list[str]  # topics of missed safety questions whose lesson is no longer published
    today: date

    @property
    def due(self) -> date | None:
        """The first day by which something that is not done was asked for."""
        asks = [cell.standing for cell in self.cells if cell.standing.is_wanted]
        return min((s.assigned.due for s in asks if s.assigned), default=None)

    @property
    def by(self) -> str:
        """That day in words."""
        return short(self.due, self.today)

    @property
    def urgency(self) -> tuple[int, date]:
        """The key to sort by need: the most missed safety questions first, then the longest overdue, then the rest."""
        missed = sum(cell.help for cell in self.cells) + len(self.unplaced)
        late = [c.standing.assigned.due for c in self.cells if c.late and c.standing.assigned]
        return -missed, min(late, default=date.max)


class Filter(forms.Form):
    """The filter and the order of the list. An unknown value gives an error message and is treated as "all"."""

    use_required_attribute = False
    _unknown = {"invalid_choice": "Choose one of these"}

    team = forms.ChoiceField(label="Care team", required=False, error_messages=_unknown)
    therapy = forms.ChoiceField(label="Treatment", required=False, error_messages=_unknown)
    status = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[
            (ALL, "Everyone"),
            (HELP, "Needs help"),
            (Status.TALK, "Talk about it"),
            (Status.NOT_STARTED, "Not started"),
            (Status.READING, "In the steps"),
            (Status.CHECK, "Check to do"),
            (Status.TAUGHT, "Taught in person"),
            (Status.DONE, "Done"),
        ],
        error_messages=_unknown,
    )
    due = forms.ChoiceField(
        label="Due",
        required=False,
        choices=[(ALL, "Any day"), (LATE, "Late"), (WEEK, "Today and the next 6 days")],
        error_messages=_unknown,
    )
    sort = forms.ChoiceField(
        label="Sort by",
        required=False,
        choices=[(NEED, "Who needs help first"), (NAME, "Name"), (DUE, "Due")],
        error_messages=_unknown,
    )

    def __init__(self, data: QueryDict, patients: list[Patient], titles: dict[str, str]) -> None:
        super().__init__(data)
        teams: list[CareTeam] = sorted({patient.care_team for patient in patients}, key=lambda team: team.name)
        counts = Counter(patient.treatment for patient in patients)
        known = sorted((slug for slug in counts if slug), key=lambda slug: titles.get(slug, slug))
        offered = [(slug, f"{titles.get(slug, slug)} ({counts[slug]})") for slug in known]
        rest = [(NONE, f"None chosen ({counts['']})")] if known and counts[""] else []
        choice(self, "team").choices = [(ALL, "All my teams"), *((str(t.pk), t.name) for t in teams)]
        choice(self, "therapy").choices = [(ALL, f"All ({len(patients)})"), *offered, *rest]
        if len(teams) < 2:
            del self.fields["team"]
        if not known:
            del self.fields["therapy"]
        self.is_valid()
        self.asked = {name: self.cleaned_data.get(name) or ALL for name in ("team", "therapy", "due", "status")}
        self.order = self.cleaned_data.get("sort") or NEED
        self.narrows = any(value != ALL for value in self.asked.values())

    def has(self, patient: Patient) -> bool:
        """Return whether this patient is of the chosen team and treatment."""
        team, therapy = self.asked["team"], self.asked["therapy"]
        chosen = patient.treatment == ("" if therapy == NONE else therapy)
        return team in (ALL, str(patient.care_team_id)) and (therapy == ALL or chosen)

    def address(self, **over: str) -> str:
        """Return the query string of the current view, with some values changed."""
        asked = self.asked | {"sort": self.order} | over
        return "?" + urlencode([pair for pair in asked.items() if pair[1] not in (ALL, NEED)])


def filtered(request: StaffRequest, now: datetime) -> tuple[Filter, list[PatientRow]]:
    """Return the filter and all rows of this nurse that match it, sorted.

    The need is computed and never stored, so the database cannot sort by it. This function reads the rows of all the
    nurse's patients (five queries, two more when a safety question was missed) and sorts them here.
    """
    patients = list(mine(request))
    wholes = whole([patient.user_id for patient in patients])
    titles = drawn.treatments(next(iter(wholes.values())).standings) if wholes else {}
    form = Filter(request.GET, patients, titles)
    rows = [_row(patient, wholes[patient.user_id], now) for patient in patients if form.has(patient)]
    due, status = form.asked["due"], form.asked["status"]
    if due != ALL or status != ALL:
        rows = [row for row in rows if any(cell.fits(due, status) for cell in row.cells) or _unplaced(row, due, status)]
    if form.order == NEED:
        rows.sort(key=lambda row: row.urgency)
    elif form.order == DUE:
        rows.sort(key=lambda row: row.due or date.max)
    return form, rows


def _unplaced(row: PatientRow, due: str, status: str) -> bool:
    """Return True when "Needs help" must find this row because of a question whose lesson is no longer published."""
    return bool(row.unplaced) and (due, status) == (ALL, HELP)


def _row(patient: Patient, found: Whole, now: datetime) -> PatientRow:
    today = patient.care_team.today(now)
    missed = {need.taught.lesson for need in found.needs if need.taught}
    cells = [
        Cell(
            standing,
            late=standing.is_late(today),
            soon=bool(
                standing.assigned
                and standing.is_wanted
                and today <= standing.assigned.due < today + timedelta(days=DAYS)
            ),
            help=standing.taught.lesson in missed,
        )
        for standing in found.standings
        if not standing.taught.retired  # the columns are the published lessons
    ]
    return PatientRow(patient, cells, [need.topic for need in found.needs if need.taught is None], today)


def table(rows: list[PatientRow], of: list[PatientRow]) -> tuple[list[Taught], list[tuple[PatientRow, list[Cell]]]]:
    """Return the lessons that need a column for a row in `of`, in the site's order, and the cells of each of `rows`."""
    if not of:
        return [], []
    places = [n for n in range(len(of[0].cells)) if any(row.cells[n].wanted for row in of)]
    return (
        [of[0].cells[n].standing.taught for n in places],
        [(row, [row.cells[n] for n in places]) for row in rows],
    )


def sheet(rows: list[PatientRow], titles: dict[str, Any]) -> list[list[Any]]:
    """Return the grid as rows of a file: the heads, then each patient with the status and the days of each lesson.

    Days are dates, and empty cells None. `titles` has the title of each treatment by its slug.
    """
    lessons, lines = table(rows, rows)
    heads = [head for taught in lessons for head in (taught.title, f"{taught.title}, due", f"{taught.title}, done")]
    found: list[list[Any]] = [["Patient", "Reference", "Care team", "Treatment", "Next due", *heads]]
    for row, cells in lines:
        patient, team = row.patient, row.patient.care_team
        line: list[Any] = [patient.label, patient.reference, team.name, titles.get(patient.treatment, ""), row.due]
        for cell in cells:
            asked, done = cell.standing.assigned, cell.standing.done_at
            line += [cell.words, asked and asked.due, done and team.today(done)]
        found.append(line)
    return found
