"""The app's name for Django; phone numbers of the settings are looked at when it starts."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError


class PeopleConfig(AppConfig):
    """Installed as learn.people; its tables begin with people_."""

    name = "learn.people"

    def ready(self) -> None:
        """Refuse a phone setting that is no number; raises ImproperlyConfigured. A care team's has the same rule."""
        from learn.people.models import phone_number

        for name in ("DAY_PHONE", "NIGHT_PHONE"):
            if value := getattr(settings, name):
                try:
                    phone_number(value)
                except ValidationError as error:
                    raise ImproperlyConfigured(f"{name} is {value!r}. {error.message}") from error
