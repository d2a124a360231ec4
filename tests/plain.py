"""The settings of the tests for a site in a process of its own: no static files are collected for it."""

from tests.settings import *  # noqa: F403

ALLOWED_HOSTS = ["127.0.0.1"]
