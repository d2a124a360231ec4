"""The Django app configuration."""

from django.apps import AppConfig


class StudyConfig(AppConfig):
    """The app learn.study. It has no tables: what it shows and records is in learn.progress and quizzes."""

    name = "learn.study"
