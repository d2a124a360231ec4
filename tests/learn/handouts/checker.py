"""What a test checks of our FHIR document, beside fhir.resources: codes, references, the rules of a document, XHTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from fhir.resources.R4B.bundle import Bundle

# The only values that these fields may have in our documents.
CODES = {
    ("Bundle", "type"): {"document"},
    ("Composition", "status"): {"final"},
    ("Procedure", "status"): {"completed"},
    ("ServiceRequest", "status"): {"active", "completed"},
    ("ServiceRequest", "intent"): {"order"},
    ("Observation", "status"): {"final"},
}
# What a reference in this field leads to.
TARGET = {
    ("Composition", "subject"): "Patient",
    ("Composition", "author"): "Practitioner",
    ("Composition", "custodian"): "Organization",
    ("Patient", "managingOrganization"): "Organization",
    ("ServiceRequest", "subject"): "Patient",
    ("ServiceRequest", "requester"): "Practitioner",
    ("Procedure", "subject"): "Patient",
    ("Procedure", "basedOn"): "ServiceRequest",
    ("Procedure", "performer"): "Practitioner",
    ("Procedure", "note"): "Practitioner",
    ("Observation", "subject"): "Patient",
}
TAGS = {"div", "p", "ul", "li", "br", "b", "i", "h2"}
XHTML = "{http://www.w3.org/1999/xhtml}"


def problems(bundle: dict[str, Any]) -> list[str]:
    """Return what is wrong with a document: first what fhir.resources finds, then what it does not see."""
    found = []
    try:
        Bundle.model_validate(bundle)
    except ValueError as error:
        found.append(f"fhir.resources: {str(error).splitlines()[0]}")
    found += _of_the_document(bundle)
    for entry in bundle["entry"]:
        found += _of(entry["resource"], bundle)
    return found


def _of_the_document(bundle: dict[str, Any]) -> Iterator[str]:
    kinds = {entry.get("fullUrl"): entry["resource"]["resourceType"] for entry in bundle["entry"]}
    if len(kinds) != len(bundle["entry"]) or None in kinds:
        yield "an entry has no address of its own"
    if bundle["entry"][0]["resource"]["resourceType"] != "Composition":
        yield "the Composition is not first (bdl-11)"
    if not bundle.get("timestamp") or not bundle.get("identifier", {}).get("value"):
        yield "no identifier or no time (bdl-9, bdl-10)"
    if bundle.get("type") not in CODES["Bundle", "type"]:
        yield "no document"
    used = set(re.findall(r'"reference": "([^"]+)"', json.dumps(bundle)))
    for address, kind in kinds.items():
        if address not in used and kind != "Composition":
            yield f"nobody refers to this {kind}"
    for path, value in _walk(bundle):
        if value in ([], {}, "") or (isinstance(value, str) and not value.strip()):
            yield f"{path} is empty"


def _of(resource: dict[str, Any], bundle: dict[str, Any]) -> Iterator[str]:
    kinds = {entry.get("fullUrl"): entry["resource"]["resourceType"] for entry in bundle["entry"]}
    kind = resource["resourceType"]
    for (where, name), allowed in CODES.items():
        if where == kind and resource.get(name) not in allowed:
            yield f"{kind}.{name} is {resource.get(name)}"
    for path, value in _walk(resource):
        if isinstance(value, dict) and "reference" in value:
            leads = kinds.get(value["reference"])
            if leads is None or leads != TARGET.get((kind, path[0]), leads):
                yield f"{kind}.{path[0]} leads to {leads}"
        if path and path[-1] == "div":
            yield from _of_xhtml(value)


def _of_xhtml(text: str) -> Iterator[str]:
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  # our own text
    except ElementTree.ParseError:
        yield "a text is no XML"
        return
    for tag in root.iter():
        if tag.tag.removeprefix(XHTML) not in TAGS or not tag.tag.startswith(XHTML) or tag.attrib:
            yield f"a text has {tag.tag}"


def _walk(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, (*path, name))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _walk(inner, (*path, n))
