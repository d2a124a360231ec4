"""App configuration: reinstalls the database triggers after migrate, and registers the converter `<number:…>`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.urls import register_converter

from quizzes import immutable, numbers


class QuizzesConfig(AppConfig):
    """The quiz engine. It depends only on settings.AUTH_USER_MODEL."""

    name = "quizzes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the only signal handler of the project: SQLite loses triggers when a migration alters a table."""
        post_migrate.connect(immutable.put_back, sender=self)
        register_converter(numbers.Number, "number")
