"""The forms that assign lessons to patients and change a due date."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from learn.assignments.models import Pathway
from learn.lessons.models import Lesson
from learn.people.forms import choice

LONGEST = 365  # days ahead
SUGGESTED = 7  # days ahead
_GONE = "One of these is not there any more. Choose again"


class DueForm(forms.Form):
    """The due date of an assignment, and a short note to the patient. `today` is the clinic's date."""

    use_required_attribute = False

    due = forms.DateField(
        label="By which day?",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        error_messages={
            "required": "Choose a day",
            "invalid": "Write the day like 2026-12-04 or 12/04/2026",
        },
    )
    note = forms.CharField(
        label="A few words to the patient",
        help_text="You can leave this empty. Up to 120 letters. No diagnosis.",
        max_length=120,
        required=False,
        error_messages={"max_length": "Use 120 letters at most"},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_due(self) -> date:
        """Refuse a day in the past, or one more than a year ahead (a typing error in the year).

        The current due date is accepted in any case, so that a nurse can change only the note.
        """
        due: date = self.cleaned_data["due"]
        if due == self.initial.get("due"):
            return due
        if due < self.today:
            raise forms.ValidationError("That day has passed. Choose today or a later day")
        if due > self.today + timedelta(days=LONGEST):
            raise forms.ValidationError("That day is more than a year away. Check the year")
        return due


class AssignForm(DueForm):
    """Which lessons to assign, as pathways and single lessons; the due date; a short note."""

    field_order = ("pathways", "lessons", "due", "note")

    # Both fields are checked against lists in memory, so posted values are never used in a database query.
    pathways = forms.MultipleChoiceField(
        label="Which lessons?",
        help_text="A pathway is all the lessons for one type of therapy.",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _GONE},
    )
    lessons = forms.MultipleChoiceField(
        label="Lessons one by one",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _GONE},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, today=today, **kwargs)
        self.taught = {lesson.slug: lesson for lesson in Lesson.objects.taught().select_related("therapy")}
        offered = list(Pathway.objects.offered())
        self.in_pathway = {p.slug: [slug for slug in p.slugs if slug in self.taught] for p in offered}
        pathways = [(p.slug, f"{p.name}: {_lessons(len(self.in_pathway[p.slug]))}") for p in offered]
        lessons: dict[str, list[tuple[str, str]]] = {}
        for slug, lesson in self.taught.items():
            lessons.setdefault(lesson.therapy.title, []).append((slug, lesson.title))  # type: ignore[attr-defined]  # by `taught`
        choice(self, "pathways").choices = [(slug, name) for slug, name in pathways if self.in_pathway[slug]]
        choice(self, "lessons").choices = list(lessons.items())
        self.fields["due"].initial = today + timedelta(days=SUGGESTED)

    def clean(self) -> dict[str, Any]:
        """Return `lessons` as a list of Lesson rows: those of the chosen pathways and the single ones, each once."""
        chosen = self.cleaned_data
        if "pathways" in chosen and "lessons" in chosen:
            slugs = {*chosen["lessons"], *(slug for name in chosen["pathways"] for slug in self.in_pathway[name])}
            if not slugs:
                self.add_error("pathways", "Choose at least one lesson")
            chosen["lessons"] = [lesson for slug, lesson in self.taught.items() if slug in slugs]
        chosen.pop("pathways", None)
        return chosen


def _lessons(n: int) -> str:
    return f"{n} lesson{'' if n == 1 else 's'}"
