"""Markdown to safe HTML, the one place.

HTML in the source is shown as text; what Markdown makes passes an allow-list as well, so that a link can never run a
script and no style or remote picture gets in.
"""

from functools import lru_cache

import nh3
from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

register = template.Library()

_markdown = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])
_TAGS = {"p", "strong", "em", "ul", "ol", "li", "a", "br"}


@register.filter
@lru_cache(maxsize=2048)
def richtext(text: str) -> SafeString:
    """Return the HTML of a small Markdown text.

    Kept in the process under the text itself: published text never changes, and a changed draft is another text.
    """
    html = nh3.clean(
        _markdown.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "tel"},
        link_rel="noopener",
    )
    return mark_safe(html)  # noqa: S308 - cleaned on the line above
