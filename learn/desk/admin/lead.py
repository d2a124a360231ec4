"""How it goes: the numbers of a lead's teams, as pictures with their tables and as a file. It names no patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from learn.desk.admin.export import as_csv
from learn.desk.admin.team import LEADS
from learn.fields import choice
from learn.lessons.models import Therapy
from learn.people.again import asked_again
from learn.people.models import CareTeam, Patient
from learn.people.requests import StaffRequest
from learn.progress import cards, outcomes
from learn.progress.outcomes import Numbers, Week
from learn.progress.shares import ENOUGH, SMALLEST, Share
from quizzes.templatetags.days import weekday

ALL = "all"
WEEKS = [("12", "Last 12 weeks"), ("4", "Last 4 weeks"), ("26", "Last 26 weeks")]
AFTER = [("day", "First day"), ("week", "After a week"), ("month", "After a month")]
# The picture of the weeks, in SVG units.
LEFT, RIGHT, TOP, BOTTOM = 40, 548, 26, 176
BAR = 200  # the width of a bar in a table
FIRST = 8  # topics that are shown at once; the others fold out


class Filter(forms.Form):
    """The time, the team and the therapy. An unknown value counts as the first one."""

    use_required_attribute = False
    _unknown = {"invalid_choice": "Choose one of these"}

    time = forms.ChoiceField(label="Time", choices=WEEKS, required=False, error_messages=_unknown)
    team = forms.ChoiceField(label="Care team", required=False, error_messages=_unknown)
    therapy = forms.ChoiceField(label="Treatment", required=False, error_messages=_unknown)

    def __init__(self, data: Any, teams: list[CareTeam], therapies: list[Therapy]) -> None:
        super().__init__(data)
        choice(self, "team").choices = [(ALL, "All my teams"), *((str(team.pk), team.name) for team in teams)]
        choice(self, "therapy").choices = [(ALL, "All"), *((one.slug, one.title) for one in therapies)]
        if len(teams) < 2:
            del self.fields["team"]
        self.is_valid()
        said = {name: self.cleaned_data.get(name) or ALL for name in ("time", "team", "therapy")}
        self.weeks = int(said["time"]) if said["time"] != ALL else int(WEEKS[0][0])
        self.in_team, self.in_therapy = said["team"], said["therapy"]

    def address(self) -> str:
        """Return the query string of this filter."""
        return "?" + urlencode({"time": self.weeks, "team": self.in_team, "therapy": self.in_therapy})


def _counted(request: StaffRequest, now: datetime) -> tuple[Filter, list[CareTeam], Numbers]:
    """Return the filter, the teams and the numbers of the patients who fit it."""
    teams = list(CareTeam.objects.led_by(request.user).order_by("name"))
    theirs = Patient.objects.filter(care_team__in=teams).values("treatment")
    form = Filter(request.GET, teams, list(Therapy.objects.filter(slug__in=theirs).order_by("position")))
    chosen = [team for team in teams if form.in_team in (ALL, str(team.pk))]
    patients = Patient.objects.filter(care_team__in=chosen, user__is_active=True).select_related("care_team", "user")
    if form.in_therapy != ALL:
        patients = patients.filter(treatment=form.in_therapy)
    return form, chosen, outcomes.count(list(patients), weeks=form.weeks, at=now)


@require_safe
@permission_required(LEADS, raise_exception=True)
def how_it_goes(request: StaffRequest) -> HttpResponse:
    """Show the numbers of the teams that this person leads."""
    now = timezone.now()
    form, teams, numbers = _counted(request, now)
    today = max((team.today(now) for team in teams), default=timezone.localdate(now))
    most = max((n for _, n in numbers.waits), default=0)
    context = {
        "title": "How it goes",
        "form": form,
        "teams": teams,
        "file": form.address(),
        "numbers": numbers,
        "begins": numbers.weeks[0].begins if numbers.weeks else None,
        "today": today,
        "by_day": sum(week.by_day for week in numbers.weeks),
        "later": sum(week.later for week in numbers.weeks),
        "due": sum(week.due for week in numbers.weeks),
        "weeks": _columns(numbers.weeks, today),
        "lines": _lines(numbers.weeks),
        "waits": [(words, n, round(BAR * n / most, 1) if most else 0) for words, n in numbers.waits],
        "topics": _bars(numbers)[:FIRST],
        "more_topics": _bars(numbers)[FIRST:],
        "enough": ENOUGH,
        "unused_after": cards.WITHIN,
        "smallest": SMALLEST,
    }
    return render(request, "admin/lead.html", context)


@dataclass(frozen=True)
class Bar:
    """A share as a bar with its interval; without a bar when there are too few answers."""

    words: str
    share: Share

    @property
    def width(self) -> float:
        """The width of the bar."""
        return round(BAR * self.share.right / self.share.of, 1)

    @property
    def whisker(self) -> str:
        """The line of the interval with its two ends, as an SVG path."""
        low, high = (round(BAR * end, 1) for end in self.share.interval)
        return f"M{low} 9H{high}M{low} 4V14M{high} 4V14"


def _bars(numbers: Numbers) -> list[tuple[str, list[Bar]]]:
    """Return each topic with its bars; a time without any answer is left out."""
    return [
        (topic.words, [Bar(words, topic.shares[key]) for key, words in AFTER if topic.shares[key].of])
        for topic in numbers.topics
    ]


def scale(weeks: list[Week]) -> int:
    """Return the number at the top of the picture: a multiple of four that no column exceeds."""
    most = max((week.due for week in weeks), default=0)
    step = next((step for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500) if step * 4 >= most), most // 4 + 1)
    return 4 * step


def _lines(weeks: list[Week]) -> list[tuple[int, int, int]]:
    """Return the numbers beside the picture, each with the height of its line and of its text."""
    top = scale(weeks)
    heights = [(n, round(BOTTOM - (BOTTOM - TOP) * n / top)) for n in range(0, top + 1, top // 4)]
    return [(n, y, y + 4) for n, y in heights]


def _columns(weeks: list[Week], today: date) -> list[dict[str, Any]]:
    """Return a column of the picture for each week: its parts from the bottom up, and the row of the table."""
    top, found = scale(weeks), []
    wide = (RIGHT - LEFT) / max(len(weeks), 1)
    every = -(-len(weeks) // 4)  # four dates have room below the picture
    for n, week in enumerate(weeks):
        x, y, parts = LEFT + wide * (n + 0.2), float(BOTTOM), []
        counts = {"done": week.by_day, "begun": week.later, "late": week.in_person, "notyet": week.not_done}
        for code, count in counts.items():
            high = (BOTTOM - TOP) * count / top
            y -= high
            if count:
                parts.append({"code": code, "x": round(x, 1), "y": round(y, 1), "height": round(high, 1)})
        found.append({
            "week": week, "parts": parts, "width": round(wide * 0.6, 1), "middle": round(x + wide * 0.3, 1),
            "top": round(y - 5, 1), "dated": n % every == 0, "over": week.begins + timedelta(days=6) < today,
        })  # fmt: skip
    return found


@require_safe
@permission_required(LEADS, raise_exception=True)
@asked_again(back="admin:people_patient_lead")
def file(request: StaffRequest) -> HttpResponse:
    """Return all numbers of the page as CSV. Of a nurse with fewer than SMALLEST patients, there are none."""
    now = timezone.now()
    _, _, numbers = _counted(request, now)
    head = ["What", "Of what", "When", "Count", "Of", "Likely from", "Likely to"]
    return as_csv([head, *_rows(numbers)], f"how-it-goes-{timezone.localdate(now)}")


def _rows(numbers: Numbers) -> list[list[Any]]:
    """Return the rows of the file."""
    rows: list[list[Any]] = [["Learning now", "Patients", "", numbers.learning]]
    for week in numbers.weeks:
        when = f"Week of {weekday(week.begins, 'DATE_FORMAT')}"
        for what, n in (("by its day", week.by_day), ("later", week.later), ("in person", week.in_person)):
            rows.append(["Lessons due", f"Done {what}", when, n, week.due])
        rows.append(["Lessons due", "Not done", when, week.not_done, week.due])
    rows += [["Days from invitation to first lesson", words, "", n, numbers.invited] for words, n in numbers.waits]
    rows.append(["Cards never used", "Patients", "", numbers.unused, numbers.cards])
    rows.append(["Open safety topics", "Topics", "", numbers.open_topics])
    rows.append(["Open safety topics", "Patients", "", numbers.open_patients, numbers.learning])
    for topic in numbers.topics:
        for key, when in AFTER:
            share = topic.shares[key]
            likely = list(share.likely) if share.is_enough else ["too few answers yet", ""]
            rows.append(["Right at the first try", topic.words, when, share.right, share.of, *likely])
    for one in numbers.nurses:
        name = str(one.nurse)
        if one.learning < SMALLEST:
            rows.append(["Invited by", name, "", f"fewer than {SMALLEST} patients"])
            continue
        counts = {"learning": one.learning, "begun": one.begun, "card never used": one.unused}
        rows += [["Invited by", f"{name}: {what}", "", n, one.learning] for what, n in counts.items()]
        rows.append(["Invited by", f"{name}: safety topics open", "", one.open_topics])
    return rows
