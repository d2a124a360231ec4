"""App configuration."""

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """The visits app. Its label is "visits", so its table names begin with visits_."""

    name = "learn.visits"

    def ready(self) -> None:
        """Let the Desk read and write its rows as texts."""
        from learn.lessons import parts, rows
        from learn.visits import own  # models are ready only now

        rows.HELD[parts.VISIT] = rows.Held(own.read, own.put)
