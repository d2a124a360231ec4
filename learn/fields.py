"""Form fields that several packages use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

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


def choice(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    """Return the choice field with this name, so that the caller can set its choices.

    Raises TypeError if it is not a choice field.
    """
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} is no field to choose from")
    return field
