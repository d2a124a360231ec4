"""GIFT, what teachers type: https://docs.moodle.org/en/GIFT_format. Split by hand, as Moodle's importer does.

Signs with a backslash become marks that no text has, so that what is left of `= ~ # { } :` are the format's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from quizzes.formats.document import (
    Document,
    Format,
    Found,
    Item,
    Refused,
    at_most,
    bounded,
    by_weight,
    feedback_lost,
    match,
    source_lost,
    without_ids,
)
from quizzes.formats.rich import Rich, from_html, from_markdown, from_plain
from quizzes.formats.rich import plain_markdown as markdown
from quizzes.formats.text import decode

ESCAPED = "\\~=#{}:n"  # what may stand behind a backslash
MARKS = {sign: chr(0xFDD0 + n) for n, sign in enumerate(ESCAPED)}
BACK = {ord(mark): "\n" if sign == "n" else sign for sign, mark in MARKS.items()}
COMMENT = re.compile(r"^\s*//(.*)$")
TAG = re.compile(r"\[(id|tag):((?:\\.|[^\]\\])*)\]")
HEAD = re.compile(r"^\s*(?:::(?P<title>.*?)::)?\s*(?:\[(?P<markup>html|moodle|plain|markdown)\])?", re.DOTALL)
MARKUP = re.compile(r"^\s*\[(html|moodle|plain|markdown)\]")
WEIGHT = re.compile(r"^\s*%(-?\d{1,3}(?:\.\d*)?)%")
TRUTH = re.compile(r"^(T|F|TRUE|FALSE)\s*(?:#|$)", re.IGNORECASE)
ORDER = re.compile(
    r"^>\s*\d*\s*(?:ALL|RANDOM|REL|CONTIGUOUS|CONTIG)?\s*(?:HORIZONTAL|HORI|H|VERTICAL|VERT|V)?\s*"
    r"(?:ALL_OR_NOTHING|ABSOLUTE_POSITION|ABSOLUTE|ABS|RELATIVE_\w+|RELATIVE|REL|LONGEST_\w+|LONGEST)?\s*"
    r"(?:SHOW|TRUE|YES|HIDE|FALSE|NO)?\s*(?:none|123|abc|ABC|iii|III)?[ \t]*(?=\n|$)"
)
WEIGHTS = {1: "100", 2: "50", 3: "33.33333", 4: "25"}


def read(data: bytes) -> Document:
    """Read a GIFT file. Raises BadFile."""
    text, _ = decode(data)
    document = Document()
    blocks = list(_blocks(text))
    at_most(len(blocks))
    for number, tags, block in blocks:
        if category := re.match(r"\$CATEGORY:(.*)(?:\n|$)", block):
            document.title = document.title or category[1].strip().rpartition("/")[2]
            block = block[category.end() :]
            number += 1
        if block.strip():
            with document.question(f"line {number}") as found:
                _question(found, tags, bounded(block))
    return document


def _blocks(text: str) -> Sequence[tuple[int, str, str]]:
    """Return each question: the number of its first line, its comments, its text. An empty line ends it."""
    found, tags, lines, first = [], list[str](), list[str](), 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if comment := COMMENT.match(line):
            tags.append(comment[1])
        elif line.strip():
            first = first or number
            lines.append(line)
        elif lines:
            found.append((first, "".join(tags), "\n".join(lines)))
            tags, lines, first = [], [], 0
    return found


def _question(found: Found, tags: str, block: str) -> None:
    for name, value in TAG.findall(tags):
        value = re.sub(r"\\(.)", r"\1", value).strip()
        found.key = value if name == "id" else found.key
        found.critical = found.critical or (name == "tag" and value.casefold() == "safety")
    text = re.sub(r"\\([\\~=#{}:n])", lambda sign: MARKS[sign[1]], block)
    head = next(HEAD.finditer(text))  # every part of it may be empty, so there is always one
    found.title = _back(head["title"] or "").strip()
    rest, markup = text[head.end() :], head["markup"] or "moodle"
    start, end = rest.find("{"), rest.rfind("}")
    if start < 0:
        found.stem = found.asked(_rich(rest, markup))
        raise Refused("description", "It is a text without answers.")
    if end < start:
        raise Refused("broken", "Its answers have no closing “}”.")
    inside, tail = rest[start + 1 : end].strip(), rest[end + 1 :].strip()
    found.stem = found.asked(_rich(rest[:start] + ("" if not tail else f" _____ {tail}"), markup, gap=bool(tail)))
    inside, why = _general(inside)
    _answers(found, inside, markup, found.told(_rich(why, markup)))


def _general(inside: str) -> tuple[str, str]:
    """Return the answers, and the general feedback at their end."""
    at = re.search(r"(?<!#)####(?!#)", inside)
    start = at.start() if at else inside.rfind("####")
    return (inside[:start].strip(), inside[start + 4 :].strip()) if start >= 0 else (inside, "")


def _answers(found: Found, inside: str, markup: str, why: str) -> None:
    if not inside:
        raise Refused("essay", "It asks for a text of one’s own.")
    if TRUTH.match(inside):
        return _truth(found, inside, markup, why)
    if inside[0] == "#":
        raise Refused("number", "It asks for a number.")
    if inside[0] == ">":
        return _order(found, inside, markup, why)
    if "~" not in inside:
        if "->" in inside:
            return _match(found, inside, markup, why)
        raise Refused("short", "It asks for a word to be typed.")
    return _choices(found, inside, markup, why)


def _truth(found: Found, inside: str, markup: str, why: str) -> None:
    word, *said = inside.split("#")
    wrong, right = [found.told(_rich(text, markup)) for text in (*said, "", "")][:2]
    answer = word.strip()[0] in "tT"
    feedback = {"true": right if answer else wrong, "false": wrong if answer else right}
    found.add("truth", {"version": 1, "answer": answer, "feedback": feedback}, why)


def _order(found: Found, inside: str, markup: str, why: str) -> None:
    settings = ORDER.match(inside)
    rest = inside[settings.end() :] if settings else re.sub(r"^>\s*\d*", "", inside)
    cards = [{"text": found.asked(_rich(text, markup), "a line")} for text in rest.split("\n") if text.strip()]
    found.add("ordering", {"version": 1, "cards": cards, "feedback": ""}, why)


def _match(found: Found, inside: str, markup: str, why: str) -> None:
    rows = []
    for pair in inside.split("=")[1:]:
        left, arrow, right = pair.partition("->")
        if not arrow:
            raise Refused("broken", "A pair of it has no “->”.")
        text, card = (found.asked(_rich(one.partition("#")[0], markup), "a line") for one in (left, right))
        if not card:
            raise Refused("partner", "A line of it has no partner.")
        if text:
            rows.append((text, card, ""))
        else:
            found.lose("spare", "A word that goes with no line is left out.")
    found.add("matching", match(rows), why)


def _choices(found: Found, inside: str, markup: str, why: str) -> None:
    parts = re.split(r"([=~])", inside)
    if parts[0].strip():
        raise Refused("broken", "Its first answer has no “=” or “~”.")
    answers, single = [], False
    for sign, part in zip(parts[1::2], parts[2::2], strict=True):
        weight = WEIGHT.match(part)
        text, _, feedback = part[weight.end() if weight else 0 :].partition("#")
        percent = float(weight[1]) if weight else 100.0 if sign == "=" else 0.0
        single = single or sign == "="
        answers.append((found.asked(_rich(text, markup), "a choice"), percent, found.told(_rich(feedback, markup))))
    single = single or sum(percent > 0 for _, percent, _ in answers) < 2
    found.choose(by_weight(found, answers, single=single), why)


def _rich(text: str, markup: str, *, gap: bool = False) -> Rich:
    """Read a text of this markup; a text may name its own. `gap`: it has a line for the missing word."""
    if own := MARKUP.match(text):
        markup, text = own[1], text[own.end() :]
    text = _back(text).strip()
    if markup == "markdown":
        return from_markdown(text.replace(" _____ ", r" \_\_\_\_\_ ") if gap else text)
    return from_plain(text) if markup == "plain" else from_html(text, lines=markup == "moodle")


def _back(text: str) -> str:
    return text.translate(BACK)


def write(document: Document) -> bytes:
    """Return a GIFT file. Every text is Markdown."""
    blocks = [f"$CATEGORY: {' '.join(document.title.replace('/', '//').split())}"] if document.title else []
    for item in document.items:
        key = re.sub(r"([]\\])", r"\\\1", item.key)
        tags = [f"[id:{key}]"] * bool(key) + ["[tag:safety]"] * item.critical
        comment = f"// {' '.join(tags)}\n" if tags else ""
        blocks.append(f"{comment}::{_plain(item.objective)}::[markdown]{_words(item.stem)}{{{_inside(item)}}}")
    return ("\n\n".join(blocks) + "\n").encode()


def _inside(item: Item) -> str:
    spec, why = item.spec, f"####{_escape(item.why)}" if item.why else ""
    if item.kind == "truth":
        right, wrong = (spec["feedback"][word] for word in ("true", "false")[:: 1 if spec["answer"] else -1])
        said = f"#{_escape(wrong)}" * bool(wrong or right) + f"#{_escape(right)}" * bool(right)
        return f"{'T' if spec['answer'] else 'F'}{said}{why}"
    if item.kind == "matching":
        cards = [card["text"] for card in spec["cards"]]
        rows = [f"={_words(row['text'])} -> {_words(cards[row['card']])}" for row in spec["rows"]]
        return _stacked(rows, why)
    if item.kind == "ordering":
        cards = [_words(card["text"]) for card in spec["cards"]]
        return _stacked([f">{len(cards)} ALL VERTICAL ALL_OR_NOTHING HIDE none", *cards], why).lstrip()
    several = spec["choose"] > 1
    lines = []
    for choice in spec["choices"]:
        weight = f"%{WEIGHTS[spec['choose']]}%" if choice["right"] else "%-100%"
        sign = f"~{weight}" if several else "=" if choice["right"] else "~"
        feedback = f"#{_escape(choice['feedback'])}" if choice["feedback"] else ""
        lines.append(f"{sign}{_words(choice['text'])}{feedback}")
    return _stacked(lines, why)


def _stacked(lines: list[str], why: str) -> str:
    return "\n".join(["", *lines, *[why] * bool(why), ""])


def _words(text: str) -> str:
    """Return plain words as escaped Markdown. "%5%" is no weight then, "// a" no comment, and "->" no arrow."""
    return _escape(re.sub(r"^(?=%|//)", r"\\", markdown(text)))


def _escape(text: str) -> str:
    return _plain(text.replace("->", "-\\>").replace("\n", "\0")).replace("\0", "\\n")


def _plain(text: str) -> str:
    return re.sub(r"([\\:#={}~])", r"\\\1", text)


def kept(item: Item) -> Item:
    """Return what of an item comes back from a GIFT file."""
    return without_ids(feedback_lost(source_lost(item)[0])[0])


def drops(item: Item) -> list[str]:
    """Return what GIFT cannot carry of this item."""
    return feedback_lost(item)[1] + source_lost(item)[1]


GIFT = Format("gift", "GIFT", "gift", "text/plain; charset=utf-8", read, write, kept, drops)
