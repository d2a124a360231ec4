"""App configuration."""

from django.apps import AppConfig


class AssignmentsConfig(AppConfig):
    """The assignments app. Its label is "assignments", so its table names begin with assignments_."""

    name = "learn.assignments"

    def ready(self) -> None:
        """Let the Desk read and write its rows as texts."""
        from learn.assignments import own  # models are ready only now
        from learn.lessons import parts, rows

        rows.HELD[parts.PATHWAY] = rows.Held(own.read, own.put)
