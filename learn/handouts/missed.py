"""The questions that a patient missed, as they were asked, with the best answer, to be printed for them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from learn.progress.record import Miss
from quizzes.models import Response


def as_asked(misses: Collection[Miss]) -> list[dict[str, Any]]:
    """Return topic, stem, best answer and reason of each missed question, in the wording that was asked. One query.

    A question stands here only after the patient has answered it.
    """
    newest = [miss.newest.pk for miss in misses]
    responses = {r.pk: r for r in Response.objects.filter(pk__in=newest).select_related("item__revision")}
    found = []
    for miss in misses:
        revision = responses[miss.newest.pk].item.revision
        best = list(revision.mark(responses[miss.newest.pk].given).best)
        found.append({"topic": miss.newest.topic, "stem": revision.stem, "best": best, "why": revision.why})
    return found
