"""The form for a person's own question."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from learn.visits.models import LONGEST


class OwnForm(forms.Form):
    """One question in the person's own words."""

    use_required_attribute = False

    text = forms.CharField(
        label=_("Write your own question"),
        help_text=format_lazy(_("Up to {most} letters. You need no name and no diagnosis here."), most=LONGEST),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].validators = []  # clean_text has its own checks, which say how to correct the text

    def clean_text(self) -> str:
        """Return the question on one line, without NUL characters. Refuse an empty text and one over LONGEST."""
        text = " ".join(self.cleaned_data["text"].replace("\x00", "").split())
        if not text:
            raise forms.ValidationError(_("Write a question first"))
        if len(text) > LONGEST:
            raise forms.ValidationError(
                _("Use %(most)s letters at most. Yours has %(n)s") % {"most": LONGEST, "n": len(text)}
            )
        return text
