"""What is shipped as files: the templates of the site and of its engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "templates", ROOT / "quizzes" / "templates")
# Attributes whose text is shown or read out.
READ_OUT = {"aria-label", "alt", "title", "placeholder", "data-show", "data-hide", "data-pause", "data-resume"}


def templates(*, without: str = "") -> Iterator[tuple[str, str]]:
    """Yield each template's name and text; `without` leaves out whatever lies in a folder of this name."""
    for folder in FOLDERS:
        for file in sorted(f for f in folder.rglob("*") if f.is_file()):
            name = file.relative_to(folder)
            if without not in name.parts:
                yield str(name), file.read_text(encoding="utf-8")
