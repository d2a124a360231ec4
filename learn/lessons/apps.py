"""The app's name for Django."""

from django.apps import AppConfig


class LessonsConfig(AppConfig):
    """Installed as learn.lessons; its tables begin with lessons_."""

    name = "learn.lessons"
