"""Publish and retire editions of lessons."""

from __future__ import annotations

from django.db import transaction

from learn.lessons.models import Edition, Lesson
from quizzes.models import State


class UnfitEdition(ValueError):
    """The edition cannot be published. The message says why."""


def publish(*, edition: Edition) -> None:
    """Publish this draft. The edition that was published before is retired.

    The steps are frozen in the same transaction. Nobody's progress changes: each reading keeps the edition it is about.
    If two people publish at once, the second waits for the lesson's row and checks only then.

    Raises UnfitEdition if the edition is not a draft or has no steps.
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
    """Stop showing this edition to readers. Readings of it are kept."""
    edition.state = State.RETIRED
    edition.save(update_fields=["state"])
