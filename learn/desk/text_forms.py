"""The forms for texts outside of the lessons: a text with its parts, and a reviewer's decision about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from learn.desk.lesson_forms import BACK, SIGN, TYPO, DecisionForm
from learn.lessons import bodies, draft, reviewing
from learn.lessons.bodies import CARD
from learn.lessons.draft import Problem
from learn.lessons.parts import Body, Part


class TextForm(forms.Form):
    """One text: a field for each of its parts. `choices` has the values of the parts that are chosen, not typed.

    A text that is not there yet (without `seen`) is used here and stands last, so neither is asked.
    """

    use_required_attribute = False

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    theirs: list[draft.Difference] = []  # what differs from a text that somebody else saved meanwhile

    def __init__(
        self, kind: str, body: Body, seen: str, choices: Mapping[str, list[tuple[str, str]]],
        data: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.kind, self.body = kind, body
        self.parts = [part for part in bodies.parts(kind, body) if seen or part.name not in ("hidden", "after")]
        values = {part.name: part.text.split() if part.many else part.text for part in self.parts}
        super().__init__(data, initial={"seen": seen} | values)
        for part in self.parts:
            name = "places" if part.name.startswith("lesson_") else part.name
            self.fields[part.name] = _field(part, choices.get(name))
        if kind == CARD:
            where = [("", "No new line"), *bodies.groups(body)]
            self.fields["new_group"] = forms.ChoiceField(
                label="Add a line to", choices=where, required=False,
                error_messages={"invalid_choice": "Choose one of these places"},
            )  # fmt: skip
            self.fields["new_line"] = _field(Part("new_line", "The new line", "", hint="For any treatment."), None)

    def clean(self) -> dict[str, Any]:
        """Require a place for a new line, and a line for a new place."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("new_line") and not data.get("new_group") and "new_group" not in self.errors:
            self.add_error("new_group", "Choose where the new line stands")
        if data.get("new_group") and not data.get("new_line") and "new_line" not in self.errors:
            self.add_error("new_line", "Write the new line")
        return data

    def filled(self) -> Body:
        """Return what was typed as a body."""
        return bodies.filled(self.kind, self.body, self.cleaned_data)

    def tell(self, found: list[Problem]) -> None:
        """Add each problem to the field that it is about; of a line that was added just now, to the new line."""
        for problem in found:
            field = problem.field if problem.field in self.fields else "new_line"
            self.add_error(field if field in self.fields else None, problem.says.removesuffix("."))

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields by the section that they stand in."""
        found: dict[str, list[forms.BoundField]] = {}
        for part in self.parts:
            found.setdefault(part.section, []).append(self[part.name])
        if self.kind == CARD:
            found["A new line"] = [self["new_group"], self["new_line"]]
        return list(found.items())


def _field(part: Part, choices: list[tuple[str, str]] | None) -> forms.Field:
    """Return the field of one part. What is missing in it is said by `bodies.problems`."""
    if choices is not None and part.many:
        return forms.MultipleChoiceField(
            label=part.label, help_text=part.hint, choices=choices, required=False, widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": "Choose among these", "invalid_list": "Choose among these"},
        )  # fmt: skip
    if choices is not None:
        return forms.ChoiceField(
            label=part.label, help_text=part.hint, choices=choices, required=False,
            error_messages={"invalid_choice": "Choose one of these"},
        )  # fmt: skip
    widget: forms.Widget = forms.TextInput(attrs={"autocomplete": "off"})
    if part.long or part.most > 120:
        widget = forms.Textarea(attrs={"rows": 2 if part.most <= 300 else 3})
    return forms.CharField(
        label=part.label, help_text=part.hint, max_length=part.most, required=False, widget=widget,
        error_messages={"max_length": f"Use {part.most} letters at most"},
    )  # fmt: skip


class TextDecisionForm(DecisionForm):
    """A reviewer's decision about a text: only a signature needs a role and a day, only a way back needs a reason."""

    why = forms.CharField(
        label="If it goes back: what should change", max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 2}), error_messages={"max_length": "Use 500 letters at most"},
    )  # fmt: skip

    def __init__(self, *args: Any, verdicts: list[tuple[str, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, verdicts=verdicts, today=today, **kwargs)
        if not {SIGN, TYPO} & {verdict for verdict, _ in verdicts}:
            del self.fields["role"], self.fields["next_check"]
        if BACK not in dict(verdicts):
            del self.fields["why"]

    def clean(self) -> dict[str, Any]:
        """Require what the decision needs."""
        data: dict[str, Any] = forms.Form.clean(self) or {}
        if data.get("verdict") in (SIGN, TYPO):
            if not data.get("role") and "role" not in self.errors:
                self.add_error("role", "Say in which role you sign, like “oncology nurse”")
            day = data.get("next_check")
            if "next_check" not in self.errors and not (day and self.today < day <= self.today + reviewing.MOST_AHEAD):
                self.add_error("next_check", "Choose a day after today, two years from now at most")
        if data.get("verdict") == BACK and not data.get("why") and "why" not in self.errors:
            self.add_error("why", "Say what should change")
        return data
