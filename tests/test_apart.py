"""Tests leave the checkout's own files alone, so that `make run` may serve from them meanwhile (ruling 20)."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.storage import InMemoryStorage, storages
from django.core.management import call_command
from django.db import connection

from learn.people import roles
from tests import apart

ROOT = apart.ROOT


@pytest.fixture
def refused() -> Iterator[list[str]]:
    """Yield what is refused in this test, which expects it."""
    yield apart.touched
    apart.touched.clear()


@pytest.mark.parametrize(
    "reach",
    [
        pytest.param(lambda: (ROOT / ".env").read_text(), id="the secret is read"),
        pytest.param(lambda: open(ROOT / ".env", "a"), id="the secret is written"),  # noqa: SIM115
        pytest.param(lambda: sqlite3.connect(ROOT / "db.sqlite3"), id="the database is opened"),
        pytest.param(lambda: sqlite3.connect(f"file:{ROOT}/db.sqlite3?mode=ro", uri=True), id="by its address"),
        pytest.param(lambda: sqlite3.connect(ROOT / "test.sqlite3_gw0"), id="one beside it"),
        pytest.param(lambda: os.mkdir(ROOT / ".static"), id="static files are made"),
        pytest.param(lambda: list((ROOT / ".static").iterdir()), id="static files are listed"),
        pytest.param(lambda: (ROOT / ".static" / "learn" / "site.css").read_bytes(), id="a static file is read"),
        pytest.param(lambda: (ROOT / "db.sqlite3").unlink(), id="the database is removed"),
        pytest.param(lambda: os.rename(ROOT / "README.md", ROOT / "backups" / "x"), id="a backup is written"),
    ],
)
def test_the_checkouts_own_files_are_refused(reach: Callable[[], object], refused: list[str]) -> None:
    with pytest.raises(PermissionError, match="keep apart"):
        reach()
    assert len(refused) == 1


def test_a_refusal_that_the_code_swallowed_is_known(refused: list[str]) -> None:
    """Or such a test would pass: conftest.py looks after each one."""
    with suppress(PermissionError):
        (ROOT / ".env").read_text()
    assert refused == [f"open {ROOT / '.env'}"]


def test_a_relative_path_is_refused_too(refused: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(PermissionError, match="keep apart"):
        sqlite3.connect("db.sqlite3")


def test_files_of_the_same_name_elsewhere_are_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "run" / ".static").mkdir(parents=True)
    (tmp_path / "run" / ".env").write_text("SECRET_KEY=x")
    sqlite3.connect(tmp_path / "run" / "db.sqlite3").close()
    shutil.rmtree(tmp_path / "run")  # names inside an open folder, while this process stands in the checkout
    assert apart.touched == []


def test_a_process_of_a_test_is_refused_too(tmp_path: Path) -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.served", "RUN_FOLDER": str(tmp_path), "SECRET_KEY": "x"}
    code = "import django; django.setup(); open('.env')"
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "PermissionError: Tests keep apart from the checkout's own files: open .env" in done.stderr


def test_a_process_of_a_test_has_its_files_in_the_folder_of_the_run(tmp_path: Path) -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.served", "RUN_FOLDER": str(tmp_path), "SECRET_KEY": "x"}
    code = "from django.conf import settings as s; print(s.STATIC_ROOT, s.MEDIA_ROOT)"
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"{tmp_path}/static", f"{tmp_path}/media"]


def test_nothing_is_collected_or_uploaded() -> None:
    assert settings.STATIC_ROOT is None
    assert isinstance(storages["default"], InMemoryStorage)


@pytest.mark.django_db
def test_the_database_works_as_the_sites_does_and_lies_elsewhere() -> None:
    if connection.vendor == "sqlite":
        assert not Path(str(connection.settings_dict["NAME"])).is_relative_to(ROOT)
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.django_db(transaction=True)
def test_a_flush_leaves_the_roles() -> None:
    """Tests that come after one that commits find the groups, whatever the order (tests/conftest.py)."""
    call_command("flush", interactive=False, verbosity=0)
    assert {*Group.objects.values_list("name", flat=True)} == {*roles.MAY}
