"""A template tag for the page that ends a check: questions to ask the nurse."""

from __future__ import annotations

from typing import Any

from django import template

from learn.visits.models import MyQuestion, SuggestedQuestion, said

register = template.Library()


@register.simple_tag(takes_context=True)
def to_ask_after(context: dict[str, Any], lesson: str) -> list[SuggestedQuestion]:
    """Return up to four suggested questions of a lesson (its slug) that are not on the person's list. One query."""
    mine = MyQuestion.objects.of(context["request"].user).exclude(suggested=None).order_by()
    return said(SuggestedQuestion.objects.after(lesson).exclude(pk__in=mine.values("suggested"))[:4])
