"""The site's own settings; only the collected static files lie in the run's own folder."""

import os
from pathlib import Path

from learn.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["RUN_STATIC"])
