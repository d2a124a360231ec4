"""Form fields that several packages use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class ChoiceOne(forms.ChoiceField):
    """Exactly one of the choices, as radio buttons.

    `say` is the error for no choice, and for a choice that is not offered. Without it, there is a sentence for each.
    """

    widget = forms.RadioSelect
    default_error_messages = {"required": _("Choose one"), "invalid_choice": _("Choose one of these")}

    def __init__(self, *, say: str | _StrPromise = "", **more: Any) -> None:
        super().__init__(**more)
        if say:
            self.error_messages |= dict.fromkeys(("required", "invalid_choice"), say)


def choice(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    """Return the field of this name, to be given its choices. Raises TypeError for one that has none."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} is no field to choose from")
    return field
