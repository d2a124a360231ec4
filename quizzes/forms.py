"""The form of one question: what the page shows of it, and what it takes back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from quizzes.asked import Item
from quizzes.kinds import FIELD, KINDS, UNSURE, Ask, Given, Unreadable

_NUMBER: dict[str, Any] = {"min_value": 1, "max_value": 99}


class QuestionForm(forms.Form):
    """One question, as everybody sees it for whom its choices stand in this order.

    Every kind has "I'm not sure", an answer of its own: a choice, or with rows a second button. The hidden number is
    the answer that this form was drawn for: posted twice, it is one answer. The fields are plain ones: what may be
    chosen is the kind's to say, in its own words (Kind.read).
    """

    use_required_attribute = False
    heading = FIELD  # the question is the heading of its page

    number = forms.IntegerField(**_NUMBER, widget=forms.HiddenInput)

    def __init__(self, ask: Ask, stem: str, number: int, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"number": number})
        self.ask = ask
        choices: list[Any] = [(choice.id, choice.text) for choice in ask.choices]
        for row in ask.rows:
            select = forms.Select(choices=[("", _("Choose")), *choices])
            self.fields[f"{FIELD}-{row.id}"] = forms.Field(label=row.text, required=False, widget=select)
        if not ask.rows:
            widget = forms.CheckboxSelectMultiple if ask.several else forms.RadioSelect
            self.fields[FIELD] = forms.Field(
                label=stem,
                help_text=ask.hint,
                required=False,
                widget=widget(choices=[*choices, (_("or"), [(UNSURE, _("I’m not sure"))])]),
            )


class AnswerForm(QuestionForm):
    """One question of an attempt, with what was posted for it: a page that says what to mend."""

    def __init__(self, item: Item, data: QueryDict | None = None) -> None:
        super().__init__(item.ask(), item.revision.stem, item.answers + 1, data)
        self.item = item
        self.post = data if data is not None else QueryDict()
        self.given: Given = []

    def clean(self) -> dict[str, Any] | None:
        """Read the answer into `given`; empty means "I'm not sure"."""
        cleaned = super().clean()
        try:
            self.given = read(self.item, self.post)
        except Unreadable as error:
            self.add_error(f"{FIELD}-{error.row}" if error.row else FIELD, str(error))
        return cleaned


_number = forms.IntegerField(**_NUMBER)


def number_of(post: QueryDict) -> int | None:
    """Return the number of the answer that the posted form was drawn for; None where the form would refuse it."""
    try:
        return int(_number.clean(post.get("number")))
    except ValidationError:
        return None


def read(item: Item, post: QueryDict) -> Given:
    """Return what was chosen, through the question's kind; empty means "I'm not sure". Raises Unreadable.

    No form is built for this: a form is needed to draw a question, and most posts only have to be marked.
    """
    kind, spec = KINDS[item.revision.kind], item.revision.spec
    posted = set(post.getlist(FIELD))
    if UNSURE in posted:
        if len(posted) > 1 and not kind.ask(spec).rows:
            raise Unreadable(_("Choose your answer, or “I’m not sure”, but not both"))
        return []
    return kind.read(spec, post)
