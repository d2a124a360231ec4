"""A backup contains every acknowledged answer; a restore brings exactly these rows back, or changes nothing.

These tests run real commands on real databases. Every site has its own database, of the kind that the tests use, and
every command is a separate process, as cron and hospital IT start it.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import SimpleTestCase
from django.utils import timezone

from learn import backups
from learn.account import actions as account
from learn.apps import database_problems
from learn.backups import files, postgresql
from learn.people.models import Patient, Session, User
from learn.people.sessions import SessionStore
from learn.visits.models import MyQuestion
from quizzes import taking
from quizzes.models import Quiz, Response
from tests.cast import load_content, make_nurse, make_patient, make_team, right, wrong

CANARY = "Zwetschge"
ROOT = Path(__file__).resolve().parent.parent.parent
POSTGRESQL = "postgresql" in settings.DATABASES["default"]["ENGINE"]
SUFFIX = ".pgdump" if POSTGRESQL else ".sqlite3"
HINT = "It is not encrypted. To encrypt backups, set BACKUP_RECIPIENT (docs/hospital-it.md).\n"
ROLE = f"drill_{uuid.uuid4().hex[:8]}"  # may create databases and is no superuser, as we advise hospitals


@dataclass(frozen=True)
class Site:
    """A database, the environment of a site that uses it, and a folder for its backups."""

    name: str
    folder: Path

    @property
    def url(self) -> str:
        """Return its DATABASE_URL, which psycopg accepts too."""
        if not POSTGRESQL:
            return f"sqlite:///{self.file}"
        cluster = urlsplit(os.environ["DATABASE_URL"])
        address = cluster.netloc.rpartition("@")[2]
        return cluster._replace(netloc=f"{ROLE}@{address}", path=f"/{self.name}").geturl()

    @property
    def file(self) -> Path:
        """Return the path of the SQLite database."""
        return self.folder / "db.sqlite3"

    def environment(self, **over: str) -> dict[str, str]:
        """Return the environment variables for a process of this site."""
        own = {
            "DJANGO_SETTINGS_MODULE": "tests.served",
            "RUN_FOLDER": str(self.folder),
            "LEARN_ENV_FILE": os.devnull,
            "SECRET_KEY": "drill-" + "0" * 50,
            "BACKUP_RECIPIENT": "",
        }
        path = f"{programs()}:{os.environ['PATH']}" if POSTGRESQL else os.environ["PATH"]
        return os.environ | own | {"DATABASE_URL": self.url, "THREADS": "4", "PATH": path} | over

    def run(self, *command: object, most: int | None = None, **over: str) -> subprocess.CompletedProcess[str]:
        """Run `manage.py command`; `most` limits the size of a file in bytes."""

        python = [sys.executable] if most is None else [sys.executable, "-c", LIMITED, str(most), sys.executable]
        return subprocess.run(
            [*python, "manage.py", *map(str, command)],
            cwd=ROOT, env=self.environment(**over), capture_output=True, text=True,
        )  # fmt: skip

    def do(self, function: str) -> str:
        """Run a function of this module in a process of the site; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", CALL, function], cwd=ROOT, env=self.environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def back_up(self) -> Path:
        """Make a backup; return its path."""
        done = self.run("backup", self.folder / "backups")
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.partition(": ")[0])

    def restore(self, file: Path, *arguments: str, **over: str) -> subprocess.CompletedProcess[str]:
        """Run `restore`; the backup of the current database goes to a separate folder."""
        return self.run("restore", file, "--folder", self.folder / "before", *arguments, **over)

    @contextmanager
    def open(self) -> Iterator[Any]:
        """Connect to the database without Django, as another program would."""
        opened = psycopg.connect(self.url, autocommit=True) if POSTGRESQL else sqlite3.connect(self.file)
        with closing(opened) as db:
            yield db
            db.commit()

    def rows(self) -> dict[str, list[str]]:
        """Return all rows of all tables, to compare two databases."""
        tables = (
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            if POSTGRESQL
            else "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
        with self.open() as db:
            names = [name for (name,) in db.execute(tables).fetchall()]
            every = {name: f'SELECT * FROM "{name}"' for name in names}  # noqa: S608 - names of our own tables
            return {name: sorted(map(repr, db.execute(query).fetchall())) for name, query in every.items()}

    def state(self) -> tuple[bytes, dict[str, list[str]]]:
        """Return what a refused restore must not change: the rows, and on SQLite the bytes of the file."""
        rows = self.rows()
        return b"" if POSTGRESQL else self.file.read_bytes(), rows


CALL = "import sys, django; django.setup(); from tests.learn import test_backups; getattr(test_backups, sys.argv[1])()"
# Limits the size of files, then becomes the command behind it. subprocess's `preexec_fn` would run Python between fork
# and exec, where it may wait for ever for another thread: the pool of connections has some.
LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
os.execv(sys.argv[2], sys.argv[2:])
"""
MASTER = Site(f"{ROLE}_master", Path(tempfile.gettempdir()) / f"{ROLE}_master")


@contextmanager
def cluster() -> Iterator[psycopg.Connection]:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        yield server


@cache
def programs() -> str:
    """Return the folder with the programs of the running server, which may not come from a system package."""
    with cluster() as server:
        return server.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchall()[0][0]


def setUpModule() -> None:
    """Create the master: a site with lessons, people and answers. Each test gets a copy of it."""
    MASTER.folder.mkdir()
    if POSTGRESQL:
        with cluster() as server:
            server.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            server.execute(f"CREATE DATABASE {MASTER.name} OWNER {ROLE}")
    done = MASTER.run("migrate")
    assert done.returncode == 0, done.stderr
    MASTER.do("fill")


def tearDownModule() -> None:
    """Remove the master and the role."""
    remove(MASTER)
    if POSTGRESQL:
        with cluster() as server:
            server.execute(f"DROP ROLE {ROLE}")


def copy_of_the_master() -> Site:
    """Return a new site with the master's rows."""
    site = Site(f"{ROLE}_{uuid.uuid4().hex[:8]}", Path(tempfile.mkdtemp(prefix=ROLE)))
    if POSTGRESQL:
        with cluster() as server:
            server.execute(f"CREATE DATABASE {site.name} OWNER {ROLE} TEMPLATE {MASTER.name}")
    else:
        shutil.copyfile(MASTER.file, site.file)
    return site


def remove(site: Site) -> None:
    """Remove the site's database and folder."""
    shutil.rmtree(site.folder)
    if POSTGRESQL:
        with cluster() as server:
            server.execute(f"DROP DATABASE {site.name} WITH (FORCE)")


# Functions that run in a process of a site: `Site.do` calls them by name.


def fill() -> None:
    """Load the lessons; create people and answers."""
    load_content()
    team = make_team()
    make_nurse("noor", team)
    for label in ("Ana", "Bo"):
        learner = make_patient(team, label, name=label.lower()).user
        for quiz in Quiz.objects.all():
            attempt = taking.start(learner=learner, quiz=quiz, language="en", now=timezone.now())
            for item in attempt.items.with_answers():
                given = wrong(item.revision) if item.revision.critical else right(item.revision)
                taking.answer(item=item, given=given, number=1, now=timezone.now())
        session = SessionStore()
        session[SESSION_KEY] = str(learner.pk)
        session.create()


def spoil() -> None:
    """Change, delete and add rows."""
    Patient.objects.filter(label="Ana").update(label="Zed")
    Response.objects.filter(item__attempt__learner__username="bo").delete()
    Session.objects.all().delete()
    User.objects.create_guest()


def name_ana() -> None:
    """Give Ana words that stand nowhere else, in several tables, and a guest an answer of their own."""
    ana = User.objects.get(username="ana")
    Patient.objects.filter(user=ana).update(label=f"{CANARY} One", reference=CANARY)
    User.objects.filter(pk=ana.pk).update(username=CANARY.lower(), email=f"{CANARY}@example.com")
    MyQuestion.objects.create(learner=ana, text=f"May I eat a {CANARY}?", position=1, added=timezone.now())


def erase_ana() -> None:
    """Erase Ana, as her own page does."""
    account.erase(user=User.objects.get(username=CANARY.lower()), now=timezone.now())


def keep_answering() -> None:
    """Answer in four threads until killed; print item and number of each answer after it is acknowledged."""

    def answer(learner: User) -> None:
        while True:
            for quiz in Quiz.objects.all():
                attempt = taking.start(learner=learner, quiz=quiz, language="en", now=timezone.now())
                for item in attempt.items.with_answers():
                    number = item.answers + 1
                    with suppress(taking.NotOwed):  # missed safety questions come again at the end
                        taking.answer(item=item, given=right(item.revision), number=number, now=timezone.now())
                        os.write(1, f"{item.pk} {number}\n".encode())

    for learner in [User.objects.create_guest() for _ in range(4)]:
        threading.Thread(target=answer, args=[learner]).start()


def problems() -> None:
    """Print the problems that would keep a server from starting on this database."""
    sys.stdout.write(repr(database_problems()))


class SiteCase(SimpleTestCase):
    """Gives each test a site of its own."""

    def setUp(self) -> None:
        self.site = copy_of_the_master()
        self.addCleanup(remove, self.site)


class TestABackup(SiteCase):
    def test_is_a_file_and_a_manifest_that_only_the_owner_can_read(self) -> None:
        done = self.site.run("backup", self.site.folder / "deep" / "backups")
        file = Path(done.stdout.partition(": ")[0])
        rows = {name: len(rows) for name, rows in self.site.rows().items() if not name.startswith("sqlite_")}
        assert done.stdout == f"{file}: {sum(rows.values()):,} rows, {file.stat().st_size / 1e6:.1f} MB.\n{HINT}"
        assert sorted(file.parent.iterdir()) == [file, Path(f"{file}.json"), file.with_name("erased.txt")]
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (file.parent, file, Path(f"{file}.json"))]
        assert modes == [0o700, 0o600, 0o600]
        told = json.loads(Path(f"{file}.json").read_text())
        assert (told["format"], told["rows"]) == (1, rows)
        assert rows["quizzes_response"] > 30
        assert {"people.0002_roles", "sessions.0001_initial"} < set(told["migrations"])

    def test_does_not_overwrite_another_backup_of_the_same_minute(self) -> None:
        assert len({self.site.back_up() for _ in range(2)}) == 2

    def test_made_while_people_answer_contains_every_answer_acknowledged_before(self) -> None:
        said: list[str] = []
        writer = subprocess.Popen(
            [sys.executable, "-c", CALL, "keep_answering"],
            cwd=ROOT, env=self.site.environment(), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        listener = threading.Thread(target=lambda: said.extend(iter(writer.stdout.readline, "")))
        listener.start()
        try:
            # An open read transaction keeps SQLite from moving the answers out of the -wal file. A copy of the database
            # file alone would then have none of them, whatever the timing of the processes.
            with self.site.open() as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM quizzes_response").fetchall()
                wait_until(lambda: len(said) >= 50)
                before = list(said)
                file = self.site.back_up()
                during = len(said) - len(before)
        finally:
            writer.kill()
            writer.wait()
            listener.join()
            writer.stdout.close()
        assert during > 0, "nobody answered during the backup: this proves nothing"
        wait_until(lambda: self.site.restore(file, "--yes").returncode == 0)
        with self.site.open() as db:
            kept = {
                f"{item} {n}\n" for item, n in db.execute("SELECT item_id, number FROM quizzes_response").fetchall()
            }
        assert set(before) - kept == set()

    def test_that_does_not_fit_on_the_disk_says_so_and_leaves_no_file(self) -> None:
        folder = self.site.folder / "backups"
        done = self.site.run("backup", folder, most=50_000)  # writing fails at this size, as on a full disk
        assert_one_sentence(done, "No backup was made. ")
        assert list(folder.iterdir()) == []

    def test_of_an_empty_or_missing_database_is_refused(self) -> None:
        folder = self.site.folder / "backups"
        if POSTGRESQL:
            with self.site.open() as db:
                db.execute("DROP OWNED BY CURRENT_USER")
        else:
            self.site.file.unlink()
            assert_one_sentence(self.site.run("backup", folder), "There is no database")
            assert not self.site.file.exists()
            self.site.file.touch()
        assert_one_sentence(self.site.run("backup", folder), "There is nothing to back up: the database has no tables.")
        assert list(folder.iterdir()) == []

    @pytest.mark.skipif(not POSTGRESQL, reason="about pg_dump")
    def test_says_why_pg_dump_failed_without_the_password(self) -> None:
        fake = self.site.folder / "pg_dump"
        fake.write_text(
            f'#!/bin/sh\n[ "$1" != --version ] || {{ echo "pg_dump (PostgreSQL) 99.1"; exit; }}\n'
            f'echo "$*" >{fake}.said; echo "$PGPASSWORD" >{fake}.env\n'
            f'echo "pg_dump: error: could not write: No space left on device" >&2; exit 1\n'
        )
        fake.chmod(0o700)
        secret = self.site.url.replace(f"{ROLE}@", f"{ROLE}:hush%40hush@")
        done = self.site.run(
            "backup", self.site.folder, DATABASE_URL=secret, PATH=f"{fake.parent}:{os.environ['PATH']}"
        )
        assert_one_sentence(done, "No backup was made. pg_dump: error: could not write: No space left on device.")
        assert Path(f"{fake}.env").read_text() == "hush@hush\n"
        assert "hush" not in Path(f"{fake}.said").read_text()

    def test_needs_a_pg_dump_at_least_as_new_as_the_server(self) -> None:
        with pytest.raises(backups.BackupError, match="pg_dump 99 or newer is not here"):
            postgresql._program("pg_dump", 99)


class TestARestore(SiteCase):
    def test_brings_every_row_back(self) -> None:
        before = self.site.rows()
        file = self.site.back_up()
        self.site.do("spoil")
        spoiled = self.site.rows()
        assert sum(before[name] != spoiled[name] for name in before) >= 4

        done = self.site.restore(file, "--yes")
        assert (done.returncode, done.stderr) == (0, "")
        assert self.site.rows() == before
        assert self.site.do("problems") == "[]"
        # Sessions too: a guest can reach their record only through their session.
        assert len(before["people_session"]) == 2

        # The database before the restore was backed up too.
        kept = next((self.site.folder / "before").glob(f"2*{SUFFIX}"))
        assert f"What was there is kept in {kept}." in done.stdout
        assert self.site.restore(kept, "--yes").returncode == 0
        assert self.site.rows() == spoiled

    def test_into_an_empty_or_missing_database_brings_every_row_back(self) -> None:
        before, file = self.site.rows(), self.site.back_up()
        if POSTGRESQL:
            with cluster() as server:
                server.execute(f"DROP DATABASE {self.site.name}")
                server.execute(f"CREATE DATABASE {self.site.name} OWNER {ROLE}")
        else:
            self.site.file.unlink()
        done = self.site.restore(file, "--yes")
        assert (done.returncode, done.stderr) == (0, "")
        assert self.site.rows() == before
        assert not (self.site.folder / "before").exists()

    def test_of_an_older_release_is_migrated_and_gets_its_guards_back(self) -> None:
        """The backup is from before the table of sessions, and one guard is missing in it. Nobody is signed out."""
        before = self.site.rows()
        assert self.site.run("migrate", "people", "0005_invitations").returncode == 0
        with self.site.open() as db:
            db.execute(f"DROP TRIGGER quizzes_response_guard{' ON quizzes_response' if POSTGRESQL else ''}")
        file = self.site.back_up()
        told = json.loads(Path(f"{file}.json").read_text())
        assert "people.0006_sessions" not in told["migrations"]
        assert told["rows"]["django_session"] == 2
        assert self.site.restore(file, "--yes").returncode == 0
        assert self.site.do("problems") == "[]"
        after = self.site.rows()
        assert after.keys() == before.keys()
        changed = {name for name in before if before[name] != after[name]}
        # New rows must not reuse ids; SQLite keeps the last ids in a table.
        assert changed - {"sqlite_sequence"} == {"django_migrations"}

    def test_without_yes_says_what_it_would_do_and_changes_nothing(self) -> None:
        file = self.site.back_up()
        before = self.site.state()
        done = self.site.restore(file)
        assert_one_sentence(done, "Nothing was changed. Stop the site first")
        backup, there = done.stdout.splitlines()
        assert backup.startswith("The backup: 20")
        assert there.startswith("There now:  ")
        assert self.site.state() == before

    @pytest.mark.skipif(POSTGRESQL, reason="about a database file")
    def test_over_a_damaged_database_is_refused_until_the_file_is_moved_away(self) -> None:
        before, file = self.site.rows(), self.site.back_up()
        damaged = b"This is no database. " * 1000
        self.site.file.write_bytes(damaged)
        assert_one_sentence(
            self.site.restore(file, "--yes"), "What is there now cannot be read: file is not a database."
        )
        assert self.site.file.read_bytes() == damaged
        self.site.file.rename(self.site.file.with_name("damaged"))
        wal = self.site.file.with_name("db.sqlite3-wal")
        wal.write_bytes(b"the last answers may be in here")
        assert_one_sentence(self.site.restore(file, "--yes"), "db.sqlite3-wal lies there without db.sqlite3")
        wal.unlink()
        assert self.site.restore(file, "--yes").returncode == 0
        assert self.site.rows() == before


class TestAnEncryptedBackup(SiteCase):
    def key(self, name: str) -> tuple[Path, str]:
        """Make a key with our command; return the identity file and the public key."""
        path = self.site.folder / name
        done = self.site.run("backup", "--new-key", path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        return path, done.stdout.splitlines()[-1].removeprefix("BACKUP_RECIPIENT=")

    def test_is_opened_by_its_owners_keys_and_leaves_no_plain_copy(self) -> None:
        (mine, public), (second, other), (wrong_one, _) = (self.key(name) for name in ("mine", "second", "wrong"))
        assert_one_sentence(self.site.run("backup", "--new-key", mine), f"No key was made. There is a file {mine}")
        before, over = self.site.rows(), {"BACKUP_RECIPIENT": f"{public}, {other}"}
        done = self.site.run("backup", self.site.folder / "backups", **over)
        assert (done.returncode, done.stderr, HINT in done.stdout) == (0, "", False)
        file = Path(done.stdout.partition(": ")[0])
        assert file.name.endswith(f"{SUFFIX}.age")
        assert file.read_bytes().startswith(b"age-encryption.org/v1")
        self.assert_nothing_plain()

        self.site.do("spoil")
        spoiled = self.site.state()
        assert_one_sentence(self.site.restore(file, "--yes"), "is encrypted: name the file with its key (--identity")
        for identity, said in (
            (wrong_one, f"The key in the identity file does not open {file.name}."),
            (self.site.folder / "none", "There is no file"),
            (file, "is no identity file: its key is a line that begins with AGE-SECRET-KEY-1."),
        ):
            assert_one_sentence(self.site.restore(file, "--identity", identity, "--yes"), said)
        assert self.site.state() == spoiled

        done = self.site.restore(file, "--identity", second, "--yes", **over)
        assert (done.returncode, done.stderr) == (0, "")
        assert self.site.rows() == before
        kept = next((self.site.folder / "before").glob("2*.age"))  # what was there is encrypted too
        self.assert_nothing_plain()
        assert self.site.restore(kept, "--identity", mine, "--yes").returncode == 0
        assert self.site.rows() == spoiled[1]

    def assert_nothing_plain(self) -> None:
        """Assert that only the database itself is readable."""
        heads = (b"SQLite format 3", b"PGDMP")
        found = [path for path in self.site.folder.rglob("*") if path.is_file() and path.name != "db.sqlite3"]
        assert [path for path in found if path.read_bytes().startswith(heads)] == []
        assert [path.name for path in self.site.folder.rglob(".*")] == []

    def test_that_is_not_complete_or_whose_recipient_is_wrong_changes_nothing(self) -> None:
        mine, public = self.key("mine")
        folder = self.site.folder / "backups"
        wrong_key = public[:-1] + ("q" if public[-1] != "q" else "p")
        assert_one_sentence(
            self.site.run("backup", folder, BACKUP_RECIPIENT=wrong_key), "a key that was not copied completely"
        )
        assert_one_sentence(
            self.site.run("backup", folder, most=50_000, BACKUP_RECIPIENT=public), "No backup was made."
        )
        assert list(folder.iterdir()) == []
        self.assert_nothing_plain()
        file = Path(self.site.run("backup", folder, BACKUP_RECIPIENT=public).stdout.partition(": ")[0])
        os.truncate(file, file.stat().st_size - 1)
        manifest = Path(f"{file}.json")
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"sha256": files.sha256(file)}))
        before = self.site.state()
        done = self.site.restore(file, "--identity", mine, "--yes")
        assert_one_sentence(done, "decryption error")
        assert self.site.state() == before


class TestWhoAskedToBeErased(SiteCase):
    def assert_gone(self) -> None:
        """Assert that no table holds a word of Ana, and that Bo's answers are there."""
        assert CANARY.lower() not in repr(self.site.rows()).lower()
        if not POSTGRESQL:
            assert CANARY.lower() not in self.site.file.read_bytes().decode(errors="replace").lower()
            assert not self.site.file.with_name("db.sqlite3-wal").exists()
        with self.site.open() as db:
            left = db.execute(
                "SELECT u.username, count(*) FROM quizzes_response r JOIN quizzes_attemptitem i ON i.id = r.item_id "
                "JOIN quizzes_attempt a ON a.id = i.attempt_id JOIN people_user u ON u.id = a.learner_id GROUP BY 1"
            ).fetchall()
            acts = db.execute("SELECT what, count(*) FROM people_auditevent GROUP BY 1 ORDER BY 1").fetchall()
        assert [name for name, _ in left] == ["bo"]
        assert acts == [("erased.again", 1)]

    def test_is_not_brought_back_by_a_backup_from_before(self) -> None:
        self.site.do("name_ana")
        file = self.site.back_up()
        self.site.do("erase_ana")
        for _ in range(2):  # the second time, only the list in the restored database knows it
            done = self.site.restore(file, "--yes")
            assert (done.returncode, done.stderr) == (0, "")
            assert "People who have asked to be erased, and are erased again: 1.\n" in done.stdout
            self.assert_gone()
            assert self.site.run("check_audit").returncode == 0
            shutil.rmtree(self.site.folder / "before")

    def test_is_known_beside_the_backups_when_the_database_is_lost(self) -> None:
        self.site.do("name_ana")
        file = self.site.back_up()
        self.site.do("erase_ana")
        self.site.back_up()
        listed = file.with_name("erased.txt")
        assert stat.S_IMODE(listed.stat().st_mode) == 0o600
        assert [len(line) for line in listed.read_text().splitlines()[1:]] == [64]
        if POSTGRESQL:
            with cluster() as server:
                server.execute(f"DROP DATABASE {self.site.name}")
                server.execute(f"CREATE DATABASE {self.site.name} OWNER {ROLE}")
        else:
            self.site.file.unlink()
        good = listed.read_text()
        listed.write_text(good[:-9])
        assert_one_sentence(self.site.restore(file, "--yes"), "erased.txt is damaged: each of its lines must be a hash")
        listed.write_text(good)
        assert "erased again: 1." in self.site.restore(file, "--yes").stdout
        self.assert_gone()

    def test_costs_nobody_else_anything(self) -> None:
        before, file = self.site.rows(), self.site.back_up()
        file.with_name("erased.txt").write_text(f"# a person of another database\n{'0' * 64}\n")
        done = self.site.restore(file, "--yes")
        assert "erased again" not in done.stdout
        after = self.site.rows()
        assert {name for name in before if before[name] != after[name]} == {"people_erasedmark"}


class TestARestoreIsRefused(SimpleTestCase):
    """Each refusal must change nothing. These tests share one site."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.site = copy_of_the_master()
        cls.addClassCleanup(remove, cls.site)
        cls.good = cls.site.back_up()
        cls.site.do("spoil")
        cls.before = cls.site.state()

    def setUp(self) -> None:
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        self.file, self.manifest = folder / self.good.name, folder / f"{self.good.name}.json"
        shutil.copyfile(self.good, self.file)
        shutil.copyfile(f"{self.good}.json", self.manifest)

    def tell(self, **other: Any) -> None:
        """Change entries of the manifest."""
        self.manifest.write_text(json.dumps(json.loads(self.manifest.read_text()) | other))

    def refused(self, sentence: str, **over: str) -> None:
        assert_one_sentence(self.site.restore(self.file, "--yes", **over), sentence)
        assert self.site.state() == self.before
        left = [path.name for path in self.site.folder.iterdir() if path.name.startswith(".")]
        assert left == []
        if POSTGRESQL:
            with cluster() as server:
                query = "SELECT count(*) FROM pg_database WHERE datname LIKE %s"
                assert server.execute(query, [f"{self.site.name}_%"]).fetchone() == (0,)

    def test_when_the_file_does_not_exist(self) -> None:
        self.file.unlink()
        self.refused("There is no file")

    def test_without_a_manifest(self) -> None:
        self.manifest.unlink()
        self.refused(f"{self.manifest.name} must lie beside it.")

    def test_with_a_damaged_manifest(self) -> None:
        for text in ("", "{", "[]", "{}", '{"format": 1, "rows": 3}'):
            with self.subTest(text):
                self.manifest.write_text(text)
                self.refused("The manifest")

    def test_in_a_newer_format(self) -> None:
        self.tell(format=2)
        self.refused("was made by another release")

    def test_when_the_file_is_incomplete(self) -> None:
        os.truncate(self.file, self.file.stat().st_size - 1)
        self.refused("is damaged")

    def test_when_one_byte_has_changed(self) -> None:
        data = bytearray(self.file.read_bytes())
        data[len(data) // 2] ^= 1
        self.file.write_bytes(data)
        self.refused("is damaged")

    def test_when_it_is_not_a_database_even_if_the_manifest_fits(self) -> None:
        self.file.write_text("Dear colleague, " * 1000)
        self.tell(sha256=files.sha256(self.file))
        self.refused("pg_restore: error: " if POSTGRESQL else "file is not a database")

    def test_when_the_row_counts_differ_from_the_manifest(self) -> None:
        rows = json.loads(self.manifest.read_text())["rows"]
        self.tell(rows=rows | {"quizzes_response": rows["quizzes_response"] - 1})
        self.refused("does not hold the rows that its manifest names")

    def test_from_the_other_kind_of_database(self) -> None:
        self.tell(vendor="sqlite" if POSTGRESQL else "postgresql")
        self.refused("and this site runs on")

    def test_from_a_newer_release(self) -> None:
        newer = copy_of_the_master()
        self.addCleanup(remove, newer)
        with newer.open() as db:
            later = "('progress', '0099_later', CURRENT_TIMESTAMP)"
            db.execute(f"INSERT INTO django_migrations (app, name, applied) VALUES {later}")  # noqa: S608
        self.file = newer.back_up()
        self.refused("is from a newer release than this one, which has no progress.0099_later.")

    def test_while_the_site_runs(self) -> None:
        with self.site.open() as db:
            db.execute("SELECT 1 FROM django_migrations LIMIT 1").fetchall()  # idle since then, as a site is at night
            self.refused("The site is running")

    def test_when_there_is_no_space_to_back_up_the_current_database(self) -> None:
        (self.site.folder / "before").write_text("not a folder")
        self.addCleanup((self.site.folder / "before").unlink)
        self.refused("What is there now could not be backed up, so it stays: ")

    @pytest.mark.skipif(POSTGRESQL, reason="PostgreSQL itself would not take the dump")
    def test_when_a_foreign_key_is_broken(self) -> None:
        with closing(sqlite3.connect(self.file)) as db:
            db.execute("INSERT INTO quizzes_quizitem (quiz_id, question_id, position) VALUES (99999, 1, 1)")
            db.commit()
        self.tell(sha256=files.sha256(self.file))
        self.refused("a row of quizzes_quizitem points at nothing in quizzes_quiz")

    @pytest.mark.skipif(not POSTGRESQL, reason="about PostgreSQL's rights")
    def test_when_the_user_may_not_create_databases(self) -> None:
        with cluster() as server:
            server.execute(f"ALTER ROLE {ROLE} NOCREATEDB")
            try:
                self.refused(f"let an administrator run ALTER ROLE {ROLE} CREATEDB.")
            finally:
                server.execute(f"ALTER ROLE {ROLE} CREATEDB")

    @pytest.mark.skipif(not POSTGRESQL, reason="about the database beside")
    def test_when_a_database_of_an_interrupted_restore_is_left(self) -> None:
        with cluster() as server:
            server.execute(f"CREATE DATABASE {self.site.name}_restore")
            assert_one_sentence(self.site.restore(self.file, "--yes"), "is left from a restore that broke off")
            server.execute(f"DROP DATABASE {self.site.name}_restore")
        assert self.site.state() == self.before


def assert_one_sentence(done: subprocess.CompletedProcess[str], part: str) -> None:
    """Assert that the command failed with a one-line message."""
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("CommandError: No")
    assert part in done.stderr
    assert done.stderr.endswith(".\n")
    assert done.stderr.count("\n") == 1


def wait_until(done: Any) -> None:
    """Wait until `done()` is true, half a minute at most."""
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end, "it did not happen in half a minute"
        time.sleep(0.02)
