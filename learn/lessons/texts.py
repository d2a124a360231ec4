"""The one place that reads the shipped YAML files. It uses libyaml if installed, which is ten times as fast."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SOURCE = "en"  # the language of all files but those of a translation (overlays.py)

# Returns the language of whoever reads now. The site puts its own function here at start (apps.py).
reader: Callable[[], str] = lambda: SOURCE  # noqa: E731 - a function that is replaced


def read(path: Path) -> Any:
    """Return the data in a YAML file: plain values only, no Python objects.

    Raises OSError, UnicodeDecodeError or yaml.YAMLError if the file cannot be read.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - both are safe loaders
