"""A table as a file that a spreadsheet opens: CSV, or XLSX in which each cell is text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.http import HttpResponse

BOM = "\ufeff"  # without it, Excel does not read the file as UTF-8
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A spreadsheet runs a cell that starts with one of these as a formula. Excel treats the full-width forms the same way.
FORMULA = "=+\\-@\t\r\n＝＋－＠"
# Where a comma is in numbers, a spreadsheet splits a CSV file at ";" instead, also inside of what stands in quotes.
_RUNS = re.compile(f"(^|[;\t|])(?=\\s*[{FORMULA}])")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML cannot hold them


def safe(text: str) -> str:
    """Return the text so that a spreadsheet that reads it from a CSV file shows it and never runs it as a formula.

    See https://owasp.org/www-community/attacks/CSV_Injection.
    """
    return _RUNS.sub(r"\1'", text)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)


def as_csv(rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
    """Return these rows as a CSV file. Days are in ISO form; a program may read it."""
    response = _file("text/csv; charset=utf-8", f"{name}.csv")
    response.write(BOM)
    csv.writer(response).writerows([safe(_text(value)) for value in row] for row in rows)
    return response


def as_xlsx(rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
    """Return these rows as an XLSX file in which each cell is text: 0045 keeps its zeros, and "=1+1" is no formula."""
    from openpyxl.cell.cell import WriteOnlyCell  # 20 MB that only this page needs
    from openpyxl.workbook.workbook import Workbook

    book = Workbook(write_only=True)
    page = book.create_sheet("Progress")
    page.freeze_panes = "B2"
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(page, _CONTROLS.sub("", _text(value)))
            cell.data_type, cell.number_format = "s", "@"
            cells.append(cell)
        page.append(cells)
    response = _file(XLSX, f"{name}.xlsx")
    book.save(response)
    return response


def _file(kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
