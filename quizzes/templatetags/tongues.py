"""Template tag for a part of a page in another language than the page: texts that are not translated yet."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def lang(code: str) -> str:
    """Return the attribute ` lang="…"` for a text in this language; nothing if the page is in it."""
    return "" if code == (get_language() or "").partition("-")[0] else format_html(' lang="{}"', code)
