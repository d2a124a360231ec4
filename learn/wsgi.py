"""The door for a WSGI server: `granian --interface wsgi learn.wsgi:application`.

The start-up checks run here too, against the database: a server that could lose or change answers does not start.
"""

import os
import sys

from django.core.management import CommandError, call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")
application = get_wsgi_application()
try:
    call_command("check", databases=["default"], stdout=sys.stderr)
except CommandError as error:
    sys.exit(f"The site does not start. {error}")
