"""The forms for staff: contact and teach-back with a patient, close a record, manage a care team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, ButtonHolder, Fieldset, Hidden, Layout, Submit
from django import forms

from learn import typed
from learn.fields import ChoiceOne, choice
from learn.people import roles
from learn.people.models import CareTeam, Patient, User
from learn.progress.models import TeachBack

PATIENT_READS = "The patient can read this."  # in My data (ruling 31)


class CloseForm(forms.Form):
    """The reason for closing a patient's record."""

    use_required_attribute = False

    why = ChoiceOne(label="Why?", choices=[one for one in Patient.Ending.choices if one[0] != Patient.Ending.MERGED])


class ContactForm(forms.Form):
    """A short note about a contact, and words that are kept apart for staff."""

    use_required_attribute = False

    note = forms.CharField(
        label="A few words about it",
        help_text=f"{PATIENT_READS} You can leave this empty. Up to 200 letters.",
        max_length=200,
        required=False,
        error_messages={"max_length": "Use 200 letters at most"},
    )
    staff_only = forms.CharField(
        label="Only for staff",
        help_text=(
            "Your team sees this for 90 days, then it is deleted. It is not in the patient’s own data and not in the "
            "note for the chart. The law may still open it to the patient or to others. Up to 200 letters."
        ),
        max_length=200,
        required=False,
        error_messages={"max_length": "Use 200 letters at most"},
    )


_ASKS = ("what", "when", "which", "how", "why", "who", "whose", "where")


def read_out(topic: str) -> str:
    """Return the sentence that the nurse reads out. It asks how well the nurse explained the topic; it is no test."""
    first, _, rest = topic.partition(" ")
    if first.lower() in _ASKS:
        ask = f"Can you tell me, in your own words, {first.lower()} {rest.rstrip('?')}?"
    else:
        ask = f"Can you tell me in your own words about “{topic.rstrip('?')}”?"
    return f"“I want to be sure I explained this well. {ask}”"


# What the patient chose and the best answer, above the choices of a topic.
_ASKED = '{{% include "admin/_asked.html" with miss=misses.{key} topic=topics.{key} %}}'


class TeachBackForm(forms.Form):
    """The outcome of each topic with a note, who explained it, in which language, and what was in the way.

    `topics` maps the key of each topic to the sentence that the nurse reads out.
    """

    use_required_attribute = False

    to_whom = ChoiceOne(
        label="Who explained it?",
        choices=TeachBack.ToWhom.choices,
        initial=TeachBack.ToWhom.PATIENT,
        say="Choose who explained it",
    )
    language = forms.CharField(
        label="In which language?",
        max_length=40,
        initial="English",
        error_messages={"required": "Write the language", "max_length": "Use 40 letters at most"},
    )
    barriers = forms.MultipleChoiceField(
        label="Was anything in the way?",
        help_text=PATIENT_READS,
        choices=TeachBack.Barrier.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from this list"},
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
            self.fields[f"note-{key}"] = forms.CharField(
                label="A note on this topic",
                help_text=f"{PATIENT_READS} You can leave this empty. Up to 500 letters.",
                max_length=500,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
                error_messages={"max_length": "Use 500 letters at most"},
            )
        of_topics = [name for key in self.topics for name in (key, f"note-{key}")]
        self.order_fields([*of_topics, "to_whom", "language", "barriers"])

    @property
    def helper(self) -> FormHelper:
        """The layout for crispy-forms; the template context must have the `patient` and the form's `number`."""
        helper = FormHelper()
        helper.form_show_errors = False  # the page shows the errors above its heading
        helper.form_class = "wide"
        helper.layout = Layout(
            Hidden("number", "{{ number }}"),
            *(Hidden("topic", key) for key in self.topics),
            *(part for key in self.topics for part in (HTML(_ASKED.format(key=key)), key, f"note-{key}")),
            "to_whom",
            Fieldset(
                "Language, what was in the way",
                "language",
                "barriers",
                template="care/layout/details.html",
                open=self.is_bound,
            ),
            ButtonHolder(
                Submit("", "Save"),
                HTML('<a class="btn second" href="{% url "admin:people_patient_change" patient.pk %}">Cancel</a>'),
            ),
        )
        return helper

    def clean(self) -> None:
        """Require at least one outcome."""
        super().clean()
        if not any(self.cleaned_data.get(key) or key in self.errors for key in self.topics):
            self.add_error(self.topics[0], "Choose how it went, for one topic at least")


class AddendumForm(forms.Form):
    """An addition to a teach-back: a new outcome, a note, or both."""

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
        help_text=f"{PATIENT_READS} Up to 500 letters.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "Use 500 letters at most"},
    )

    def clean(self) -> None:
        """Require an outcome or a note."""
        super().clean()
        if not self.errors and not (self.cleaned_data["outcome"] or self.cleaned_data["note"]):
            self.add_error("note", "Write a note, or choose how it went")


class MemberForm(forms.Form):
    """The nurse to add to a team, by sign-in name; the cleaned `name` is the `User`."""

    use_required_attribute = False

    name = forms.CharField(
        label="Sign-in name of the nurse",
        max_length=150,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Type a sign-in name", "max_length": "That is too long for a sign-in name"},
    )

    def clean_name(self) -> User:
        """Return the nurse. The error is the same for every reason, so that it reveals nothing about other people."""
        staff = User.objects.filter(is_active=True, is_staff=True, groups__name__in=[roles.NURSE, roles.LEAD])
        typed_name = self.cleaned_data["name"]
        nurse = staff.filter(username__in={typed_name, typed.name(typed_name)}).first()
        if nurse is None:
            raise forms.ValidationError("No nurse has that sign-in name. Check it, or ask IT to make one")
        return nurse


class MoveForm(forms.Form):
    """Which patients to move to which team; cleaned `patient` is a list of `Patient`, `to` is a `CareTeam`."""

    use_required_attribute = False

    # Both are checked against lists in Python, so that the submitted values never reach the database.
    patient = forms.MultipleChoiceField(
        label="Patients",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one patient",
            "invalid_choice": "One of these patients is not in this team any more. Tick again",
        },
    )
    to = ChoiceOne(
        label="Move to",
        error_messages={"required": "Choose a team", "invalid_choice": "Choose one of your own teams"},
    )

    def __init__(self, *args: Any, care_team: CareTeam, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = CareTeam.objects.led_by(by).working().exclude(pk=care_team.pk)
        self.teams = {str(team.pk): team for team in others.order_by("name")}
        mine = Patient.objects.visible_to(by).current().filter(care_team=care_team) if self.teams else ()
        self.patients = {str(patient.pk): patient for patient in mine}
        choice(self, "to").choices = [(pk, t.name) for pk, t in self.teams.items()]
        choice(self, "patient").choices = [(pk, p.name) for pk, p in self.patients.items()]

    @property
    def can_move(self) -> bool:
        """Return True when the team has patients and there is another team to move them to."""
        return bool(self.teams and self.patients)

    def clean_patient(self) -> list[Patient]:
        """Return the selected patients."""
        return [self.patients[pk] for pk in dict.fromkeys(self.cleaned_data["patient"])]

    def clean_to(self) -> CareTeam:
        """Return the selected team."""
        return self.teams[self.cleaned_data["to"]]
