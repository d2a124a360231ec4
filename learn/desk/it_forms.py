"""The forms of IT: a person, their role, a care team. A lead nurse fills in the last one too, for her own team."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from learn.desk import zones
from learn.fields import ChoiceOne, choice
from learn.lessons import card
from learn.people import names, phones, roles, staff, teams
from learn.people.models import CareTeam, User, phone_number

ROLES = [
    (roles.NURSE, "Nurse: the patients of their own teams, assigning, teach-back"),
    (roles.LEAD, "Lead nurse: also the members and phone numbers of the teams below"),
    (roles.EDUCATOR, "Educator: writes lessons and questions, sees no patients"),
    (roles.REVIEWER, "Clinical reviewer: reads and approves, sees no patients"),
    (roles.IT, "IT: staff and care teams, sees no patients"),
]


class RoleForm(forms.Form):
    """The role of a person, and the care teams in which they work."""

    use_required_attribute = False

    role = ChoiceOne(label="Role", choices=ROLES, say="Choose a role")
    care_teams = forms.MultipleChoiceField(
        label="Care teams",
        help_text="For nurses only. A lead nurse leads the teams that you tick.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "One of these teams is closed now. Tick again"},
    )

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=1000)

    def __init__(self, *args: Any, offered: Sequence[CareTeam], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(team.pk): team for team in offered}
        choice(self, "care_teams").choices = [(pk, names.isolated(team.name)) for pk, team in self.offered.items()]
        if not offered:
            del self.fields["care_teams"]

    def clean(self) -> dict[str, Any]:
        """Replace the ticked keys by the teams. A lead nurse needs a team; only nurses have one."""
        data: dict[str, Any] = super().clean() or {}
        ticked, role = data.get("care_teams") or [], data.get("role")
        data["care_teams"] = [self.offered[pk] for pk in dict.fromkeys(ticked)]
        if ticked and role and role not in staff.IN_TEAMS:
            self.add_error("care_teams", "Only nurses work in care teams. Take the ticks away, or choose Nurse")
        elif role == roles.LEAD and not ticked and "care_teams" not in self.errors:
            field = "care_teams" if self.offered else "role"
            self.add_error(field, "A lead nurse leads a team. Tick it, or choose Nurse")
        return data


class PersonForm(RoleForm):
    """A new member of staff."""

    name = forms.CharField(
        label="Name",
        help_text="As colleagues know it.",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Type a name", "max_length": "Use 100 letters at most"},
    )
    username = forms.CharField(
        label="Sign-in name",
        help_text="As in your hospital’s directory. It cannot be changed later.",
        max_length=150,
        validators=[User.username_validator],
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Type a sign-in name",
            "max_length": "Use 150 letters at most",
            "invalid": "Use letters, digits and . @ + - _ only, and no spaces",
        },
    )
    field_order = ["name", "username", "role", "care_teams"]
    seen = None  # type: ignore[assignment]  # there is nothing yet that could be different

    def clean_username(self) -> str:
        """Return the sign-in name in lower case and in one form of Unicode, as all names are kept."""
        return str(User.normalize_username(self.cleaned_data["username"])).lower()


class PhoneField(forms.CharField):
    """A phone number, in the one spelling of `phones.tidy`."""

    default_validators = [phone_number]

    def to_python(self, value: Any) -> str:
        """Return the number as it is stored."""
        return phones.tidy(super().to_python(value) or "")


def _phone(label: str) -> PhoneField:
    return PhoneField(
        label=label,
        help_text="With the area code. An extension stands behind it: 555-010-0199 ext. 3",
        max_length=phones.LONGEST,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
        error_messages={"required": "Type a phone number", "max_length": f"Use {phones.LONGEST} letters at most"},
    )


class NumbersForm(forms.Form):
    """Whom the patients of a team call, and from which temperature on. `seen` says what was there when it opened."""

    use_required_attribute = False

    day_phone = _phone("Day")
    night_phone = _phone("Night and weekend")
    fever = forms.CharField(
        label="Fever: call at",
        help_text="As you say it: 100.4 °F (38 °C). You can leave this empty.",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Use 40 letters at most"},
    )
    called = forms.BooleanField(
        label="I have called both numbers, and they ring at the right place",
        required=False,
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(self, *args: Any, team: CareTeam | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if team:
            self.initial = {name: getattr(team, name) for name in teams.SETTINGS} | {"seen": teams.fingerprint(team)}

    def clean_fever(self) -> str:
        """Return the temperature. Raises ValidationError if it cannot be read as one: pages would not show it."""
        fever = str(self.cleaned_data["fever"])
        if fever and card.celsius(fever) is None:
            raise forms.ValidationError("Write a temperature like 100.4 °F (38 °C), or leave this empty")
        return fever

    def settings(self) -> dict[str, str]:
        """Return what the form says about the team's settings."""
        return {name: self.cleaned_data[name] for name in teams.SETTINGS if name in self.fields}


class TeamForm(NumbersForm):
    """All settings of a care team, and a nurse who shall lead it."""

    name = forms.CharField(
        label="Name",
        help_text="Patients see it too.",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Type a name, like Maple team", "max_length": "Use 80 letters at most"},
    )
    zone = forms.ChoiceField(
        label="Time zone",
        help_text="Days and times of this team’s patients follow it.",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose a time zone from the list"),
    )
    lead = forms.ChoiceField(
        label="Lead nurse",
        help_text="She or he then adds members. You can leave this empty.",
        required=False,
        error_messages={"invalid_choice": "Choose a nurse from the list"},
    )
    field_order = ["name", "day_phone", "night_phone", "called", "fever", "zone", "lead", "seen"]

    def __init__(self, *args: Any, nurses: Sequence[User], now: datetime, team: CareTeam | None, **kwargs: Any) -> None:
        super().__init__(*args, team=team, **kwargs)
        self.nurses = {str(nurse.pk): nurse for nurse in nurses}
        choice(self, "zone").choices = zones.choices(now, but=team.zone if team else "")
        if team is None:
            self.fields["zone"].initial = CareTeam().zone
        people = [(pk, f"{nurse} ({nurse.username})") for pk, nurse in self.nurses.items()]
        choice(self, "lead").choices = [("", "Nobody yet" if team is None else "No change"), *people]
        if not people:
            del self.fields["lead"]

    def clean_lead(self) -> User | None:
        """Return the nurse."""
        return self.nurses.get(self.cleaned_data["lead"])
