"""The forms that assign lessons to patients and change a due date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, ButtonHolder, Fieldset, Layout, Submit
from django import forms

from learn.assignments.models import Pathway
from learn.fields import ChoiceOne, DrawnForm, choice
from learn.lessons.models import Lesson

LONGEST = 365  # days ahead
SUGGESTED = 7  # days ahead
SAID = 10  # lessons that are named at most as done already
_GONE = "One of these is not there any more. Choose again"
LEAVE, ONCE_MORE = "leave", "again"
_AGAIN = "A lesson that was assigned before takes the new day and words. You can undo this for 10 minutes."


class DayForm(forms.Form):
    """A due date, and a short note to the patient. `today` is the clinic's date."""

    use_required_attribute = False

    due = forms.DateField(
        label="By which day?",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        error_messages={
            "required": "Choose a day",
            "invalid": "Write the day like 12/04/2026",
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


class DueForm(DayForm, DrawnForm):
    """The due date and the note of one assignment."""


class AgainForm(DueForm):
    """The same for a lesson that is done already: they can be asked to do it again."""

    again = forms.BooleanField(
        label="Ask them to do it again",
        help_text="It is done already. Then it counts as done after they finish its questions once more.",
        required=False,
    )
    field_order = ("again", "due", "note", "drawn_from")


class InPersonForm(forms.Form):
    """The day on which a lesson was taught in person; empty when it was not. `today` is the clinic's date."""

    on = forms.DateField(
        label="On which day?",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        error_messages={"invalid": "Write the day like 12/04/2026"},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_on(self) -> date | None:
        """Refuse a day that has not come yet, or one more than a year ago (a typing error in the year)."""
        on: date | None = self.cleaned_data["on"]
        if on and on > self.today:
            raise forms.ValidationError("That day has not come yet")
        if on and on < self.today - timedelta(days=LONGEST):
            raise forms.ValidationError("That day is more than a year ago. Check the year")
        return on


class AssignForm(DayForm):
    """Which lessons to assign, as pathways and single lessons; the due date; a short note."""

    field_order = ("again", "pathways", "lessons", "due", "note")

    # Only shown, and only needed, when some of it is done already (`settles`).
    again = ChoiceOne(
        label="What about those that are done?",
        choices=[(LEAVE, "Leave them as they are"), (ONCE_MORE, "Ask them to do it again")],
        required=False,
    )

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
        self.has_done = False
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

    @property
    def helper(self) -> FormHelper:
        """How the page draws it; the page's context has the `patients`."""
        one_by_one = self["lessons"]
        helper = FormHelper()
        helper.form_show_errors = False  # they stand above the page's heading
        helper.layout = Layout(
            *(["again"] if self.has_done else []),
            "pathways",
            Fieldset(
                "Choose lessons one by one",
                "lessons",
                template="care/layout/details.html",
                open=bool(one_by_one.errors or one_by_one.data),
            ),
            "due",
            "note",
            HTML(f"<p>{_AGAIN}</p>"),
            ButtonHolder(
                Submit("", "Assign to {{ patients|length }} patient{{ patients|length|pluralize }}"),
                HTML('<a class="btn second" href="{% url "admin:index" %}">Cancel</a>'),
            ),
        )
        return helper

    def settles(self, done: Sequence[str]) -> bool:
        """Return whether the form says what to do with these lessons that are done (in words); if not, ask for it."""
        if not done or self.cleaned_data["again"]:
            return True
        self.has_done = True
        more = f"; and {len(done) - SAID} more" if len(done) > SAID else ""
        text = f"Nothing is saved yet, because some is done already: {'; '.join(done[:SAID])}{more}. Choose what to do"
        self.add_error("again", text)
        return False

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
