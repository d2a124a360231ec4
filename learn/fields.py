"""A form's field that several rooms need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class ChoiceOne(forms.ChoiceField):
    """Exactly one of the choices, as radio buttons.

    `say` is what whoever chose nothing, or something that is not offered, is told; without it two plain sentences.
    """

    widget = forms.RadioSelect
    default_error_messages = {"required": _("Choose one"), "invalid_choice": _("Choose one of these")}

    def __init__(self, *, say: str | _StrPromise = "", **more: Any) -> None:
        super().__init__(**more)
        if say:
            self.error_messages |= dict.fromkeys(("required", "invalid_choice"), say)
