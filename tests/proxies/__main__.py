"""Send forged headers through nginx, Apache and HAProxy to the real site: `make proxies` (a minute).

Each proxy is Debian's, with the lines of deploy/; then with lines that add to what the visitor sent ("adding"). The
visitor comes from 127.0.0.2, the proxy from 127.0.0.1: whom the site believes can be seen. The same forgeries go to the
site served by granian's own WSGI, where some must succeed, or this run would prove nothing. At the end
`check_deployment` looks at the site through each. Ends with 1 if the site believed a forgery, or did not answer another
visitor.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from learn.deployment import Place, look
from tests.faults.server import environment, prepare, serve, stop, wait_for
from tests.proxies.servers import NAME, free_port, started

TRUE, FALSE = "127.0.0.2", "203.0.113.9"
VISITOR = {"address": TRUE, "secure": True, "host": NAME}
SLOW = 24  # visitors who send a body slowly

# What a visitor may send, and the statuses with which a proxy or the site may also refuse it.
FORGERIES: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "nothing": ((), ()),
    "X-Forwarded-For": ((f"X-Forwarded-For: {FALSE}",), ()),
    "X_Forwarded_For": ((f"X_Forwarded_For: {FALSE}",), (400,)),
    "x-forwarded_for": ((f"x-forwarded_for: {FALSE}",), (400,)),
    "both names": ((f"X-Forwarded-For: {FALSE}", f"X_Forwarded_For: {FALSE}"), (400,)),
    "doubled": ((f"X-Forwarded-For: {FALSE}", "X-Forwarded-For: 198.51.100.4"), ()),
    "a list": ((f"X-Forwarded-For: {FALSE}, {FALSE}, {FALSE}",), ()),
    "with a port": ((f"X-Forwarded-For: {FALSE}:80",), ()),
    "IPv6 with a port": (("X-Forwarded-For: [2001:db8::9]:80",), ()),
    "empty": (("X-Forwarded-For:",), ()),
    "a long list": (("X-Forwarded-For: " + ",".join([FALSE] * 300),), (400,)),
    "to be dropped": ((f"X-Forwarded-For: {FALSE}", "Connection: close, X-Forwarded-For"), (400,)),
    "Forwarded": ((f"Forwarded: for={FALSE};proto=http;host=evil.example",), ()),
    "X-Real-IP, Client-IP": ((f"X-Real-IP: {FALSE}", f"Client-IP: {FALSE}", f"True-Client-IP: {FALSE}"), ()),
    "X-Forwarded-Proto: http": (("X-Forwarded-Proto: http",), ()),
    "X_Forwarded_Proto: http": (("X_Forwarded_Proto: http",), (400,)),
    "both names of Proto": (("X-Forwarded-Proto: http", "X_Forwarded_Proto: http"), (400,)),
    "X-Forwarded-Host": (("X-Forwarded-Host: evil.example", "X_Forwarded_Host: evil.example"), (400,)),
    "Host with a port of its own": ((f"Host: {NAME}:1",), (400,)),
}


class Told(NamedTuple):
    """An answer: status, the header lines, and the body."""

    status: int
    head: str
    body: bytes


def ask(port: int, *lines: str, path: str = "/echo", tls: bool = True, host: str = NAME) -> Told:
    """Ask from the visitor's address, exactly with these header lines."""
    with _wire(port, tls) as wire:
        named = [] if any(line.startswith("Host:") for line in lines) else [f"Host: {host}"]
        close = [] if any(line.startswith("Connection:") for line in lines) else ["Connection: close"]
        wire.sendall("\r\n".join([f"GET {path} HTTP/1.1", *named, *lines, *close, "", ""]).encode())
        answer = b""
        while part := wire.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"chunked" in head.lower():
        body = body.partition(b"\r\n")[2].rpartition(b"\r\n0\r\n")[0]
    return Told(int(head.split()[1]), head.decode("latin-1"), body)


def _wire(port: int, tls: bool) -> socket.socket:
    wire = socket.create_connection(("127.0.0.1", port), timeout=15, source_address=(TRUE, 0))
    if not tls:
        return wire
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE  # the certificate is this run's own
    return trusting.wrap_socket(wire, server_hostname=NAME)


def believed(port: int) -> dict[str, str]:
    """Send every forgery; return "ok", "refused" or what was believed, for each."""
    found = {}
    for name, (lines, refusals) in FORGERIES.items():
        told = ask(port, *lines)
        if told.status in refusals:
            found[name] = f"refused ({told.status})"
            continue
        seen = json.loads(told.body) if told.status == 200 else {"status": told.status}
        wrong = {key: value for key, value in seen.items() if VISITOR.get(key) != value}
        if name.startswith("Host"):
            wrong.pop("host", None)  # the same host; links never use it
        found[name] = f"BELIEVED {wrong}" if wrong else "ok"
    return found


def other_rules(plain: int, tls: int) -> dict[str, str]:
    """Try what is not about addresses: other hosts, plain HTTP, long and slow bodies."""
    found = {}
    other = ask(tls, path="/", host="evil.example")
    found["Host: evil.example"] = "refused" if other.status >= 400 else f"ANSWERED {other.status}"
    forged = ask(plain, "X-Forwarded-Proto: https", "X_Forwarded_Proto: https", path="/", tls=False)
    safe = forged.status == 301 and "https://" in forged.head
    found["plain HTTP, proto forged"] = "redirected" if safe else f"ANSWERED {forged.status}"
    page = ask(tls, path="/")
    found["page"] = "ok" if page.status == 200 and "strict-transport-security" in page.head.lower() else "WRONG"
    long = ask(tls, "Content-Length: 314572800", path="/code/")
    # Apache and HAProxy wait for the body, which never comes, and say 408.
    found["300 MB by its length"] = (
        f"refused ({long.status})" if long.status in (408, 413) else f"ANSWERED {long.status}"
    )
    with ExitStack() as slow:
        for _ in range(SLOW):
            wire = slow.enter_context(_wire(tls, True))
            form = f"Host: {NAME}\r\nCookie: __Host-csrf={'a' * 32}\r\nContent-Type: application/x-www-form-urlencoded"
            wire.sendall(f"POST /code/ HTTP/1.1\r\n{form}\r\nContent-Length: 5000\r\n\r\na=".encode())
        try:
            status = ask(tls, path="/").status
            found[f"{SLOW} slow bodies, then a visitor"] = "ok" if status == 200 else f"ANSWERED {status}"
        except OSError:
            found[f"{SLOW} slow bodies, then a visitor"] = "NO ANSWER in 15 seconds"
    return found


@contextmanager
def site(env: dict[str, str], folder: Path, app: str) -> Iterator[int]:
    """Serve the site behind one proxy; give its port."""
    port, log = free_port(), folder / f"{app.rpartition(':')[2]}.log"
    server = serve(env, port, log, "--workers", "1", app=app)
    try:
        wait_for(port, server, log)
        yield port
    finally:
        stop(server)


def main() -> int:
    """Run all, print the table, and return 1 if anything was believed."""
    with tempfile.TemporaryDirectory(prefix="learn-proxies-", dir="/var/tmp") as name, ExitStack() as running:
        folder = Path(name)
        folder.chmod(0o755)  # Apache's workers are another user
        env = environment(f"sqlite:///{folder / 'db.sqlite3'}", 1, folder, threads=4, PUBLIC_URL=f"https://{NAME}")
        env["PROXIES"] = "1"
        prepare(env)
        real = running.enter_context(site(env, folder, "tests.proxies.site:application"))
        bare = running.enter_context(site(env, folder, "tests.proxies.site:undefended"))
        table: dict[str, dict[str, str]] = {}
        without: dict[str, dict[str, str]] = {}
        for proxy in ("nginx", "apache", "haproxy"):
            with started(proxy, folder / proxy, to=real) as ports:
                table[proxy] = believed(ports["tls"]) | other_rules(ports["plain"], ports["tls"])
                table[proxy]["check_deployment"] = _looked(folder / proxy, ports)
            with started(proxy, folder / f"{proxy}-adds", to=real, adds=True) as ports:
                table[f"{proxy}, adding"] = believed(ports["tls"])
            with started(proxy, folder / f"{proxy}-bare", to=bare, adds=True) as ports:
                without[proxy] = believed(ports["tls"])
    return _told(table, without)


def _looked(folder: Path, ports: dict[str, int]) -> str:
    place = Place.of(f"https://{NAME}", ca=str(folder / "fullchain.pem"), to="127.0.0.1", plain=ports["plain"])
    wrong = [found.said for found in look(replace(place, tls_port=ports["tls"])) if not found.right]
    return f"WRONG: {wrong}" if wrong else "ok"


def _told(table: dict[str, dict[str, str]], without: dict[str, dict[str, str]]) -> int:
    wide = max(map(len, table["nginx"])) + 2
    print(f"{'the visitor sends':{wide}}" + "".join(f"{proxy:18}" for proxy in table) + "without the door")
    for row in table["nginx"]:
        fooled = [proxy for proxy in without if without[proxy].get(row, "").startswith("BELIEVED")]
        print(f"{row:{wide}}" + "".join(f"{found.get(row, '-'):18}" for found in table.values()) + ", ".join(fooled))
    bad = [(proxy, row) for proxy, found in table.items() for row, said in found.items() if said[:5].isupper()]
    calibrated = any(said.startswith("BELIEVED") for found in without.values() for said in found.values())
    if not calibrated:
        print("Nothing was believed without the door either: this run proves nothing.")
    print(f"{len(bad)} of {sum(map(len, table.values()))} were wrong.")
    return 1 if bad or not calibrated else 0


if __name__ == "__main__":
    os.environ.pop("DATABASE_URL", None)
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
