"""What a worker loads when it starts. `make bench` measures its memory and its first reply; these find the cause."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.conftest import Site
from tests.shipped import FOLDERS, ROOT

# Large libraries that few pages need, or only a site on PostgreSQL. They are imported where they are used.
HEAVY = (
    "cryptography", "fido2", "marshmallow", "openpyxl", "psycopg", "pyrage", "quizzes.formats.known", "requests",
    "segno", "typst", "urllib.request",
)  # fmt: skip
STATIC = re.compile(r"""\{% static ['"]([^'"]+)['"]""")


@pytest.mark.one_database
def test_a_worker_on_sqlite_loads_no_heavy_library_and_looks_for_no_garbage_in_what_it_loaded(site: Site) -> None:
    assert site.env["DATABASE_URL"].startswith("sqlite:")
    code = (
        "import gc, sys, learn.rsgi, learn.urls;"
        f"print([name for name in {HEAVY} if name in sys.modules], gc.isenabled(), gc.get_freeze_count() > 50_000)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=site.env, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[] True True", "")


@pytest.mark.one_database
def test_each_static_file_that_a_template_names_is_one_of_the_sites_own() -> None:
    """Others are not collected (settings.STATICFILES_DIRS), and a page that named one would fail."""
    pages = [file.read_text(encoding="utf-8") for folder in FOLDERS for file in folder.rglob("*.html")]
    named = {name for page in pages for name in STATIC.findall(page)}
    assert len(named) > 5
    assert {name for name in named if not (ROOT / "learn" / "static" / name).is_file()} == set()
