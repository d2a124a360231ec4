"""Marks a text in another language than its page, so that a screen reader speaks it as it is (WCAG 3.1.2)."""

from __future__ import annotations

from django.utils.html import conditional_escape, format_html
from django.utils.translation import get_language


def lang(code: str) -> str:
    """Return the attribute ` lang="…"` for a text in this language; nothing if the page is in it."""
    return "" if code == (get_language() or "").partition("-")[0] else format_html(' lang="{}"', code)


def said(text: str, code: str, of_site: bool = False) -> str:
    """Return a text in this language for inside a sentence: marked as such, if the page is in another one.

    A text `of_site` is in the language of the page.
    """
    mark = "" if of_site else lang(code)
    return format_html("<span{}>{}</span>", mark, text) if mark else conditional_escape(text)
