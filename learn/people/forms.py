"""The sign-in form, in plain words."""

from typing import Any

from allauth.account.forms import LoginForm, SignupForm
from allauth.core.exceptions import ImmediateHttpResponse
from django import forms
from django.http import HttpRequest


class SignInForm(LoginForm):
    """allauth's form with our labels: no placeholder, nothing marked required."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.label = "Your sign-in name", "Password"
        login.error_messages["required"] = "Type your sign-in name"
        password.error_messages["required"] = "Type your password"
        password.help_text = ""
        for field in (login, password):
            field.widget.attrs.pop("placeholder", None)
            field.widget.attrs["spellcheck"] = "false"
        login.widget.attrs["autocapitalize"] = "none"


class AccountForm(SignupForm):
    """A name and a password for a row that has none yet; one password field, which may be shown and pasted into."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, password = self.fields["username"], self.fields["password1"]
        name.label, password.label = "Choose a sign-in name", "Choose a password"
        name.help_text = "Letters and digits, without spaces. It need not be your real name."
        password.help_text = "12 letters or more. A few words in a row are easy to remember."
        name.error_messages |= {"required": "Choose a sign-in name", "max_length": "Use 150 letters at most"}
        password.error_messages["required"] = "Choose a password"
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
            if getattr(error, "code", "") != "invalid":
                raise
            raise forms.ValidationError("Use letters and digits only, and no spaces", code="invalid") from error

    def try_save(self, request: HttpRequest) -> Any:
        """Save; where another was faster, the adapter has said where to go on."""
        try:
            return super().try_save(request)
        except ImmediateHttpResponse as faster:
            return None, faster.response
