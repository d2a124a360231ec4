"""The app's name for Django."""

from django.apps import AppConfig


class ProgressConfig(AppConfig):
    """Installed as learn.progress; its tables begin with progress_."""

    name = "learn.progress"
