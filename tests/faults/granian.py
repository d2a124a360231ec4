"""granian with the libraries imported before its workers fork, so that a killed worker is back in 0.1 seconds.

Nothing of the site is imported here: every worker still starts the site itself.
"""

from importlib import import_module

from granian.cli import entrypoint

LIBRARIES = (
    "csp.utils", "django.contrib.auth", "django.contrib.messages", "django.contrib.sessions.middleware",
    "django.core.serializers", "django.core.wsgi", "django.db.models", "django.forms", "django.template.loader",
    "dj_database_url", "dotenv", "fsrs", "markdown_it", "nh3", "psycopg", "whitenoise.middleware", "yaml",
)  # fmt: skip

if __name__ == "__main__":
    for library in LIBRARIES:
        import_module(library)
    entrypoint()  # type: ignore[no-untyped-call]
