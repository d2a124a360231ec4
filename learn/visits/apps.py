"""App configuration."""

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """The visits app. Its label is "visits", so its table names begin with visits_."""

    name = "learn.visits"
