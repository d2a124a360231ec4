"""The form for a new password of one's own, for staff and for people with a sign-in name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from learn.people import passwords
from learn.people.models import User
from learn.people.requests import LearnerRequest

LONGEST = 500
# Django's validators say why not; these sentences say what to do.
SAY = {
    "password_too_short": _("Use 12 letters or more. A few words in a row are easy to remember"),
    "password_too_common": _("Many people use that password, so it is easy to guess. Choose another"),
    "password_too_similar": _("That is too much like your name. Choose another"),
}
SAME = _("That is your password now. Choose another")
WRONG = _("That is not your password now. Type it again")


class PasswordForm(forms.Form):
    """Asks for the old and the new password; only for the new one after a sign-in with a one-time password."""

    use_required_attribute = False

    old = forms.CharField(
        label=_("Your password now"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "spellcheck": "false"}),
        error_messages={"required": _("Type your password now"), "max_length": WRONG},
    )
    new = forms.CharField(
        label=_("Your new password"),
        help_text=_("12 letters or more. A few words in a row are easy to remember."),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
        error_messages={"required": _("Choose a new password"), "max_length": _("Use 500 letters at most")},
    )

    def __init__(self, *args: Any, user: User, first: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)  # a browser would cut a pasted password without a word
        if first:
            del self.fields["old"]

    def clean_new(self) -> str:
        """Return the new password. Raises ValidationError if it is weak, or the same as before."""
        new = str(self.cleaned_data["new"])
        try:
            validate_password(new, self.user)
        except forms.ValidationError as error:
            raise forms.ValidationError([SAY.get(why.code or "", why) for why in error.error_list]) from error
        if new == self.cleaned_data.get("old") or ("old" not in self.fields and self.user.check_password(new)):
            raise forms.ValidationError(SAME)
        return new

    def save(self, request: LearnerRequest, *, now: datetime) -> bool:
        """Change the password; this session stays. Return False, with an error at the field, if `old` is wrong."""
        old = self.cleaned_data.get("old")
        if passwords.change(user=request.user, old=old, new=self.cleaned_data["new"], now=now):
            passwords.stay(request)
            return True
        self.add_error("old" if "old" in self.fields else "new", WRONG if "old" in self.fields else SAME)
        return False
