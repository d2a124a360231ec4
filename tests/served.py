"""The site's settings for the processes that a test or a fault run starts; their files are in a temporary folder.

With FEW_ROUNDS, passwords are hashed by the same function in fewer rounds.
"""

import os
from pathlib import Path

from learn.settings import *  # noqa: F403
from tests import apart

apart.watch()
FOLDER = Path(os.environ["RUN_FOLDER"])
STATIC_ROOT = FOLDER / "static"
MEDIA_ROOT = FOLDER / "media"
if os.environ.get("FEW_ROUNDS"):
    PASSWORD_HASHERS = ["tests.hashing.FewRounds"]
