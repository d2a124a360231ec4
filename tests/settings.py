"""The site's settings for tests: a fixed key, no .env, no collected static files, a fast password hash.

tests/conftest.py sets the path of the SQLite database.
"""

import os

from tests import apart

os.environ["LEARN_ENV_FILE"] = os.devnull
os.environ["SECRET_KEY"] = "tests-only-" + "0" * 50
os.environ["LOG_LEVEL"] = "WARNING"
os.environ["PUBLIC_URL"] = "http://testserver"
for name in (
    "DEBUG",
    "BACKUP_RECIPIENT",
    "SECURITY_CONTACT",
    "CODE_KEY",
    "CODE_KEY_FALLBACKS",
    "SECRET_KEY_FALLBACKS",
    "PROXIES",
    "DAY_PHONE",
    "NIGHT_PHONE",
    "LANGUAGES",
    "TIME_ZONE",
    "HSTS_PRELOAD",
    "HSTS_SUBDOMAINS",
    "OWN_TEMPLATES",
    "STAFF_TWO_STEP",
    "OIDC_ISSUER",
    "OIDC_CLIENT",
    "OIDC_SECRET",
    "OIDC_NAME",
    "OIDC_TWO_STEP",
):
    os.environ.pop(name, None)

apart.watch()

from learn.settings import *  # noqa: E402, F403

STATIC_ROOT = None  # type: ignore[assignment]  # no test collects static files or serves collected ones
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
STORAGES["default"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
