"""QTI 2.1, 2.2 and 3.0: one item, or a package (zip). https://www.imsglobal.org/question/

Names of QTI 3 are read as those of QTI 2, so there is one reader. A package is read in the order of its test, then of
its manifest. Packages may also hold QTI 1.2 (Common Cartridge), which `qti12` reads.
"""

from __future__ import annotations

from collections.abc import Callable

from quizzes.formats import qti12, xml
from quizzes.formats.document import Answer, Document, Found, Refused, at_most, bounded, by_weight, line
from quizzes.formats.feedback import FEEDBACK, Feedback, Unknown
from quizzes.formats.package import Package
from quizzes.formats.rich import Rich, from_html
from quizzes.formats.text import BadFile
from quizzes.formats.xml import Node

TOOL = "quizzes"  # toolName of what we write: then ids and keys are our own
ITEM, TEST = "assessmentItem", "assessmentTest"
REFUSED = {
    "extendedTextInteraction": "It asks for a text of one’s own.",
    "textEntryInteraction": "It asks for a word to be typed.",
    "inlineChoiceInteraction": "It has gaps to be filled.",
    "gapMatchInteraction": "It has gaps to be filled.",
    "hottextInteraction": "Words are marked in a text.",
    "associateInteraction": "Pairs are made of one set of words.",
    "sliderInteraction": "It asks for a place on a scale.",
    "uploadInteraction": "It asks for a file.",
    "drawingInteraction": "It asks for a drawing.",
    "mediaInteraction": "It plays video or sound.",
    "customInteraction": "It is a program of its own.",
    "portableCustomInteraction": "It is a program of its own.",
    "endAttemptInteraction": "It is taken in several steps.",
}
ON_A_PICTURE = ("hotspot", "selectPoint", "graphic", "positionObject")


def read(data: bytes) -> Document:
    """Read an item, an old QTI 1.2 file or a package. Raises BadFile."""
    if data.startswith((b"PK\3\4", b"PK\5\6")):
        return _package(Package(data))
    root, document = xml.camel(xml.parse(data)), Document()
    if root.name == qti12.ROOT:
        qti12.read_into(document, root, "")
    elif root.name == ITEM:
        _item(document, root, "the item")
    elif root.name in (TEST, "manifest"):
        raise BadFile("This file only names its questions. Choose the whole package (a zip).")
    else:
        raise BadFile("This XML holds no questions that are known here: Moodle XML or QTI.")
    return document


def _package(package: Package) -> Document:
    document = Document()
    files = _files(package, document)
    if not files:
        raise BadFile("This zip holds no questions that are known here (QTI, Common Cartridge).")
    at_most(len(files))
    for name in files:
        if name not in package:
            with document.question(name):
                raise Refused("missing", "The package names this file, but does not have it.")
            continue
        data = package.read(name)
        try:
            root = xml.camel(xml.parse(data))
        except BadFile as error:
            with document.question(name):
                raise Refused("broken", str(error)) from None
            continue
        if root.name == qti12.ROOT:
            qti12.read_into(document, root, name)
            at_most(len(document.items))
        elif root.name == ITEM:
            _item(document, root, name)
    return document


def _files(package: Package, document: Document) -> list[str]:
    """Return the names of the files with questions, in their order."""
    manifests = sorted((n for n in package.names if n.rpartition("/")[2] == "imsmanifest.xml"), key=len)
    if not manifests:
        return [name for name in sorted(package.names) if name.endswith(".xml") and _root(package, name) == ITEM]
    root = xml.parse(package.read(manifests[0]))
    tests, items, old = list[str](), list[str](), list[str]()
    for resource in root.every("resource"):
        href = resource.get("href") or resource.first("file").get("href")
        name, type_ = package.beside(manifests[0], href), resource.get("type")
        if "imsqti_test" in type_:
            tests.append(name)
        elif "imsqti_item" in type_:
            items.append(name)
        elif "imsqti_xmlv1" in type_ and _root(package, name) == qti12.ROOT:
            old.append(name)
    for test in tests:
        if test in package:
            whole = xml.camel(xml.parse(package.read(test)))
            document.title = document.title or line(whole.get("title"))
            named = [package.beside(test, one.get("href")) for one in whole.every("assessmentItemRef")]
            items = [*named, *items]
    return list(dict.fromkeys([*items, *old]))


def _root(package: Package, name: str) -> str:
    try:
        return xml.camel(xml.parse(package.read(name))).name if name in package else ""
    except BadFile:
        return ""


def _item(document: Document, item: Node, where: str) -> None:
    with document.question(where, line(item.get("title"))) as found:
        own, name = item.get("toolName") == TOOL, item.get("identifier")
        found.key = name if not own else name[2:] if name.startswith("i-") else ""
        found.critical = line(item.get("label")).casefold() == "safety"
        document.language = document.language or item.get("lang")
        _question(found, item, own=own)


def _question(found: Found, item: Node, *, own: bool) -> None:
    body = item.first("itemBody").copy("rubricBlock")
    inside = [node for node in _all(body) if node.name.endswith("Interaction")]
    found.stem = line(inside[0].first("prompt").text() if inside else body.text())
    if item.get("adaptive") == "true":
        raise Refused("adaptive", "It is taken in several steps.")
    if item.nodes("templateDeclaration", "templateProcessing"):
        raise Refused("template", "Its numbers are drawn anew for each person.")
    if item.nodes("assessmentStimulusRef", "stimulusRef"):
        raise Refused("stimulus", "It is about a text that stands in another file.")
    if not inside:
        raise Refused("description", "It is a text without answers.")
    if len(inside) > 1:
        raise Refused("several", "It asks several things at once.")
    one = inside[0]
    if one.name not in _READ:
        drawn = "It is answered on a picture." if one.name.startswith(ON_A_PICTURE) else "It cannot be asked."
        raise Refused(one.name, REFUSED.get(one.name, drawn))
    around = body.copy(one.name, *FEEDBACK).html() + " " + one.first("prompt").html()
    found.stem = found.asked(_rich(around))
    _READ[one.name](found, item, one, Feedback.of(item), own)


def _all(node: Node) -> list[Node]:
    return [one for inside in node.nodes() for one in (inside, *_all(inside))]


def _rich(html: str) -> Rich:
    return from_html(bounded(html))


Runs = list[frozenset[int]]


def _told(found: Found, feedback: Feedback, response: str, answers: list[list[str]]) -> tuple[list[str], str]:
    """Return what is said to whoever gave each of these answers, and the why: what all of them show."""
    try:
        runs: Runs = [feedback.shown(response, answer) for answer in answers]
    except Unknown:
        found.lose("processing", "Its feedback is left out: which answer it belongs to cannot be told.")
        return [""] * len(answers), ""
    if feedback.parts and not any(runs):
        found.lose("processing", "Its feedback is left out: no answer shows it.")
    common = frozenset.intersection(*runs)
    return [_joined(found, feedback, run - common) for run in runs], _joined(found, feedback, common)


def _joined(found: Found, feedback: Feedback, numbers: frozenset[int]) -> str:
    parts = [feedback.parts[n] for n in sorted(numbers)]
    return found.told(_rich("".join(f"<div>{part.html()}</div>" for part in parts)))


def _words(found: Found, node: Node, what: str) -> str:
    return found.asked(_rich(node.copy(*FEEDBACK).html()), what)


def _id(node: Node, own: bool) -> str:
    name = node.get("identifier")
    return name[2:] if own and name.startswith("c-") else ""


def _declared(item: Node, interaction: Node) -> Node:
    name = interaction.get("responseIdentifier")
    return next((one for one in item.nodes("responseDeclaration") if one.get("identifier") == name), Node(""))


def _choice(found: Found, item: Node, one: Node, feedback: Feedback, own: bool) -> None:
    choices, declared = one.nodes("simpleChoice"), _declared(item, one)
    ids = [choice.get("identifier") for choice in choices]
    response = one.get("responseIdentifier")
    if choices:
        told, why = _told(found, feedback, response, [[id_] for id_ in ids])
    else:
        told, why = [], ""
    right = feedback.correct.get(response) or []
    percents = dict.fromkeys(right, 100.0) if right else _mapped(declared)
    single = declared.get("cardinality") != "multiple"
    triples = [
        (_words(found, choice, "a choice"), percents.get(id_, 0.0), said)
        for choice, id_, said in zip(choices, ids, told, strict=True)
    ]
    if not single and right:
        answers = [Answer(text, percent > 0, said) for text, percent, said in triples]
    else:
        answers = by_weight(found, triples, single=single)
    found.choose([a._replace(id=_id(c, own)) for a, c in zip(answers, choices, strict=True)], why)


def _mapped(declared: Node) -> dict[str, float]:
    """Return the points of each choice, as percent of all points that can be had."""
    try:
        entries = declared.first("mapping").nodes("mapEntry")
        points = {one.get("mapKey"): float(one.get("mappedValue") or 0) for one in entries}
    except ValueError:
        raise Refused("broken", "The points of an answer are no number.") from None
    most = max(points.values(), default=0)
    if most > 0 and declared.get("cardinality") == "multiple":
        most = sum(value for value in points.values() if value > 0)
    return {key: value / most * 100 for key, value in points.items()} if most > 0 else {}


def _order(found: Found, item: Node, one: Node, feedback: Feedback, own: bool) -> None:
    choices = {choice.get("identifier"): choice for choice in one.nodes("simpleChoice")}
    right = feedback.correct.get(one.get("responseIdentifier")) or []
    if sorted(right) != sorted(choices):
        raise Refused("right", "It does not say the place of each line.")
    told, why = _told(found, feedback, one.get("responseIdentifier"), [right, right[::-1]])
    cards = [_thing(_words(found, choices[id_], "a line"), _id(choices[id_], own)) for id_ in right]
    found.add("ordering", {"version": 1, "cards": cards, "feedback": told[1]}, why)


def _thing(text: str, id_: str) -> dict[str, str]:
    return {"text": text} | ({"id": id_} if id_ else {})


def _match(found: Found, item: Node, one: Node, feedback: Feedback, own: bool) -> None:
    sets = [part.nodes("simpleAssociableChoice") for part in one.nodes("simpleMatchSet")]
    right = feedback.correct.get(one.get("responseIdentifier")) or []
    if len(sets) != 2:
        raise Refused("broken", "It has not two sets to match.")
    for turned in (False, True):
        lines, cards = sets[::-1] if turned else sets
        partners = [_partners(id_.get("identifier"), right, turned) for id_ in lines]
        if all(len(found_) == 1 for found_ in partners):
            break
    else:
        raise Refused("partner", "A line of it has no partner, or several.")
    without = [[pair for pair in right if pair != found_[0][1]] for found_ in partners]
    told, why = _told(found, feedback, one.get("responseIdentifier"), [right, *without])
    texts = {card.get("identifier"): _thing(_words(found, card, "a line"), _id(card, own)) for card in cards}
    if any(found_[0][0] not in texts for found_ in partners):
        raise Refused("broken", "A line of it has a partner that it does not name.")
    used = list(dict.fromkeys(found_[0][0] for found_ in partners))
    if len(used) < len(texts):
        found.lose("spare", "A word that goes with no line is left out.")
    rows = [
        _thing(_words(found, row, "a line"), _id(row, own)) | {"card": used.index(found_[0][0]), "feedback": said}
        for row, found_, said in zip(lines, partners, told[1:], strict=True)
    ]
    found.add("matching", {"version": 1, "cards": [texts[id_] for id_ in used], "rows": rows}, why)


def _partners(id_: str, right: list[str], turned: bool) -> list[tuple[str, str]]:
    """Return the partners of a line, each with the pair that names it."""
    pairs = [(pair.split()[::-1] if turned else pair.split(), pair) for pair in right]
    return [(ends[1], pair) for ends, pair in pairs if len(ends) == 2 and ends[0] == id_]


_READ: dict[str, Callable[[Found, Node, Node, Feedback, bool], None]] = {
    "choiceInteraction": _choice, "orderInteraction": _order, "matchInteraction": _match,
}  # fmt: skip
