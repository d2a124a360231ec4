"""Rich text in our small Markdown, in HTML and as plain words, each made from the other.

A text is a list of blocks: paragraphs and lists. Of HTML it keeps p, br, b, i, lists and links (https: and tel:), as
`quizzes.templatetags.richtext` does. Everything else is left out, and `Rich.lost` says what that was.

`canonical` is Markdown -> blocks -> Markdown. Twice canonical is canonical, so texts that went through files can be
compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import escape, unescape
from html.parser import HTMLParser
from typing import NamedTuple

from markdown_it import MarkdownIt

MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])
DEEPEST = 4  # lists inside lists; a deeper list becomes lines of the one around it

STRONG, EM = {"b", "strong"}, {"i", "em"}
ENDS = {
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "section", "article", "dl", "dt", "dd",
    "center", "hr", "form", "figure", "figcaption",
}  # fmt: skip
LOST = {  # these are left out with what is in them
    "img": "picture", "picture": "picture", "svg": "picture", "object": "picture", "embed": "picture",
    "canvas": "picture", "map": "picture", "video": "video or sound", "audio": "video or sound",
    "iframe": "video or sound", "math": "formula", "table": "table",
}  # fmt: skip
VOID = {"img", "embed", "br", "hr", "input", "source", "track", "wbr", "col", "area"}
SKIPPED = {"script", "style", "head", "template", *(tag for tag in LOST if tag not in VOID)}
FORMULA = re.compile(r"\$\$.+?\$\$|\\\(.+?\\\)|\\\[.+?\\\]", re.DOTALL)
IMAGE = re.compile(r"(?<!\\)!\[(?:\\.|[^\[\]\\])*\]\([^)\n]*\)")
ADDRESS = re.compile(r"(?:https://|tel:)[\w\-./:?=&%+,;@#~*!$']+", re.ASCII)


class Run(NamedTuple):
    """Letters with the same marks. "\\n" is a line break."""

    text: str
    strong: bool = False
    em: bool = False
    href: str = ""


@dataclass(frozen=True)
class Lines:
    """A list; each item has blocks of its own."""

    numbered: bool
    items: tuple[tuple[Block, ...], ...]


Paragraph = tuple[Run, ...]
Block = Paragraph | Lines


@dataclass(frozen=True)
class Rich:
    """A text, and the names of what it had that is left out ("picture", "table"...)."""

    blocks: tuple[Block, ...]
    lost: frozenset[str] = frozenset()


@dataclass
class _List:
    numbered: bool
    items: list[tuple[Block, ...]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Reads any HTML, however broken. Nothing in it is loaded or run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lost: set[str] = set()
        self.runs: list[Run] = []
        self.levels: list[list[Block]] = [[]]  # the blocks of the text, then those of each open list item
        self.lists: list[_List] = []
        self.strong = self.em = self.pre = 0
        self.href = ""
        self.skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in LOST and not self.skipping:
            self.lost.add(LOST[tag])
        if self.skipping or tag in SKIPPED:
            if tag not in VOID:
                self.skipping.append(tag)
            return
        if tag in ENDS:
            self.flush()
            self.pre += tag == "pre"
        elif tag in ("ul", "ol"):
            self.flush()
            if len(self.lists) < DEEPEST:
                self.lists.append(_List(tag == "ol"))
                self.levels.append([])
        elif tag == "li":
            self.next_item()
        elif tag == "br":
            self.runs.append(Run("\n"))
        self.strong += tag in STRONG
        self.em += tag in EM
        if tag == "a":
            self.href = _address((dict(attrs).get("href") or "").strip())

    def handle_endtag(self, tag: str) -> None:
        if self.skipping:
            if tag in self.skipping:
                while self.skipping.pop() != tag:
                    pass
            return
        if tag in ENDS or tag in ("li", "ul", "ol"):
            self.flush()
            self.pre = max(0, self.pre - (tag == "pre"))
        if tag in ("ul", "ol") and self.lists:
            self.next_item()
            self.levels.pop()
            closed = self.lists.pop()
            if closed.items:
                self.levels[-1].append(Lines(closed.numbered, tuple(closed.items)))
        self.strong = max(0, self.strong - (tag in STRONG))
        self.em = max(0, self.em - (tag in EM))
        self.href = "" if tag == "a" else self.href

    def handle_data(self, data: str) -> None:
        if self.skipping:
            return
        for n, piece in enumerate(data.split("\n") if self.pre else [data]):
            if n:
                self.runs.append(Run("\n"))
            self.runs.append(Run(piece.replace("\n", " "), self.strong > 0, self.em > 0, self.href))

    def flush(self) -> None:
        """End the paragraph."""
        self.levels[-1] += _paragraphs(self.runs)
        self.runs = []

    def next_item(self) -> None:
        """End the list item."""
        self.flush()
        if self.lists and self.levels[-1]:
            self.lists[-1].items.append(tuple(_merged(self.levels[-1])))
            self.levels[-1] = []

    def whole(self) -> tuple[Block, ...]:
        """Return the blocks, after closing what was left open."""
        self.flush()
        self.skipping = []
        while self.lists:
            self.handle_endtag("ul")
        return tuple(_merged(self.levels[0]))


def _merged(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks. Two lists of one sort that follow each other are one list, as Markdown reads them."""
    last: Block | None = None
    for block in blocks:
        if isinstance(last, Lines) and isinstance(block, Lines) and last.numbered == block.numbered:
            last = replace(last, items=last.items + block.items)
            continue
        if last is not None:
            yield last
        last = block
    if last is not None:
        yield last


def _paragraphs(runs: Sequence[Run]) -> Iterator[Paragraph]:
    """Yield paragraphs from runs. Two line breaks make a new paragraph; white space is one space, and at no edge."""
    signs = [run._replace(text=" " if char.isspace() and char != "\n" else char) for run in runs for char in run.text]
    line: list[list[Run]] = [[]]
    for sign in signs:
        if sign.text == "\n":
            line.append([])
        else:
            line[-1].append(sign)
    kept: list[Run] = []
    for one in [_spaced(signs) for signs in line]:
        if not one:
            if kept:
                yield _joined(kept)
            kept = []
            continue
        kept += [Run("\n"), *one] if kept else one
    if kept:
        yield _joined(kept)


def _spaced(signs: Sequence[Run]) -> list[Run]:
    """Return one line's signs with single spaces. A space has only the marks of both its neighbors."""
    found: list[Run] = []
    gap = False
    for sign in signs:
        if sign.text == " ":
            gap = True
            continue
        if gap and found:
            last = found[-1]
            href = sign.href if sign.href == last.href else ""
            found.append(Run(" ", sign.strong and last.strong, sign.em and last.em, href))
        gap = False
        found.append(sign)
    return found


def _joined(signs: Sequence[Run]) -> Paragraph:
    found: list[Run] = []
    for sign in signs:
        if found and sign[1:] == found[-1][1:] and "\n" not in (sign.text, found[-1].text):
            found[-1] = sign._replace(text=found[-1].text + sign.text)
        else:
            found.append(sign)
    return tuple(found)


def _address(text: str) -> str:
    """Return the address of a link as a URI (RFC 3986: one "#", two digits behind each "%"); "" if none may stand."""
    if not ADDRESS.fullmatch(text):
        return ""
    page, sign, part = re.sub("%(?![0-9A-Fa-f]{2})", "%25", text).partition("#")
    return f"{page}{sign}{part.replace('#', '%23')}"


def from_html(text: str, *, lines: bool = False) -> Rich:
    """Read HTML. With `lines`, the end of a line is a line break, as where people type (Moodle's auto-format)."""
    lost = {"formula"} if FORMULA.search(text) else set()
    # Comments are cut out here: HTMLParser takes a quadratic time for many that never end.
    text = "".join(part.partition("-->")[2] if n else part for n, part in enumerate(text.split("<!--")))
    reader = _Reader()
    reader.feed(text.replace("\n", "<br>") if lines else text)
    reader.close()
    return Rich(reader.whole(), frozenset(lost | reader.lost))


def from_markdown(text: str) -> Rich:
    """Read Markdown as our pages show it."""
    lost = frozenset({"picture"} if IMAGE.search(text) else ())
    formula = frozenset({"formula"} if re.search(r"(?<!\\)\$\$.+?(?<!\\)\$\$", text, re.DOTALL) else ())
    return Rich(from_html(MARKDOWN.render(IMAGE.sub("", text)).replace("$", "&#36;").replace("\\", "&#92;")).blocks,
                lost | formula)  # fmt: skip


def from_plain(text: str) -> Rich:
    """Read plain text: an empty line ends a paragraph, the end of a line is a line break."""
    return Rich(tuple(_paragraphs([Run(text)])))


def words(blocks: Sequence[Block]) -> str:
    """Return the plain words of a text, in one line."""
    return " ".join(_words(block) for block in blocks)


def _words(block: Block) -> str:
    if isinstance(block, Lines):
        return " ".join(words(item) for item in block.items)
    return "".join(run.text.replace("\n", " ") for run in block)


def to_html(blocks: Sequence[Block]) -> str:
    """Return a text as HTML that is XML too. Letters that mean a formula elsewhere are written as numbers."""
    return "".join(_html(block) for block in blocks)


def plain_html(text: str) -> str:
    """Return a line of plain words as HTML."""
    return escape(text, quote=False).replace("$", "&#36;").replace("\\", "&#92;")


def _html(block: Block) -> str:
    if isinstance(block, Lines):
        tag = "ol" if block.numbered else "ul"
        return f"<{tag}>{''.join(f'<li>{to_html(item)}</li>' for item in block.items)}</{tag}>"
    return f"<p>{''.join(_marked(run, '<strong>', '</strong>', '<em>', '</em>') for run in block)}</p>"


def _marked(run: Run, strong: str, un_strong: str, em: str, un_em: str) -> str:
    text = "<br/>" if run.text == "\n" else plain_html(run.text)
    text = f"{em}{text}{un_em}" if run.em else text
    text = f"{strong}{text}{un_strong}" if run.strong else text
    return f'<a href="{escape(run.href)}">{text}</a>' if run.href else text


def to_markdown(blocks: Sequence[Block]) -> str:
    """Return a text as Markdown. Marks that Markdown cannot say in this place are left out."""
    return "\n\n".join(_lines(block) if isinstance(block, Lines) else _paragraph(block) for block in blocks)


@lru_cache(maxsize=1024)
def canonical(text: str) -> str:
    """Return Markdown as this module writes it."""
    return to_markdown(from_markdown(text).blocks)


def plain_markdown(text: str) -> str:
    """Return a line of plain words as Markdown that shows exactly these."""
    return _spell((Run(text),), "*") if text else ""


def _lines(block: Lines) -> str:
    found = []
    for n, item in enumerate(block.items, 1):
        mark = f"{n}. " if block.numbered else "- "
        found.append(mark + to_markdown(item).replace("\n", "\n" + " " * len(mark)))
    tight = all(len(item) == 1 and not isinstance(item[0], Lines) for item in block.items)
    return re.sub(r"[ ]+$", "", ("\n" if tight else "\n\n").join(found), flags=re.MULTILINE)


def _paragraph(runs: Paragraph) -> str:
    """Return the first spelling that is read back as the same paragraph, else the bare words."""
    for marked in (runs, _joined([run._replace(em=False) for run in runs])):
        for em in "*_":
            text = _spell(marked, em)
            if from_markdown(text).blocks == (marked,):
                return text
    return _spell(_joined([Run(run.text) for run in runs]), "*")


def _spell(runs: Paragraph, em: str) -> str:
    text, opened = "", list[str]()
    for n, run in enumerate(runs):
        if run.text == "\n":
            marks = _marks(runs[n + 1], em) if n + 1 < len(runs) else []
            marks = [a for a, b in zip(opened, marks, strict=False) if a == b]
        else:
            marks = _marks(run, em)
        while opened != marks[: len(opened)]:
            text += _closed(opened.pop())
        for mark in marks[len(opened) :]:
            text += "[" if mark[0] == "<" else mark
        opened = marks
        if run.text == "\n":
            text += "\\\n"
            continue
        before_link = n + 1 < len(runs) and runs[n + 1].href and runs[n + 1].href != run.href
        text += re.sub(r"!$", r"\\!", _escaped(run.text)) if before_link else _escaped(run.text)
    while opened:
        text += _closed(opened.pop())
    return "\n".join(_line_start(line) for line in text.split("\n"))


def _marks(run: Run, em: str) -> list[str]:
    return [f"<{run.href}>"] * bool(run.href) + ["**"] * run.strong + [em] * run.em


def _closed(mark: str) -> str:
    return f"]({mark[1:-1].replace('&', '&amp;')})" if mark[0] == "<" else mark


def _escaped(text: str) -> str:
    text = re.sub(r"([\\`*_\[\]])", r"\\\1", text)
    text = re.sub(r"<(?=[A-Za-z/!?])", r"\\<", text)
    return re.sub(r"&(?=#?\w+;)|\$(?=\$)", r"\\\g<0>", text)


def _line_start(line: str) -> str:
    """Return a line without a sign at its start that would begin a heading, a list, a quotation or a rule."""
    line = re.sub(r"^(\d{1,9})([.)])(?=\s|$)", r"\1\\\2", line)
    return re.sub(r"^(?=#{1,6}(?:\s|$)|>|[-+](?:\s|$)|(?:-\s*){2,}$|=+\s*$|~~~)", r"\\", line)


def unescaped(text: str) -> str:
    """Return a text with HTML's names of letters read ("&amp;" is "&")."""
    return unescape(text)
