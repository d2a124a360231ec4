"""The form of one question: what the page shows of it, and what it takes back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from quizzes.kinds import FIELD, KINDS, NUMBERS, UNSURE, Given, Unreadable
from quizzes.models import AttemptItem


class AnswerForm(forms.Form):
    """One question. Every kind has "I'm not sure", an answer of its own.

    The hidden number is the answer that this form was drawn for: posted twice, it is one answer.
    """

    use_required_attribute = False
    heading = FIELD  # the question is the heading of its page

    number = forms.IntegerField(min_value=1, max_value=99, widget=forms.HiddenInput)

    def __init__(self, item: AttemptItem, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"number": item.answers + 1})
        self.item = item
        self.post = data if data is not None else QueryDict()
        self.given: Given = []
        ask = KINDS[item.revision.kind].ask(item.revision.spec)
        widget = forms.RadioSelect if ask.choose == 1 else forms.CheckboxSelectMultiple
        choices: list[Any] = [(choice.id, choice.text) for choice in item.choices()]
        # A plain Field: what may be chosen is the kind's to say, in its own words (Kind.read).
        self.fields[FIELD] = forms.Field(
            label=item.revision.stem,
            help_text=f"Choose {NUMBERS[ask.choose]}.",
            required=False,
            widget=widget(choices=[*choices, ("or", [(UNSURE, "I’m not sure")])]),
        )

    def clean(self) -> dict[str, Any] | None:
        """Read the answer through the question's kind into `given`; empty means "I'm not sure"."""
        cleaned = super().clean()
        posted = set(self.post.getlist(FIELD))
        if UNSURE in posted:
            if len(posted) > 1:
                self.add_error(FIELD, "Choose your answer, or “I’m not sure”, but not both")
            return cleaned
        try:
            self.given = KINDS[self.item.revision.kind].read(self.item.revision.spec, self.post)
        except Unreadable as error:
            self.add_error(FIELD, str(error))
        return cleaned
