"""Print what the database holds, as JSON: `python -m tests.faults.record`, in the site's environment."""

from __future__ import annotations

import json
import sys
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - apps must be ready first

from quizzes import taking  # noqa: E402
from quizzes.models import Attempt, Response  # noqa: E402


def order(spec: dict[str, Any]) -> list[str]:
    """Return the ids of what is filled in or chosen, in the author's order."""
    if "rows" in spec:
        return [row["id"] for row in spec["rows"]]
    cards = spec.get("choices") or spec.get("cards") or [{"id": "true"}, {"id": "false"}]
    return [card["id"] for card in cards]


def marked_well(response: Response) -> bool:
    """Tell whether the mark is what this answer is worth; an answer that its own kind cannot mark is not."""
    try:
        right = bool(response.given) and response.item.revision.mark(response.given).right
    except (KeyError, ValueError):
        return False
    return (response.mark == Response.Marked.RIGHT) == right


def record() -> dict[str, Any]:
    """Return every answer with what it was worth, every attempt with what it owes, and whether the file is sound."""
    answers = [
        {
            "attempt": str(response.item.attempt_id),
            "n": response.item.position,
            "number": response.number,
            "given": response.given,
            "kind": response.item.revision.kind,
            "order": order(response.item.revision.spec),
            "marked_well": marked_well(response),
        }
        for response in Response.objects.select_related("item__revision")
    ]
    attempts = [
        {
            "id": str(attempt.pk),
            "finished": attempt.finished is not None,
            "owes": taking.owed(list(attempt.items.with_answers())) is not None,
        }
        for attempt in Attempt.objects.all()
    ]
    sound = "ok"
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            sound = "; ".join(row[0] for row in cursor.execute("PRAGMA integrity_check"))
    return {"answers": answers, "attempts": attempts, "sound": sound}


if __name__ == "__main__":
    json.dump(record(), sys.stdout)
