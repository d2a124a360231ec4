"""The Django app configuration. It checks the phone numbers in the settings at startup."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError


class PeopleConfig(AppConfig):
    """Installed as learn.people. The names of its tables begin with people_."""

    name = "learn.people"

    def ready(self) -> None:
        """Raise ImproperlyConfigured if a phone setting is not a phone number. Care teams have the same rule."""
        from learn.people.models import phone_number

        for name in ("DAY_PHONE", "NIGHT_PHONE"):
            if value := getattr(settings, name):
                try:
                    phone_number(value)
                except ValidationError as error:
                    raise ImproperlyConfigured(f"{name} is {value!r}. {error.message}") from error
