"""The site in processes of its own: set up, served by granian, killed, and started again."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = "learn.rsgi:application"


def free_port() -> int:
    """Return a free port of the loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def environment(url: str, port: int, folder: Path, *, threads: int = 2, **more: str) -> dict[str, str]:
    """Return the environment variables for every process of a run on this database."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.served",
        "LEARN_ENV_FILE": os.devnull,
        "SECRET_KEY": "a-run-only-" + "0" * 50,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": url,
        "THREADS": str(threads),
        "RUN_FOLDER": str(folder),
        **more,
    }


def run(
    env: dict[str, str], *command: str, given: str | None = None, at: Path = ROOT, python: str = sys.executable
) -> str:
    """Run a Python command in this environment until it ends; return what it printed. `at` is the code's folder."""
    done = subprocess.run([python, *command], cwd=at, env=env, input=given, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout


def prepare(env: dict[str, str]) -> None:
    """Create the database and the static files, with the commands of `make run`."""
    run(env, "manage.py", "migrate", "--verbosity", "0")
    run(env, "manage.py", "load_content")
    if not (Path(env["RUN_FOLDER"]) / "static").exists():
        run(env, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")


def serve(
    env: dict[str, str], port: int, log: Path, *options: str, app: str = SITE, module: str = "granian"
) -> subprocess.Popen[bytes]:
    """Start granian in a new process session. A bare WSGI application gets THREADS threads from granian itself."""
    bare = ".wsgi:" in app or app.endswith(":undefended")
    how = ["wsgi", "--blocking-threads", env["THREADS"]] if bare else ["rsgi"]
    granian = ["-m", module, "--interface", *how, app, "--host", "127.0.0.1", "--port", str(port)]
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, *granian, "--log-level", "warning", *options],
            cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip


def wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server listens on the port; half a minute at most."""
    end = time.monotonic() + 30
    while time.monotonic() < end and server.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"granian did not start:\n{log.read_text(errors='replace')[-3000:]}")


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop a server and every process that it started."""
    server.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(8)
    kill_group(server)


def kill_group(server: subprocess.Popen[bytes]) -> None:
    """Kill a server with all its workers, as a power failure would."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def children(pid: int) -> list[int]:
    """Return the living child processes of this process."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = path.read_text().rpartition(")")[2].split()  # a process name may contain spaces and brackets
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(after[1]) == pid and after[0] not in "ZX":
            found.append(int(path.parent.name))
    return found


class Hospital:
    """The site with several workers, supervised like systemd's Restart=always: when granian ends, it is started again.

    granian ends by itself when a new worker dies within 5.5 seconds after it replaced another ("crash loop"). So
    `kill` avoids the newest worker where it can. granian also ends when PostgreSQL restarts, because a worker
    queries the database when it starts.
    """

    def __init__(self, env: dict[str, str], port: int, log: Path, *, app: str = SITE, workers: int = 3) -> None:
        self.env, self.port, self.log, self.app = env, port, log, app
        self.options = [
            "--workers", str(workers),
            "--respawn-failed-workers", "--respawn-interval", "0", "--workers-kill-timeout", "2",
        ]  # fmt: skip
        self.starts = self.kills = 0
        self._seen: set[int] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()

    def __enter__(self) -> Hospital:
        self._start()
        try:
            wait_for(self.port, self.server, self.log)
        except BaseException:
            kill_group(self.server)
            raise
        self._guard = threading.Thread(target=self._hold_up)
        self._guard.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._guard.join()
        stop(self.server)

    def _start(self) -> None:
        self.server = serve(self.env, self.port, self.log, *self.options, app=self.app, module="tests.faults.granian")
        self.starts += 1

    def _hold_up(self) -> None:
        while not self._over.wait(0.05):
            with self._lock:
                if self.server.poll() is not None:
                    kill_group(self.server)  # workers that are still alive
                    self._start()

    def kill(self) -> None:
        """SIGKILL one worker at random; now and then the whole server."""
        with self._lock:
            workers = children(self.server.pid)
            if not workers:
                return
            if random.random() < 0.04:
                kill_group(self.server)
            else:
                os.kill(random.choice([pid for pid in workers if pid in self._seen] or workers), signal.SIGKILL)
            self._seen = set(workers)
            self.kills += 1
