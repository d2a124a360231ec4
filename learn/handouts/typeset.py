"""The child process that makes one PDF: JSON on standard input, the PDF on standard output. No Django, no settings.

`pdf.py` starts it with an empty environment, so that it knows no secret. It ends after one PDF, and its memory with
it: inside a worker, Typst keeps about 60 MB after a hundred PDFs. It reads the templates beside it and the font, and
nothing else: the data are values in the template's variable `d`, never part of its source.
"""

import json
import os
import resource
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path

import typst

HERE = Path(__file__).resolve().parent / "typst"
FONTS = Path(str(files("fontpkg_atkinson_hyperlegible"))) / "files"
MEMORY = 1 << 30  # bytes of address space; a sheet takes 41 MB, most of the rest is the library's own
SECONDS = 10  # of processor time


def make(template: str, data: str) -> bytes:
    """Return the PDF of a template (its name) with this JSON: PDF/UA-1, and the same bytes for the same data.

    Raises typst.TypstError, for example for a letter that no font has (Chinese, Japanese, Korean).
    """
    made = _compiler(template).compile(sys_inputs={"data": data}, format="pdf", pdf_standards="ua-1", timestamp=0)
    if not isinstance(made, bytes):
        raise TypeError("Typst returns one file as bytes")
    return made


@cache
def _compiler(template: str) -> typst.Compiler:
    return typst.Compiler(str(HERE / f"{template}.typ"), ignore_system_fonts=True, font_paths=[str(FONTS)])


def main() -> int:
    """Make one PDF; return 1 without a word if Typst refuses, because its message could quote the data."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.nice(5)  # an answer of a patient comes before a sheet
    asked = json.loads(sys.stdin.buffer.read())
    try:
        made = make(asked["template"], json.dumps(asked["data"]))
    except typst.TypstError:
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
