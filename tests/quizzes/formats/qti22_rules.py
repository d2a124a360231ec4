"""What the files of a QTI 2.2 package may hold, as far as we write them, and a check of a whole package.

`ITEMS` and `PACKAGE` say for each element its attributes with their types, its children in their order, and whether
text may stand in it. An element that is not here is refused, so whoever writes a new one adds its row. What elements
have to say about each other follows in `_item`, `_test` and `_manifest`.

The rules are those of the standards: 1EdTech QTI 2.2 (imsqti_v2p2) and IMS content packaging 1.1 (imscp_v1p1).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, fromstring

from quizzes.formats.package import Package

ITEM_SPACE, PACKAGE_SPACE = "http://www.imsglobal.org/xsd/imsqti_v2p2", "http://www.imsglobal.org/xsd/imscp_v1p1"
PREFIXES = {
    "{http://www.w3.org/XML/1998/namespace}": "xml:",
    "{http://www.w3.org/2001/XMLSchema-instance}": "xsi:",
}

# Types of values, as regular expressions. Names may also have letters that are not ASCII; ours need none.
TEXT = r"[\s\S]*"
NAME = r"[A-Za-z_][A-Za-z0-9._-]*"
ID = rf"(?:{NAME})"  # a name that no other ID of the file has: two types, so two spellings
NAMES = rf"(?:{NAME}(?: {NAME})*)?"
COUNT = r"\+?[0-9]+"
NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-?INF|NaN"
NOT_NEGATIVE = rf"(?!-|NaN)(?:{NUMBER})"
BOOL = "true|false|1|0"
URI_SIGN = r"(?:[A-Za-z0-9_.!~*'();/?:@&=+$,-]|[^\x00-\x7f]|%[0-9A-Fa-f]{2})"
URI = rf"{URI_SIGN}*(?:#{URI_SIGN}*)?"
MIME_SIGN = r"[^()<>@,;:\\\"/\[\]?=\x80-\U0010ffff]"
MIME = f"{MIME_SIGN}+/{MIME_SIGN}+"
LANGUAGE = "(?:[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)?"
DIR = "ltr|rtl|auto"
SHOW = "show|hide"
LINE = "horizontal|vertical"
CARDINALITY = "single|multiple|ordered|record"
BASE_TYPE = "boolean|directedPair|duration|file|float|identifier|integer|pair|point|string|uri"
VIEW = "(?:author|candidate|proctor|scorer|testConstructor|tutor| )*"
VALUES = {"identifier": NAME, "directedPair": f"{NAME} {NAME}", "float": NUMBER}  # what we write of the base types

Attrs = dict[str, str]


class Rule(NamedTuple):
    """What an element may hold. A name with "?" may be missing; `children` is a regular expression over names."""

    attrs: Attrs
    children: str = ""
    text: bool = False


# Attributes and contents that several elements have.
BODY = {"id?": ID, "class?": TEXT, "xml:lang?": LANGUAGE, "label?": TEXT}
HTML = BODY | {"xml:base?": URI, "dir?": DIR}
ASKED = BODY | {"xml:base?": URI, "responseIdentifier": NAME}
CHOICE = BODY | {"identifier": NAME, "fixed?": BOOL, "templateIdentifier?": NAME, "showHide?": SHOW}
CHOOSE = {"shuffle?": BOOL, "minChoices?": COUNT, "maxChoices?": COUNT, "orientation?": LINE}
VARIABLE = {"cardinality": CARDINALITY, "baseType?": BASE_TYPE}
TOOL = {"toolName?": TEXT, "toolVersion?": TEXT}
INLINE = "(em|strong|a|br)*"
FLOW = "(p|ul|ol|em|strong|a|br)*"
EXPRESSION = "(match|member|not|multiple|variable|correct|baseValue)"
DO = "(responseCondition|setOutcomeValue)*"

ITEMS = {
    # a test
    "assessmentTest": Rule({"identifier": TEXT, "title": TEXT} | TOOL, "outcomeDeclaration* testPart+"),
    "testPart": Rule({"identifier": TEXT, "navigationMode": "linear|nonlinear",
                      "submissionMode": "individual|simultaneous"}, "assessmentSection+"),
    "assessmentSection": Rule({"identifier": TEXT, "title": TEXT, "visible": BOOL, "required?": BOOL, "fixed?": BOOL,
                               "keepTogether?": BOOL}, "(assessmentItemRef|assessmentSection)*"),
    "assessmentItemRef": Rule({"identifier": TEXT, "href": URI, "required?": BOOL, "fixed?": BOOL,
                               "category?": NAMES}),
    # an item, and its variables
    "assessmentItem": Rule({"identifier": TEXT, "title": TEXT, "label?": TEXT, "xml:lang?": LANGUAGE,
                            "adaptive?": BOOL, "timeDependent": BOOL} | TOOL,
                           "responseDeclaration* outcomeDeclaration* itemBody? responseProcessing? modalFeedback*"),
    "responseDeclaration": Rule({"identifier": ID} | VARIABLE, "defaultValue? correctResponse?"),
    "outcomeDeclaration": Rule({"identifier": NAME, "view?": VIEW, "interpretation?": TEXT, "longInterpretation?": URI,
                                "normalMaximum?": NOT_NEGATIVE, "normalMinimum?": NUMBER, "masteryValue?": NUMBER,
                                "externalScored?": "externalMachine|human", "variableIdentifierRef?": NAME} | VARIABLE,
                               "defaultValue?"),
    "correctResponse": Rule({"interpretation?": TEXT}, "value+"),
    "defaultValue": Rule({"interpretation?": TEXT}, "value+"),
    "value": Rule({"fieldIdentifier?": NAME, "baseType?": BASE_TYPE}, text=True),
    # what is asked
    "itemBody": Rule(BODY, "(choiceInteraction|matchInteraction|orderInteraction|p|ul|ol)+"),
    "choiceInteraction": Rule(ASKED | CHOOSE, "prompt? simpleChoice+"),
    "orderInteraction": Rule(ASKED | CHOOSE, "prompt? simpleChoice+"),
    "matchInteraction": Rule(ASKED | {"shuffle?": BOOL, "maxAssociations?": COUNT, "minAssociations?": COUNT},
                             "prompt? simpleMatchSet{2}"),
    "prompt": Rule(BODY, FLOW, text=True),
    "simpleChoice": Rule(CHOICE, FLOW, text=True),
    "simpleMatchSet": Rule({"id?": ID}, "simpleAssociableChoice*"),
    "simpleAssociableChoice": Rule(CHOICE | {"matchGroup?": NAMES, "matchMax": COUNT, "matchMin?": COUNT}, FLOW,
                                   text=True),
    # what an answer sets
    "responseProcessing": Rule({"template?": URI, "templateLocation?": URI}, DO),
    "responseCondition": Rule({}, "responseIf"),
    "responseIf": Rule({}, f"{EXPRESSION} {DO}"),
    "setOutcomeValue": Rule({"identifier": NAME}, EXPRESSION),
    "match": Rule({}, EXPRESSION + "{2}"),
    "member": Rule({}, EXPRESSION + "{2}"),
    "not": Rule({}, EXPRESSION),
    "multiple": Rule({}, EXPRESSION + "*"),
    "variable": Rule({"identifier": NAME, "weightIdentifier?": NAME}),
    "correct": Rule({"identifier": NAME}),
    "baseValue": Rule({"baseType": BASE_TYPE}, text=True),
    # what is said
    "modalFeedback": Rule({"outcomeIdentifier": NAME, "identifier": NAME, "showHide": SHOW, "title?": TEXT}, FLOW,
                          text=True),
    "p": Rule(HTML, INLINE, text=True),
    "ul": Rule(HTML, "li*"),
    "ol": Rule(HTML, "li*"),
    "li": Rule(BODY | {"dir?": DIR}, FLOW, text=True),
    "em": Rule(HTML, INLINE, text=True),
    "strong": Rule(HTML, INLINE, text=True),
    # The schema of 2.2.0 forgot the text of links: they could hold elements only. That of 2.2.4 allows it.
    "a": Rule(HTML | {"href": URI, "type?": MIME}, INLINE, text=True),
    "br": Rule(BODY | {"xml:base?": URI}),
}  # fmt: skip

PACKAGE = {
    "manifest": Rule({"identifier": ID, "version?": TEXT, "xml:base?": URI},
                     "metadata? organizations resources manifest*"),
    "metadata": Rule({}, "schema? schemaversion?"),
    "schema": Rule({}, text=True),
    "schemaversion": Rule({}, text=True),
    "organizations": Rule({"default?": NAME}),
    "resources": Rule({"xml:base?": URI}, "resource*"),
    "resource": Rule({"identifier": ID, "type": TEXT, "href?": URI, "xml:base?": URI},
                     "metadata? file* dependency*"),
    "file": Rule({"href": URI}, "metadata?"),
    "dependency": Rule({"identifierref": TEXT}),
}  # fmt: skip

ROOTS = {
    "manifest": (PACKAGE_SPACE, PACKAGE),
    "assessmentTest": (ITEM_SPACE, ITEMS),
    "assessmentItem": (ITEM_SPACE, ITEMS),
}
# The variable that an interaction answers, by the prose of the standard: its base type, its cardinalities.
ANSWERS = {
    "choiceInteraction": ("identifier", {"single", "multiple"}),
    "matchInteraction": ("directedPair", {"single", "multiple"}),
    "orderInteraction": ("identifier", {"ordered"}),
}
# Elements that name a variable: by which attribute, and whether it may be a response, an outcome.
NAMING = {
    "choiceInteraction": ("responseIdentifier", True, False),
    "matchInteraction": ("responseIdentifier", True, False),
    "orderInteraction": ("responseIdentifier", True, False),
    "correct": ("identifier", True, False),
    "variable": ("identifier", True, True),
    "setOutcomeValue": ("identifier", False, True),
    "modalFeedback": ("outcomeIdentifier", False, True),
}


def faults(data: bytes) -> list[str]:
    """Return what is wrong in a package (a zip), one line each: "file: element: what"."""
    package = Package(data)
    return [f"{name}: {said}" for name in package.names for said in _file(package, name)]


def _file(package: Package, name: str) -> Iterator[str]:
    try:
        root = fromstring(package.read(name))  # noqa: S314 - we wrote it
    except ParseError as error:
        yield f"not XML: {error}"
        return
    kind = _name(root)
    if kind not in ROOTS or (kind == "manifest") != (name == "imsmanifest.xml"):
        yield f"{kind}: may not be the outermost element of this file"
        return
    space, rules = ROOTS[kind]
    yield from _tree(root, space, rules)
    yield from {"manifest": _manifest, "assessmentTest": _test, "assessmentItem": _item}[kind](root, package)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _every(root: Element, *names: str) -> list[Element]:
    return [one for one in root.iter() if _name(one) in names]


def _tree(root: Element, space: str, rules: dict[str, Rule]) -> Iterator[str]:
    """Yield where elements break their own rules, and IDs that stand twice."""
    ids = Counter[str]()
    for element in root.iter():
        name = _name(element)
        if element.tag != f"{{{space}}}{name}":
            yield f"{name}: not in the namespace {space}"
        elif name not in rules:
            yield f"{name}: there is no rule for this element"
        else:
            yield from _element(element, name, rules[name])
            ids.update(element.attrib[key.rstrip("?")] for key, type_ in rules[name].attrs.items()
                       if type_ == ID and key.rstrip("?") in element.attrib)  # fmt: skip
    yield from (f"{_name(root)}: the ID {id_} stands {times} times" for id_, times in ids.items() if times > 1)


def _element(element: Element, name: str, rule: Rule) -> Iterator[str]:
    types = {key.rstrip("?"): type_ for key, type_ in rule.attrs.items()}
    given = {_prefixed(key): value for key, value in element.attrib.items()}
    if "xsi:schemaLocation" in given and len(given.pop("xsi:schemaLocation").split()) % 2:
        yield f"{name}: schemaLocation is not made of pairs"
    for key, value in given.items():
        if key not in types:
            yield f"{name}: may not have the attribute {key}"
        elif not re.fullmatch(types[key], value):
            yield f"{name}: {key} may not be {value!r}"
    for key in rule.attrs:
        if not key.endswith("?") and key not in given:
            yield f"{name}: lacks the attribute {key}"
    inside = [_name(child) for child in element]
    if not re.fullmatch(_children(rule.children), "".join(f"{one}," for one in inside)):
        yield f"{name}: may not hold {', '.join(inside) or 'nothing'}, but {rule.children or 'nothing'}"
    text = [element.text or "", *(child.tail or "" for child in element)]
    if not rule.text and "".join(text).strip():
        yield f"{name}: may not hold text: {''.join(text).strip()[:40]!r}"


def _prefixed(key: str) -> str:
    for space, prefix in PREFIXES.items():
        key = key.replace(space, prefix)
    return key


def _children(rule: str) -> str:
    """Return the regular expression of a rule: each name ends with a comma, so that none is the start of another."""
    return re.sub(r"[A-Za-z]+", r"(?:\g<0>,)", rule).replace(" ", "")


def _manifest(root: Element, package: Package) -> Iterator[str]:
    names = {one.get("identifier") for one in _every(root, "resource")}
    for element in _every(root, "resource", "file"):
        href = element.get("href", "")
        if href and package.beside("imsmanifest.xml", href) not in package:
            yield f"{_name(element)}: {href} is not in the package"
    for element in _every(root, "dependency"):
        if element.get("identifierref") not in names:
            yield f"dependency: there is no resource {element.get('identifierref')}"


def _test(root: Element, package: Package) -> Iterator[str]:
    parts = _every(root, "assessmentTest", "testPart", "assessmentSection", "assessmentItemRef")
    for identifier, times in Counter(one.get("identifier") for one in parts).items():
        if times > 1:
            yield f"assessmentTest: {identifier} names {times} of its parts"
    for element in _every(root, "assessmentItemRef"):
        if package.beside("test.xml", element.get("href", "")) not in package:
            yield f"assessmentItemRef: {element.get('href')} is not in the package"


def _item(root: Element, package: Package) -> Iterator[str]:
    responses = {one.get("identifier", ""): one for one in _every(root, "responseDeclaration")}
    outcomes = {one.get("identifier", ""): one for one in _every(root, "outcomeDeclaration")}
    declared = _every(root, "responseDeclaration", "outcomeDeclaration")
    if len(responses | outcomes) < len(declared):
        yield "assessmentItem: two variables have one identifier"
    for element in _every(root, *NAMING):
        key, response, outcome = NAMING[_name(element)]
        if element.get(key) not in [*responses] * response + [*outcomes] * outcome:
            yield f"{_name(element)}: there is no variable {element.get(key)} that it may name"
    for variable in declared:
        values = [one.text or "" for one in _every(variable, "value")]
        yield from (said for value in values for said in _value(variable, value))
        if variable.get("cardinality") == "single" and len(values) > 1:
            yield f"{_name(variable)}: has {len(values)} values, and is single"
    for element in _every(root, "baseValue"):
        yield from _value(element, element.text or "")
    for element in _every(root, *ANSWERS):
        if (response_ := responses.get(element.get("responseIdentifier", ""))) is not None:
            yield from _answer(element, response_)


def _value(element: Element, value: str) -> Iterator[str]:
    type_ = element.get("baseType", "")
    if not re.fullmatch(VALUES.get(type_, TEXT), value):
        yield f"{_name(element)}: the {type_} may not be {value!r}"


def _answer(element: Element, response: Element) -> Iterator[str]:
    """Yield what is wrong between an interaction and its variable: its type, and what is right."""
    name, (type_, cardinalities) = _name(element), ANSWERS[_name(element)]
    if response.get("baseType") != type_ or response.get("cardinality") not in cardinalities:
        yield f"{name}: its variable may not be {response.get('cardinality')} {response.get('baseType')}"
    sets = _every(element, "simpleMatchSet") or [element]
    choices = [
        [one.get("identifier") for one in _every(part, "simpleChoice", "simpleAssociableChoice")] for part in sets
    ]
    for identifier, times in Counter(one for part in choices for one in part).items():
        if times > 1:
            yield f"{name}: {times} of its choices have the identifier {identifier}"
    for value in _every(response, "value"):
        named = (value.text or "").split()
        if len(named) != len(sets) or any(one not in part for one, part in zip(named, choices, strict=True)):
            yield f"correctResponse: {value.text} is no choice of {name}"
