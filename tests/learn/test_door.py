"""The door of the site (learn/rsgi.py, learn/gate.py), on a real granian: forged headers, long, slow and odd bodies."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import Mock, patch
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from pytest_django import Settings

from learn import apps, gate
from tests.conftest import ROOT, Site, serve_on, wait_until_it_listens

pytestmark = pytest.mark.one_database  # the site that it asks has a database of its own

END = b"\r\n\r\n"


def send(url: str, *lines: str, method: str = "GET", path: str = "/", body: bytes = b"") -> tuple[int, str]:
    """Send a request exactly as it is written here; return status and body."""
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=60) as wire:
        host = [] if any(line.lower().startswith("host:") for line in lines) else [f"Host: {address.netloc}"]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *host, *lines, "Connection: close"])
        wire.sendall(head.encode() + END + body)
        answer = b""
        while part := wire.recv(65536):
            answer += part
    top, _, rest = answer.partition(END)
    return int(top.split()[1]), rest.decode(errors="replace")


@pytest.fixture(scope="module")
def echo(site: Site) -> Iterator[str]:
    """Start the door alone, behind one trusted proxy: each test is that proxy."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(serve_on(port, "tests.echo:application"), cwd=ROOT, env=site.env | {"PROXIES": "1"})
    try:
        wait_until_it_listens(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def environ(url: str, *lines: str) -> dict[str, str]:
    status, body = send(url, *lines)
    assert status == 200
    found: dict[str, str] = json.loads(body)
    return found


TRUE, FORGED = "X-Forwarded-For: 192.0.2.7", "203.0.113.9"
TWINS = ("X_Forwarded_For", "x_forwarded-for", "X-Forwarded_For", "X_FORWARDED_FOR")


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("order", ["before", "after", "around"])
def test_a_header_with_underscores_never_replaces_the_proxys(echo: str, name: str, order: str) -> None:
    twin = f"{name}: {FORGED}"
    lines = {"before": (twin, TRUE), "after": (TRUE, twin), "around": (twin, TRUE, twin)}[order]
    assert environ(echo, *lines)["HTTP_X_FORWARDED_FOR"] == "192.0.2.7"
    assert "HTTP_X_FORWARDED_PROTO" not in environ(echo, "X_Forwarded_Proto: https")


def test_doubled_headers_stay_in_their_order(echo: str) -> None:
    found = environ(echo, f"X-Forwarded-For: {FORGED}", TRUE, "Cookie: a=1", "Cookie: b=2")
    assert found["HTTP_X_FORWARDED_FOR"].replace(" ", "") == f"{FORGED},192.0.2.7"
    assert found["HTTP_COOKIE"] == "a=1;b=2"


@pytest.mark.parametrize(
    "lines",
    [("X-Forwarded-Proto: https", "X-Forwarded-Proto: http"), ("X-Forwarded-Proto: https, http",)],
    ids=["doubled", "list"],
)
def test_of_the_scheme_the_last_word_counts_because_the_nearest_proxy_wrote_it(echo: str, lines: tuple[str]) -> None:
    assert environ(echo, *lines)["HTTP_X_FORWARDED_PROTO"] == "http"


def test_nothing_of_the_servers_own_environment_looks_like_a_header(echo: str) -> None:
    assert "SECRET_KEY" not in environ(echo)


@override_settings(PROXIES=0)
def test_without_a_proxy_nobodys_forwarded_headers_count() -> None:
    sent = [(name, "https") for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "x-forwarded-host")]
    assert gate.headers([*sent, ("Host", "a")]) == {"HTTP_HOST": "a"}


@pytest.mark.parametrize("line", ["Host: evil.example", "Content-Type: text/plain"])
def test_a_doubled_header_that_must_be_one_is_refused(site: Site, line: str) -> None:
    host = f"Host: {urlsplit(site.url).netloc}"
    status, page = send(site.url, host, "Content-Type: text/html", line)
    assert status == 400
    assert "That did not work" in page


LONG = gate.LONGEST + 1
FORM = "Content-Type: application/x-www-form-urlencoded"
CHUNK = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"


@pytest.mark.parametrize("kind", [FORM, "Content-Type: multipart/form-data; boundary=b"])
@pytest.mark.parametrize(
    ("line", "body"),
    [
        (f"Content-Length: {300 * LONG}", b"--b\r\n"),  # the rest is never sent, and nobody waits for it
        (f"Content-Length: {LONG}", b"x" * LONG),
        ("Transfer-Encoding: chunked", CHUNK * (LONG // 0x10000 + 1) + b"0\r\n\r\n"),
    ],
    ids=["by-its-length", "sent-whole", "in-chunks"],
)
def test_a_body_that_is_too_long_is_refused_with_a_page(site: Site, kind: str, line: str, body: bytes) -> None:
    cookie = "Cookie: csrf=" + "a" * 32
    status, page = send(site.url, kind, line, cookie, method="POST", path="/code/", body=body)
    assert status == 413
    assert "That was too long" in page
    assert "Do you feel unwell?" in page


CHARSETS = ("rot13", "zip", "utf-7", "idna", '"hex"', "undefined", "nothing", "utf-16", "")


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "text/plain"])
def test_an_odd_charset_is_refused_and_not_an_error(site: Site, kind: str) -> None:
    for charset in CHARSETS:
        for method in ("GET", "POST"):
            lines = (f"Content-Type: {kind}; charset={charset}", "Content-Length: 3")
            status, page = send(site.url, *lines, method=method, path="/find/?q=a", body=b"a=1")
            assert (status, "That did not work" in page) == (400, True), charset


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf8"', "UTF-8; x=1"])
def test_the_charset_of_every_browser_is_taken(charset: str) -> None:
    assert gate.refused({"CONTENT_TYPE": f"application/x-www-form-urlencoded; charset={charset}"}) == 0


def test_eight_slow_bodies_stop_nobody(site: Site) -> None:
    """The demo site has four threads; each of these would hold one for as long as its visitor likes."""
    address = urlsplit(site.url)
    head = f"POST /code/ HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: csrf={'a' * 32}\r\n{FORM}\r\n"
    with ExitStack() as wires:
        for n in range(16):
            wire = wires.enter_context(socket.create_connection((str(address.hostname), int(address.port or 80))))
            length = "Content-Length: 5000" if n % 2 else "Transfer-Encoding: chunked"
            wire.sendall(f"{head}{length}\r\n\r\n".encode() + (b"a=" if n % 2 else b"2\r\na=\r\n"))
        for path in ("/", "/help/", "/code/"):
            assert send(site.url, path=path)[0] == 200


def test_a_form_that_broke_off_does_nothing(site: Site) -> None:
    address = urlsplit(site.url)
    with socket.create_connection((str(address.hostname), int(address.port or 80))) as wire:
        step = "/lessons/basics/what-is-immunotherapy/1/"
        head = f"POST {step} HTTP/1.1\r\nHost: {address.netloc}\r\n{FORM}\r\nContent-Length: 50\r\n\r\na=1"
        wire.sendall(head.encode())
        wire.shutdown(socket.SHUT_WR)
        wire.settimeout(60)
        assert b"200" not in wire.recv(100)


def test_a_long_file_arrives_whole_although_it_is_sent_in_parts(echo: str) -> None:
    with urlopen(f"{echo}/long/") as response:  # noqa: S310 - our own
        assert response.read() == b"x" * 1_000_000


def test_a_form_arrives_as_it_was_sent(echo: str) -> None:
    status, body = send(echo, FORM, "Transfer-Encoding: chunked", method="POST", body=b"3\r\na=1\r\n0\r\n\r\n")
    found = json.loads(body)
    assert (status, found["body"], found["CONTENT_LENGTH"]) == (200, "a=1", "3")


def test_the_files_of_the_database_are_for_the_sites_own_user_alone(site: Site) -> None:
    send(site.url)
    folder = Path(site.env["RUN_FOLDER"])
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in folder.glob("db.sqlite3*")}
    assert modes.pop("db.sqlite3") == "0o600"
    assert set(modes.values()) <= {"0o600"}, modes


def test_files_of_before_are_closed_when_the_site_starts(tmp_path: Path) -> None:
    names = [tmp_path / f"old.sqlite3{suffix}" for suffix in ("", "-wal", "-shm")]
    for name in names:
        name.touch()
        name.chmod(0o644)
    with patch.object(apps, "connection", Mock(vendor="sqlite", settings_dict={"NAME": str(names[0])})):
        apps.close_files()
    assert [oct(name.stat().st_mode & 0o777) for name in names] == ["0o600"] * 3


def refused_by_the_gate(**environ: str) -> tuple[int, dict[str, str]]:
    """Send this environment through the gate and its middleware; return the status and what the site would read."""
    reached: list[dict[str, str]] = []

    def site(environ: dict[str, str], start_response: object) -> list[bytes]:
        reached.append(environ)
        return []

    list(gate.before(site)(environ, None))
    request = RequestFactory().get("/code/")
    request.META |= reached[0]
    return gate.middleware(lambda request: HttpResponse("read"))(request).status_code, reached[0]


def test_behind_another_server_the_gate_still_refuses_by_what_the_headers_say() -> None:
    form = {"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=UTF-8", "CONTENT_LENGTH": "10"}
    status, read = refused_by_the_gate(**form)
    assert (status, read["CONTENT_LENGTH"]) == (200, "10")
    status, read = refused_by_the_gate(**form | {"CONTENT_LENGTH": str(LONG)})
    assert (status, read["CONTENT_LENGTH"], "CONTENT_TYPE" in read) == (413, "0", False)
    for bad in ({"CONTENT_LENGTH": "ten"}, {"CONTENT_TYPE": "text/plain; charset=rot13"}, {gate.REFUSED: "400"}):
        with pytest.raises(BadRequest):
            refused_by_the_gate(**form | bad)


def test_of_headers_that_come_twice_the_nearest_proxys_count(settings: Settings) -> None:
    settings.PROXIES = 1
    sent = [("Cookie", "a=1"), ("cookie", "b=2"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http, HTTPS ")]
    sent += [("X-Forwarded-For", "203.0.113.7"), ("X_Forwarded_For", "198.51.100.1"), ("X-Forwarded-For", "10.0.0.1")]
    found = gate.headers([*sent, ("Host", "a"), ("Host", "b")])
    assert found == {
        "HTTP_COOKIE": "a=1;b=2",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_FOR": "203.0.113.7,10.0.0.1",
        "HTTP_HOST": "a",
        gate.REFUSED: "400",
    }
