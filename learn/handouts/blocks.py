"""Markdown of the lessons as blocks and runs of text, for the PDFs. Plain Python; the pages use richtext instead."""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

# As in quizzes/templatetags/richtext.py: HTML in the source is text.
_markdown = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])

Run = dict[str, Any]  # t: the text, b: bold, i: italic, a: the address of a link or ""
Block = dict[str, Any]  # k: p, ul or ol, with runs or items


def blocks(text: str) -> list[Block]:
    """Return the paragraphs and lists of a Markdown text. A list in a list is put into the outer one."""
    found: list[Block] = []
    depth = 0
    for token in _markdown.parse(text):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
            if depth == 1:
                found.append({"k": "ul" if token.type[0] == "b" else "ol", "items": []})
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            found[-1]["items"].append([])
        elif token.type == "inline" and depth:
            item = found[-1]["items"][-1]
            item += [_run(" ")] if item else []
            item += runs(token)
        elif token.type == "inline":
            found.append({"k": "p", "runs": runs(token)})
        elif token.type in ("fence", "code_block"):
            found.append({"k": "p", "runs": [_run(token.content.strip())]})
    return found


def runs(inline: Token) -> list[Run]:
    """Return the runs of one paragraph. Links keep their address if it is https: or tel:."""
    found: list[Run] = []
    bold = italic = 0
    address = ""
    for token in inline.children or []:
        if token.type in ("strong_open", "strong_close"):
            bold += token.nesting
        elif token.type in ("em_open", "em_close"):
            italic += token.nesting
        elif token.type == "link_open":
            href = str(token.attrGet("href"))
            address = href if href.startswith(("https://", "tel:")) else ""
        elif token.type == "link_close":
            address = ""
        elif token.type in ("softbreak", "hardbreak"):
            found.append(_run(" "))
        elif token.content:
            found.append(_run(token.content, bold > 0, italic > 0, address))
    return found


def _run(text: str, bold: bool = False, italic: bool = False, address: str = "") -> Run:
    return {"t": text, "b": bold, "i": italic, "a": address}
