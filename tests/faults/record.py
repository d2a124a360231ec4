"""Print the content of the database as JSON: `python -m tests.faults.record`, in the site's environment."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 - apps must be ready first
from django.db import connection, transaction  # noqa: E402

from quizzes import reviewing, taking  # noqa: E402
from quizzes.models import Attempt, Memory, Response  # noqa: E402


def order(spec: dict[str, Any]) -> list[str]:
    """Return the ids of the choices or rows, in the author's order."""
    if "rows" in spec:
        return [row["id"] for row in spec["rows"]]
    tiles = spec.get("choices") or spec.get("cards") or [{"id": "true"}, {"id": "false"}]
    return [tile["id"] for tile in tiles]


def marked_well(response: Response) -> bool:
    """Tell whether the stored mark is right for this answer; False when its kind of question cannot mark it."""
    try:
        right = bool(response.given) and response.item.revision.mark(response.given).right
    except (KeyError, ValueError):
        return False
    return (response.mark == Response.Marked.RIGHT) == right


def misremembered() -> list[str]:
    """Return the memories that do not follow from the answers, and those that are missing. Changes nothing."""

    def memories() -> set[tuple[Any, ...]]:
        return set(
            Memory.objects.values_list("learner", "question", "stability", "difficulty", "last", "due", "in_a_row")
        )

    with transaction.atomic():
        kept = memories()
        for learner in get_user_model().objects.filter(attempts__isnull=False).distinct():
            reviewing.rebuild(learner=learner)
        made = memories()
        transaction.set_rollback(True)
    return [str(memory) for memory in kept ^ made]


def kinds(attempts: list[Attempt]) -> dict[str, int]:
    """Return how many attempts of each kind have answers, and how many reviews were left and closed."""
    found = Counter[str]()
    for attempt in attempts:
        items = list(attempt.items.with_answers())
        found[attempt.kind] += any(item.answers for item in items)
        found["left"] += attempt.finished is not None and any(not item.answers for item in items)
    return dict(found)


def record() -> dict[str, Any]:
    """Return all answers with their marks, all attempts with what they owe, wrong memories, and the file's state."""
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
    return {
        "answers": answers,
        "attempts": attempts,
        "kinds": kinds(list(Attempt.objects.all())),
        "misremembered": misremembered(),
        "sound": sound,
    }


if __name__ == "__main__":
    json.dump(record(), sys.stdout)
