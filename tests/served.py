"""The site's own settings, for the processes that a test or a run starts: their files lie in a folder of the run."""

import os
from pathlib import Path

from learn.settings import *  # noqa: F403
from tests import apart

apart.watch()
FOLDER = Path(os.environ["RUN_FOLDER"])
STATIC_ROOT = FOLDER / "static"
MEDIA_ROOT = FOLDER / "media"
