"""The site with a fault on purpose: an answer is acknowledged first and written a moment later.

A worker that is killed in between takes answers with it that patients were told are saved. The run must see it.
"""

from __future__ import annotations

import threading
from typing import Any

from tests.faults.calendar import application

from django.db import connection  # isort: skip - settings must stand first

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
    """Promise to keep the answer."""
    threading.Timer(DELAY, _later, [given]).start()


taking.answer = answer
