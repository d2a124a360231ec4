"""Test that a served site gets the database that the same commands with the same settings made, and no other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Site

pytestmark = pytest.mark.one_database


class Told(Site):
    """A site whose commands write down in its database that they ran."""

    def manage(self, *command: str) -> str:
        with closing(sqlite3.connect(self.log)) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS ran (site, command)")
            db.execute("INSERT INTO ran VALUES (?, ?)", (self.url, " ".join(command)))
        self.log.chmod(0o600)
        return ""

    def ran(self) -> list[tuple[str, str]]:
        """Return which site ran which commands before this database was as it is."""
        with closing(sqlite3.connect(self.log)) as db:
            return db.execute("SELECT site, command FROM ran").fetchall()


def test_a_command_runs_once_for_all_sites_with_the_same_settings(tmp_path: Path) -> None:
    def prepared(name: str, *commands: str, settings: str = "") -> Told:
        log = tmp_path / name
        site = replace(Told(name, "", log, {"DATABASE_URL": f"sqlite:///{log}"}))
        site.prepare(tmp_path, *commands, settings=settings)
        return site

    first = prepared("first", "migrate", "load_content")
    assert first.ran() == [("first", "migrate"), ("first", "load_content")]
    for name in ("second", "third"):
        site = prepared(name, "migrate", "load_content", "collectstatic --noinput")
        assert site.ran() == [*first.ran(), (name, "collectstatic --noinput")]
        assert site.log.stat().st_mode & 0o777 == 0o600
    other = prepared("other", "migrate", "load_content", settings="LANGUAGES=en,es")
    assert other.ran() == [("first", "migrate"), ("other", "load_content")]
    assert prepared("more", "load_content").ran() == [("more", "load_content")]
