"""Signing in, codes, and a care team's members and patients: forms in plain words."""

import re
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm, SignupForm
from allauth.core.exceptions import ImmediateHttpResponse
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learn.people import actions, codes, emailed, roles
from learn.people.models import CareTeam, Patient, User


class JoinForm(forms.Form):
    """Whose device it is that a card is opened on."""

    use_required_attribute = False

    shared = forms.MultipleChoiceField(
        label=_("Is this your own phone or computer?"),
        help_text=_("Leave this empty if it is."),
        choices=[("yes", _("Other people use it too. Sign me out after 30 minutes without a press."))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _("Tick the box, or leave it empty")},
    )


class SignInForm(LoginForm):
    """allauth's form with our labels: no placeholder, nothing marked required."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.label = _("Your sign-in name"), _("Password")
        login.error_messages["required"] = _("Type your sign-in name")
        password.error_messages["required"] = _("Type your password")
        password.help_text = ""
        for field in (login, password):
            field.widget.attrs.pop("placeholder", None)
            field.widget.attrs["spellcheck"] = "false"
        login.widget.attrs["autocapitalize"] = "none"
        self.fields["shared"] = JoinForm().fields["shared"]
        self.by_email = emailed.works()

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in on this device, shared or not; whoever learned here as a guest is asked whether to bring it along."""
        before = request.user
        response: HttpResponse = super().login(request, redirect_url)
        if isinstance(request.user, User) and not request.user.is_staff:
            actions.arrive(request, before, shared=bool(self.cleaned_data["shared"]))
            if "guest" in request.session:
                return HttpResponseRedirect(reverse("bring"))
        return response


JUST_NOW = timedelta(minutes=1)  # longer, and the form would serve to try passwords


class AccountForm(SignupForm):
    """A name and a password for a row that has none yet; one password field, which may be shown and pasted into."""

    use_required_attribute = False
    first: User | None = None  # whom the same form has just made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_email = emailed.works()
        name, password = self.fields["username"], self.fields["password1"]
        name.label, password.label = _("Choose a sign-in name"), _("Choose a password")
        name.help_text = _("Letters and digits, without spaces. It need not be your real name.")
        password.help_text = _("12 letters or more. A few words in a row are easy to remember.")
        name.error_messages |= {"required": _("Choose a sign-in name"), "max_length": _("Use 150 letters at most")}
        password.error_messages["required"] = _("Choose a password")
        for field in (name, password):
            field.widget.attrs.pop("placeholder", None)
            field.widget.attrs.pop("maxlength", None)
            field.widget.attrs["spellcheck"] = "false"
        name.widget.attrs["autocapitalize"] = "none"

    def clean_username(self) -> str:
        """Return the name in small letters; say in plain words what it may be made of."""
        try:
            return str(super().clean_username()).lower()
        except forms.ValidationError as error:
            name = str(self.cleaned_data["username"]).lower()
            self.first = User.objects.filter(username=name, last_login__gt=timezone.now() - JUST_NOW).first()
            if self.first and self.is_double(self.first):
                return name
            if getattr(error, "code", "") != "invalid":
                raise
            raise forms.ValidationError(_("Use letters and digits only, and no spaces"), code="invalid") from error

    def is_double(self, user: User) -> bool:
        """Tell whether this is the form that made this user's account, sent twice: a double press is one account."""
        name, password = str(self.data.get("username", "")).strip().lower(), str(self.data.get("password1", ""))
        return user.username == name and user.check_password(password)

    def try_save(self, request: HttpRequest) -> Any:
        """Save; where another was faster, the adapter has said where to go on."""
        if self.first:
            return self.first, None
        try:
            return super().try_save(request)
        except ImmediateHttpResponse as faster:
            return None, faster.response

    def save(self, request: HttpRequest) -> Any:
        """Save the row. allauth's own would set up an address, and stumbles where one is kept already."""
        return get_adapter().save_user(request, get_adapter().new_user(request), self)


class AddressForm(forms.Form):
    """An email address of one's own."""

    use_required_attribute = False
    _shape = _("Type an email address like name@example.com")

    address = forms.EmailField(
        label=_("Your email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={
            "required": _("Type your email address"),
            "invalid": _shape,
            "max_length": _("That is too long for an email address"),
        },
    )

    def clean_address(self) -> str:
        """Return it in small letters; a quoted name, which nobody has, may hold what no email can be sent to."""
        if '"' in self.cleaned_data["address"]:
            raise forms.ValidationError(self._shape)
        return str(self.cleaned_data["address"]).lower()


class KeepCodeForm(forms.Form):
    """The digits from an email; spaces and dashes do not matter."""

    use_required_attribute = False
    _shape = _("The code has 6 digits. Look in the newest email")

    code = forms.CharField(
        label=_("The code from the email"),
        help_text=_("6 digits. Spaces do not matter."),
        max_length=100,
        error_messages={"required": _("Type the 6 digits from the email"), "max_length": _shape},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        """Return the digits; what cannot be a code costs no try."""
        typed = re.sub(r"[\s-]", "", self.cleaned_data["code"])
        if not re.fullmatch(r"[0-9]{6}", typed):
            raise forms.ValidationError(self._shape)
        return typed


class EmailedCodeForm(KeepCodeForm, JoinForm):
    """The same to sign in, and whose device this is."""

    field_order = ["code", "shared"]


class CodeForm(JoinForm):
    """The twelve letters; spaces, case and dashes do not matter."""

    WRONG = _(
        "That code is not right, or it is no longer in use. Check the letters on your card. "
        "If they are right, ask your nurse for a new card"
    )
    _shape = _("A code has 12 letters, and no A, E, I, O, U, Y or digit among them. Check the letters on your card")

    letters = forms.CharField(
        label=_("Your code"),
        help_text=_("The 12 letters on your card, like BCDF GHJK LMNP. Spaces do not matter."),
        max_length=100,
        error_messages={"required": _("Type the 12 letters on your card"), "max_length": _shape},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    field_order = ["letters", "shared"]

    def clean_letters(self) -> str:
        """Return the twelve letters bare."""
        typed: str = self.cleaned_data["letters"]
        letters = "".join(c for c in typed.upper() if not (c.isspace() or c in "-–—.·"))
        if len(letters) != 2 * codes.HALF or not set(letters) <= set(codes.LETTERS):
            raise forms.ValidationError(self._shape)
        return letters


class MemberForm(forms.Form):
    """Which nurse joins a team, by sign-in name; gives the nurse as `name`."""

    use_required_attribute = False

    name = forms.CharField(
        label="Sign-in name of the nurse",
        max_length=150,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Type a sign-in name", "max_length": "That is too long for a sign-in name"},
    )

    def clean_name(self) -> User:
        """Refuse whoever cannot work here in one sentence, whatever the reason: it tells nothing of other people."""
        staff = User.objects.filter(is_active=True, is_staff=True, groups__name__in=[roles.NURSE, roles.LEAD])
        nurse = staff.filter(username=self.cleaned_data["name"]).first()
        if nurse is None:
            raise forms.ValidationError("No nurse has that sign-in name. Check it, or ask IT to make one")
        return nurse


class MoveForm(forms.Form):
    """Which patients go to which other team; gives the patients as `patient` and the team as `to`."""

    use_required_attribute = False

    # Checked against lists in Python: what was posted never reaches the database, whatever it is.
    patient = forms.MultipleChoiceField(
        label="Patients",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one patient",
            "invalid_choice": "One of these patients is not in this team any more. Tick again",
        },
    )
    to = forms.ChoiceField(
        label="Move to",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a team", "invalid_choice": "Choose one of your own teams"},
    )

    def __init__(self, *args: Any, care_team: CareTeam, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {str(t.pk): t for t in CareTeam.objects.led_by(by).exclude(pk=care_team.pk).order_by("name")}
        mine = Patient.objects.visible_to(by).current().filter(care_team=care_team) if self.teams else ()
        self.patients = {str(patient.pk): patient for patient in mine}
        self.fields["to"].choices = [(pk, t.name) for pk, t in self.teams.items()]  # type: ignore[attr-defined]
        self.fields["patient"].choices = [(pk, p.name) for pk, p in self.patients.items()]  # type: ignore[attr-defined]

    @property
    def can_move(self) -> bool:
        """True where there is somebody to move, and another team to move them to."""
        return bool(self.teams and self.patients)

    def clean_patient(self) -> list[Patient]:
        """Return the patients themselves."""
        return [self.patients[pk] for pk in dict.fromkeys(self.cleaned_data["patient"])]

    def clean_to(self) -> CareTeam:
        """Return the team itself."""
        return self.teams[self.cleaned_data["to"]]
