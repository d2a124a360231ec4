"""The admin config that makes the Desk the default site."""

from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    """The stock admin; every app's ModelAdmin registers on the Desk without knowing it."""

    default_site = "learn.admin.Desk"
