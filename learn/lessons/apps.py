"""App configuration."""

from datetime import datetime
from typing import Any

from django.apps import AppConfig


class LessonsConfig(AppConfig):
    """The lessons app. Its label is "lessons", so its table names begin with lessons_."""

    name = "learn.lessons"

    def ready(self) -> None:
        """Keep an audit row when questions go into a file or come from one."""
        from learn import languages
        from learn.lessons import texts
        from quizzes import interchange  # models are ready only now

        texts.reader = languages.reader
        interchange.moved.connect(_note, dispatch_uid="learn.lessons")


def _note(*, by: Any, what: str, now: datetime, **_: Any) -> None:
    from learn.people import audit

    audit.note(by=by, what=f"questions.{what}", now=now)
