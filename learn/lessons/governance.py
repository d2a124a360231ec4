"""Publish, retire an Edition."""

from __future__ import annotations

from django.db import transaction

from learn.lessons.models import Edition
from quizzes.models import State


class UnfitEdition(ValueError):
    """An edition that readers cannot be given; its text says why."""


def publish(*, edition: Edition) -> None:
    """Show this draft to readers from now on, in place of the edition that is published.

    Its steps are frozen in the same transaction. Nobody's progress changes: readings stay with the edition read.

    Raises UnfitEdition when it is not a draft or has no steps.
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
    """Show this edition to readers no more. What was read of it stays."""
    edition.state = State.RETIRED
    edition.save(update_fields=["state"])
