"""Compute all memories (when to ask each question again) from the stored answers: `manage.py rebuild_memories`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from quizzes import reviewing


class Command(BaseCommand):
    """Rebuild the memories, for a site whose answers are older than memories. It can be repeated without harm."""

    help = "Makes every learner's memories (when to ask again) anew from what they answered. Changes nothing else."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild the memories of every learner with an attempt; print how many."""
        learners = get_user_model()._default_manager.filter(attempts__isnull=False).distinct()
        made = [reviewing.rebuild(learner=learner) for learner in learners.iterator()]
        self.stdout.write(f"{sum(made)} memories of {len(made)} learners.")
