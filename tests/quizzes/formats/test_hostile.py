"""Files that would harm get one sentence. They take no long time, no memory, nothing from a disk or the network."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import pytest

from quizzes.formats import MOST_BYTES, BadFile, loads
from quizzes.formats.known import guess, read

pytestmark = pytest.mark.one_database

LAUGHS = '<!DOCTYPE q [<!ENTITY a "ha">' + "".join(f'<!ENTITY a{n} "{"&a;" * 10}">' for n in range(9)) + "]>"
OUTSIDE = '<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE quiz [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]>'


def packed(files: dict[str, bytes | str], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


def manifest(*names: str) -> str:
    return (
        "<manifest><resources>"
        + "".join(f'<resource type="imsqti_item_xmlv2p1" href="{n}"/>' for n in names)
        + ("</resources></manifest>")
    )


def lying(data: bytes) -> bytes:
    """Return the zip with a declared size of 10 bytes for each file."""
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data = data[: at + 24] + (10).to_bytes(4, "little") + data[at + 28 :]
        at = data.find(b"PK\x01\x02", at + 4)
    return data


def with_flag(data: bytes, flag: int) -> bytes:
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark) + offset
        data = data[:at] + flag.to_bytes(2, "little") + data[at + 2 :]
    return data


def with_method(data: bytes, method: int) -> bytes:
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.find(mark) + offset
        data = data[:at] + method.to_bytes(2, "little") + data[at + 2 :]
    return data


def bomb() -> bytes:
    return packed({"imsmanifest.xml": manifest("a.xml"), "a.xml": b"<a>" + b" " * 5_000_000})


ITEM = packed({"imsmanifest.xml": "<manifest/>"})

HOSTILE: dict[str, bytes | Callable[[], bytes]] = {
    "nothing": b"",
    "more than 2 MB": b"a" * (MOST_BYTES + 1),
    "NUL": b"\x00" * 100,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10,
    "half a letter": b"Which?{=A \xff ~B}",
    "a UTF-16 mark and one byte": b"\xff\xfea",
    "501 questions": b"Which?{=A ~B}\n\n" * 501,
    "501 Moodle questions": b"<quiz>" + b'<question type="essay"/>' * 501 + b"</quiz>",
    "501 rows": b"question,text 1\n" + b"a,b\n" * 501,
    "1001 rows": b"question,text 1\n" + b",\n" * 1001,
    "501 Aiken questions": b"Q?\nA. a\nB. b\nANSWER: A\n\n" * 501,
    "a cell that never ends": b'question,text 1\n"' + b"a" * 200_000,
    "entities in entities": f"{LAUGHS}<quiz>&a8;</quiz>".encode(),
    "an entity in UTF-16": f"{LAUGHS}<quiz/>".encode("utf-16"),
    "a file of the machine": f"{OUTSIDE}<quiz>&x;</quiz>".encode(),
    "an address": f"{PARAMETER}<quiz/>".encode(),
    "a deep tree": b"<quiz>" + b"<a>" * 100_000,
    "a wide tree": b"<quiz>" + b"<a/>" * 200_001 + b"</quiz>",
    "half of XML": b"<quiz><question",
    "two roots": b"<quiz/><quiz/>",
    "an unknown encoding": b'<?xml version="1.0" encoding="x-mac-klingon"?><quiz/>',
    "a short zip": ITEM[:40],
    "only the mark of a zip": b"PK\x03\x04",
    "a zip without questions": packed({"a.txt": "hello"}),
    "a zip bomb": bomb,
    "a zip bomb that lies about its size": lambda: lying(bomb()),
    "30 files of 1 MB": lambda: packed(
        {"imsmanifest.xml": manifest(*(f"{n}.xml" for n in range(30)))}
        | {f"{n}.xml": b"<a>" + b" " * 999_000 for n in range(30)}
    ),
    "2001 files": lambda: packed({f"{n}": "" for n in range(2001)}, zipfile.ZIP_STORED),
    "a password": with_flag(ITEM, 1),
    "an unknown method": with_method(ITEM, 97),
    "a bad sum": ITEM.replace(zlib.crc32(b"<manifest/>").to_bytes(4, "little"), b"\1\2\3\4"),
    "a broken manifest": packed({"imsmanifest.xml": "<manifest>"}),
    "files above the package": packed({"imsmanifest.xml": "<m/>", "../../etc/cron.d/x": "y", "/abs.xml": "z"}),
    "an Excel file that is none": packed({"xl/workbook.xml": "<workbook/>"}),
    "an Excel file with entities": packed({"xl/workbook.xml": f"{LAUGHS}<workbook>&a8;</workbook>"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_gets_one_sentence(name: str) -> None:
    data = HOSTILE[name]
    with pytest.raises(BadFile) as refused:
        read(data if isinstance(data, bytes) else data())
    says = str(refused.value)
    assert says.endswith(".")
    assert 10 < len(says) < 160
    assert "Error" not in says
    assert "0x" not in says


@pytest.mark.parametrize("name", ["a zip bomb that lies about its size", "entities in entities", "a deep tree"])
def test_does_not_grow(name: str) -> None:
    data = HOSTILE[name]
    data = data if isinstance(data, bytes) else data()
    tracemalloc.start()
    try:
        with pytest.raises(BadFile):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


SLOW = {
    "stars": "*" * 20_000,
    "brackets": "[" * 20_000,
    "quotes": "> " * 10_000,
    "backslashes": "\\" * 20_000,
    "links": "[a](" * 5_000,
    "lists": "".join(f"{' ' * n}- a\n" for n in range(190)),
    "tags": "<ul><li>" * 2_500,
    "comments": "<!--" * 5_000,
    "entities": "&#x" * 6_000,
    "images": "![" * 10_000,
    "dollars": "$$" * 10_000,
}


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("markup", ["markdown", "html", "moodle"])
def test_texts_that_would_take_long_are_read_or_refused(name: str, markup: str) -> None:
    text = "".join(f"\\{sign}" if sign in "\\~=#{}:" else sign for sign in SLOW[name].replace("\n", "\\n"))[:9_900]
    document = read(f"[{markup}]{text}{{=A ~B#{text[:900]}}}".encode())
    assert len(document.items) + len(document.refused) == 1


def test_formulas_with_many_starts_are_read() -> None:
    assert read(b"Which?{=" + b"\\\\(" * 6_000 + b" ~B}")


def test_control_characters_are_left_out() -> None:
    (item,) = read("Whi\x00ch\x1b[0m\ufdd3?{=A\x08 ~B}".encode()).items
    assert item.stem == "Which[0m?"


def test_a_bare_doctype_is_fine() -> None:
    text = '<!DOCTYPE quiz SYSTEM "http://127.0.0.1/x.dtd"><quiz><question type="essay"/></quiz>'
    assert len(read(text.encode()).refused) == 1


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "9" * 5000, '{"title":"","items":5}', '{"title":null,"items":[]}',
        '{"title":"","items":[{}]}', '{"title":"","items":[{"kind":"x","stem":"a","spec":{}}]}',
        '{"title":"","items":[{"kind":"choice","stem":"a?","spec":{"choices":[]}}]}',
        '{"title":"","items":[{"kind":"choice","stem":5,"spec":{}}]}',
        '{"title":"","items":[{"kind":"matching","stem":"a","spec":{"cards":[{"text":"a"},{"text":"b"}],'
        '"rows":[{"text":"c","card":7,"feedback":""},{"text":"d","card":[],"feedback":""}]}}]}',
        "\x00", "[" * 100_000, '{"title":"\x00","items":[]}', "a" * (MOST_BYTES + 1),
    ],
)  # fmt: skip
def test_a_plan_that_was_changed_on_its_way_is_refused(text: str) -> None:
    with pytest.raises(BadFile, match="Choose the file again"):
        loads(text)


def test_no_cell_of_a_sheet_is_a_formula() -> None:
    from openpyxl import load_workbook

    from quizzes.formats import Document, Item, finish
    from quizzes.formats.known import FORMATS

    signs = ["=1+1", "+1", "-1", "@a", "\uff1d1", "'=1"]
    choices = [{"text": text, "right": n == 0, "feedback": text} for n, text in enumerate(signs)]
    item = finish(Item("choice", "=cmd|' /C calc'!A0", {"version": 1, "choose": 1, "choices": choices}))
    document = Document(items=[item])
    for cell in FORMATS["csv"].write(document).decode("utf-8-sig").replace('"', "").split(","):
        assert cell[:1] not in set("=+-@\uff1d\t\r")
    page = load_workbook(io.BytesIO(FORMATS["xlsx"].write(document))).active
    assert {cell.data_type for row in page.iter_rows() for cell in row if cell.value} == {"s"}


def test_the_format_is_guessed_from_the_file_alone() -> None:
    from quizzes.formats import aiken, gift, moodle_xml, qti, sheet

    for data, reader in (
        (b"Which?{=A ~B}", gift.read), (b"What?\nA. {x}\nB. y\nANSWER: A", aiken.read), (b"<quiz/>", moodle_xml.read),
        ("<?xml version='1.0' encoding='utf-16'?><quiz/>".encode("utf-16"), moodle_xml.read), (ITEM, qti.read),
        (b"\xef\xbb\xbfid;question;text 1\n", sheet.read_csv), (b"ANSWER: is {=a ~b}", gift.read),
    ):  # fmt: skip
        assert guess(data) == reader
