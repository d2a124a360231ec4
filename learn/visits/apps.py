"""The app's name for Django."""

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """Installed as learn.visits; its tables begin with visits_."""

    name = "learn.visits"
