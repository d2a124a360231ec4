"""The site with a planted fault: it acknowledges an answer first and writes it a moment later.

A worker that is killed in between loses answers although the page said "saved". The run must find this.
"""

from __future__ import annotations

import threading
from typing import Any

from tests.faults.calendar import application

from django.db import connection  # isort: skip - settings must be loaded first

from quizzes import taking  # isort: skip

DELAY = 0.15  # seconds

__all__ = ["application"]

_answer = taking.answer


def _later(given: dict[str, Any]) -> None:
    try:
        _answer(**given)
    finally:
        connection.close()


def answer(**given: Any) -> None:
    """Return at once, and write the answer later."""
    threading.Timer(DELAY, _later, [given]).start()


taking.answer = answer
