"""Compute all memories (when to ask each question again) from the stored answers: `manage.py rebuild_memories`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Exists, OuterRef

from quizzes import reviewing
from quizzes.models import Attempt

AT_ONCE = 1000  # learners between two lines of output


class Command(BaseCommand):
    """Rebuild the memories, for a site whose answers are older than memories. It can be repeated without harm."""

    help = "Makes every learner's memories (when to ask again) anew from what they answered. Changes nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept --after, with which a stopped run goes on."""
        parser.add_argument("--after", help="Go on after the learner with this primary key.")

    def handle(self, *args: Any, after: str | None = None, **options: Any) -> None:
        """Rebuild the memories of every learner with an attempt; print how many, and every 1,000 where to go on."""
        memories = people = 0
        for batch in _batches(after):
            for learner in batch:
                memories += reviewing.rebuild(learner=learner)
            people += len(batch)
            self.stdout.write(f"{people} learners. If this stops, go on with --after {batch[-1].pk}")
        self.stdout.write(f"{memories} memories of {people} learners.")


def _batches(after: Any) -> Iterator[list[Any]]:
    """Yield the learners with an attempt, in the order of their primary keys, in batches."""
    has_attempt = Exists(Attempt.objects.filter(learner=OuterRef("pk")))
    learners = get_user_model()._default_manager.filter(has_attempt).order_by("pk")
    while batch := list((learners if after is None else learners.filter(pk__gt=after))[:AT_ONCE]):
        yield batch
        after = batch[-1].pk
