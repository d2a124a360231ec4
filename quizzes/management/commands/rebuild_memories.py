"""`manage.py rebuild_memories`: when to ask every learner again, made anew from their answers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from quizzes import reviewing


class Command(BaseCommand):
    """For a site that kept answers before there were memories; again and again gives the same."""

    help = "Makes every learner's memories (when to ask again) anew from what they answered. Changes nothing else."

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through everybody who ever answered."""
        learners = get_user_model()._default_manager.filter(attempts__isnull=False).distinct()
        made = [reviewing.rebuild(learner=learner) for learner in learners.iterator()]
        self.stdout.write(f"{sum(made)} memories of {len(made)} learners.")
