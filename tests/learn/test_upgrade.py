"""`manage.py upgrade`, run as on a server; what a migration may do so that the last release runs on its schema."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader
from django.db.models.fields import NOT_PROVIDED
from psycopg.conninfo import make_conninfo
from pytest_django import Settings

from learn.lessons.models import Edition

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[str]:
    """Yield the DATABASE_URL of an empty database of the kind that the tests run on."""
    if "DATABASE_URL" not in os.environ:
        yield f"sqlite:///{tmp_path}/db.sqlite3"
        return
    name, url = f"upgrade_{uuid4().hex[:8]}", os.environ["DATABASE_URL"]
    with psycopg.connect(make_conninfo(url), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield f"{url.rpartition('/')[0]}/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def environment(url: str, folder: Path) -> dict[str, str]:
    """Return the environment of a machine with this database, whose static files are in this folder."""
    served = {"DJANGO_SETTINGS_MODULE": "tests.served", "SECRET_KEY": "upgrade" * 10, "POOLER": "0"}
    return os.environ | served | {"DATABASE_URL": url, "RUN_FOLDER": str(folder)}


def upgrade(url: str, folder: Path) -> subprocess.Popen[str]:
    """Start `manage.py upgrade` on this database."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "upgrade"],
        cwd=ROOT, env=environment(url, folder), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@pytest.mark.race
def test_two_machines_may_upgrade_an_empty_database_at_once(empty: str, tmp_path: Path) -> None:
    machines = [upgrade(empty, tmp_path / name) for name in ("one", "two")]
    said = [machine.communicate()[0] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], said
    assert all("The database and the pages are of this release." in text for text in said)
    assert sum("added." in text for text in said) == 1, "the second found all lessons there"
    for name in ("one", "two"):
        assert (tmp_path / name / "static" / "staticfiles.json").exists()


@pytest.mark.django_db
def test_it_does_nothing_when_all_is_done_and_refuses_a_pooler(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    said = [StringIO(), StringIO()]
    for out in said:
        call_command("upgrade", stdout=out)
    assert "Lessons: up to date." in said[1].getvalue()
    assert Edition.objects.filter(state="published").count() == 20
    assert (tmp_path / "learn" / "site.css").exists()
    if connection.vendor == "postgresql":  # SQLite has none
        settings.POOLER = True
        with pytest.raises(CommandError, match="Not through PgBouncer"):
            call_command("upgrade")


# Landed before the rule. Whoever upgrades from a release before them stops the site.
BEFORE = {
    ("assignments", "0006_refused_addresses"),
    ("lessons", "0004_same_meaning"),
    ("people", "0019_seal_the_log"),
    ("progress", "0005_kept_pages"),
    ("quizzes", "0009_newest_checks"),
    ("visits", "0002_no_repeated_index"),
}


def newer() -> list[migrations.Migration]:
    """Return the migrations of this project that came after BEFORE."""
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    old = {key for landed in BEFORE for key in loader.graph.forwards_plan(landed)}
    ours = ("learn.", "quizzes.")
    found = loader.disk_migrations.items()
    return [made for key, made in found if key not in old and made.__module__.startswith(ours)]


@pytest.mark.django_db
def test_the_last_release_can_write_on_the_schema_of_this_one() -> None:
    """During a rolling upgrade, old code runs on the new schema: it writes rows without the new columns."""
    found = []
    for migration in newer():
        made = {op.name_lower for op in migration.operations if isinstance(op, migrations.CreateModel)}
        for op in migration.operations:
            if isinstance(op, migrations.AddField) and op.model_name_lower not in made:
                field = op.field
                if not (field.null or field.many_to_many or field.db_default is not NOT_PROVIDED):
                    found.append(f"{migration}: {op.model_name}.{op.name} needs db_default")
            if isinstance(op, migrations.RemoveField | migrations.RenameField | migrations.DeleteModel):
                found.append(f"{migration}: {op.describe()}: only in the release after the one that stops using it")
            if isinstance(op, migrations.RenameModel | migrations.AlterModelTable):
                found.append(f"{migration}: {op.describe()}: old code asks for the old table")
    assert found == []


@pytest.mark.one_database
def test_what_it_writes_behind_the_address_of_the_database_reaches_libpq(tmp_path: Path) -> None:
    """With `sslmode=verify-full`, a server that offers no TLS is refused; the option was dropped once."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def without_tls() -> None:
            for _ in range(2):
                with suppress(OSError):
                    client, _address = server.accept()
                    with client:
                        client.recv(8)  # SSLRequest
                        client.sendall(b"N")
                        client.recv(1)

        thread = threading.Thread(target=without_tls, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        url = f"postgres://learn:secret@db:{port}/learn?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=system"
        code = "import django; django.setup(); from django.db import connection; connection.cursor()"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment(url, tmp_path) | {"POOLER": "1"},
            capture_output=True, text=True,
        )  # fmt: skip
    assert "server does not support SSL, but SSL was required" in done.stderr
    assert "secret" not in done.stderr
