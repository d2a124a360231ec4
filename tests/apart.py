"""Keeps tests away from the checkout's own database, static files, secret and backups (ruling 20).

`make run` may use these files in another shell while tests run. `watch` makes Python refuse access to them in this
process: a test that touches one fails at that line, with a traceback. Both test settings modules call it, so it also
works in the processes that tests start.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
OWN = {".env", ".static", "backups"}
LOOKS = {"open", "sqlite3.connect", "os.listdir", "os.scandir"}
CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.utime"}  # the last argument of each is dir_fd, or -1

touched: list[str] = []  # the refused paths, because the code under test may swallow the error


def is_own(path: str | bytes | os.PathLike[Any]) -> bool:
    """Tell whether this path, or SQLite address, belongs to the checkout's own files."""
    text = os.fsdecode(path)
    if text.startswith("file:"):
        text = unquote(urlsplit(text).path)
    below, _, inside = os.path.abspath(text).partition(f"{ROOT}{os.sep}")
    first = inside.split(os.sep)[0]
    return not below and (first in OWN or ".sqlite3" in first)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event not in LOOKS and event not in CHANGES:
        return
    # shutil.rmtree passes names relative to an open folder: these do not say where the file is. os.open has no mode.
    somewhere = (event == "open" and args[1] is None) or (event in CHANGES and args[-1] != -1)
    for path in args:
        if isinstance(path, str | bytes | os.PathLike) and not (somewhere and not os.path.isabs(path)) and is_own(path):
            touched.append(f"{event} {os.fsdecode(path)}")
            raise PermissionError(f"Tests keep apart from the checkout's own files: {touched[-1]}")


def watch() -> None:
    """Refuse access to the checkout's own files in this process from now on. Call it once."""
    sys.addaudithook(_refuse)
