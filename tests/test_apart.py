"""Tests do not touch the checkout's own files, so that `make run` can use them at the same time (ruling 20)."""

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
    """Yield the list of refused accesses, and clear it afterwards, because the test expects them."""
    yield apart.touched
    apart.touched.clear()


@pytest.mark.parametrize(
    "reach",
    [
        pytest.param(lambda: (ROOT / ".env").read_text(), id="read the secret"),
        pytest.param(lambda: open(ROOT / ".env", "a"), id="write the secret"),  # noqa: SIM115
        pytest.param(lambda: sqlite3.connect(ROOT / "db.sqlite3"), id="open the database"),
        pytest.param(lambda: sqlite3.connect(f"file:{ROOT}/db.sqlite3?mode=ro", uri=True), id="open it by a URI"),
        pytest.param(lambda: sqlite3.connect(ROOT / "test.sqlite3_gw0"), id="open a database in the same folder"),
        pytest.param(lambda: os.mkdir(ROOT / ".static"), id="create the static files folder"),
        pytest.param(lambda: list((ROOT / ".static").iterdir()), id="list the static files"),
        pytest.param(lambda: (ROOT / ".static" / "learn" / "site.css").read_bytes(), id="read a static file"),
        pytest.param(lambda: (ROOT / "db.sqlite3").unlink(), id="remove the database"),
        pytest.param(lambda: os.rename(ROOT / "README.md", ROOT / "backups" / "x"), id="write a backup"),
    ],
)
def test_the_checkouts_own_files_are_refused(reach: Callable[[], object], refused: list[str]) -> None:
    with pytest.raises(PermissionError, match="keep apart"):
        reach()
    assert len(refused) == 1


def test_a_refusal_is_recorded_even_when_the_code_swallows_the_error(refused: list[str]) -> None:
    """conftest.py checks the record after each test; otherwise such a test would pass."""
    with suppress(PermissionError):
        (ROOT / ".env").read_text()
    assert refused == [f"open {ROOT / '.env'}"]


def test_a_relative_path_is_refused_too(refused: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(PermissionError, match="keep apart"):
        sqlite3.connect("db.sqlite3")


def test_files_with_the_same_names_elsewhere_are_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "run" / ".static").mkdir(parents=True)
    (tmp_path / "run" / ".env").write_text("SECRET_KEY=x")
    sqlite3.connect(tmp_path / "run" / "db.sqlite3").close()
    shutil.rmtree(tmp_path / "run")  # passes relative names, while the checkout is the working directory
    assert apart.touched == []


def test_a_process_that_a_test_starts_is_refused_too(tmp_path: Path) -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.served", "RUN_FOLDER": str(tmp_path), "SECRET_KEY": "x"}
    code = "import django; django.setup(); open('.env')"
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "PermissionError: Tests keep apart from the checkout's own files: open .env" in done.stderr


def test_a_process_that_a_test_starts_has_its_files_in_a_temporary_folder(tmp_path: Path) -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.served", "RUN_FOLDER": str(tmp_path), "SECRET_KEY": "x"}
    code = "from django.conf import settings as s; print(s.STATIC_ROOT, s.MEDIA_ROOT)"
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [f"{tmp_path}/static", f"{tmp_path}/media"]


def test_nothing_is_collected_or_uploaded_into_the_checkout() -> None:
    assert settings.STATIC_ROOT is None
    assert isinstance(storages["default"], InMemoryStorage)


@pytest.mark.django_db
def test_the_database_is_a_file_like_the_sites_in_another_folder() -> None:
    if connection.vendor == "sqlite":
        assert not Path(str(connection.settings_dict["NAME"])).is_relative_to(ROOT)
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.django_db(transaction=True)
def test_the_groups_of_the_roles_exist_after_a_flush() -> None:
    """A test finds the groups even when it runs after a test with real commits (tests/conftest.py)."""
    call_command("flush", interactive=False, verbosity=0)
    assert {*Group.objects.values_list("name", flat=True)} == {*roles.MAY}
