"""The WSGI application. learn/rsgi.py is the door in front of it, which `make run` serves.

It refuses to start if the settings are invalid, if the database cannot be reached, could lose or change answers, or was
used with other keys.
"""

import gc
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")
try:
    gc.disable()  # until everything is loaded, see below
    os.umask(0o077)  # as in manage.py: the database's files are for the site's own user alone
    site = get_wsgi_application()
except ImproperlyConfigured as error:
    sys.exit(f"The site does not start. {error}")

from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from learn import connections, gate
from learn.apps import close_files, database_problems
from learn.people import known_keys

if connection.vendor == "postgresql" and not settings.POOLER:  # PgBouncer refuses it: its connect_query says the same
    from learn.waiting import Timed  # here, because it loads psycopg, which a site on SQLite does without

    options = connection.settings_dict["OPTIONS"]
    options["options"] = f"{options.get('options', '')} {settings.PAGE_OPTIONS}".strip()
    options["pool"] |= {"connection_class": Timed}
try:
    problems = database_problems()
except OperationalError as error:
    reason = connections.why_not(connection) or str(error).rstrip(".")
    sys.exit(f"The site does not start. The database cannot be reached: {reason.rstrip('.')}.")
with suppress(DatabaseError):  # before `migrate` there is no table; with a full disk, pages can still be read
    problems += known_keys.problems()
    if not problems:
        known_keys.note(now=timezone.now())
if problems:
    sys.exit("The site does not start. " + " ".join(problems))
connection.close()
close_files()
application = gate.before(site)
# What is loaded stays. So Python need not look through it for garbage, neither while it loads (a tenth of the start)
# nor once in a thousand requests (all visitors waited 50 ms).
gc.freeze()
gc.enable()
