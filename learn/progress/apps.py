"""The Django app configuration."""

from django.apps import AppConfig


class ProgressConfig(AppConfig):
    """The app learn.progress; the names of its tables start with progress_."""

    name = "learn.progress"
