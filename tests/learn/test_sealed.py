"""The parts of a backup that need no database: encrypted files and their keys, names on the disk, a damaged list."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from learn.backups import files, keeping, ledger, sealed
from learn.backups.files import Backup, BackupError, Contents

pytestmark = pytest.mark.one_database

NOW = datetime(2026, 11, 23, 7, 12, tzinfo=UTC)
PLAIN = b"all answers of one night " * 1000


@pytest.fixture
def key(tmp_path: Path, settings: Settings) -> Path:
    """Return an identity file, whose public key is the one that backups are encrypted to."""
    settings.BACKUP_RECIPIENT = [sealed.make_key(tmp_path / "key.txt")]
    return tmp_path / "key.txt"


def sealed_file(folder: Path) -> Path:
    """Return an encrypted file with PLAIN in it."""
    path = folder / "one.sqlite3.age"
    sealed.seal(io.BytesIO(PLAIN), path)
    return path


def backup(path: Path, keys: tuple[object, ...] = ()) -> Backup:
    """Return the description of a backup in this file."""
    return Backup(path, "sqlite", NOW, files.sha256(path), Contents({}, []), keys)


def test_what_is_sealed_is_opened_by_its_own_key_alone(key: Path, tmp_path: Path) -> None:
    path = sealed_file(tmp_path)
    assert sealed.is_sealed(path)
    assert PLAIN[:20] not in path.read_bytes()
    opened = io.BytesIO()
    sealed.unpack(backup(path, sealed.keys_for(path, key)), opened)
    assert opened.getvalue() == PLAIN
    sealed.make_key(tmp_path / "other.txt")
    with pytest.raises(BackupError, match=r"does not open one\.sqlite3\.age"):
        sealed.keys_for(path, tmp_path / "other.txt")


def test_a_plain_backup_is_copied_as_it_is(tmp_path: Path) -> None:
    path, opened = tmp_path / "one.sqlite3", io.BytesIO()
    path.write_bytes(PLAIN)
    sealed.unpack(backup(path), opened)
    assert opened.getvalue() == PLAIN


def test_a_key_that_is_missing_or_none_is_said_in_one_sentence(key: Path, tmp_path: Path, settings: Settings) -> None:
    path, text = sealed_file(tmp_path), tmp_path / "text.txt"
    text.write_text("# a note\nnot a key\n")
    for identity, said in (
        (None, "is encrypted: name the file with its key"),
        (tmp_path / "nowhere", "There is no file"),
        (text, "text.txt is no identity file"),
    ):
        with pytest.raises(BackupError, match=said):
            sealed.keys_for(path, identity)
    with pytest.raises(BackupError, match=r"There is a file .*key.txt already"):
        sealed.make_key(key)
    assert key.stat().st_mode & 0o077 == 0
    settings.BACKUP_RECIPIENT = [*settings.BACKUP_RECIPIENT, "age1broken"]
    with pytest.raises(BackupError, match="was not copied completely: age1broken"):
        sealed.recipients()


def test_two_backups_in_one_minute_have_names_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "2026-11-23T0712Z.sqlite3").touch()
    names = [files.claim(tmp_path, NOW, ".sqlite3")[0].name for _ in range(2)]
    assert names == ["2026-11-23T0712Z-2.sqlite3", "2026-11-23T0712Z-3.sqlite3"]


def test_an_empty_database_leaves_no_file_behind(tmp_path: Path, settings: Settings) -> None:
    settings.BACKUP_RECIPIENT = []
    with pytest.raises(BackupError, match="the database has no tables"):
        keeping.keep(lambda path, to: Contents({}, []), folder=tmp_path / "kept", now=NOW)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_kept_backup_has_a_manifest_with_its_hash_and_its_rows(tmp_path: Path, settings: Settings) -> None:
    settings.BACKUP_RECIPIENT = []

    def write(path: Path, sealed_: bool) -> Contents:
        path.write_bytes(PLAIN)
        return Contents({"a": 2, "b": 3}, ["people.0001_first"])

    made = keeping.keep(write, folder=tmp_path, now=NOW)
    assert (made.contents.total, made.sha256) == (5, files.sha256(made.path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [made.path.name, f"{made.path.name}.json"]
    assert f'"sha256": "{made.sha256}"' in (tmp_path / f"{made.path.name}.json").read_text()


@pytest.mark.django_db
def test_the_list_of_who_was_erased_only_grows_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    assert ledger.read(tmp_path) == set()
    (tmp_path / ledger.NAME).write_text("# before\n" + "a" * 64 + "\n")
    ledger.write(tmp_path)
    assert ledger.read(tmp_path) == {"a" * 64}
    (tmp_path / ledger.NAME).write_text("not a hash\n")
    with pytest.raises(BackupError, match="is damaged"):
        ledger.read(tmp_path)
