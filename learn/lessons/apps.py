"""App configuration."""

from django.apps import AppConfig


class LessonsConfig(AppConfig):
    """The lessons app. Its label is "lessons", so its table names begin with lessons_."""

    name = "learn.lessons"
