"""Convert Markdown to safe HTML. No other code does this.

HTML in the source is escaped. The HTML that Markdown produces is cleaned with an allow-list, so that links cannot run
scripts, and styles and external images are removed.
"""

from functools import lru_cache

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe

from quizzes.formats.rich import MARKDOWN

register = template.Library()

_TAGS = {"p", "strong", "em", "ul", "ol", "li", "a", "br"}


@register.filter
@lru_cache(maxsize=2048)
def richtext(text: str) -> SafeString:
    """Return the safe HTML of a short Markdown text.

    The result is cached in the process with the text as its key, so a changed text never gets an old result.
    """
    html = nh3.clean(
        MARKDOWN.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "tel"},
        link_rel="noopener",
    )
    return mark_safe(html)  # noqa: S308 - cleaned on the line above
