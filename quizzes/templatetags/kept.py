"""Cache a part of a page that is the same for many readers: it is rendered once and kept in the process.

    {% kept heading=step.heading last=step.last %}…{% endkept %}

Only the given names exist inside the tag: no request, no user, no CSRF token. So data of one reader cannot be shown to
another. The part is rendered again if a value or the language is different. Values must be hashable and immutable, as
the keys of a dict: text, numbers, frozen dataclasses, rows that never change.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, cast

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.loader_tags import BlockNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

MOST = 4_000_000  # size of the cache in characters: about 8 MB

_drawn: dict[tuple[Any, ...], SafeString] = {}
_adding = Lock()
_size = 0  # characters in `_drawn`


class KeptNode(template.Node):
    """Renders its content, unless the cache already has it for these values."""

    child_nodelists = ()  # it contains no block, so `extends` need not search it for each page

    def __init__(self, given: dict[str, FilterExpression], nodelist: NodeList) -> None:
        self.given, self.nodelist = given, nodelist

    def render(self, context: template.Context) -> SafeString:
        """Return the content, from the cache if possible."""
        values = [value.resolve(context) for value in self.given.values()]
        # The types are in the key because a safe string equals an unsafe one, and 1 equals True.
        key = (self, get_language(), _prefix(context), *map(type, values), *values)
        if (found := _drawn.get(key)) is None:
            found = self._draw(context, values)
            _keep(key, found)
        return found

    def _draw(self, context: template.Context, values: list[Any]) -> SafeString:
        alone = template.Context(dict(zip(self.given, values, strict=True)), autoescape=context.autoescape)
        with alone.bind_template(cast(template.Template, context.template)):
            return self.nodelist.render(alone)


def _prefix(context: template.Context) -> str:
    """Return where the site begins in its addresses. It is looked up once for a page: each look costs microseconds."""
    of_page: dict[Any, Any] = context.render_context.dicts[0]  # all templates of a page share it
    if KeptNode not in of_page:
        of_page[KeptNode] = get_script_prefix()
    return str(of_page[KeptNode])


def _keep(key: tuple[Any, ...], found: SafeString) -> None:
    global _size
    with _adding:
        _size += len(found) - len(_drawn.get(key, ""))
        _drawn[key] = found
        while _size > MOST:
            _size -= len(_drawn.pop(next(iter(_drawn))))  # the oldest


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """Render the content up to `endkept` once for each set of values, and cache it."""
    bits = token.split_contents()[1:]
    given = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"kept takes name=value only, not {bits[0]!r}.")
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(BlockNode):
        raise template.TemplateSyntaxError("No block can stand in kept: another page would put its own there.")
    return KeptNode(given, nodelist)
