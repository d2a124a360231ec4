"""The forms that invite: one patient, numbered cards, or a list of names; and the name of a patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.db.models import Q

from learn import typed
from learn.assignments.forms import LONGEST
from learn.assignments.models import Pathway
from learn.desk import name_lists
from learn.desk.actions import DOUBLES
from learn.fields import ChoiceOne, DrawnForm, LabelField, choice
from learn.languages import SOURCE
from learn.lessons.models import Therapy
from learn.people import seen
from learn.people.models import CareTeam, Patient
from learn.people.names import isolated
from quizzes.templatetags.days import weekday


class LabelForm(forms.Form):
    """The label that the team uses for a patient. Invitations do not show it; My data does."""

    use_required_attribute = False

    label = LabelField(
        label="Name or initials",
        help_text="The patient can read this. It is not on the card.",
        max_length=80,
        error_messages={"required": "Type a name or initials", "max_length": "Use 80 letters at most"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reference = LabelField(
        label="Your own reference",
        help_text="The patient can read this. You can leave it empty.",
        max_length=40,
        required=False,
        error_messages={"max_length": "Use 40 letters at most"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PatientForm(LabelForm, DrawnForm):
    """The same for a patient who is here already, with their treatment."""

    treatment = forms.ChoiceField(
        label="Treatment",
        help_text="It sorts and filters your lists. It changes no lesson: assign those by themselves.",
        required=False,
        error_messages={"invalid_choice": "Choose one of these treatments"},
    )

    def __init__(self, *args: Any, treatment: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = Q(pk__in=Pathway.objects.values("therapy")) | Q(slug=treatment)  # as in an invitation, and today's
        self.titles = dict(Therapy.objects.filter(offered).order_by("position").values_list("slug", "title"))
        choice(self, "treatment").choices = [("", "Not chosen"), *self.titles.items()]


class LessonsForm(forms.Form):
    """The team, the lessons and the due date of an invitation."""

    use_required_attribute = False
    LATER = "later"

    team = ChoiceOne(label="Care team", say="Choose the care team")
    language = ChoiceOne(
        label="Language",
        say="Choose the language",
        help_text="The patient can change it. The card is in this language.",
    )
    pathway = ChoiceOne(label="Which lessons?", say="Choose the lessons, or “I will choose later”")
    when = ChoiceOne(label="By which day?", initial="7", say="Choose the day")
    due = forms.DateField(
        label="If another day, which?",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        error_messages={"invalid": "Write the day like 12/04/2026"},
    )
    form = forms.UUIDField(widget=forms.HiddenInput, required=False)
    drawn = forms.DateField(widget=forms.HiddenInput, required=False)  # the day on which the page was drawn
    # Shown only if somebody of this name is here already (`settles`).
    another = forms.BooleanField(label="Invite anyway: this is somebody else", required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, teams: Sequence[CareTeam], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team in teams}
        self.pathways = {pathway.slug: pathway for pathway in Pathway.objects.offered()}
        self.today = self._drawn(today)
        self.fields["form"].initial, self.fields["drawn"].initial = uuid4(), self.today
        choices: dict[str, list[tuple[str, str]]] = {
            "team": [(key, team.name) for key, team in self.teams.items()],
            "pathway": [*((slug, p.name) for slug, p in self.pathways.items()), (self.LATER, "I will choose later")],
            "when": [(str(n), f"In {n} days: {self._day(n)}") for n in (3, 7, 14)] + [("other", "Another day")],
        }
        for name, offered in choices.items():
            choice(self, name).choices = offered
        if len(teams) == 1:
            del self.fields["team"]
        if len(settings.LANGUAGES) == 1:
            del self.fields["language"]
        else:
            choice(self, "language").choices = settings.LANGUAGES
            self.fields["language"].initial = SOURCE

    def _drawn(self, today: date) -> date:
        """Return the day that the form shows: of a page that was drawn before midnight, that day still counts."""
        drawn = self.data.get("drawn", "") if self.is_bound else ""
        yesterday = today - timedelta(days=1)
        return yesterday if drawn == str(yesterday) else today

    def _day(self, n: int) -> str:
        return weekday(self.today + timedelta(days=n))

    def people(self) -> list[tuple[str, str]]:
        """Return a (label, reference) for each patient to invite."""
        raise NotImplementedError

    def settles(self, doubles: Sequence[Patient], now: datetime) -> bool:
        """Return whether these likely doubles are somebody else, as the nurse says; if not, name them and ask."""
        if not doubles or self.cleaned_data["another"]:
            return True
        for patient in doubles[:DOUBLES]:
            team = patient.care_team
            name = ", ".join(text for text in (patient.name, isolated(patient.reference)) if text)
            since = weekday(team.today(patient.user.date_joined), "DATE_FORMAT")
            here = "is" if patient.ended_on is None else "was (the record is closed)"
            self.add_error(None, f"{name} {here} a patient of {isolated(team.name)} since {since}")
        if len(doubles) > DOUBLES:
            self.add_error(None, "More of these names are there already")
        self.fields["another"].widget = forms.CheckboxInput()
        return False

    def clean_form(self) -> UUID:
        """Return the id of the form. A form that was sent without one gets a new id."""
        return self.cleaned_data["form"] or uuid4()

    def clean(self) -> dict[str, Any]:
        """Replace the submitted keys by the team, the lessons and the date."""
        data: dict[str, Any] = super().clean() or {}
        when, due = data.get("when"), data.get("due")
        moved = self.is_bound and data.get("drawn") and data["drawn"] != self.today
        if when and when != "other" and moved:
            self.add_error("when", "This page was open for long, and the days have moved on. Choose again")
        elif when and when != "other":
            self.errors.pop("due", None)
            data["due"] = self.today + timedelta(days=int(when))
        elif when and "due" not in self.errors:
            if due is None:
                self.add_error("due", "Choose a day")
            elif due < self.today:
                self.add_error("due", "That day has passed. Choose today or a later day")
            elif due > self.today + timedelta(days=LONGEST):
                self.add_error("due", "That day is more than a year away. Check the year")
        data["team"] = self.teams[data["team"]] if data.get("team") else next(iter(self.teams.values()))
        pathway = self.pathways.get(data.get("pathway", ""))
        data["lessons"] = list(pathway.taught()) if pathway else []
        data.setdefault("language", "")
        data["treatment"] = pathway.therapy.slug if pathway else ""
        return data


class InviteForm(LabelForm, LessonsForm):
    """Invite one patient."""

    field_order = ["another", "label", "reference", "team", "language", "pathway", "when", "due", "form", "drawn"]

    def people(self) -> list[tuple[str, str]]:
        """Return the (label, reference) of the patient to invite."""
        return [(self.cleaned_data["label"], self.cleaned_data["reference"])]


class InviteManyForm(LessonsForm):
    """Create several invitations at once, each with a number until a nurse knows which patient gets it."""

    MOST = 20

    name = LabelField(
        label="What shall the cards be called?",
        help_text="Each gets a number behind it, small on the card, to tell them apart: Monday 1, Monday 2.",
        max_length=60,
        error_messages={"required": "Type a word, like Monday", "max_length": "Use 60 letters at most"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    many = forms.IntegerField(
        label="How many cards?",
        initial=MOST,
        min_value=1,
        max_value=MOST,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), f"Write a number from 1 to {MOST}"
        ),
    )
    first = forms.IntegerField(
        label="First number",
        initial=1,
        min_value=1,
        max_value=9000,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), "Write a number from 1 to 9000"
        ),
    )
    field_order = ["another", "name", "many", "first", "team", "language", "pathway", "when", "due", "form", "drawn"]

    def people(self) -> list[tuple[str, str]]:
        """Return a (label, reference) for each invitation."""
        first = self.cleaned_data["first"]
        return [(f"{self.cleaned_data['name']} {n}", "") for n in range(first, first + self.cleaned_data["many"])]


class InviteNamesForm(LessonsForm):
    """Invite all patients of a list: names that were pasted, or a file. All of them or none (`name_lists`).

    The first time it is sent, it only says what it would do. It saves when it is sent again with the same content
    (`checked` is the fingerprint of that).
    """

    names = forms.CharField(
        label="Names, one a line",
        help_text=(
            f"At most {name_lists.MOST}. The patient can read this. You can paste two columns of a table: name and "
            "your own reference."
        ),
        required=False,
        strip=False,
        max_length=name_lists.LARGEST,
        error_messages={"max_length": "This is too long for 100 names"},
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label="Or a CSV file",
        help_text="Its first row names the columns: name, reference.",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    checked = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ["another", "names", "file", "team", "language", "pathway", "when", "due", "form", "drawn", "checked"]

    def clean(self) -> dict[str, Any]:
        """Read the list; add an error for each row that cannot be used. Cleaned `rows` are the patients."""
        data = super().clean()
        file = data.get("file")
        try:
            if file and file.size > name_lists.LARGEST:
                raise name_lists.Unreadable("This file is too large. A list of 100 names is much smaller")
            rows = name_lists.from_file(file.read()) if file else name_lists.pasted(data.get("names", ""))
        except name_lists.Unreadable as why:
            self.add_error("file", str(why))
            return data
        data["rows"] = [self._row(row) for row in rows[: name_lists.MOST]]
        if len(rows) > name_lists.MOST:
            self.add_error("names", f"These are {len(rows)}. Make cards for at most {name_lists.MOST} at once")
        if not rows and not {"names", "file"} & set(self.errors):
            self.add_error("names", "Paste names, one a line, or choose a file")
        self._twice(data["rows"])
        return data

    def _row(self, row: name_lists.Row) -> name_lists.Row:
        fields = LabelForm({"label": row.name, "reference": row.reference})
        for name, texts in fields.errors.items():
            self.add_error("names", f"Row {row.number}, {'name' if name == 'label' else 'reference'}: {texts[0]}")
        held = fields.cleaned_data
        return name_lists.Row(row.number, held.get("label", row.name), held.get("reference", row.reference))

    def _twice(self, rows: Sequence[name_lists.Row]) -> None:
        first: dict[tuple[str, str], int] = {}
        for row in rows:
            same = first.setdefault((typed.fold(row.name), row.reference), row.number)
            if same != row.number and row.name:
                self.add_error("names", f"Row {row.number} is the same as row {same}")

    def people(self) -> list[tuple[str, str]]:
        """Return the (label, reference) of each patient to invite."""
        return [(row.name, row.reference) for row in self.cleaned_data["rows"]]

    def is_checked(self) -> bool:
        """Return whether the nurse has seen what this form would do; if not, draw it again with that.

        The list then stands in the field for names, also if it came from a file.
        """
        data = self.cleaned_data
        slugs = [lesson.slug for lesson in data["lessons"]]
        shown = seen.fingerprint(self.people(), data["team"].pk, slugs, data["due"])
        if data["checked"] == shown:
            return True
        redrawn: Any = self.data.copy()  # type: ignore[attr-defined]  # of a request, so a QueryDict
        redrawn["checked"], redrawn["names"] = shown, name_lists.as_pasted(data["rows"])
        self.data = redrawn
        return False
