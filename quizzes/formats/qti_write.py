"""Writes QTI packages, 2.2 and 3.0: an item a question, a test, a manifest. `qti` reads them back whole.

The feedback of a choice is shown if it was chosen, that of a line if its pair is missing, that of an order if another
one was given; the why is always shown.
"""

from __future__ import annotations

import re
from dataclasses import replace

from quizzes.formats.document import Document, Format, Item, source_lost
from quizzes.formats.package import pack
from quizzes.formats.qti import TOOL, read
from quizzes.formats.rich import from_markdown, to_html
from quizzes.formats.xml import Node, kebab, parse

HTML = frozenset({"p", "ul", "ol", "li", "strong", "em", "a", "br"})
V2, V3 = "2.2", "3.0"
NAMESPACE = {V2: "http://www.imsglobal.org/xsd/imsqti_v2p2", V3: "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"}
SCHEMA = {
    V2: "https://purl.imsglobal.org/spec/qti/v2p2/schema/xsd/imsqti_v2p2p4.xsd",  # 2.2.0 allows no text in a link
    V3: "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
}
PACKAGE = {
    V2: ("http://www.imsglobal.org/xsd/imscp_v1p1", "QTIv2.2 Package", "1.0.0", "v2p2"),
    V3: ("http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1", "QTI Package", "3.0.0", "v3p0"),
}
RESPONSE, FEEDBACK, GENERAL, WHY = "RESPONSE", "FEEDBACK", "GENERAL", "WHY"


def _write(document: Document, version: str) -> bytes:
    names = [_name(item, number) for number, item in enumerate(document.items, 1)]
    files = {"imsmanifest.xml": _manifest(names, version), "test.xml": _test(document.title, names, version)}
    for item, name in zip(document.items, names, strict=True):
        files[f"items/{name}.xml"] = _file(_item(item, name, document.language or "en"), version)
    return pack(files)


def _name(item: Item, number: int) -> str:
    """Return an identifier: it may not begin with a digit, and ours begin with i-."""
    return f"i-{item.key}" if re.fullmatch(r"[\w.-]+", item.key, re.ASCII) else f"n-{number}"


def _file(root: Node, version: str) -> bytes:
    root = kebab(root, HTML) if version == V3 else _bare(root)
    where = {"xmlns": NAMESPACE[version], "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
             "xsi:schemaLocation": f"{NAMESPACE[version]} {SCHEMA[version]}"}  # fmt: skip
    root = replace(root, attrs=where | root.attrs)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root.xml()}\n'.encode()


def _bare(node: Node) -> Node:
    """Return the tree without contentBody, which only QTI 3 has."""
    inside: list[Node | str] = []
    for one in node.inside:
        bare = one if isinstance(one, str) else _bare(one)
        inside += bare.inside if isinstance(bare, Node) and bare.name == "contentBody" else [bare]
    return replace(node, inside=inside)


def _node(name: str, *inside: Node | str, **attrs: str) -> Node:
    return Node(name, attrs, list(inside))


def _html(markdown: str) -> list[Node | str]:
    return parse(f"<x>{to_html(from_markdown(markdown).blocks)}</x>".encode()).inside


def _manifest(names: list[str], version: str) -> bytes:
    space, schema, number, code = PACKAGE[version]
    uses = [_node("dependency", identifierref=name) for name in names]
    resources = [_node("resource", _node("file", href="test.xml"), *uses, identifier="t-test",
                       type=f"imsqti_test_xml{code}", href="test.xml")]  # fmt: skip
    resources += [
        _node("resource", _node("file", href=f"items/{name}.xml"), identifier=name,
              type=f"imsqti_item_xml{code}", href=f"items/{name}.xml")
        for name in names
    ]  # fmt: skip
    root = _node(
        "manifest",
        _node("metadata", _node("schema", schema), _node("schemaversion", number)),
        _node("organizations"),
        _node("resources", *resources),
        xmlns=space,
        identifier="m-manifest",
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root.xml()}\n'.encode()


def _test(title: str, names: list[str], version: str) -> bytes:
    items = [_node("assessmentItemRef", identifier=name, href=f"items/{name}.xml") for name in names]
    section = _node("assessmentSection", *items, identifier="s-all", title="Questions", visible="true")
    part = _node("testPart", section, identifier="p-all", navigationMode="linear", submissionMode="individual")
    return _file(_node("assessmentTest", part, identifier="t-test", title=title or "Questions", toolName=TOOL), version)


def _item(item: Item, name: str, language: str) -> Node:
    interaction, right, cardinality, base, feedback = _WRITE[item.kind](item)
    declared = _node("responseDeclaration", _values("correctResponse", right), identifier=RESPONSE,
                     cardinality=cardinality, baseType=base)  # fmt: skip
    told = [(FEEDBACK, id_, text) for id_, text, _ in feedback if text] + [(GENERAL, WHY, item.why)] * bool(item.why)
    root = _node(
        "assessmentItem",
        declared,
        _outcome("SCORE", "single", "float", "0"),
        _outcome(FEEDBACK, "multiple", "identifier"),
        _outcome(GENERAL, "single", "identifier", WHY),
        _node("itemBody", interaction),
        _node("responseProcessing", _score(), *(rule for _, text, rule in feedback if text)),
        *(
            _node("modalFeedback", _content(text), outcomeIdentifier=outcome, identifier=id_, showHide="show")
            for outcome, id_, text in told
        ),
        identifier=name,
        title=item.objective,
        adaptive="false",
        timeDependent="false",
        toolName=TOOL,
        toolVersion="1",
    )
    root.attrs |= {"label": "safety"} if item.critical else {}
    root.attrs["xml:lang"] = language
    return root


def _content(markdown: str) -> Node:
    return _node("contentBody", *_html(markdown))


def _values(name: str, values: list[str]) -> Node:
    return _node(name, *(_node("value", value) for value in values))


def _outcome(identifier: str, cardinality: str, base: str, default: str = "") -> Node:
    inside = [_values("defaultValue", [default])] if default else []
    return _node("outcomeDeclaration", *inside, identifier=identifier, cardinality=cardinality, baseType=base)


def _set(identifier: str, value: Node) -> Node:
    return _node("setOutcomeValue", value, identifier=identifier)


def _if(test: Node, *rules: Node) -> Node:
    return _node("responseCondition", _node("responseIf", test, *rules))


def _given() -> Node:
    return _node("variable", identifier=RESPONSE)


def _match_correct() -> Node:
    return _node("match", _given(), _node("correct", identifier=RESPONSE))


def _score() -> Node:
    return _if(_match_correct(), _set("SCORE", _node("baseValue", "1", baseType="float")))


def _also(id_: str) -> Node:
    """Return the rule that shows one more feedback."""
    shown = _node("variable", identifier=FEEDBACK)
    return _set(FEEDBACK, _node("multiple", shown, _node("baseValue", id_, baseType="identifier")))


Written = tuple[Node, list[str], str, str, list[tuple[str, str, Node]]]


def _ids(things: list[dict[str, str]], letter: str) -> list[str]:
    return [f"c-{thing['id']}" if thing.get("id") else f"{letter}-{n}" for n, thing in enumerate(things, 1)]


def _choices(item: Item, ids: list[str], texts: list[str], right: list[str], told: list[str]) -> Written:
    several = len(right) > 1
    choices = [_node("simpleChoice", text, identifier=id_) for id_, text in zip(ids, texts, strict=True)]
    shuffle = "false" if item.kind == "truth" else "true"
    asked = _node("choiceInteraction", _node("prompt", item.stem), *choices, responseIdentifier=RESPONSE,
                  shuffle=shuffle, maxChoices=str(len(right)))  # fmt: skip
    feedback = []
    for id_, text in zip(ids, told, strict=True):
        chosen = _node("baseValue", id_, baseType="identifier")
        test = _node("member", chosen, _given()) if several else _node("match", _given(), chosen)
        feedback.append((id_, text, _if(test, _also(id_))))
    return asked, right, "multiple" if several else "single", "identifier", feedback


def _choice(item: Item) -> Written:
    choices = item.spec["choices"]
    ids = _ids(choices, "n")
    right = [id_ for id_, one in zip(ids, choices, strict=True) if one["right"]]
    return _choices(item, ids, [c["text"] for c in choices], right, [c["feedback"] for c in choices])


def _truth(item: Item) -> Written:
    told = [item.spec["feedback"][word] for word in ("true", "false")]
    right = ["n-true" if item.spec["answer"] else "n-false"]
    return _choices(item, ["n-true", "n-false"], ["True", "False"], right, told)


def _matching(item: Item) -> Written:
    rows, cards = item.spec["rows"], item.spec["cards"]
    row_ids, card_ids = _ids(rows, "n"), _ids(cards, "m")
    pairs = [f"{id_} {card_ids[row['card']]}" for id_, row in zip(row_ids, rows, strict=True)]
    sets = [
        _node("simpleMatchSet", *(
            _node("simpleAssociableChoice", one["text"], identifier=id_, matchMax=most)
            for id_, one in zip(ids, things, strict=True)
        ))
        for ids, things, most in ((row_ids, rows, "1"), (card_ids, cards, str(len(rows))))
    ]  # fmt: skip
    asked = _node("matchInteraction", _node("prompt", item.stem), *sets, responseIdentifier=RESPONSE, shuffle="true",
                  maxAssociations=str(len(rows)))  # fmt: skip
    feedback = [
        (id_, row["feedback"], _if(_node("not", _node("member", _node("baseValue", pair, baseType="directedPair"),
                                                      _given())), _also(id_)))
        for id_, row, pair in zip(row_ids, rows, pairs, strict=True)
    ]  # fmt: skip
    return asked, pairs, "multiple", "directedPair", feedback


def _ordering(item: Item) -> Written:
    cards = item.spec["cards"]
    ids = _ids(cards, "n")
    choices = [_node("simpleChoice", one["text"], identifier=id_) for id_, one in zip(ids, cards, strict=True)]
    asked = _node("orderInteraction", _node("prompt", item.stem), *choices, responseIdentifier=RESPONSE, shuffle="true")
    other = _if(_node("not", _match_correct()), _also("OTHER"))
    return asked, ids, "ordered", "identifier", [("OTHER", item.spec["feedback"], other)]


_WRITE = {"choice": _choice, "truth": _truth, "matching": _matching, "ordering": _ordering}


def kept(item: Item) -> Item:
    """Return what of an item comes back: all but where it is taught."""
    return source_lost(item)[0]


def drops(item: Item) -> list[str]:
    """Return what QTI cannot carry of this item."""
    return source_lost(item)[1]


def write_3(document: Document) -> bytes:
    """Return a QTI 3.0 package."""
    return _write(document, V3)


def write_2(document: Document) -> bytes:
    """Return a QTI 2.2 package."""
    return _write(document, V2)


QTI3 = Format("qti3", "QTI 3.0", "zip", "application/zip", read, write_3, kept, drops)
QTI2 = Format("qti22", "QTI 2.2", "zip", "application/zip", read, write_2, kept, drops)
