"""A piece of a page that is the same for many readers: drawn once, kept in the process.

    {% kept heading=step.heading last=step.last %}…{% endkept %}

Inside, only the names that are given exist: no request, no user, no form token. So it can hold nothing of one reader
that another would see. It is drawn anew where a value differs, or the language. Values are compared as the keys of a
dict are: text, numbers, frozen dataclasses, rows that never change.
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

MOST = 4_000_000  # characters kept in all: some 8 MB

_drawn: dict[tuple[Any, ...], SafeString] = {}
_adding = Lock()
_size = 0  # characters in `_drawn`


class KeptNode(template.Node):
    """Draws its piece where nobody has drawn it with these values yet."""

    child_nodelists = ()  # no block stands in it: `extends` need not look for one at each page

    def __init__(self, given: dict[str, FilterExpression], nodelist: NodeList) -> None:
        self.given, self.nodelist = given, nodelist

    def render(self, context: template.Context) -> SafeString:
        """Return the piece."""
        values = [value.resolve(context) for value in self.given.values()]
        # With the types: a text that is safe equals one that is not, and 1 equals True.
        key = (self, get_language(), get_script_prefix(), *map(type, values), *values)
        if (found := _drawn.get(key)) is None:
            found = self._draw(context, values)
            _keep(key, found)
        return found

    def _draw(self, context: template.Context, values: list[Any]) -> SafeString:
        alone = template.Context(dict(zip(self.given, values, strict=True)), autoescape=context.autoescape)
        with alone.bind_template(cast(template.Template, context.template)):
            return self.nodelist.render(alone)


def _keep(key: tuple[Any, ...], found: SafeString) -> None:
    global _size
    with _adding:
        _size += len(found) - len(_drawn.get(key, ""))
        _drawn[key] = found
        while _size > MOST:
            _size -= len(_drawn.pop(next(iter(_drawn))))  # the oldest


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """Draw what stands up to endkept once for each set of the values given, and keep it."""
    bits = token.split_contents()[1:]
    given = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"kept takes name=value only, not {bits[0]!r}.")
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(BlockNode):
        raise template.TemplateSyntaxError("No block can stand in kept: another page would put its own there.")
    return KeptNode(given, nodelist)
