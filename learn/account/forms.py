"""Forms for a user's own record: the code that opens it, how to keep it, and erasing it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from learn import typed
from learn.fields import ChoiceOne, choice
from learn.people import codes, email_codes
from learn.people.forms import DeviceForm


class KeepCodeForm(forms.Form):
    """Asks for the eight digits from an email, in any script and with anything between or around them."""

    use_required_attribute = False
    _shape = _("The code has 8 digits. Look in the newest email")

    code = forms.CharField(
        label=_("The code from the email"),
        help_text=_("8 digits. Spaces do not matter."),
        max_length=100,
        error_messages={"required": _("Type the 8 digits from the email"), "max_length": _shape},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        """Return the digits. Raises ValidationError for other input, which then does not count as a try."""
        code = typed.digits(self.cleaned_data["code"], email_codes.DIGITS)
        if not code:
            raise forms.ValidationError(self._shape)
        return code


class EmailedCodeForm(KeepCodeForm, DeviceForm):
    """Asks for the digits at sign-in, and whether the device is shared."""

    field_order = ["code", "shared"]


class CodeForm(DeviceForm):
    """Asks for the twelve letters of an access code, in any case and with anything between or around them."""

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
        """Return the twelve letters in upper case. Raises ValidationError for other input, which is not counted."""
        letters = typed.letters(self.cleaned_data["letters"], codes.LETTERS, 2 * codes.HALF)
        if not letters:
            raise forms.ValidationError(self._shape)
        return letters


class EraseForm(forms.Form):
    """One checkbox, so that nobody erases their data by accident."""

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
    """Asks how a user without a name wants to keep their progress."""

    use_required_attribute = False
    heading = "how"

    ways = [
        ("phone", _("Just on this phone or computer")),
        ("code", _("Give me a code, to go on with another phone")),
        ("email", _("Keep it under my email address")),
        ("account", _("Create an account with a name and a password")),
    ]
    how = ChoiceOne(
        label=_("How do you want to keep your progress?"),
        choices=ways,
        say=_("Choose one of these"),
    )

    def __init__(self, *args: Any, by_email: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by_email:
            choice(self, "how").choices = [way for way in self.ways if way[0] != "email"]
