"""The site's settings for tests: a fixed key, no .env, plain static files, a fast password hash."""

import os

os.environ["LEARN_ENV_FILE"] = os.devnull
os.environ["SECRET_KEY"] = "tests-only-" + "0" * 50
os.environ["LOG_LEVEL"] = "WARNING"
os.environ["PUBLIC_URL"] = "http://testserver"
for name in ("DEBUG", "PROXIES", "DAY_PHONE", "NIGHT_PHONE", "TIME_ZONE", "HSTS_PRELOAD", "HSTS_SUBDOMAINS"):
    os.environ.pop(name, None)

from learn.settings import *  # noqa: E402, F403

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
