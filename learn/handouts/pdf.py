"""The one door to PDFs: `pdf(template, data)` makes one in a child process (`typeset.py`). Plain Python.

Limits for each worker of the server: ten seconds, and two PDFs at a time. The last ones are kept by the hash of their
data, so that a lesson that many people print is made once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

SECONDS = 10
AT_ONCE = 2
WAIT = 2  # seconds for one of the two before to end; a sheet takes a third of a second
KEPT = 64
LARGEST = 200_000  # bytes of a PDF that is kept; a lesson has less than 100,000
CHILD = Path(__file__).resolve().parent / "typeset.py"

logger = logging.getLogger(__name__)
_slots = threading.BoundedSemaphore(AT_ONCE)
_kept: OrderedDict[str, bytes] = OrderedDict()
_lock = threading.Lock()


class Busy(Exception):
    """Two PDFs are being made already."""


class Fault(Exception):
    """This PDF cannot be made: Typst refused the data, or took too long."""


def pdf(template: str, data: dict[str, Any], *, keep: bool = True) -> bytes:
    """Return the PDF of a template (a name in typst/) with these values. The same data give the same bytes.

    `keep` is false where the data are one person's own: then the PDF is not kept in memory. Raises `Busy` or `Fault`.
    A fault is logged by the template's name only.
    """
    asked = json.dumps({"template": template, "data": data}, sort_keys=True).encode()
    key = hashlib.sha256(asked).hexdigest()
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    if not _slots.acquire(timeout=WAIT):
        raise Busy
    try:
        made = _made(template, asked)
    finally:
        _slots.release()
    if keep and len(made) <= LARGEST:
        with _lock:
            _kept[key] = made
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
    return made


def forget() -> None:
    """Forget the PDFs that are kept."""
    with _lock:
        _kept.clear()


def _made(template: str, asked: bytes) -> bytes:
    # -I: the child finds installed packages only, nothing in the working directory. No environment: no secret.
    command = [sys.executable, "-I", str(CHILD)]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=SECONDS, env={}, check=False)  # noqa: S603
    except (subprocess.TimeoutExpired, OSError):
        done = None
    if done is None or done.returncode or not done.stdout.startswith(b"%PDF-"):
        logger.error(f"no PDF: {template}")  # the name of a file of ours; the message may not hold more
        raise Fault
    return done.stdout
