"""Three database machines and two app machines on loopback addresses, from deploy/cluster/: `make cluster`.

Each machine is an address (127.0.0.11 to 13, and 127.0.0.21 and 22) and a few processes. Its templates are filled
in for these addresses; only the folders, the passwords and the watchdog differ from a hospital's. Needs root
(PostgreSQL and etcd run as the user postgres), and Debian's packages postgresql-15, etcd-server, haproxy and openssl.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import psycopg
from psycopg.conninfo import make_conninfo

from tests.faults.environments import home_of, programs, python_of
from tests.faults.network import Network
from tests.faults.server import ROOT, children, environment, kill_group, run, stop
from tests.postgres import installed

DEPLOY = ROOT / "deploy" / "cluster"
PATRONI = DEPLOY / "requirements-patroni.txt"
DATABASES = {n: f"127.0.0.1{n}" for n in (1, 2, 3)}
SITES = {n: f"127.0.0.2{n}" for n in (1, 2)}
DATABASE_PORT, PORT = 5000, 8155
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"  # there is haproxy
WORD = re.compile(r"@[A-Z_0-9]+@")
POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
PASSWORDS = {f"{name}_PASSWORD": f"only-a-trial-{name.lower()}" for name in ("SUPER", "COPY", "REWIND", "REST", "SITE")}
# A run with `synchronous_mode: false` must lose answers: this is the planted fault.
# The lag is Patroni's default; with 0, a standby that lags is sometimes not made the leader, and nothing is lost.
ASYNCHRONOUS = {
    "synchronous_mode: quorum": "synchronous_mode: false",
    "maximum_lag_on_failover: 0": "maximum_lag_on_failover: 1048576",
}


def missing(*, pooler: bool = False) -> list[str]:
    """Return what must be installed before a cluster can run here, or one with a pooler."""
    programs = {"etcd": "etcd-server", "haproxy": "haproxy", "openssl": "openssl", "setpriv": "util-linux"}
    programs |= {"pgbouncer": "pgbouncer"} if pooler else {}
    found = [package for name, package in programs.items() if not shutil.which(name, path=PATH)]
    if not installed():
        found.append("postgresql-15")
    if os.geteuid() != 0:
        found.append("root (the databases run as the user postgres)")
    return found


def fill(name: str, words: dict[str, str]) -> str:
    """Return a template with its words filled in. Raises KeyError for a word that is not known."""
    return WORD.sub(lambda match: words[match[0].strip("@")], (DEPLOY / name).read_text())


def tree(pid: int) -> list[int]:
    """Return a process and everything below it."""
    return [pid, *(below for child in children(pid) for below in tree(child))]


class Machines:
    """The machines of a trial; each part of a machine is a process that can be killed, frozen and started again."""

    def __init__(
        self, home: Path, *, synchronous: bool = True, tree: Path = ROOT, net: Network | None = None,
        pooler: bool = False,
    ) -> None:  # fmt: skip
        self.home, self.synchronous, self.patroni = home, synchronous, programs(PATRONI)
        self.net, self.databases, self.pooler = net, net.addresses if net else DATABASES, pooler
        self.trees = dict.fromkeys(SITES, tree)  # the code of each app machine
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        self.why = ""  # the last reason why no connection was possible
        home.chmod(0o755)
        self.env = environment(
            f"postgres://learn:{PASSWORDS['SITE_PASSWORD']}@learn-db:{DATABASE_PORT}/learn"
            f"?hostaddr=127.0.0.1&target_session_attrs=read-write&sslmode=verify-full&sslrootcert={home}/server.crt",
            PORT, home, threads=4, PROXIES="1", LOG_LEVEL="WARNING",
        )  # fmt: skip

    def make(self) -> None:
        """Start everything, from nothing to a site that answers."""
        self._certificate()
        for n in self.databases:
            for folder in (f"etcd{n}", f"run{n}"):
                (self.home / folder).mkdir(mode=0o700)
                shutil.chown(self.home / folder, "postgres", "postgres")
            self.etcd(n)
        for n in self.databases:
            self.database(n)
        self.proxy()
        self.until(lambda: len(self.streaming()) == 2 and bool(self.leader()), 60, "three databases")
        self.until(self.reached, 60, "leader behind the proxy")
        if self.pooler:
            self.bouncer()
        for n in SITES:
            self.upgrade(n)
            self.site(n)
        self.until(self.answers, 30, "the site")

    def _certificate(self) -> None:
        new = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ]
        name = ["-subj", "/CN=learn-db", "-addext", "subjectAltName=DNS:learn-db,IP:127.0.0.1"]
        out = ["-keyout", str(self.home / "server.key"), "-out", str(self.home / "server.crt")]
        subprocess.run([*new, *name, *out], check=True, capture_output=True)
        shutil.chown(self.home / "server.key", "postgres", "postgres")
        (self.home / "server.key").chmod(0o600)

    def _start(self, name: str, command: list[str], **env: str) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            how = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL, "start_new_session": True}
            env = os.environ | {"PATH": PATH, "HOME": str(self.home)} | env  # libpq looks for certificates at home
            if self.net and name.startswith(("etcd", "database")):
                command = self.net.at(int(name[-1]), command)
            self.parts[name] = subprocess.Popen(command, env=env, cwd=self.home, **how)  # type: ignore[call-overload]

    def etcd(self, n: int) -> None:
        """Start etcd on this machine."""
        at, peer = f"http://{self.databases[n]}:2379", f"http://{self.databases[n]}:2380"
        every = ",".join(f"e{k}=http://{ip}:2380" for k, ip in self.databases.items())
        self._start(
            f"etcd{n}",
            [
                *POSTGRES, "etcd", "--name", f"e{n}", "--data-dir", str(self.home / f"etcd{n}" / "data"),
                "--enable-v2=false", "--listen-client-urls", at, "--advertise-client-urls", at,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", every,
                "--initial-cluster-state", "new", "--heartbeat-interval", "100", "--election-timeout", "1000",
                "--log-level", "warn",
            ],
        )  # fmt: skip

    def database(self, n: int) -> None:
        """Start Patroni on this machine, which starts PostgreSQL."""
        home = self.home / f"run{n}"
        words = PASSWORDS | {
            "NODE": f"n{n}", "HOST": self.databases[n],
            "ETCD": ",".join(f"{ip}:2379" for ip in self.databases.values()),
            "DATA": str(home / "data"), "RUN": str(home), "PROGRAMS": str(installed()), "MEMORY": "128MB",
            "NETWORK": self.net.subnet if self.net else "127.0.0.0/8", "HOSTSSL": "hostssl", "TLS": "on",
            "CERTIFICATE": str(self.home / "server.crt"),
            "KEY": str(self.home / "server.key"), "CREATE": str(self.home / "create-site.sh"), "WATCHDOG": "off",
        }  # fmt: skip
        shutil.copy(DEPLOY / "create-site.sh", self.home)  # the user postgres may not be able to read the checkout
        text = fill("patroni.yml.in", words)
        if not self.synchronous:
            for line, other in ASYNCHRONOUS.items():
                assert line in text
                text = text.replace(line, other)
        config = self.home / f"n{n}.yml"
        config.write_text(text)
        shutil.chown(config, "postgres", "postgres")
        start = [*POSTGRES, str(self.patroni / "patroni"), str(config)]
        self._start(f"database{n}", start, SITE_PASSWORD=PASSWORDS["SITE_PASSWORD"])

    def proxy(self) -> None:
        """Start HAProxy, one for both app machines."""
        shutil.copy(DEPLOY / "503.http", self.home)
        words = {f"DB{n}": ip for n, ip in self.databases.items()} | {
            "DATABASE_PORT": str(DATABASE_PORT), "BIND": f"127.0.0.1:{PORT}", "PLAIN": "FALSE", "SCHEME": "http",
            "ERRORS": str(self.home),
            "SITES": "\n".join(f"  server s{n} {ip}:8000 check" for n, ip in SITES.items()),
            "FILES": "\n".join(f"  server s{n} {ip}:8000 track sites/s{n}" for n, ip in SITES.items()),
        }  # fmt: skip
        config = self.home / "haproxy.cfg"
        config.write_text(fill("haproxy.cfg.in", words))
        self._start("proxy", ["haproxy", "-db", "-f", str(config)])

    def bouncer(self) -> None:
        """Start PgBouncer, one for both app machines."""
        (users := self.home / "userlist.txt").write_text(f'"learn" "{PASSWORDS["SITE_PASSWORD"]}"\n')
        shutil.chown(users, "postgres", "postgres")
        text = (DEPLOY / "pgbouncer.ini").read_text()
        for there, here in {
            "host=learn-db": "host=127.0.0.1",  # there is no such name here; the certificate is for both
            "/etc/pgbouncer/userlist.txt": str(users),
            "/etc/learn/tls/ca.crt": f"{self.home}/server.crt",
        }.items():
            assert there in text
            text = text.replace(there, here)
        config = self.home / "pgbouncer.ini"
        config.write_text(text)
        self._start("bouncer", [*POSTGRES, "pgbouncer", str(config)])

    def of_machine(self, n: int) -> dict[str, str]:
        """Return the environment of this app machine: each has the static files of its own release."""
        (folder := self.home / f"files{n}").mkdir(exist_ok=True)
        return self.env | {"RUN_FOLDER": str(folder)}

    def upgrade(self, n: int, tree: Path | None = None) -> None:
        """Put code in place on this app machine, and run `manage.py upgrade` there."""
        self.trees[n] = tree or self.trees[n]
        run(self.of_machine(n), "manage.py", "upgrade", at=self.trees[n], python=python_of(self.trees[n]))

    def restart(self, n: int) -> None:
        """Let the site of this app machine finish what it has begun, and start it again, as systemd does."""
        supervisor = self.parts[f"site{n}"]
        (granian,) = children(supervisor.pid)
        supervisor.kill()
        os.kill(granian, signal.SIGTERM)
        end = time.monotonic() + 15
        while Path(f"/proc/{granian}").exists() and time.monotonic() < end:
            time.sleep(0.1)
        kill_group(supervisor)
        self.site(n)

    def site(self, n: int) -> None:
        """Start the site on this app machine, as learn.service does (with `Restart=always`)."""
        granian = [
            python_of(self.trees[n]), "-m", "granian", "--interface", "rsgi", "learn.rsgi:application",
            "--host", SITES[n], "--port", "8000", "--no-ws", "--workers", "2", "--respawn-failed-workers",
            "--workers-kill-timeout", "10", "--log-level", "warning",
        ]  # fmt: skip
        again = 'cd "$1" && shift && while :; do "$@"; sleep 2; done'
        env = self.of_machine(n)
        if self.pooler:
            url = f"postgres://learn:{PASSWORDS['SITE_PASSWORD']}@127.0.0.1:6432/learn"
            env |= {"POOLER": "1", "DATABASE_URL": url}
        self._start(f"site{n}", ["sh", "-c", again, "sh", str(self.trees[n]), *granian], **env)

    def pids(self, part: str) -> list[int]:
        """Return the processes of a part; PostgreSQL leaves Patroni's process tree, so it is added."""
        found = tree(self.parts[part].pid)
        if part.startswith("database"):
            found += self.postgres(int(part[-1]))
        return found

    def postgres(self, n: int) -> list[int]:
        """Return PostgreSQL's processes on this machine."""
        with suppress(OSError, ValueError, IndexError):
            return tree(int((self.home / f"run{n}" / "data" / "postmaster.pid").read_text().split()[0]))
        return []

    def send(self, signal_: signal.Signals, *parts: str) -> None:
        """Send a signal to every process of these parts; SIGKILL is a loss of power."""
        for pid in [pid for part in parts for pid in self.pids(part)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal_)

    def members(self) -> dict[str, dict[str, object]]:
        """Return what Patroni says of its members, by name; empty if none answers."""
        for ip in self.databases.values():
            with suppress(OSError, ValueError), urlopen(f"http://{ip}:8008/cluster", timeout=2) as reply:
                return {member["name"]: member for member in json.load(reply)["members"]}
        return {}

    def leader(self) -> int:
        """Return the number of the machine that leads; 0 if none does."""
        return next((int(name[1:]) for name, of in self.members().items() if of["role"] == "leader"), 0)

    def streaming(self) -> list[int]:
        """Return the standbys that follow the leader."""
        return [int(name[1:]) for name, of in self.members().items() if of["state"] == "streaming"]

    def synchronous_now(self) -> list[int]:
        """Return the standbys that a commit may wait for."""
        roles = ("quorum_standby", "sync_standby")
        return [int(name[1:]) for name, of in self.members().items() if of["role"] in roles]

    def failsafe(self) -> bool:
        """Return whether a member keeps to the leader that called it while etcd was away, for `ttl` after that."""
        for ip in self.databases.values():
            with suppress(OSError, ValueError), urlopen(f"http://{ip}:8008/patroni", timeout=2) as reply:
                if json.load(reply).get("failsafe_mode_is_active"):
                    return True
        return False

    def well(self) -> bool:
        """Return whether one leads and two follow, at least one of them synchronously, and whether all go by etcd."""
        return (
            bool(self.leader())
            and len(self.streaming()) == 2
            and (not self.synchronous or bool(self.synchronous_now()))
            and not self.failsafe()
        )

    def reached(self) -> bool:
        """Return whether the proxy leads to a database that takes the site's password over TLS."""
        try:
            psycopg.connect(make_conninfo(self.env["DATABASE_URL"]), connect_timeout=3).close()
        except psycopg.OperationalError as error:
            self.why = str(error)
            return False
        return True

    def answers(self) -> bool:
        """Return whether every app machine is ready."""
        for ip in SITES.values():
            try:
                with urlopen(f"http://{ip}:8000/readyz", timeout=3) as reply:
                    if reply.status != 200:
                        return False
            except OSError:
                return False
        return True

    def until(self, what: object, seconds: float, name: str) -> None:
        """Wait until a function returns true. Raises RuntimeError with the ends of the logs."""
        end = time.monotonic() + seconds
        while not what():  # type: ignore[operator]
            if time.monotonic() > end:
                logs = "".join(f"\n== {log.name}\n{log.read_text()[-1500:]}" for log in sorted(self.home.glob("*.log")))
                raise RuntimeError(f"After {seconds:.0f} seconds there was no {name}. {self.why}{logs}")
            time.sleep(0.3)

    def ctl(self, *command: str) -> str:
        """Run patronictl."""
        done = subprocess.run(
            [str(self.patroni / "patronictl"), "-c", str(self.home / "n1.yml"), *command],
            capture_output=True,
            text=True,
        )
        return done.stdout + done.stderr

    def end(self) -> None:
        """Stop everything."""
        for name, part in self.parts.items():
            if name.startswith("site"):
                stop(part)
        for name in self.parts:
            self.send(signal.SIGCONT, name)
        self.send(signal.SIGKILL, *self.parts)
        for part in self.parts.values():
            kill_group(part)


@contextmanager
def cluster(
    *, synchronous: bool = True, tree: Path = ROOT, net: Network | None = None, pooler: bool = False
) -> Iterator[Machines]:
    """Yield running machines; remove them afterwards. With a `net`, the databases are in its namespaces."""
    home = Path(tempfile.mkdtemp(prefix="learn-cluster-", dir="/var/tmp"))
    machines = Machines(home, synchronous=synchronous, tree=tree, net=net, pooler=pooler)
    try:
        machines.make()
        yield machines
    finally:
        machines.end()
        shutil.rmtree(home, ignore_errors=True)


def end_cleanly() -> None:
    """Let SIGTERM and SIGHUP end the program as an exception, so that the cleanup runs; a second one is ignored."""

    def leave(number: int, frame: object) -> None:
        for ending in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, signal.SIG_IGN)
        sys.exit(128 + number)

    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, leave)


def main() -> int:
    """Start a cluster, say where it is, and keep it until Ctrl-C."""
    lacks = missing()
    if "--lacking" in sys.argv:  # for a build machine, which installs nothing
        if not (home_of(PATRONI) / "done").exists():
            lacks.append("Patroni (`make cluster` does it)")
        sys.stdout.write(", ".join(lacks))
        return 0
    if lacks:
        sys.stderr.write(f"A cluster needs: {', '.join(lacks)}.\n")
        return 77
    began = time.monotonic()
    with cluster() as machines:
        sys.stdout.write(
            f"Up after {time.monotonic() - began:.0f} seconds: http://127.0.0.1:{PORT}, files in {machines.home}\n"
            f"{machines.ctl('list')}Ctrl-C ends it.\n"
        )
        with suppress(KeyboardInterrupt):
            signal.pause()
    return 0


if __name__ == "__main__":
    end_cleanly()
    sys.exit(main())
