"""`manage.py check_deployment` on a real site behind a proxy that is right, and behind ones that are wrong."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import CommandError, call_command

from tests.conftest import ROOT, Site, serve_on, wait_until_it_listens

pytestmark = pytest.mark.one_database  # the site that it asks has a database of its own

Headers = list[tuple[str, str]]
Change = Callable[["Relayed"], None]


class Relayed:
    """One answer on its way through the proxy: a change for the worse changes it here."""

    def __init__(self, path: str, sent: Headers, status: int, headers: Headers, body: bytes) -> None:
        self.path, self.sent, self.status, self.headers, self.body = path, sent, status, headers, body

    def without(self, name: str) -> Headers:
        """Return the headers without this one."""
        return [(n, v) for n, v in self.headers if n.lower() != name.lower()]


def certificate(folder: Path, name: str, days: int) -> Path:
    """Write a certificate that signed itself, with its key, into one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=days))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / f"{name}-{days}.pem"
    path.write_bytes(
        key.private_bytes(pem, form, serialization.NoEncryption()) + made.sign(key, hashes.SHA256()).public_bytes(pem)
    )
    return path


@pytest.fixture(scope="module")
def behind(site: Site) -> Iterator[tuple[int, int]]:
    """Serve the site behind one proxy, at an https address; give the proxy's port and the site's."""
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports.append(free.getsockname()[1])
    env = site.env | {"PROXIES": "1", "PUBLIC_URL": f"https://localhost:{ports[0]}"}
    server = subprocess.Popen(serve_on(ports[1]), cwd=ROOT, env=env)
    try:
        wait_until_it_listens(ports[1], server)
        yield ports[0], ports[1]
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def proxy(
    to: int, port: int, own: Callable[[Headers, bool], Headers], change: Change, tls: Path | None
) -> Iterator[int]:
    """Run a proxy with TLS, or without; `own` makes the headers for the site out of the visitor's."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = list(self.headers.items())
            site = http.client.HTTPConnection("127.0.0.1", to)
            site.putrequest("GET", self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in own(sent, tls is not None):
                site.putheader(name, value)
            site.endheaders()
            told = site.getresponse()
            answer = Relayed(self.path, sent, told.status, told.getheaders(), told.read())
            site.close()
            if tls:
                change(answer)
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A visitor who does not trust the certificate leaves."""

    server = Quiet(("127.0.0.1", port), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def ours(sent: Headers, tls: bool) -> Headers:
    """Do what deploy/ says: the visitor's own forwarded headers do not pass."""
    kept = [(name, value) for name, value in sent if "forwarded" not in name.lower()]
    return [*kept, ("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https" if tls else "http")]


def nothing(answer: Relayed) -> None:
    """Change nothing."""


def check(
    behind: tuple[int, int],
    folder: Path,
    change: Change = nothing,
    own: Any = ours,
    name: str = "localhost",
    days: int = 30,
) -> str:
    """Run the command; return what it printed. Raises CommandError where something is wrong."""
    tls = certificate(folder, name, days)
    out = StringIO()
    with proxy(behind[1], behind[0], own, change, tls), proxy(behind[1], 0, own, change, None) as plain:
        url = f"https://localhost:{behind[0]}"
        try:
            call_command("check_deployment", url, ca=str(tls), to="127.0.0.1", plain_port=plain, stdout=out)
        except CommandError as error:
            raise CommandError(f"{error}\n{out.getvalue()}") from error
    return out.getvalue()


def test_a_site_that_stands_right_has_nothing_wrong(behind: tuple[int, int], tmp_path: Path) -> None:
    said = check(behind, tmp_path)
    assert "WRONG" not in said
    assert said.endswith("Nothing is wrong.\n")
    assert "The site sees this visitor as 192.0.2.7" in said


def _drop(name: str, path: str = "/") -> Change:
    def change(answer: Relayed) -> None:
        if answer.path == path:
            answer.headers = answer.without(name)

    return change


def _cookies(old: str, new: str) -> Change:
    def change(answer: Relayed) -> None:
        answer.headers = [(n, v.replace(old, new) if n.lower() == "set-cookie" else v) for n, v in answer.headers]

    return change


def _say(path: str, status: int, text: str) -> Change:
    def change(answer: Relayed) -> None:
        if answer.path.startswith(path):
            answer.status, answer.body = status, text.encode()

    return change


def _twice(answer: Relayed) -> None:
    answer.headers.append(("Content-Security-Policy", "default-src 'self'"))


def _short(answer: Relayed) -> None:
    if answer.path.startswith("/static/"):
        answer.headers = [*answer.without("Cache-Control"), ("Cache-Control", "no-cache")]


def _loopback(answer: Relayed) -> None:
    answer.body = answer.body.replace(b"</h1>", b"</h1>http://127.0.0.1:8000/code/")


CHANGES: dict[str, tuple[Change, str]] = {
    "no-hsts": (_drop("Strict-Transport-Security"), "HSTS is for 0 seconds"),
    "no-policy": (_drop("Content-Security-Policy"), "/ has the site's Content-Security-Policy"),
    "two-policies": (_twice, "/ has the site's Content-Security-Policy"),
    "no-nosniff-on-404": (_drop("X-Content-Type-Options", "/no-such-page/"), "has X-Content-Type-Options: nothing"),
    "cached-pages": (_drop("Cache-Control"), "/ has Cache-Control: nothing"),
    "static-not-cached": (_short, "Cache-Control: no-cache (immutable)"),
    "cookie-not-secure": (_cookies("; Secure", ""), "but not ['secure']"),
    "cookie-for-scripts": (_cookies("HttpOnly; ", ""), "but not ['httponly']"),
    "cookie-of-the-domain": (_cookies("Path=/", "Path=/; Domain=localhost"), "is bound to this host"),
    "cookie-renamed": (_cookies("__Host-", ""), "is bound to this host"),
    "healthz-lost": (_say("/healthz", 404, "no"), "/healthz answers 404"),
    "not-ready": (_say("/readyz", 503, "not ready: no database"), "503 “not ready: no database”"),
    "debug": (
        _say("/no-such-page/", 404, "You're seeing this error because you have DEBUG = True"),
        "no debugging page",
    ),
    "no-robots": (_say("/robots.txt", 404, ""), "/robots.txt answers 404"),
    "start-page-down": (_say("/", 502, "Bad Gateway"), "The start page answers 502"),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
def test_what_a_proxy_changes_for_the_worse_is_said(
    behind: tuple[int, int], tmp_path: Path, change: Change, said: str
) -> None:
    with pytest.raises(CommandError, match="must be mended") as wrong:
        check(behind, tmp_path, change)
    assert [line for line in str(wrong.value).splitlines() if line.startswith("WRONG") and said in line]


def _kept(name: str) -> Callable[[Headers, bool], Headers]:
    """Make a proxy that believes what the visitor says under this name."""

    def own(sent: Headers, tls: bool) -> Headers:
        theirs = {n.lower(): v for n, v in sent}
        return [(n, theirs.get(name.lower(), v) if n == name else v) for n, v in ours(sent, tls)]

    return own


def _one_host(sent: Headers, tls: bool) -> Headers:
    return [(n, HOST if n == "Host" and "forged" in v else v) for n, v in ours(sent, tls)]


HOST = "localhost"
OWN = {
    "address-believed": (_kept("X-Forwarded-For"), "X-Forwarded-For: 203.0.113.9” is not believed"),
    "scheme-believed": (_kept("X-Forwarded-Proto"), "X-Forwarded-Proto: http” is not believed"),
    "any-host-answered": (_one_host, "A forged Host is not believed (answer 200)"),
    "plain-http-answered": (lambda sent, tls: ours(sent, True), "Plain HTTP answers 200, to nowhere"),
    "scheme-unknown": (lambda sent, tls: ours(sent, False), "The start page answers 301"),
}


@pytest.mark.parametrize(("own", "said"), OWN.values(), ids=OWN)
def test_what_a_proxy_lets_pass_is_said(behind: tuple[int, int], tmp_path: Path, own: Any, said: str) -> None:
    with pytest.raises(CommandError, match="must be mended") as wrong:
        check(behind, tmp_path, own=own)
    assert [line for line in str(wrong.value).splitlines() if line.startswith("WRONG") and said in line]


@pytest.mark.parametrize(
    ("name", "days", "said"),
    [("localhost", 5, "The certificate ends in"), ("other.example", 30, "The certificate is not valid for localhost")],
    ids=["ends-soon", "other-name"],
)
def test_a_certificate_that_is_wrong_is_said(
    behind: tuple[int, int], tmp_path: Path, name: str, days: int, said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        check(behind, tmp_path, name=name, days=days)


@pytest.mark.parametrize("url", ["learn.example", "ftp://learn.example", "https://learn.example/path", "https://"])
def test_an_address_that_is_none_is_explained(url: str) -> None:
    with pytest.raises(CommandError, match="Write the public address without a path"):
        call_command("check_deployment", url)


def test_a_site_that_does_not_answer_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    out = StringIO()
    with pytest.raises(CommandError, match="1 of these"):
        call_command("check_deployment", f"https://localhost:{port}", to="127.0.0.1", stdout=out)
    assert "does not answer" in out.getvalue()
