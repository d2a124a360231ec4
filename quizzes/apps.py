"""The app's name for Django."""

from django.apps import AppConfig


class QuizzesConfig(AppConfig):
    """The engine: asks, marks, remembers. Needs only settings.AUTH_USER_MODEL."""

    name = "quizzes"
    default_auto_field = "django.db.models.BigAutoField"
