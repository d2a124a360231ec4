"""The formats that are known, and which of them a file has."""

from __future__ import annotations

import re
from collections.abc import Callable

from quizzes.formats import gift, moodle_xml, qti, xml
from quizzes.formats.aiken import AIKEN
from quizzes.formats.document import MOST_BYTES, Document, Format
from quizzes.formats.gift import GIFT
from quizzes.formats.moodle_xml import MOODLE
from quizzes.formats.package import Package
from quizzes.formats.qti_write import QTI2, QTI3
from quizzes.formats.sheet import CSV, XLSX, is_header
from quizzes.formats.text import BadFile, decode

FORMATS: dict[str, Format] = {one.name: one for one in (GIFT, MOODLE, CSV, XLSX, QTI3, QTI2, AIKEN)}

XML = re.compile(rb"<(?:\?xml|!|[\w:-]*(?:quiz|questestinterop|assessment\w*|manifest)\b)", re.IGNORECASE)


def guess(data: bytes) -> Callable[[bytes], Document]:
    """Return the reader for this file. Raises BadFile if it cannot be opened."""
    if data.startswith((b"PK\3\4", b"PK\5\6")):
        return XLSX.read if "xl/workbook.xml" in Package(data) else qti.read
    head = data[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")
    if XML.match(head):
        return moodle_xml.read if xml.parse(data).name == "quiz" else qti.read
    text, _ = decode(data, or_windows=True)
    lines = [line for line in text.split("\n") if line.strip()]
    if lines and is_header(lines[0]):
        return CSV.read
    if re.search(r"^\s*[A-Z][.)]\s.*\n\s*ANSWER\s*:\s*[A-Z]\s*$", text, re.IGNORECASE | re.MULTILINE):
        return AIKEN.read
    bare = re.sub(r"\\.|<[^>\n]*>", "", text)
    if "{" not in bare and any(re.match(r"\s*ANSWER\s*:", line, re.IGNORECASE) for line in lines):
        return AIKEN.read
    return gift.read


def read(data: bytes) -> Document:
    """Read a file of any known format. Raises BadFile with one sentence; nothing was changed then."""
    if len(data) > MOST_BYTES:
        raise BadFile("This file has more than 2 MB. Take the pictures out, or make two files of it.")
    if not data.strip():
        raise BadFile("This file is empty.")
    document = guess(data)(data)
    if not document.items and not document.refused:
        raise BadFile("No question was found in this file: GIFT, Moodle XML, a sheet, QTI and Aiken are read.")
    return document
