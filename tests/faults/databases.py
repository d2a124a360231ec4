"""A PostgreSQL cluster that can be restarted, with the durability settings that a hospital's has."""

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

# The signals that `pg_ctl restart -m` sends for "fast" and "immediate".
STOP = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
# Unlike tests/postgres.py, this cluster keeps fsync on. It only does not listen on the network.
OPTIONS = ("listen_addresses=", "fsync=on", "synchronous_commit=on", "full_page_writes=on")


class Cluster:
    """A PostgreSQL cluster on a unix socket."""

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
        """Create the cluster and start it."""
        make = ["-D", "data", "-U", "quiz", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([str(self.programs / "initdb"), *make], check=True, **self.how)
        wait_for(self._start(), self.home)

    def _start(self) -> subprocess.Popen[bytes]:
        serve = ["-D", "data", "-k", str(self.home), "-p", "5432", *(f"--{option}" for option in OPTIONS)]
        self.server = subprocess.Popen([str(self.programs / "postgres"), *serve], **self.how)
        return self.server

    def connect(self, name: str = "quiz") -> psycopg.Connection[Any]:
        """Return a connection in autocommit mode."""
        return psycopg.connect(host=str(self.home), port=5432, user="quiz", dbname=name, autocommit=True)

    def new(self, name: str) -> str:
        """Create an empty database; return its DATABASE_URL."""
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
        """Stop the server, even with open connections."""
        if self.server is not None:
            self.server.send_signal(STOP[mode])
            self.server.wait(60)


@contextmanager
def postgresql() -> Iterator[Cluster | None]:
    """Yield a running cluster, or None where PostgreSQL is not installed; remove the cluster afterwards."""
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
