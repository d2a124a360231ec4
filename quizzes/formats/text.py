"""Bytes to text. A file is text that the database can hold: no control characters, no half letters."""

from __future__ import annotations

import codecs
import re

# Control characters except tab and line ends, halves of a pair, and code points that are no characters. PostgreSQL
# refuses NUL; a few of the others serve `gift` as marks.
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class BadFile(ValueError):
    """The file cannot be read at all. The message is one sentence that says how to mend it."""


def clean(text: str) -> str:
    """Return the text without control characters, with "\\n" at the end of each line."""
    return UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n"))


def decode(data: bytes, *, or_windows: bool = False) -> tuple[str, bool]:
    """Return the clean text of a file, and whether it was read as Windows text (cp1252), which is a guess.

    Reads UTF-8, UTF-16 with its mark, and with `or_windows` what an old Excel saves. Raises BadFile.
    """
    bom, encoding = next(((bom, name) for bom, name in BOMS if data.startswith(bom)), (b"", "utf-8"))
    try:
        return clean(data[len(bom) :].decode(encoding)), False
    except UnicodeDecodeError:
        pass
    if not or_windows or bom:
        raise BadFile("The letters of this file cannot be read. Save it as UTF-8, and choose it again.")
    return clean(data.decode("cp1252", errors="replace")), True
