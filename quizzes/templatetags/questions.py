"""Template tag for the empty form of a question."""

from __future__ import annotations

from django import template

from quizzes.forms import QuestionForm
from quizzes.kinds import Ask

register = template.Library()


@register.simple_tag
def blank(ask: Ask, stem: str, number: int, language: str) -> QuestionForm:
    """Return the empty form of a question. `number` is the answer number, `language` that of the question."""
    return QuestionForm(ask, stem, number, language=language)
