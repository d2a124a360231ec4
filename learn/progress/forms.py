"""Forms about a record: the nurse's about a patient, and a person's own."""

from __future__ import annotations

from django import forms


class ContactForm(forms.Form):
    """A few words about a talk."""

    use_required_attribute = False

    note = forms.CharField(
        label="A few words for your team",
        help_text="You can leave this empty. Up to 200 letters.",
        max_length=200,
        required=False,
        error_messages={"max_length": "Use 200 letters at most"},
    )


def number(posted: str) -> int:
    """Return the number that a form was drawn for; 0, which no form has, for anything else."""
    return int(posted) if posted.isascii() and posted.isdigit() and len(posted) < 10 else 0


class EraseForm(forms.Form):
    """One tick, so that no slip of a finger erases anything."""

    use_required_attribute = False

    sure = forms.MultipleChoiceField(
        label="Are you sure?",
        choices=[("yes", "Yes. Erase everything, for good")],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick the box if you want to erase everything",
            "invalid_choice": "Tick the box if you want to erase everything",
        },
    )


class KeepForm(forms.Form):
    """How somebody without a name wants to keep their progress."""

    use_required_attribute = False
    heading = "how"
    _choose = "Choose one of the three"

    how = forms.ChoiceField(
        label="How do you want to keep your progress?",
        choices=[
            ("phone", "Just on this phone or computer"),
            ("code", "Give me a code, to go on with another phone"),
            ("account", "Create an account with a name and a password"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _choose, "invalid_choice": _choose},
    )
