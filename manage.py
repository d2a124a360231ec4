#!/usr/bin/env python
"""Django's command line for this site."""

import os
import sys

if __name__ == "__main__":
    os.umask(0o077)  # databases, backups and exports are for the site's own user alone
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting that cannot work: one sentence is what hospital IT needs
        sys.exit(f"The site does not start. {error}")
