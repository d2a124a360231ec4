"""What is due now; a review is an Attempt of kind "review"."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from django.db import transaction

from quizzes import scheduling
from quizzes.models import Attempt, Card, Response, day_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def rebuild(*, learner: AbstractBaseUser) -> int:
    """Make this learner's cards anew from what they answered, and return how many.

    For answers of before there were cards, and where answers changed hands. Gives the same rows as answering did.
    """
    with transaction.atomic():
        list(Attempt.objects.of(learner).select_for_update().values_list("pk"))  # no answer comes in meanwhile
        responses = (
            Response.objects.filter(item__attempt__learner=learner.pk)
            .order_by("item__revision__question", "pk")  # as they came into the record, whatever the clock said
            .values_list("item__revision__question", "at", "mark", "item__revision__critical")
        )
        cards = []
        for question, rows in groupby(responses, key=lambda row: row[0]):
            answers = ((day_of(learner, at), mark == Response.Marked.RIGHT, safety) for _, at, mark, safety in rows)
            if memory := scheduling.replay(answers):
                cards.append(Card.of(memory, learner=learner.pk, question=question))
        Card.objects.filter(learner=learner.pk).delete()
        Card.objects.bulk_create(cards)
    return len(cards)
