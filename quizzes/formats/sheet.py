"""A sheet, one question a row: CSV and XLSX, for people without a learning system, and for many mends at once.

Answer n: for a choice "x" if it is right; for a match what goes with text n; for an order its place (1 2 3).
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from quizzes.formats import xml
from quizzes.formats.document import (
    Answer,
    Document,
    Format,
    Found,
    Item,
    Refused,
    at_most,
    bounded,
    line,
    match,
    without_ids,
)
from quizzes.formats.package import Package
from quizzes.formats.rich import from_markdown
from quizzes.formats.text import BadFile, clean, decode

TEXTS, MOST_ROWS, MOST_COLUMNS = 6, 1000, 40
FIRST = ("id", "kind", "topic", "safety", "question", "why", "taught in")
COLUMNS = (*FIRST, *(f"{name} {n}" for n in range(1, TEXTS + 1) for name in ("text", "answer", "feedback")))
KINDS = {
    "choice": "choice", "choose": "choice", "": "choice", "truth": "truth", "true or false": "truth",
    "match": "matching", "matching": "matching", "order": "ordering", "ordering": "ordering",
}  # fmt: skip
NAMES = {"choice": "choice", "truth": "true or false", "matching": "match", "ordering": "order"}
YES = {"x", "yes", "y", "1", "true", "right"}
GUARDED = "=+-@\t\r'\uff1d\uff0b\uff0d\uff20"  # the last four: the same signs in full width
Cells = Sequence[str]


def is_header(text: str) -> bool:
    """Return whether this line names the columns of a sheet."""
    names = {name.strip(" \"'").casefold() for name in re.split(r"[,;\t]", text)}
    return {"question", "text 1"} <= names


def read_csv(data: bytes) -> Document:
    """Read a CSV file: commas, semicolons or tabs. Raises BadFile."""
    text, guessed = decode(data, or_windows=True)
    head = next((one for one in text.split("\n") if one.strip()), "")
    between = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=between))
    except csv.Error as error:
        raise BadFile("This sheet is broken: a cell of it never ends.") from error
    document = _read([_bare(cell) for cell in row] for row in rows)
    if guessed:
        document.title = document.title or ""
        with document.question("the whole file") as found:
            found.lose("letters", "It is no UTF-8. It was read as Windows letters: look at accents and quotes.")
    return document


def _bare(cell: str) -> str:
    """Return a cell without the sign that keeps a spreadsheet from running it."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in GUARDED else cell


def read_xlsx(data: bytes) -> Document:
    """Read the first sheet of an Excel file. Raises BadFile."""
    from openpyxl.reader.excel import load_workbook  # loaded when used: it takes a second and 20 MB

    package = Package(data)
    for name in package.names:
        whole = package.read(name)
        if name.endswith((".xml", ".rels")):
            xml.parse(whole)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            rows = book.worksheets[0].iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
            return _read([_cell(value) for value in row] for row in rows)
    except BadFile:
        raise
    except Exception as error:  # openpyxl raises whatever a strange file leads it to
        raise BadFile("This Excel file cannot be read. Save it as CSV, and choose that.") from error


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else clean(str(value))


def _read(rows: Iterable[Sequence[str]]) -> Document:
    document, names = Document(), list[str]()
    found: list[tuple[int, dict[str, str]]] = []
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise BadFile(f"This sheet has more than {MOST_ROWS} rows.")
        if not any(cell.strip() for cell in row):
            continue
        if not names:
            names = [line(name).casefold() for name in row[:MOST_COLUMNS]]
            if not {"question", "text 1"} <= set(names):
                raise BadFile("The first row has to name the columns. Take them from a sheet that was given out.")
            continue
        found.append((number, dict(zip(names, row, strict=False))))
    if not names:
        raise BadFile("This file is empty.")
    at_most(len(found))
    for number, cells in found:
        with document.question(f"row {number}", line(cells.get("topic", ""))) as one:
            _question(one, cells)
    return document


def _question(found: Found, cells: dict[str, str]) -> None:
    for cell in cells.values():
        bounded(cell)
    found.key, found.source = cells.get("id", ""), cells.get("taught in", "")
    found.critical = line(cells.get("safety", "")).casefold() in YES
    found.stem = line(cells.get("question", ""))
    kind = KINDS.get(line(cells.get("kind", "")).casefold())
    if kind is None:
        raise Refused("kind", f"There is no kind “{line(cells['kind'])[:40]}”: choice, true or false, match, order.")
    rows = [
        (line(text), line(cells.get(f"answer {n}", "")), found.told(from_markdown(cells.get(f"feedback {n}", ""))))
        for n in range(1, TEXTS + 1)
        if (text := cells.get(f"text {n}", "")).strip() or cells.get(f"answer {n}", "").strip()
    ]
    _READ[kind](found, rows, found.told(from_markdown(cells.get("why", ""))))


def _choice(found: Found, rows: list[tuple[str, str, str]], why: str) -> None:
    found.choose([Answer(text, answer.casefold() in YES, said) for text, answer, said in rows], why)


def _match(found: Found, rows: list[tuple[str, str, str]], why: str) -> None:
    if not all(answer for _, answer, _ in rows):
        raise Refused("partner", "A line of it has no partner.")
    found.add("matching", match(rows), why)


def _order(found: Found, rows: list[tuple[str, str, str]], why: str) -> None:
    places = [answer for _, answer, _ in rows]
    if sorted(places) != [str(n) for n in range(1, len(rows) + 1)]:
        raise Refused("broken", "Its answers have to be its places: 1, 2, 3.")
    cards = [{"text": text} for text, _, _ in sorted(rows, key=lambda row: int(row[1]))]
    feedback = next((said for _, _, said in rows if said), "")
    found.add("ordering", {"version": 1, "cards": cards, "feedback": feedback}, why)


_READ = {"choice": _choice, "truth": _choice, "matching": _match, "ordering": _order}


def _rows(document: Document) -> Iterator[list[str]]:
    yield list(COLUMNS)
    for item in document.items:
        row = [
            item.key, NAMES[item.kind], item.objective, "x" if item.critical else "", item.stem, item.why, item.source
        ]  # fmt: skip
        cells = [cell for triple in _triples(item) for cell in triple]
        yield row + cells + [""] * (len(COLUMNS) - len(row) - len(cells))


def _triples(item: Item) -> list[tuple[str, str, str]]:
    spec = item.spec
    if item.kind == "truth":
        words = (("True", True), ("False", False))
        return [(w, "x" * (spec["answer"] is right), spec["feedback"][w.lower()]) for w, right in words]
    if item.kind == "matching":
        return [(row["text"], spec["cards"][row["card"]]["text"], row["feedback"]) for row in spec["rows"]]
    if item.kind == "ordering":
        return [
            (card["text"], str(n), spec["feedback"] if n == 1 else "") for n, card in enumerate(spec["cards"], 1)
        ]  # fmt: skip
    return [(c["text"], "x" * c["right"], c["feedback"]) for c in spec["choices"]]


def write_csv(document: Document) -> bytes:
    """Return a CSV file with commas. A cell that a spreadsheet would run begins with an apostrophe."""
    out = io.StringIO(newline="")
    rows = [[f"'{cell}" if cell[:1] and cell[0] in GUARDED else cell for cell in row] for row in _rows(document)]
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def write_xlsx(document: Document) -> bytes:
    """Return an Excel file; every cell is a text, never a formula."""
    from openpyxl.workbook.workbook import Workbook

    book = Workbook()
    page = book.active
    page.title = "Questions"
    for number, row in enumerate(_rows(document), 1):
        for column, text in enumerate(row, 1):
            if text:
                cell = page.cell(number, column)
                cell.value, cell.data_type = text, "s"
    page.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def drops(item: Item) -> list[str]:
    """Return what a sheet cannot carry: nothing."""
    return []


CSV = Format("csv", "Sheet (CSV)", "csv", "text/csv; charset=utf-8", read_csv, write_csv, without_ids, drops)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSX = Format("xlsx", "Sheet (Excel)", "xlsx", _XLSX, read_xlsx, write_xlsx, without_ids, drops)
