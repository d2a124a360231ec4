"""The site with a clock on which a day takes one second, so that reviews fall due and expire during a run.

Only the engine's pages use this clock: it dates answers, memories and reviews.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from learn.rsgi import application

from django.utils import timezone  # isort: skip - settings must be loaded first

from quizzes import views  # isort: skip

DAY = 1.0  # seconds
BEGAN = datetime.fromisoformat(os.environ["RUN_BEGAN"])

__all__ = ["application"]


class Calendar:
    """Replaces `timezone` in the engine's views."""

    @staticmethod
    def now() -> datetime:
        """Return the current time plus one day for each second since the run began."""
        now = timezone.now()
        return now + timedelta(days=(now - BEGAN).total_seconds() / DAY)


views.timezone = Calendar
