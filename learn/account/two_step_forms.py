"""Forms of the second step, and of the page that asks staff again who they are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
LONGEST = 4096  # letters; Django's password hashers take no more


class CodeForm(forms.Form):
    """Asks for a code from the app, or for a recovery code."""

    use_required_attribute = False
    WRONG = _("That code does not fit now. Wait for the next one in your app, then type it.")

    code = forms.CharField(
        label=_("Code from your app, or a recovery code"),
        max_length=40,
        widget=forms.TextInput(attrs=CODE),
        error_messages={"required": _("Type the code"), "max_length": WRONG},
    )


class AppForm(CodeForm):
    """Asks for the code that a new app shows, to know that it has the secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("The 6 digits that the app shows now")


class AgainForm(forms.Form):
    """Asks for the password or, from those who have one, for a code of the app instead."""

    use_required_attribute = False
    WRONG = _("That does not fit. Check it and try again.")

    secret = forms.CharField(
        label=_("Your password"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "spellcheck": "false"}),
        error_messages={"required": _("Type your password"), "max_length": WRONG},
    )

    def __init__(self, *args: Any, code: bool, password: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["secret"]
        if code:
            field.label = _("Your password, or a code from your app") if password else _("A code from your app")
            field.error_messages["required"] = _("Type your password or a code") if password else _("Type the code")


class PasskeyForm(forms.Form):
    """Names a new passkey, and carries what passkey.js read from it."""

    use_required_attribute = False

    name = forms.CharField(
        label=_("What is it called?"),
        help_text=_("So that you know it again: “Key on my ring”, “Ward laptop”."),
        max_length=40,
        error_messages={"required": _("Give it a name"), "max_length": _("Use 40 letters at most")},
    )
    credential = forms.CharField(required=False, widget=forms.HiddenInput)
