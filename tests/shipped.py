"""The shipped files: the content in fixtures/, the templates of the site and of the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from learn.lessons import texts
from tests.cast import FIXTURES

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "templates", ROOT / "quizzes" / "templates")
# Attributes with text that is shown, or read out by a screen reader.
READ_OUT = {"aria-label", "alt", "title", "placeholder"}

# Words that no text for patients may contain.
UNKIND = re.compile(
    r"\b(administer\w*|adverse|fatigue\w*|pyrexia|urinat\w*|hypotension|metasta\w*|monitor\w*|contact\w*|initiat\w*"
    r"|approximately|battl\w+|winner\w*|miracle\w*|cur(?:e|es|ed|ing)|cutting edge|wait and see|stop button|percent"
    r"|rare|rarely|jab|helpline|chemist|999|112|diarrhoea|tumour\w*|injection\w*)\b|[!%]",
    re.IGNORECASE,
)


def load(name: str) -> Any:
    """Return the parsed content of a file in fixtures/."""
    return texts.read(FIXTURES / name)


# The fever sentence of the call card for T-cell therapy, T-cell engagers, TIL and IL-2.
FEVER_T_CELLS = (
    "For a fever of 100.4 °F (38 °C) or more: call now. "
    "Do not take anything for the fever before you call, unless your team told you to."
)

# The parsed file of each lesson, by slug.
LESSONS: dict[str, Any] = {path.stem: load(f"lessons/{path.name}") for path in (FIXTURES / "lessons").glob("*.yaml")}


def templates(*, without: str = "") -> Iterator[tuple[str, str]]:
    """Yield each template's name and text; `without` names a folder to leave out."""
    for folder in FOLDERS:
        for file in sorted(f for f in folder.rglob("*") if f.is_file()):
            name = file.relative_to(folder)
            if without not in name.parts:
                yield str(name), file.read_text(encoding="utf-8")
