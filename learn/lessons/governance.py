"""Publish, retire an Edition."""

from __future__ import annotations

from django.db import transaction

from learn.lessons.models import Edition, Lesson
from quizzes.models import State


class UnfitEdition(ValueError):
    """An edition that readers cannot be given; its text says why."""


def publish(*, edition: Edition) -> None:
    """Show this draft to readers from now on, in place of the edition that is published.

    Its steps are frozen in the same transaction. Nobody's progress changes: readings stay with the edition read. Of two
    who publish at once, the second waits for the lesson's row, and looks only then.

    Raises UnfitEdition when it is not a draft or has no steps.
    """
    with transaction.atomic():
        Lesson.objects.select_for_update(no_key=True).get(pk=edition.lesson_id)
        edition.refresh_from_db(fields=["state"])
        if edition.state != State.DRAFT:
            raise UnfitEdition("Only a draft can be published.")
        if not edition.steps.update(frozen=True):
            raise UnfitEdition("A lesson needs at least one step.")
        asked = {"lesson": edition.lesson_id, "language": edition.language, "state": State.PUBLISHED}
        for before in Edition.objects.filter(**asked):
            retire(edition=before)
        edition.state = State.PUBLISHED
        edition.save(update_fields=["state"])


def retire(*, edition: Edition) -> None:
    """Show this edition to readers no more. What was read of it stays."""
    edition.state = State.RETIRED
    edition.save(update_fields=["state"])
