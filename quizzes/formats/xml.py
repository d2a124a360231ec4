"""XML to a small tree. One pass of expat refuses what could harm; nothing is fetched, no entity is put in.

A document may have a bare DOCTYPE. A declared entity, more than 80 elements inside each other or more than 200,000
elements make it BadFile, also in UTF-16.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from xml.parsers import expat

from quizzes.formats.rich import plain_html
from quizzes.formats.text import BadFile, clean

DEEPEST, MOST_ELEMENTS = 80, 200_000
VOID = {"br", "hr", "img", "input", "col", "area", "embed", "source", "track", "wbr"}  # HTML knows no end of these


@dataclass
class Node:
    """An element: its name without prefix, its attributes, what is in it."""

    name: str
    attrs: dict[str, str] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)

    def get(self, name: str) -> str:
        """Return an attribute, "" if there is none."""
        return self.attrs.get(name, "")

    def nodes(self, *names: str) -> list[Node]:
        """Return the children with one of these names; all without names."""
        return [one for one in self.inside if isinstance(one, Node) and (not names or one.name in names)]

    def first(self, name: str) -> Node:
        """Return the first child with this name, or an empty one."""
        return next(iter(self.nodes(name)), Node(name))

    def every(self, *names: str) -> Iterator[Node]:
        """Yield all elements with one of these names, at any depth, in the order of the document."""
        for one in self.nodes():
            if one.name in names:
                yield one
            yield from one.every(*names)

    def text(self) -> str:
        """Return the letters in it, at any depth."""
        return "".join(one if isinstance(one, str) else one.text() for one in self.inside)

    def html(self) -> str:
        """Return what is in it as HTML. XML has elements for formulas, so "$" and "\\" in it are only letters."""
        return "".join(plain_html(one) if isinstance(one, str) else one.outer() for one in self.inside)

    def outer(self) -> str:
        """Return it and what is in it as HTML."""
        attrs = "".join(f' {name}="{escape(value)}"' for name, value in self.attrs.items())
        end = "" if self.name in VOID else f"</{self.name}>"
        return f"<{self.name}{attrs}>{self.html()}{end}"

    def xml(self) -> str:
        """Return it and what is in it as XML."""
        attrs = "".join(f' {name}="{escape(value)}"' for name, value in self.attrs.items())
        inside = "".join(escape(one, quote=False) if isinstance(one, str) else one.xml() for one in self.inside)
        return f"<{self.name}{attrs}>{inside}</{self.name}>" if inside else f"<{self.name}{attrs}/>"

    def copy(self, *without: str) -> Node:
        """Return a copy without the elements of these names, at any depth."""
        inside = [
            one if isinstance(one, str) else one.copy(*without)
            for one in self.inside
            if isinstance(one, str) or one.name not in without
        ]
        return Node(self.name, self.attrs, inside)


class _Builder:
    def __init__(self) -> None:
        self.stack: list[Node] = [Node("")]
        self.count = 0

    def start(self, name: str, attrs: dict[str, str]) -> None:
        self.count += 1
        if len(self.stack) > DEEPEST or self.count > MOST_ELEMENTS:
            raise BadFile("This file has too many parts, or parts too deep inside each other.")
        node = Node(name.rpartition(":")[2], {key.rpartition(":")[2]: clean(value) for key, value in attrs.items()})
        self.stack[-1].inside.append(node)
        self.stack.append(node)

    def end(self, name: str) -> None:
        self.stack.pop()

    def text(self, text: str) -> None:
        self.stack[-1].inside.append(clean(text))


def parse(data: bytes) -> Node:
    """Return the root element. Raises BadFile."""

    def entity(*_: object) -> None:
        raise BadFile("This file declares entities, which are not read. Take its DOCTYPE out.")

    builder, parser = _Builder(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler, parser.EntityDeclHandler = builder.text, entity
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadFile(f"This is not whole XML: line {error.lineno} cannot be read.") from error
    except (ValueError, LookupError) as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile("This XML names letters (an encoding) that are not known here.") from error
    return builder.stack[0].nodes()[0]


def camel(node: Node) -> Node:
    """Return the tree with QTI 3's names as QTI 2 has them: qti-simple-choice is simpleChoice."""
    name = _camel(node.name.removeprefix("qti-")) if node.name.startswith("qti-") else node.name
    attrs = {_camel(key): value for key, value in node.attrs.items()} if node.name.startswith("qti-") else node.attrs
    return Node(name, attrs, [one if isinstance(one, str) else camel(one) for one in node.inside])


def kebab(node: Node, plain: frozenset[str]) -> Node:
    """Return the tree with QTI 2's names as QTI 3 has them. The elements in `plain` are HTML and stay as they are."""
    inside: list[Node | str] = [one if isinstance(one, str) else kebab(one, plain) for one in node.inside]
    if node.name in plain:
        return Node(node.name, node.attrs, inside)
    attrs = {key if ":" in key or key == "xmlns" else _kebab(key): value for key, value in node.attrs.items()}
    return Node("qti-" + _kebab(node.name), attrs, inside)


def _kebab(name: str) -> str:
    return "".join(f"-{sign.lower()}" if sign.isupper() else sign for sign in name)


def _camel(name: str) -> str:
    first, *others = name.split("-")
    return first + "".join(other.capitalize() for other in others)
