"""Virtual environments outside of the checkout, each named by its requirements file, so that it is made once."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from tests.faults.server import ROOT


def home_of(wanted: Path) -> Path:
    """Return the folder of the virtual environment with these requirements; it may not be there yet."""
    return Path("/var/tmp") / f"learn-{wanted.stem}-{sha256(wanted.read_bytes()).hexdigest()[:12]}"


def programs(wanted: Path) -> Path:
    """Return the folder of the programs of these requirements; install them once. Every user can run them."""
    home = home_of(wanted)
    if not (home / "done").exists():
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", str(home)], check=True)
        quiet = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([str(home / "bin" / "pip"), "install", *quiet, "-r", str(wanted)], check=True)
        (home / "done").touch()
    return home / "bin"


def python_of(tree: Path, wanted: str = "requirements.txt") -> str:
    """Return the Python that runs the code of this folder: ours, or one of its own if it requires something else."""
    same = (tree / wanted).read_bytes() == (ROOT / wanted).read_bytes()
    return sys.executable if same else str(programs(tree / wanted) / "python")
