"""The forms that invite a patient, call them something else, and end their care."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.formats import date_format

from learn.assignments.forms import LONGEST
from learn.assignments.models import Pathway
from learn.people.models import CareTeam, Patient


class LabelForm(forms.Form):
    """What the team calls a patient. No card and no page of the patient's shows it."""

    use_required_attribute = False

    label = forms.CharField(
        label="Name or initials",
        help_text="Only your team sees this. It is not on the card.",
        max_length=80,
        error_messages={"required": "Type a name or initials", "max_length": "Use 80 letters at most"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reference = forms.CharField(
        label="Your own reference",
        help_text="You can leave this empty.",
        max_length=40,
        required=False,
        error_messages={"max_length": "Use 40 letters at most"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class EndForm(forms.Form):
    """Why a patient's care here ends."""

    use_required_attribute = False

    why = forms.ChoiceField(
        label="Why?",
        choices=Patient.Ending.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one", "invalid_choice": "Choose one of these"},
    )


class LessonsForm(forms.Form):
    """Which team, which lessons, by which day: what an invitation asks beside who it is for."""

    use_required_attribute = False
    _choose = {"required": "Choose one", "invalid_choice": "Choose one of these"}
    LATER = "later"

    team = forms.ChoiceField(label="Care team", widget=forms.RadioSelect, error_messages=_choose)
    pathway = forms.ChoiceField(label="Which lessons?", widget=forms.RadioSelect, error_messages=_choose)
    when = forms.ChoiceField(label="By which day?", widget=forms.RadioSelect, initial="7", error_messages=_choose)
    due = forms.DateField(
        label="If another day, which?",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        error_messages={"invalid": "Write the day like 2026-12-04 or 12/04/2026"},
    )
    form = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, teams: Sequence[CareTeam], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team in teams}
        self.pathways = {pathway.slug: pathway for pathway in Pathway.objects.offered()}
        self.today = today
        self.fields["form"].initial = uuid4()
        choices: dict[str, list[tuple[str, str]]] = {
            "team": [(key, team.name) for key, team in self.teams.items()],
            "pathway": [*((slug, p.name) for slug, p in self.pathways.items()), (self.LATER, "I will choose later")],
            "when": [(str(n), f"In {n} days: {self._day(n)}") for n in (3, 7, 14)] + [("other", "Another day")],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        if len(teams) == 1:
            del self.fields["team"]

    def _day(self, n: int) -> str:
        return date_format(self.today + timedelta(days=n), "l j F")

    def clean_form(self) -> UUID:
        """Return the form's name; one that lost it is a new form."""
        return self.cleaned_data["form"] or uuid4()

    def clean(self) -> dict[str, Any]:
        """Put the team, the lessons and the day themselves in the place of their names."""
        data: dict[str, Any] = super().clean() or {}
        when, due = data.get("when"), data.get("due")
        if when and when != "other":
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
        return data


class InviteForm(LabelForm, LessonsForm):
    """One patient."""

    field_order = ["label", "reference", "team", "pathway", "when", "due", "form"]

    def people(self) -> list[tuple[str, str]]:
        """Return whom to invite."""
        return [(self.cleaned_data["label"], self.cleaned_data["reference"])]


class InviteManyForm(LessonsForm):
    """Several cards at once, each with a number until a nurse knows whose it is."""

    MOST = 20

    name = forms.CharField(
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
    field_order = ["name", "many", "first", "team", "pathway", "when", "due", "form"]

    def people(self) -> list[tuple[str, str]]:
        """Return a label for each card."""
        first = self.cleaned_data["first"]
        return [(f"{self.cleaned_data['name']} {n}", "") for n in range(first, first + self.cleaned_data["many"])]
