"""The databases of a run, as durable as a hospital's: a SQLite file, and a PostgreSQL that can be restarted."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import psycopg

from tests.postgres import embedded, installed, owner, wait_for

# What "fast" and "immediate" are to `pg_ctl restart -m`: the signals that it would send.
STOP = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
# tests/postgres.py runs without fsync. Here nothing of the kind: only nobody calls from outside.
OPTIONS = ("listen_addresses=", "fsync=on", "synchronous_commit=on", "full_page_writes=on")


class Cluster:
    """A PostgreSQL of its own on a unix socket."""

    def __init__(self, home: Path, programs: Path) -> None:
        self.home, self.programs = home, programs
        self.log = (home / "log").open("ab")
        self.how: dict[str, Any] = {
            "cwd": home, "stdout": self.log, "stderr": subprocess.STDOUT, "start_new_session": True,
        }  # fmt: skip
        if user := owner():
            self.how |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            shutil.chown(home, user.pw_uid, user.pw_gid)
        self.server: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Make the cluster and start it."""
        make = ["-D", "data", "-U", "quiz", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([str(self.programs / "initdb"), *make], check=True, **self.how)
        wait_for(self._start(), self.home)

    def _start(self) -> subprocess.Popen[bytes]:
        serve = ["-D", "data", "-k", str(self.home), "-p", "5432", *(f"--{option}" for option in OPTIONS)]
        self.server = subprocess.Popen([str(self.programs / "postgres"), *serve], **self.how)
        return self.server

    def connect(self, name: str = "quiz") -> psycopg.Connection[Any]:
        """Return a connection that commits every statement."""
        return psycopg.connect(host=str(self.home), port=5432, user="quiz", dbname=name, autocommit=True)

    def new(self, name: str) -> str:
        """Make an empty database; return its DATABASE_URL."""
        with self.connect() as db:
            db.execute(f'CREATE DATABASE "{name}"')
        return f"postgres://quiz@{quote(str(self.home), safe='')}:5432/{name}"

    def restart(self, mode: Literal["fast", "immediate"]) -> None:
        """Do what `pg_ctl restart -m` does; return when the server answers again."""
        self.stop(mode)
        self._start()
        end = time.monotonic() + 30
        while True:
            try:
                return self.connect().close()
            except psycopg.OperationalError:
                if self.server is None or self.server.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop now, whoever is still connected."""
        if self.server is not None:
            self.server.send_signal(STOP[mode])
            self.server.wait(60)


@contextmanager
def postgresql() -> Iterator[Cluster | None]:
    """Yield a running cluster, or None where there is no PostgreSQL; afterwards nothing of it is left."""
    home = Path(tempfile.mkdtemp(prefix="quiz-pg-"))
    cluster = None
    try:
        programs = installed() or embedded(home)
        if programs is None:
            yield None
            return
        cluster = Cluster(home, programs)
        cluster.create()
        yield cluster
    finally:
        if cluster is not None:
            cluster.stop("immediate")
            cluster.log.close()
        shutil.rmtree(home, ignore_errors=True)
