"""Makes a sheet for a test, checks that it is accessible, and reads it."""

from __future__ import annotations

import json
from typing import Any

import page
import pypdfium2

from learn.handouts import typeset
from learn.people.models import Phones

KNOWN = Phones("555-010-0199", "555-011-0199 ext. 3", "100.4 °F (38 °C)")


def made(template: str, data: dict[str, Any]) -> bytes:
    """Return the PDF, made in this process: the child runs the same function. Fail if it is not accessible."""
    pdf = typeset.make(template, json.dumps(data))
    assert [str(failure) for failure in page.validate_pdf_bytes(pdf, profile="ua1").failures] == []
    return pdf


def pages(pdf: bytes) -> int:
    return len(pypdfium2.PdfDocument(pdf))


def text_of(one: pypdfium2.PdfPage) -> str:
    """Return all words of a page, with one space between them; a hyphen of a broken line is none of ours."""
    return " ".join(one.get_textpage().get_text_bounded().replace("\ufffe", "").split())


def text(pdf: bytes) -> str:
    """Return all words of a PDF, as those of a page."""
    return " ".join(text_of(one) for one in pypdfium2.PdfDocument(pdf))
