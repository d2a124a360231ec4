"""The app's name for Django."""

from django.apps import AppConfig


class OwnRecordConfig(AppConfig):
    """Installed as learn.account; it has no table. Its label is not "account": allauth has taken that one."""

    name = "learn.account"
    label = "own_record"
