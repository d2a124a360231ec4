"""A template tag for the page that ends a check: what to do next."""

from __future__ import annotations

from typing import Any

from django import template

from learn.progress import standing
from learn.study import next_up

register = template.Library()


@register.simple_tag(takes_context=True)
def next_after(context: dict[str, Any], lesson: str) -> next_up.Next:
    """Return what is next for this learner after the lesson with this slug. The queries of `standing.standings`."""
    return next_up.after(standing.own(context["request"].user).standings, but=lesson)
