"""granian, with the libraries read before its workers fork: a worker that was killed is back in a tenth of a second.

Nothing of the site is read here: every worker still starts it anew.
"""

from importlib import import_module

from granian.cli import entrypoint

LIBRARIES = (
    "csp.utils", "django.contrib.auth", "django.contrib.messages", "django.contrib.sessions.middleware",
    "django.core.serializers", "django.core.wsgi", "django.db.models", "django.forms", "django.template.loader",
    "environs", "fsrs", "markdown_it", "nh3", "psycopg", "whitenoise.middleware", "yaml",
)  # fmt: skip

if __name__ == "__main__":
    for library in LIBRARIES:
        import_module(library)
    entrypoint()  # type: ignore[no-untyped-call]
