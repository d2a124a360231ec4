"""nginx, Apache and HAProxy as Debian has them, each started with the lines of deploy/."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "learn.hospital.example"
MODULES = ("mpm_event", "authz_core", "headers", "proxy", "proxy_http", "reqtimeout", "ssl", "alias", "socache_shmcb")


def free_port() -> int:
    """Return a free port of the loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def certificate(folder: Path) -> None:
    """Write a certificate for NAME that signed itself, in the files that deploy/ names."""
    key, chain = folder / "key.pem", folder / "fullchain.pem"
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={NAME}"]
    names = ["-addext", f"subjectAltName=DNS:{NAME},DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*new, *names, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    (folder / "haproxy.pem").write_text(chain.read_text() + key.read_text())


def written(name: str, folder: Path, *, adds: bool, to: int, plain: int, tls: int) -> str:
    """Return a file of deploy/ with the ports and paths of this run; no other line is changed.

    With `adds` it has what people write without our lines: the proxy adds its header to what the visitor sent.
    """
    text = (ROOT / "deploy" / name).read_text()
    if adds:
        text = text.replace("    RequestHeader unset X-Forwarded-For\n", "")
        text = text.replace("http-request set-header X-Forwarded-For %[src]", "option forwardfor")
        text = text.replace("X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for")
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{tls} "),
        ("*:80>", f"127.0.0.1:{plain}>"),
        ("*:443>", f"127.0.0.1:{tls}>"),
        ("bind :80", f"bind 127.0.0.1:{plain}"),
        ("bind :443", f"bind 127.0.0.1:{tls}"),
        ("127.0.0.1:8000", f"127.0.0.1:{to}"),
        ("/etc/ssl/learn", str(folder)),
    ):
        text = text.replace(old, new)
    return text


def commands(name: str, folder: Path, ports: dict[str, int], adds: bool) -> list[str]:
    """Write what the server needs around the lines of deploy/; return the command that starts it."""
    if name == "nginx":
        lines = written("nginx.conf", folder, adds=adds, **ports)
        paths = "".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        around = f"pid {folder}/pid; error_log {folder}/log; daemon off; events {{}}\nhttp {{ access_log off; {paths}\n"
        (folder / "all.conf").write_text(f"{around}{lines}}}\n")
        return ["nginx", "-c", str(folder / "all.conf"), "-e", str(folder / "log")]
    if name == "apache":
        lines = written("apache.conf", folder, adds=adds, **ports)
        load = "".join(f"LoadModule {one}_module /usr/lib/apache2/modules/mod_{one}.so\n" for one in MODULES)
        listen = "".join(f"Listen 127.0.0.1:{ports[kind]}\n" for kind in ("plain", "tls"))
        user = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
        around = f"ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/pid\nErrorLog {folder}/log\n"
        (folder / "all.conf").write_text(f"{load}{around}{user}ServerName {NAME}\n{listen}{lines}")
        return ["apache2", "-X", "-f", str(folder / "all.conf")]
    (folder / "all.conf").write_text(written("haproxy.cfg", folder, adds=adds, **ports))
    return ["haproxy", "-db", "-f", str(folder / "all.conf")]


@contextmanager
def started(name: str, folder: Path, *, to: int, adds: bool = False) -> Iterator[dict[str, int]]:
    """Start one of the three in front of the port `to`; give its ports, "plain" and "tls". Raises RuntimeError."""
    folder.mkdir(exist_ok=True)
    certificate(folder)
    ports = {"to": to, "plain": free_port(), "tls": free_port()}
    command = commands(name, folder, ports, adds)
    program = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if program is None:
        raise RuntimeError(f"{command[0]} is not here. Install it, or let `make proxies` do it.")
    with (folder / "out").open("wb") as out:
        server = subprocess.Popen([program, *command[1:]], stdout=out, stderr=out)
    try:
        for _ in range(200):
            if server.poll() is not None:
                raise RuntimeError(f"{name} did not start:\n{(folder / 'out').read_text(errors='replace')[-2000:]}")
            try:
                socket.create_connection(("127.0.0.1", ports["tls"])).close()
                break
            except OSError:
                time.sleep(0.05)
        time.sleep(3 if name == "haproxy" else 0)  # HAProxy asks /readyz first
        yield ports
    finally:
        server.terminate()
        server.wait(20)
