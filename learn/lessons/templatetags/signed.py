"""Template tag: the line of a translation that nobody qualified has checked."""

from __future__ import annotations

from typing import Any

from django import template

from learn.lessons import shown, signatures

register = template.Library()


@register.inclusion_tag("_translation.html", takes_context=True)
def draft_line(context: dict[str, Any]) -> dict[str, Any]:
    """Render the line, with the way to English, unless all that the page shows in the reader's language is signed."""
    step, item = context.get("step"), context.get("item")
    return {
        "draft": signatures.draws_draft(
            step if isinstance(step, shown.Page) else None,
            item if hasattr(item, "revision") else None,
            context.get("attempt"),
        ),
        "request": context["request"],
        "csrf_token": context.get("csrf_token"),
    }
