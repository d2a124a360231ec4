"""Publish and retire editions of lessons."""

from __future__ import annotations

from django.db import transaction

from learn.lessons.models import Edition
from quizzes.models import State


class UnfitEdition(ValueError):
    """The edition cannot be published. The message says why."""


def publish(*, edition: Edition) -> None:
    """Publish this draft. The edition that was published before is retired.

    The steps are frozen in the same transaction. Nobody's progress changes: each reading keeps the edition it is about.

    Raises UnfitEdition if the edition is not a draft or has no steps.
    """
    with transaction.atomic():
        if edition.state != State.DRAFT:
            raise UnfitEdition("Only a draft can be published.")
        if not edition.steps.update(frozen=True):
            raise UnfitEdition("A lesson needs at least one step.")
        for before in Edition.objects.select_for_update().filter(
            lesson=edition.lesson_id, language=edition.language, state=State.PUBLISHED
        ):
            retire(edition=before)
        edition.state = State.PUBLISHED
        edition.save(update_fields=["state"])


def retire(*, edition: Edition) -> None:
    """Stop showing this edition to readers. Readings of it are kept."""
    edition.state = State.RETIRED
    edition.save(update_fields=["state"])
