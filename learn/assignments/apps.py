"""App configuration."""

from django.apps import AppConfig


class AssignmentsConfig(AppConfig):
    """The assignments app. Its label is "assignments", so its table names begin with assignments_."""

    name = "learn.assignments"
