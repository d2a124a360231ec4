"""What a WSGI server loads: `granian --interface wsgi learn.wsgi:application`.

A server whose database could lose or change answers does not start.
"""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")
application = get_wsgi_application()

from django.db import connection  # noqa: E402 - settings must stand first

from learn.apps import database_problems  # noqa: E402

if problems := database_problems():
    sys.exit("The site does not start. " + " ".join(problems))
connection.close()
