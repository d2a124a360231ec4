"""Moodle XML, what Moodle gives out: https://docs.moodle.org/en/Moodle_XML_format. It keeps all that we have but
where a question is taught. What is said about a line of a match stands in the feedback for wrong answers, as a list of
terms (dl): Moodle has no place for it.
"""

from __future__ import annotations

from xml.etree import ElementTree as Tree

from quizzes.formats import xml
from quizzes.formats.document import (
    Document,
    Format,
    Found,
    Item,
    Refused,
    at_most,
    bounded,
    by_weight,
    line,
    match,
    source_lost,
    without_ids,
)
from quizzes.formats.rich import Rich, from_html, from_markdown, from_plain, plain_html, to_html, words
from quizzes.formats.xml import Node

REFUSED = {
    "essay": "It asks for a text of one’s own.",
    "shortanswer": "It asks for a word to be typed.",
    "numerical": "It asks for a number.",
    "calculated": "It asks for a number.",
    "calculatedsimple": "It asks for a number.",
    "calculatedmulti": "Its choices are reckoned anew for each person.",
    "cloze": "It has gaps to be filled.",
    "multianswer": "It has gaps to be filled.",
    "gapselect": "It has gaps to be filled.",
    "ddwtos": "It has gaps to be filled.",
    "ddimageortext": "Things are put on a picture.",
    "ddmarker": "Things are put on a picture.",
    "description": "It is a text without answers.",
    "randomsamatch": "Its lines are drawn from other questions.",
    "random": "It is drawn from other questions.",
}
COMBINED = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
WEIGHTS = {2: "50", 3: "33.33333", 4: "25"}


def read(data: bytes) -> Document:
    """Read a Moodle XML file. Raises BadFile."""
    root, document = xml.parse(data), Document()
    questions = root.nodes("question")
    at_most(len(questions))
    number = 0
    for node in questions:
        if node.get("type") == "category":
            title = node.first("category").first("text").text().strip().rpartition("/")[2]
            document.title = document.title or title
            continue
        number += 1
        with document.question(f"question {number}", line(node.first("name").text())) as found:
            _question(found, node)
    return document


def _question(found: Found, node: Node) -> None:
    found.key = node.first("idnumber").text()
    found.critical = any(line(tag.text()).casefold() == "safety" for tag in node.first("tags").nodes("tag"))
    kind = node.get("type")
    if kind in REFUSED:
        raise Refused(kind, REFUSED[kind])
    if kind not in _READ:
        raise Refused("kind", f"Questions of the kind “{kind[:40]}” cannot be asked here.")
    found.stem = found.asked(_rich(node.first("questiontext")))
    if any(hint.text().strip() for hint in node.nodes("hint")):
        found.lose("hints", "Hints are left out.")
    _READ[kind](found, node, found.told(_rich(node.first("generalfeedback"))))


def _rich(node: Node) -> Rich:
    text, markup = bounded(node.first("text").text()), node.get("format")
    if markup == "markdown":
        found = from_markdown(text)
    elif markup == "plain_text":
        found = from_plain(text)
    else:
        found = from_html(text, lines=markup == "moodle_auto_format")
    return Rich(found.blocks, found.lost | {"picture"}) if node.nodes("file") else found


def _choice(found: Found, node: Node, why: str) -> None:
    _combined(found, node)
    answers = [
        (found.asked(_rich(_as(one, node)), "a choice"), _percent(one), found.told(_rich(one.first("feedback"))))
        for one in node.nodes("answer")
    ]
    single = node.first("single").text().strip().casefold() in ("true", "1", "")
    found.choose(by_weight(found, answers, single=single), why)


def _as(answer: Node, question: Node) -> Node:
    """Return an answer in the markup of its question if it names none."""
    markup = answer.get("format") or question.first("questiontext").get("format")
    return Node("answer", {"format": markup}, answer.inside)


def _percent(answer: Node) -> float:
    try:
        return float(answer.get("fraction") or 0)
    except ValueError:
        raise Refused("broken", "The points of an answer are no number.") from None


def _truth(found: Found, node: Node, why: str) -> None:
    feedback, right = {"true": "", "false": ""}, ""
    for one in node.nodes("answer"):
        word = line(one.first("text").text()).casefold()
        if word not in feedback:
            raise Refused("broken", "It is neither true nor false.")
        feedback[word] = found.told(_rich(one.first("feedback")))
        right = word if _percent(one) > 0 else right
    if not right:
        raise Refused("right", "None of its choices is right.")
    found.add("truth", {"version": 1, "answer": right == "true", "feedback": feedback}, why)


def _match(found: Found, node: Node, why: str) -> None:
    pairs = []
    for one in node.nodes("subquestion"):
        text = found.asked(_rich(one), "a line")
        card = found.asked(from_plain(bounded(one.first("answer").first("text").text())), "a line")
        if text and card:
            pairs.append((text, card))
        else:
            found.lose("spare", "A word that goes with no line is left out.")
    said = _terms(bounded(node.first("incorrectfeedback").first("text").text()))
    of_rows = {text: said.get(text, "") for text, _ in pairs}
    _combined(found, node, but="incorrectfeedback" if any(of_rows.values()) else "")
    found.add("matching", match([(text, card, of_rows[text]) for text, card in pairs]), why)


def _terms(html: str) -> dict[str, str]:
    """Return the terms of our own dl by their words, each with its HTML read as Markdown."""
    if not html.startswith("<dl><dt>") or not html.endswith("</dd></dl>"):
        return {}
    pairs = (pair.partition("</dt><dd>") for pair in html[8:-10].split("</dd><dt>"))
    return {words(from_html(term).blocks): Found(Document(), "").told(from_html(said)) for term, _, said in pairs}


def _order(found: Found, node: Node, why: str) -> None:
    answers = sorted(node.nodes("answer"), key=_percent)
    cards = [{"text": found.asked(_rich(_as(one, node)), "a line")} for one in answers]
    feedback = found.told(_rich(node.first("incorrectfeedback")))
    _combined(found, node, but="incorrectfeedback")
    found.add("ordering", {"version": 1, "cards": cards, "feedback": feedback}, why)


# Moodle writes these when nobody has written any.
USUAL = {"Your answer is correct.", "Your answer is partially correct.", "Your answer is incorrect."}


def _combined(found: Found, node: Node, but: str = "") -> None:
    for name in COMBINED:
        text = words(from_html(bounded(node.first(name).first("text").text())).blocks)
        if name != but and text and text not in USUAL:
            found.lose("combined", "Feedback for the whole answer is left out; each choice has its own here.")


_READ = {
    "multichoice": _choice, "truefalse": _truth, "matching": _match, "match": _match, "ordering": _order,
}  # fmt: skip


def write(document: Document) -> bytes:
    """Return a Moodle XML file."""
    quiz = Tree.Element("quiz")
    if document.title:
        category = Tree.SubElement(quiz, "question", type="category")
        _text(category, "category", f"$course$/top/{document.title.replace('/', '//')}")
    for item in document.items:
        _item(quiz, item)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + bytes(Tree.tostring(quiz, encoding="utf-8")) + b"\n"


def _text(parent: Tree.Element, tag: str, text: str, **attrs: str) -> Tree.Element:
    node = Tree.SubElement(parent, tag, attrs)
    Tree.SubElement(node, "text").text = text
    return node


def _told(parent: Tree.Element, tag: str, markdown: str) -> None:
    _text(parent, tag, to_html(from_markdown(markdown).blocks), format="html")


def _asked(parent: Tree.Element, tag: str, text: str, **attrs: str) -> Tree.Element:
    return _text(parent, tag, f"<p>{plain_html(text)}</p>", format="html", **attrs)


def _item(quiz: Tree.Element, item: Item) -> None:
    kind = {"choice": "multichoice", "truth": "truefalse"}.get(item.kind, item.kind)
    node = Tree.SubElement(quiz, "question", type=kind)
    _text(node, "name", item.objective)
    _asked(node, "questiontext", item.stem)
    _told(node, "generalfeedback", item.why)
    for tag, value in (("defaultgrade", "1"), ("penalty", "0"), ("hidden", "0"), ("idnumber", item.key)):
        Tree.SubElement(node, tag).text = value
    _WRITE[item.kind](node, item)
    if item.critical:
        _text(Tree.SubElement(node, "tags"), "tag", "safety")


def _plain(node: Tree.Element, **values: str) -> None:
    for tag, value in values.items():
        Tree.SubElement(node, tag).text = value


def _write_choice(node: Tree.Element, item: Item) -> None:
    several = item.spec["choose"] > 1
    _plain(node, single=str(not several).lower(), shuffleanswers="true", answernumbering="none")
    for choice in item.spec["choices"]:
        wrong = "-100" if several else "0"
        fraction = WEIGHTS.get(item.spec["choose"], "100") if choice["right"] else wrong
        _told(_asked(node, "answer", choice["text"], fraction=fraction), "feedback", choice["feedback"])


def _write_truth(node: Tree.Element, item: Item) -> None:
    for word in ("true", "false"):
        fraction = "100" if item.spec["answer"] == (word == "true") else "0"
        answer = _text(node, "answer", word, fraction=fraction, format="moodle_auto_format")
        _told(answer, "feedback", item.spec["feedback"][word])


def _write_match(node: Tree.Element, item: Item) -> None:
    _plain(node, shuffleanswers="true")
    rows = item.spec["rows"]
    said = "".join(
        f"<dt>{plain_html(row['text'])}</dt><dd>{to_html(from_markdown(row['feedback']).blocks)}</dd>" for row in rows
    )
    if any(row["feedback"] for row in rows):
        _text(node, "incorrectfeedback", f"<dl>{said}</dl>", format="html")
    for row in rows:
        pair = _asked(node, "subquestion", row["text"])
        _text(pair, "answer", item.spec["cards"][row["card"]]["text"])


def _write_order(node: Tree.Element, item: Item) -> None:
    cards = item.spec["cards"]
    _plain(
        node, layouttype="VERTICAL", selecttype="ALL", selectcount=str(len(cards)), gradingtype="ALL_OR_NOTHING",
        showgrading="HIDE", numberingstyle="none",
    )  # fmt: skip
    _told(node, "incorrectfeedback", item.spec["feedback"])
    for place, card in enumerate(cards, 1):
        _asked(node, "answer", card["text"], fraction=str(place))


_WRITE = {"choice": _write_choice, "truth": _write_truth, "matching": _write_match, "ordering": _write_order}


def kept(item: Item) -> Item:
    """Return what of an item comes back from Moodle XML."""
    return without_ids(source_lost(item)[0])


def drops(item: Item) -> list[str]:
    """Return what Moodle XML cannot carry of this item."""
    return source_lost(item)[1]


MOODLE = Format("moodle", "Moodle XML", "xml", "application/xml", read, write, kept, drops)
