"""The form of one question: what the page shows of it, and what it takes back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from quizzes.kinds import FIELD, KINDS, UNSURE, Given, Unreadable
from quizzes.models import AttemptItem


class AnswerForm(forms.Form):
    """One question. Every kind has "I'm not sure", an answer of its own: a choice, or with rows a second button.

    The hidden number is the answer that this form was drawn for: posted twice, it is one answer. The fields are plain
    ones: what may be chosen is the kind's to say, in its own words (Kind.read).
    """

    use_required_attribute = False
    heading = FIELD  # the question is the heading of its page

    number = forms.IntegerField(min_value=1, max_value=99, widget=forms.HiddenInput)

    def __init__(self, item: AttemptItem, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"number": item.answers + 1})
        self.item = item
        self.post = data if data is not None else QueryDict()
        self.given: Given = []
        self.ask = ask = item.ask()
        choices: list[Any] = [(choice.id, choice.text) for choice in ask.choices]
        for row in ask.rows:
            select = forms.Select(choices=[("", _("Choose")), *choices])
            self.fields[f"{FIELD}-{row.id}"] = forms.Field(label=row.text, required=False, widget=select)
        if not ask.rows:
            widget = forms.CheckboxSelectMultiple if ask.several else forms.RadioSelect
            self.fields[FIELD] = forms.Field(
                label=item.revision.stem,
                help_text=ask.hint,
                required=False,
                widget=widget(choices=[*choices, (_("or"), [(UNSURE, _("I’m not sure"))])]),
            )

    def clean(self) -> dict[str, Any] | None:
        """Read the answer through the question's kind into `given`; empty means "I'm not sure"."""
        cleaned = super().clean()
        posted = set(self.post.getlist(FIELD))
        if UNSURE in posted:
            if len(posted) > 1 and not self.ask.rows:
                self.add_error(FIELD, _("Choose your answer, or “I’m not sure”, but not both"))
            return cleaned
        try:
            self.given = KINDS[self.item.revision.kind].read(self.item.revision.spec, self.post)
        except Unreadable as error:
            self.add_error(f"{FIELD}-{error.row}" if error.row else FIELD, str(error))
        return cleaned
