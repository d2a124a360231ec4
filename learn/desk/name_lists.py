"""Read a list of patients: pasted names, one a line, or a CSV file with a column for names. Plain Python."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST = 100  # patients in one list
LARGEST = 64 * 1024  # bytes of a file
NAMES, REFERENCES = {"name", "names", "patient"}, {"reference", "ref", "mrn", "your own reference"}


class Unreadable(Exception):
    """The file is no list of names. The text of the exception says why, and how to mend it."""


@dataclass(frozen=True)
class Row:
    """One patient of the list, as typed. `number` is the line or the row, so that an error can name it."""

    number: int
    name: str
    reference: str


def pasted(text: str) -> list[Row]:
    """Return the patients of a text with one name a line; a tab ends a name. Empty lines are left out."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        name, _, reference = line.partition("\t")
        if line.strip():
            found.append(Row(number, name.strip(), reference.strip()))
    return found


def as_pasted(rows: Sequence[Row]) -> str:
    """Return the rows as a text that `pasted` reads."""
    return "\n".join(f"{row.name}\t{row.reference}".strip() for row in rows)


def from_file(data: bytes) -> list[Row]:
    """Return the patients of a CSV file; its first row names the columns. Other columns than ours are left out.

    It may be parted by commas, semicolons or tabs, and come from Excel in Unicode or in the Windows alphabet. Raises
    Unreadable.
    """
    if len(data) > LARGEST:
        raise Unreadable("This file is too large. Use one with names and references only, of at most 100 patients")
    text = _decoded(data)
    if "\0" in text:
        raise Unreadable("This is no CSV file. Save your list as CSV, then choose it again")
    head = next((line for line in text.splitlines() if line.strip()), "")
    mark = max(",;\t", key=head.count)
    try:
        return list(_rows(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)))
    except csv.Error:
        raise Unreadable("A row of this file cannot be read: look for a quotation mark that is not closed") from None


def _decoded(data: bytes) -> str:
    for start, code in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(start):
            try:
                return data.decode(code)
            except UnicodeDecodeError:
                break
    return data.decode("cp1252", errors="replace")


def _rows(cells: Iterator[list[str]]) -> Iterator[Row]:
    head = [cell.strip().casefold() for cell in next((row for row in cells if any(row)), [])]
    name = next((n for n, cell in enumerate(head) if cell in NAMES), None)
    if name is None:
        raise Unreadable("The first row of the file must name its columns: name, and reference if you have one")
    reference = next((n for n, cell in enumerate(head) if cell in REFERENCES), len(head))
    for number, row in enumerate(cells, 2):
        if any(cell.strip() for cell in row):
            row += [""] * (max(name, reference) + 1 - len(row))
            yield Row(number, _one_line(row[name]), _one_line(row[reference]))


def _one_line(text: str) -> str:
    return " ".join(text.split())
