"""The nurse's forms about a patient."""

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
