"""The app's name for Django."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Installed as learn.people; its tables begin with people_."""

    name = "learn.people"
