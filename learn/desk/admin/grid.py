"""The grid of patients by lessons, with the same status words as everywhere; can be sorted and filtered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms

from learn.desk.admin.patients import mine
from learn.fields import choice
from learn.people.models import CareTeam, Patient
from learn.people.requests import StaffRequest
from learn.progress.standing import Standing, Status, Taught, Whole, whole

ALL, LATE, WEEK, HELP = "all", "late", "week", "help"
DAYS = 7  # today and the next six days
SORTS = [("need", "who needs help first"), ("name", "name")]


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
    def words(self) -> str:
        """The text of the cell, the same on the page and in the exported file."""
        marks = [word for word, true in (("Late", self.late), ("Needs help", self.help)) if true]
        return ", ".join([self.standing.words, *marks]) if self.shown else "–"

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
    due = forms.ChoiceField(
        label="Day to be done by",
        required=False,
        choices=[(ALL, "Any"), (LATE, "Late"), (WEEK, "Today and the next 6 days")],
        error_messages=_unknown,
    )
    status = forms.ChoiceField(
        label="Status",
        required=False,
        choices=[
            (ALL, "Any"),
            (HELP, "Needs help"),
            (Status.TALK, "Talk about it"),
            (Status.NOT_STARTED, "Not started"),
            (Status.READING, "In the middle of the steps"),
            (Status.CHECK, "Check to do"),
            (Status.TAUGHT, "Taught in person"),
            (Status.DONE, "Done"),
        ],
        error_messages=_unknown,
    )
    sort = forms.ChoiceField(choices=SORTS, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, teams: list[CareTeam]) -> None:
        super().__init__(data)
        choice(self, "team").choices = [(ALL, "All my teams"), *((str(t.pk), t.name) for t in teams)]
        if len(teams) < 2:
            del self.fields["team"]
        self.is_valid()
        self.asked = {name: self.cleaned_data.get(name) or ALL for name in ("team", "due", "status")}
        self.by_name = self.cleaned_data.get("sort") == "name"
        self.narrows = any(value != ALL for value in self.asked.values())

    def sorts(self) -> list[tuple[str, str, bool]]:
        """Return each order as (label, URL, whether it is the current one)."""
        return [(words, self.address(sort=name), self.by_name == (name == "name")) for name, words in SORTS]

    def address(self, **over: str) -> str:
        """Return the query string of the current view, with some values changed."""
        asked = self.asked | {"sort": "name" if self.by_name else "need"} | over
        return "?" + urlencode([pair for pair in asked.items() if pair[1] not in (ALL, "need")])


def filtered(request: StaffRequest, now: datetime) -> tuple[Filter, list[PatientRow]]:
    """Return the filter and all rows of this nurse that match it, sorted.

    The need is computed and never stored, so the database cannot sort by it. This function reads the rows of all the
    nurse's patients (five queries, two more when a safety question was missed) and sorts them here.
    """
    patients = list(mine(request))
    teams = sorted({patient.care_team for patient in patients}, key=lambda team: team.name)
    form = Filter(request.GET, teams)
    if form.asked["team"] != ALL:
        patients = [patient for patient in patients if str(patient.care_team_id) == form.asked["team"]]
    wholes = whole([patient.user_id for patient in patients])
    rows = [_row(patient, wholes[patient.user_id], now) for patient in patients]
    due, status = form.asked["due"], form.asked["status"]
    if due != ALL or status != ALL:
        rows = [row for row in rows if any(cell.fits(due, status) for cell in row.cells) or _unplaced(row, due, status)]
    return form, rows if form.by_name else sorted(rows, key=lambda row: row.urgency)


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
                and not standing.is_done
                and today <= standing.assigned.due < today + timedelta(days=DAYS)
            ),
            help=standing.taught.lesson in missed,
        )
        for standing in found.standings
    ]
    return PatientRow(patient, cells, [need.topic for need in found.needs if need.taught is None])


def table(rows: list[PatientRow]) -> tuple[list[Taught], list[tuple[PatientRow, list[Cell]]]]:
    """Return the lessons for which any row has something to show, in the site's order, and the cells of each row."""
    if not rows:
        return [], []
    places = [n for n in range(len(rows[0].cells)) if any(row.cells[n].shown for row in rows)]
    return (
        [rows[0].cells[n].standing.taught for n in places],
        [(row, [row.cells[n] for n in places]) for row in rows],
    )
