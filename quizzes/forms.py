"""The form of one question: how it is shown, and how the posted answer is read."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from quizzes.asked import Item
from quizzes.kinds import FIELD, KINDS, UNSURE, Ask, Given, Unreadable
from quizzes.models import SOURCE
from quizzes.tongues import lang, said

_NUMBER: dict[str, Any] = {"min_value": 1, "max_value": 99}


class _Select(forms.Select):
    """A list of choices in the language of the question. The first one, "Choose", is of the site."""

    def __init__(self, language: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.language = language if language and lang(language) else ""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return what the template needs of one choice."""
        option = super().create_option(name, value, *args, **kwargs)
        return option | {"attrs": option["attrs"] | ({"lang": self.language} if self.language and value else {})}


class QuestionForm(forms.Form):
    """One question with its choices in a given order. It contains nothing personal.

    Every kind of question has the answer "I'm not sure": a choice, or a second button if the question has rows. The
    hidden number says which answer this form is for, so that a form posted twice gives one answer. The fields do not
    validate the choice: the kind does, with its own messages (`Kind.read`).
    """

    use_required_attribute = False
    heading = FIELD  # the field that is the heading of its page

    number = forms.IntegerField(**_NUMBER, widget=forms.HiddenInput)

    def __init__(
        self, ask: Ask, stem: str, number: int, data: QueryDict | None = None, *, language: str = SOURCE
    ) -> None:
        super().__init__(data, initial={"number": number})
        self.ask, self.stem = ask, said(stem, language)
        for row in ask.rows:
            choices: list[Any] = [(choice.id, choice.text) for choice in ask.choices]
            select = _Select("" if ask.of_site else language, choices=[("", _("Choose")), *choices])
            self.fields[f"{FIELD}-{row.id}"] = forms.Field(
                label=said(row.text, language), required=False, widget=select
            )
        if not ask.rows:
            mark = str if ask.of_site else partial(said, code=language)
            choices = [(choice.id, mark(choice.text)) for choice in ask.choices]
            widget = forms.CheckboxSelectMultiple if ask.several else forms.RadioSelect
            self.fields[FIELD] = forms.Field(
                label=self.stem,
                help_text=ask.hint,
                required=False,
                widget=widget(choices=[*choices, (_("or"), [(UNSURE, _("I’m not sure"))])]),
            )


class AnswerForm(QuestionForm):
    """One question of an attempt with the posted data; used to show what the learner has to correct."""

    def __init__(self, item: Item, data: QueryDict | None = None) -> None:
        revision = item.revision
        super().__init__(item.ask(), revision.stem, item.answers + 1, data, language=revision.language)
        self.item = item
        self.post = data if data is not None else QueryDict()
        self.given: Given = []

    def clean(self) -> dict[str, Any] | None:
        """Read the answer into `self.given`; empty means "I'm not sure"."""
        cleaned = super().clean()
        try:
            self.given = read(self.item, self.post)
        except Unreadable as error:
            for row, text in error.rows.items():
                self.add_error(f"{FIELD}-{row}", text)
            if not error.rows:
                self.add_error(FIELD, str(error))
        return cleaned


_number = forms.IntegerField(**_NUMBER)


def number_of(post: QueryDict) -> int | None:
    """Return the answer number in the posted form; None if it is not valid."""
    try:
        return int(_number.clean(post.get("number")))
    except ValidationError:
        return None


def read(item: Item, post: QueryDict) -> Given:
    """Return the chosen values, read by the question's kind; empty means "I'm not sure". Raises Unreadable.

    This builds no form, because most posts are valid and only need a mark. A form is needed only to show a question.
    """
    kind, spec = KINDS[item.revision.kind], item.revision.spec
    posted = set(post.getlist(FIELD))
    if UNSURE in posted:
        if len(posted) > 1 and not kind.ask(spec).rows:
            raise Unreadable(_("Choose your answer, or “I’m not sure”, but not both"))
        return []
    return kind.read(spec, post)
