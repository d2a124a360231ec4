"""The app's name for Django."""

from django.apps import AppConfig


class AssignmentsConfig(AppConfig):
    """Installed as learn.assignments; its tables begin with assignments_."""

    name = "learn.assignments"
