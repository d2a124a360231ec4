"""The form that asks patients to do lessons."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from learn.lessons.models import Lesson

LONGEST = 365  # days ahead


class AssignForm(forms.Form):
    """Which lessons, by when, and a few words."""

    use_required_attribute = False

    # Checked against the list in Python: what was posted never reaches the database, whatever it is.
    lessons = forms.MultipleChoiceField(
        label="Which lessons?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one lesson",
            "invalid_choice": "One of these lessons is not there any more. Choose again",
        },
    )
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
        self.taught = {lesson.slug: lesson for lesson in Lesson.objects.taught()}
        choices = [(slug, lesson.title) for slug, lesson in self.taught.items()]  # type: ignore[attr-defined]
        self.fields["lessons"].choices = choices  # type: ignore[attr-defined]
        self.fields["due"].initial = today + timedelta(days=7)

    def clean_lessons(self) -> list[Lesson]:
        """Return the lessons themselves."""
        return [self.taught[slug] for slug in self.cleaned_data["lessons"]]

    def clean_due(self) -> date:
        """Refuse a day that has passed, or lies more than a year ahead (a slip of the year)."""
        due: date = self.cleaned_data["due"]
        if due < self.today:
            raise forms.ValidationError("That day has passed. Choose today or a later day")
        if due > self.today + timedelta(days=LONGEST):
            raise forms.ValidationError("That day is more than a year away. Check the year")
        return due
