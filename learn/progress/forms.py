"""Forms about a record: the nurse's about a patient, and a person's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from learn.progress.models import TeachBack


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


class TeachBackForm(forms.Form):
    """How it went, topic by topic; to whom, and what a colleague should know. `topics` maps a key to what to say."""

    use_required_attribute = False

    to_whom = forms.ChoiceField(
        label="Who explained it?",
        choices=TeachBack.ToWhom.choices,
        initial=TeachBack.ToWhom.PATIENT,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who explained it", "invalid_choice": "Choose who explained it"},
    )
    language = forms.CharField(
        label="In which language?",
        max_length=40,
        initial="English",
        error_messages={"required": "Write the language", "max_length": "Use 40 letters at most"},
    )
    barriers = forms.MultipleChoiceField(
        label="Was anything in the way?",
        choices=TeachBack.Barrier.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from this list"},
    )
    note = forms.CharField(
        label="A note",
        help_text="You can leave this empty. Up to 500 letters.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "Use 500 letters at most"},
    )

    def __init__(self, *args: Any, topics: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topics = list(topics)
        for key, say in topics.items():
            self.fields[key] = forms.ChoiceField(
                label=say,
                choices=TeachBack.Outcome.choices,
                required=False,
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": "Choose one of the three"},
            )
        self.order_fields([*self.topics, "to_whom", "language", "barriers", "note"])

    @property
    def outcomes(self) -> list[forms.BoundField]:
        """The fields of the topics."""
        return [self[key] for key in self.topics]

    def clean(self) -> None:
        """Want one outcome at least."""
        super().clean()
        if not any(self.cleaned_data.get(key) or key in self.errors for key in self.topics):
            self.add_error(self.topics[0], "Choose how it went, for one topic at least")


class AddendumForm(forms.Form):
    """What is added to a teach-back: another outcome, a note, or both."""

    use_required_attribute = False

    outcome = forms.ChoiceField(
        label="How did it go?",
        help_text="Choose only to correct what was recorded.",
        choices=TeachBack.Outcome.choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of the three"},
    )
    note = forms.CharField(
        label="A note",
        help_text="Up to 500 letters.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "Use 500 letters at most"},
    )

    def clean(self) -> None:
        """Want one of the two."""
        super().clean()
        if not self.errors and not (self.cleaned_data["outcome"] or self.cleaned_data["note"]):
            self.add_error("note", "Write a note, or choose how it went")


def number(posted: str) -> int:
    """Return the number that a form was drawn for; 0, which no form has, for anything else."""
    return int(posted) if posted.isascii() and posted.isdigit() and len(posted) < 10 else 0


class EraseForm(forms.Form):
    """One tick, so that no slip of a finger erases anything."""

    use_required_attribute = False

    sure = forms.MultipleChoiceField(
        label=_("Are you sure?"),
        choices=[("yes", _("Yes. Erase everything, for good"))],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Tick the box if you want to erase everything"),
            "invalid_choice": _("Tick the box if you want to erase everything"),
        },
    )


class KeepForm(forms.Form):
    """How somebody without a name wants to keep their progress."""

    use_required_attribute = False
    heading = "how"
    _choose = _("Choose one of these")

    how = forms.ChoiceField(
        label=_("How do you want to keep your progress?"),
        choices=[
            ("phone", _("Just on this phone or computer")),
            ("code", _("Give me a code, to go on with another phone")),
            ("email", _("Keep it under my email address")),
            ("account", _("Create an account with a name and a password")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _choose, "invalid_choice": _choose},
    )

    def __init__(self, *args: Any, by_email: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by_email:
            self.fields["how"].choices = [c for c in self.fields["how"].choices if c[0] != "email"]  # type: ignore[attr-defined]
