"""The app's name for Django; hooks the guards to migrate, and gives addresses `<number:…>`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.urls import register_converter

from quizzes import immutable, numbers


class QuizzesConfig(AppConfig):
    """The engine: asks, marks, remembers. Needs only settings.AUTH_USER_MODEL."""

    name = "quizzes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The one signal of the house: SQLite loses triggers when it alters a table."""
        post_migrate.connect(immutable.put_back, sender=self)
        register_converter(numbers.Number, "number")
