"""The grid of patients by lessons, in the words that everyone reads; sorted by need or by name, and filtered."""

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
DAYS = 7  # today and the six days after it
SORTS = [("need", "who needs help first"), ("name", "name")]


@dataclass(frozen=True)
class Cell:
    """One patient in one lesson: the status that the patient reads too, and what only staff see."""

    standing: Standing
    late: bool  # the day has passed
    soon: bool  # it falls in these seven days
    help: bool  # a safety question of this lesson was missed

    @property
    def shown(self) -> bool:
        """True where there is anything to say: it was asked for, begun, or a question of it was missed."""
        return self.standing.assigned is not None or self.standing.code != Status.NOT_STARTED or self.help

    @property
    def words(self) -> str:
        """The cell as a file holds it; the page shows the same words."""
        marks = [word for word, true in (("Late", self.late), ("Needs help", self.help)) if true]
        return ", ".join([self.standing.words, *marks]) if self.shown else "–"

    def fits(self, due: str, status: str) -> bool:
        """True when the filter asks for this."""
        by_day = {ALL: True, LATE: self.late, WEEK: self.soon}[due]
        return by_day and self.shown and (status == ALL or (self.help if status == HELP else status == self.code))

    @property
    def code(self) -> Status:
        """The status, as a key of the one vocabulary."""
        return self.standing.code


@dataclass(frozen=True)
class PatientRow:
    """One patient in every published lesson."""

    patient: Patient
    cells: list[Cell]
    unplaced: list[str]  # topics of missed safety questions whose lesson is not shown any more

    @property
    def urgency(self) -> tuple[int, date]:
        """Sorts by need: who missed the most safety questions, then whose day passed the longest ago, then the rest."""
        missed = sum(cell.help for cell in self.cells) + len(self.unplaced)
        late = [c.standing.assigned.due for c in self.cells if c.late and c.standing.assigned]
        return -missed, min(late, default=date.max)


class Filter(forms.Form):
    """What of the list is wanted. Anything unknown is said, and counts as "all"."""

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
        """Return each order in words, its address, and whether it is the one that stands."""
        return [(words, self.address(sort=name), self.by_name == (name == "name")) for name, words in SORTS]

    def address(self, **over: str) -> str:
        """Return the query string of this view of the list, with something in it changed."""
        asked = self.asked | {"sort": "name" if self.by_name else "need"} | over
        return "?" + urlencode([pair for pair in asked.items() if pair[1] not in (ALL, "need")])


def filtered(request: StaffRequest, now: datetime) -> tuple[Filter, list[PatientRow]]:
    """Return what was asked for and every row of mine that fits, in its order.

    Need is derived, never stored, so no database can sort by it: the rows of all my patients are read (five queries,
    two more with a miss, whatever their number) and put in order here.
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
    """A missed question is found by "Needs help", also where its lesson is not shown any more."""
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
    """Return the lessons that any row has something to say about, in the site's order, and each row's cells."""
    if not rows:
        return [], []
    places = [n for n in range(len(rows[0].cells)) if any(row.cells[n].shown for row in rows)]
    return (
        [rows[0].cells[n].standing.taught for n in places],
        [(row, [row.cells[n] for n in places]) for row in rows],
    )
