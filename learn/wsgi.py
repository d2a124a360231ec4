"""The WSGI application: `granian --interface wsgi learn.wsgi:application`.

It refuses to start if the settings are invalid, if the database could lose or change answers, or if it was used with
other keys.
"""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")
try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    sys.exit(f"The site does not start. {error}")

from contextlib import suppress

from django.db import DatabaseError, connection
from django.utils import timezone

from learn.apps import database_problems
from learn.people import known_keys

problems = database_problems()
with suppress(DatabaseError):  # before `migrate` there is no table; with a full disk, pages can still be read
    problems += known_keys.problems()
    if not problems:
        known_keys.note(now=timezone.now())
if problems:
    sys.exit("The site does not start. " + " ".join(problems))
connection.close()
