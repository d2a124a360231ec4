"""The Django app configuration."""

from django.apps import AppConfig


class OwnRecordConfig(AppConfig):
    """Installed as learn.account, without tables. Its label cannot be "account", because allauth uses that."""

    name = "learn.account"
    label = "own_record"
