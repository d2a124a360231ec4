"""A question that nobody has answered yet."""

from __future__ import annotations

from django import template

from quizzes.forms import QuestionForm
from quizzes.kinds import Ask

register = template.Library()


@register.simple_tag
def blank(ask: Ask, stem: str, number: int) -> QuestionForm:
    """Return the form of a question, not filled in."""
    return QuestionForm(ask, stem, number)
