"""Forms for signing in, for creating an account, and for an email address."""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm, SignupForm
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, ButtonHolder, Div, Layout, Submit
from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learn import typed
from learn.people import actions, mail, passwords, tries
from learn.people.models import User


class DeviceForm(forms.Form):
    """Asks whether the device on which the user signs in is shared with other people."""

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
    """allauth's sign-in form with our labels, without placeholders and without the "required" attribute.

    `for_staff` is true on the way to the Desk. A sign-in there ends early on any device, so staff are not asked.
    """

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
        ahead = self.data.get("next") or (self.request.GET.get("next") if self.request else "")
        self.for_staff = str(ahead).startswith(reverse("admin:index"))
        if not self.for_staff:
            self.fields["shared"] = DeviceForm().fields["shared"]
            self.fields["shared"].help_text = ""  # the button stays on the first screen
        self.by_email = mail.works()
        self.hospital = (settings.OIDC_NAME or _("your hospital account")) if settings.OIDC_ISSUER else ""

    def clean_login(self) -> str:
        """Return the name in its one spelling: wrong passwords are counted by name, so a name must not have several.

        Only a name that is stored in another spelling (before there was this rule) is looked up as it was typed.
        """
        as_typed = str(super().clean_login())
        login = typed.spelling(as_typed)
        return as_typed if login != as_typed and User.objects.filter(username=as_typed).exists() else login

    def clean(self) -> Any:
        """Refuse a one-time password whose time is over. Only who typed the right one is told."""
        data: Any = super().clean()  # type: ignore[no-untyped-call]
        person = self.user
        if isinstance(person, User) and person.is_staff and passwords.is_expired(person, now=timezone.now()):
            raise forms.ValidationError(passwords.EXPIRED)
        return data

    @property
    def helper(self) -> FormHelper:
        """The crispy-forms layout. The page's context provides allauth's `redirect_field`."""
        helper = FormHelper()
        helper.form_show_errors = False  # the page shows them above its heading
        helper.form_action = "account_login"
        helper.form_class = "tight"  # the button is on the first screen, also of a small phone
        helper.layout = Layout(
            "login",
            Div("password", HTML("{% include 'account/_show_password.html' %}"), css_class="with-show"),
            *([] if self.for_staff else ["shared"]),
            HTML("{{ redirect_field }}"),
            ButtonHolder(Submit("", _("Sign in"))),
        )
        return helper

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in, and store whether the device is shared.

        If the user learned here as a guest before, redirect to the page that asks whether to merge that record.
        """
        before = request.user
        if self.user.is_staff and isinstance(before, User):
            logout(request)  # allauth asks for the second step only where nobody is signed in, not even a guest
        response: HttpResponse = super().login(request, redirect_url)
        if isinstance(request.user, User) and not request.user.is_staff:
            actions.arrive(request, before, shared=bool(self.cleaned_data.get("shared")))
            if "guest" in request.session:
                return HttpResponseRedirect(reverse("bring"))
        return response


JUST_NOW = timedelta(minutes=1)  # if it were longer, attackers could use this form to guess passwords


class AccountForm(SignupForm):
    """Sets a name and a password for a user without them. Its one password field can be shown, and allows pasting."""

    use_required_attribute = False
    first: User | None = None  # the user whom the same form has just created

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_email = mail.works()
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
        """Return the name as it is stored. Raises ValidationError, with our own message for characters not allowed."""
        name = self.cleaned_data["username"] = typed.name(self.cleaned_data["username"])
        if len(name) > 150:  # one character, like "ﬃ", can become three letters
            raise forms.ValidationError(self.fields["username"].error_messages["max_length"], code="max_length")
        try:
            return typed.name(super().clean_username())
        except forms.ValidationError as error:
            self.first = User.objects.filter(username=name, last_login__gt=timezone.now() - JUST_NOW).first()
            if self.first and self.is_double(self.first):
                return name
            if getattr(error, "code", "") != "invalid":
                raise
            raise forms.ValidationError(_("Use letters and digits only, and no spaces"), code="invalid") from error

    def is_double(self, user: User) -> bool:
        """Return whether this form has already created this user's account: a double click creates only one.

        It is a try at this user's password, so it is counted as one. Call it outside a transaction.
        """
        name, password = typed.name(str(self.data.get("username", ""))), str(self.data.get("password1", ""))
        return user.username == name and tries.check(context.request, user, password)

    def try_save(self, request: HttpRequest) -> Any:
        """Save the user. If another request was faster, return the adapter's redirect instead."""
        if self.first:
            return self.first, None
        try:
            return super().try_save(request)
        except ImmediateHttpResponse as faster:
            return None, faster.response

    def save(self, request: HttpRequest) -> Any:
        """Save the user. allauth's method would also create an email address, and fails if the user has one."""
        return get_adapter().save_user(request, get_adapter().new_user(request), self)


class AddressField(forms.EmailField):
    """An email address. What a phone or a web page adds to it when it is pasted is left out."""

    def to_python(self, value: Any) -> str:
        """Return the address in plain characters."""
        return typed.spelling(str(super().to_python(value)))


class AddressForm(forms.Form):
    """Asks for the user's own email address."""

    use_required_attribute = False
    _shape = _("Type an email address like name@example.com")

    address = AddressField(
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
        """Return the address in lower case. Raises ValidationError for a quoted local part.

        Nobody uses one, and it may contain characters to which no email can be sent.
        """
        if '"' in self.cleaned_data["address"]:
            raise forms.ValidationError(self._shape)
        return str(self.cleaned_data["address"]).lower()
