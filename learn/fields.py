"""Form fields that several packages use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from learn import typed

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class ChoiceOne(forms.ChoiceField):
    """Exactly one of the choices, as radio buttons.

    `say` is the error message for no choice and for an unknown choice. Without it, each has its own default message.
    """

    widget = forms.RadioSelect
    default_error_messages = {"required": _("Choose one"), "invalid_choice": _("Choose one of these")}

    def __init__(self, *, say: str | _StrPromise = "", **more: Any) -> None:
        super().__init__(**more)
        if say:
            self.error_messages |= dict.fromkeys(("required", "invalid_choice"), say)


class LabelField(forms.CharField):
    """A name or a reference of a person, in one line. Invisible characters are left out.

    A text that turns the reading direction is refused: on a list, it could look like the name of another person.
    """

    default_error_messages = {
        "turned": _("This has hidden marks that turn the reading direction. Type it again instead of pasting it")
    }

    def to_python(self, value: Any) -> str:
        """Return the text as it will be stored. Raises ValidationError for hidden marks that turn it."""
        text = typed.label(str(super().to_python(value)))
        if typed.turns(text):
            raise forms.ValidationError(self.error_messages["turned"], code="turned")
        return text


class DrawnForm(forms.Form):
    """A form that carries what it was drawn from, so that nobody writes over what somebody else has saved meanwhile."""

    drawn_from = forms.CharField(required=False, widget=forms.HiddenInput)

    def redraw(self, drawn_from: str) -> None:
        """Draw the form, with what was typed, from what is there now: the next try is allowed."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # of a request, so a QueryDict
        data["drawn_from"] = drawn_from
        self.data = data


class Lines(forms.CharField):
    """A text of several lines. Browsers send "\\r\\n" at the end of a line; this changes it to "\\n"."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        """Return the text with "\\n" at the end of each line."""
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


def choice(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    """Return the choice field with this name, so that the caller can set its choices.

    Raises TypeError if it is not a choice field.
    """
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} is no field to choose from")
    return field
