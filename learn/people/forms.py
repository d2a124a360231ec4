"""The sign-in form, in plain words."""

from typing import Any

from allauth.account.forms import LoginForm


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
