"""The site with days that pass in a second, so that reviews fall due and are left for too long while a run lasts.

Only the engine's pages live in them: an answer, a memory and a review are dated ahead, all by the same clock.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from learn.wsgi import application

from django.utils import timezone  # isort: skip - settings must stand first

from quizzes import views  # isort: skip

DAY = 1.0  # seconds
BEGAN = datetime.fromisoformat(os.environ["RUN_BEGAN"])

__all__ = ["application"]


class Calendar:
    """Stands where the engine's pages read the clock."""

    @staticmethod
    def now() -> datetime:
        """Return a moment that lies a day ahead for each second since the run began."""
        now = timezone.now()
        return now + timedelta(days=(now - BEGAN).total_seconds() / DAY)


views.timezone = Calendar
