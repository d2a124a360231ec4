"""QTI 1.2, read only: what Canvas gives out, and Common Cartridge. https://www.imsglobal.org/question/qtiv1p2/"""

from __future__ import annotations

from collections.abc import Iterator

from quizzes.formats.document import ANY_ONE, Answer, Document, Found, Refused, bounded, line, match
from quizzes.formats.rich import Rich, from_html, from_plain
from quizzes.formats.xml import Node

ROOT = "questestinterop"
KINDS = {  # names of Canvas, and of Common Cartridge
    "multiple_choice_question": "choice", "cc.multiple_choice.v0p1": "choice",
    "true_false_question": "choice", "cc.true_false.v0p1": "choice",
    "multiple_answers_question": "choice", "cc.multiple_response.v0p1": "choice",
    "matching_question": "match",
}  # fmt: skip
REFUSED = {
    "essay_question": "It asks for a text of one’s own.", "cc.essay.v0p1": "It asks for a text of one’s own.",
    "short_answer_question": "It asks for a word to be typed.", "cc.fib.v0p1": "It asks for a word to be typed.",
    "cc.pattern_match.v0p1": "It asks for a word to be typed.",
    "numerical_question": "It asks for a number.", "calculated_question": "It asks for a number.",
    "fill_in_multiple_blanks_question": "It has gaps to be filled.",
    "multiple_dropdowns_question": "It has gaps to be filled.",
    "file_upload_question": "It asks for a file.", "text_only_question": "It is a text without answers.",
}  # fmt: skip


def read_into(document: Document, root: Node, where: str) -> None:
    """Add the questions of a QTI 1.2 file to the document. `where` is its name in a package, or ""."""
    document.title = document.title or line(next((one.get("title") for one in root.nodes("assessment")), ""))
    for number, item in enumerate(root.every("item"), 1):
        place = ", ".join(filter(None, (where, f"question {number}")))
        with document.question(place, "") as found:
            # "Question" is what Canvas writes when nobody gave it a title.
            found.title = "" if (title := line(item.get("title"))) == "Question" else title
            found.key = item.get("ident")
            _question(found, item)


def _question(found: Found, item: Node) -> None:
    fields = {
        line(one.first("fieldlabel").text()): line(one.first("fieldentry").text())
        for one in item.every("qtimetadatafield")
    }
    kind = fields.get("question_type") or fields.get("cc_profile") or ""
    presentation = item.first("presentation")
    presentation = presentation.nodes("flow")[0] if presentation.nodes("flow") else presentation
    found.stem = found.asked(_material(presentation))
    if kind in REFUSED:
        raise Refused(kind, REFUSED[kind])
    lids = list(presentation.every("response_lid"))
    if not lids or presentation.nodes("response_str", "response_num", "response_xy", "response_grp"):
        raise Refused("kind", "It cannot be asked.")
    said = {one.get("ident"): _feedback(found, one) for one in item.every("itemfeedback")}
    if KINDS.get(kind) == "match" or len(lids) > 1:
        return _match(found, item, lids, said)
    return _choice(found, item, lids[0], said)


def _material(node: Node) -> Rich:
    """Return the text that stands directly in this element."""
    parts = [_text(text) for one in node.nodes("material") for text in one.nodes("mattext")]
    pictures = any(one.nodes("matimage", "matvideo", "mataudio") for one in node.nodes("material"))
    blocks = tuple(block for part in parts for block in part.blocks)
    lost = frozenset().union(*(part.lost for part in parts)) | ({"picture"} if pictures else set())
    return Rich(blocks, lost)


def _text(node: Node) -> Rich:
    html = "html" in node.get("texttype") or bool(node.nodes())
    text = bounded(node.html() if node.nodes() else node.text())
    return from_html(text) if html else from_plain(text)


def _feedback(found: Found, node: Node) -> str:
    texts = [_text(one) for one in node.every("mattext")]
    return "\n\n".join(filter(None, map(found.told, texts)))


def _conditions(item: Node) -> Iterator[tuple[Node, set[tuple[str, str]], bool, set[str]]]:
    """Yield each respcondition: itself, the values it asks for (by response), whether it gives points, its feedback."""
    for one in item.every("respcondition"):
        asked = one.first("conditionvar")
        wrong = {id(v) for no in asked.every("not") for v in no.every("varequal")}
        values = {(v.get("respident"), v.text().strip()) for v in asked.every("varequal") if id(v) not in wrong}
        gives = any(_points(s) > 0 for s in one.nodes("setvar"))
        yield one, values, gives, {shown.get("linkrefid") for shown in one.nodes("displayfeedback")}


def _points(node: Node) -> float:
    try:
        return float(node.text())
    except ValueError:
        return 0


def _choice(found: Found, item: Node, lid: Node, said: dict[str, str]) -> None:
    name, several = lid.get("ident"), lid.get("rcardinality").casefold() == "multiple"
    right, told, why = set[str](), dict[str, list[str]](), list[str]()
    for one, values, gives, shown in _conditions(item):
        mine = {value for response, value in values if response == name}
        if gives:
            if right and not several and not mine <= right:
                raise Refused("any", ANY_ONE)
            right |= mine
        for feedback in shown:
            if len(mine) == 1 and not (gives and several):
                told.setdefault(min(mine), []).append(said.get(feedback, ""))
            elif not mine and any(True for _ in one.every("other")):
                why.append(said.get(feedback, ""))
            elif said.get(feedback):
                found.lose("combined", "Feedback for the whole answer is left out; each choice has its own here.")
    answers = []
    for label in lid.every("response_label"):
        id_ = label.get("ident")
        feedback = "\n\n".join(filter(None, told.get(id_, [])))
        answers.append(Answer(found.asked(_material(label), "a choice"), id_ in right, feedback))
    found.choose(answers, "\n\n".join(filter(None, why)))


def _match(found: Found, item: Node, lids: list[Node], said: dict[str, str]) -> None:
    pairs, why = dict[str, str](), list[str]()
    for one, values, gives, shown in _conditions(item):
        for response, value in values if gives else ():
            pairs[response] = value
        if not values and any(True for _ in one.every("other")):
            why += [said.get(feedback, "") for feedback in shown]
        elif not gives and any(said.get(feedback) for feedback in shown):
            found.lose("combined", "Feedback for the whole answer is left out; each line has its own here.")
    cards = {
        label.get("ident"): found.asked(_material(label), "a line")
        for lid in lids
        for label in lid.every("response_label")
    }
    rows = [(found.asked(_material(lid), "a line"), cards.get(pairs.get(lid.get("ident"), ""), "")) for lid in lids]
    if not all(card for _, card in rows):
        raise Refused("partner", "A line of it has no partner.")
    if len({card for _, card in rows}) < len(set(cards.values())):
        found.lose("spare", "A word that goes with no line is left out.")
    found.add("matching", match([(text, card, "") for text, card in rows]), "\n\n".join(filter(None, why)))
