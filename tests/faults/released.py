"""The code of the last release on the database of this one: `make faults OLD=1`.

During a rolling upgrade the machines that are not upgraded yet run on the new schema. So the last release's own tests
of what people do (patients, nurses, educators, IT) are run by its own code on a database that this one has migrated.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.faults.cluster import end_cleanly
from tests.faults.databases import postgresql
from tests.faults.environments import python_of
from tests.faults.server import ROOT, environment, run

# There is no release yet: the landed state of 29 November. At a release, name its tag.
LAST = "794f144f7f96d6d84b3aca2ccc02a31d323b7835"
WALKED = ("account", "assignments", "desk", "lessons", "people", "progress", "study", "visits", "test_site.py")
# They look at the schema itself, at migrations, or at commands that run only when the site is stopped.
NOT = ("indexes", "migration", "restore", "backup", "guard", "immutable", "upgrade", "alone", "seal", "schema")

# A test that commits empties the tables that its own release knows. Tables that came later point to them. And its tests
# have a mark of pytest-cov, which is not installed any more.
CASCADING = """
def pytest_configure(config):
    config.addinivalue_line("markers", "no_cover: of pytest-cov")


def pytest_collection_finish():
    from django.db import connection

    Operations = type(connection.ops)
    flush = Operations.sql_flush

    def cascading(self, style, tables, *, reset_sequences=False, allow_cascade=False):
        return flush(self, style, tables, reset_sequences=reset_sequences, allow_cascade=True)

    Operations.sql_flush = cascading
"""


@contextmanager
def tree() -> Iterator[Path | None]:
    """Yield a folder with the code of the last release; None where there is no history of Git."""
    folder = Path(tempfile.mkdtemp(prefix="learn-released-", dir="/var/tmp"))
    try:
        packed = subprocess.run(["git", "archive", LAST], cwd=ROOT, capture_output=True)
        if packed.returncode:
            sys.stderr.write(f"Could not run: the last release ({LAST[:8]}) is not in a history of Git here.\n")
            yield None
        else:
            subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
            folder.chmod(0o755)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Run them, or those that are named; return pytest's code."""
    with tree() as old, postgresql() as cluster:
        if old is None or cluster is None:
            return 77
        name, folder = f"old_{uuid4().hex[:8]}", Path(tempfile.mkdtemp(dir=old))
        url, test = cluster.new(name), cluster.new(f"test_{name}")
        run(environment(test, 8000, folder, DJANGO_SETTINGS_MODULE="tests.plain"), "manage.py", "migrate", "-v", "0")
        env = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"} | {
            "DATABASE_URL": url,
            "THREADS": "20",
        }
        (old / "cascading.py").write_text(CASCADING)
        but = " and ".join(f"not {word}" for word in NOT)
        chosen = ["-p", "cascading", "-m", "not browser and not one_database", "-k", but]
        places = sys.argv[1:] or ["tests/quizzes", *(f"tests/learn/{name}" for name in WALKED)]
        command = [python_of(old, "requirements-dev.txt"), "-m", "pytest", "-q", "--reuse-db", *places, *chosen]
        return subprocess.run(command, cwd=old, env=env).returncode


if __name__ == "__main__":
    end_cleanly()
    sys.exit(main())
