"""Look at a running site from outside, by its public address, and say in words what is wrong with how it stands there.

Nothing here reads this process's own settings or database: the command may run on any machine. Each check sends plain
GET requests; nothing is written. A check that cannot be made says so, and counts as wrong.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from urllib.parse import urlsplit

YEAR = 31_536_000  # seconds
DAYS = 14  # a certificate that ends sooner is reported
PAGE, SIGN_IN = "/", "/accounts/login/"
WANTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
EVIL = "forged.example"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Found:
    """The result of one check."""

    right: bool
    said: str


@dataclass(frozen=True)
class Told:
    """An answer of the site: the status, its headers and its text."""

    status: int
    headers: Message
    text: str


@dataclass(frozen=True)
class Place:
    """Where the site is: the parts of its address, and how to connect."""

    scheme: str
    host: str
    port: int
    to: str
    plain_port: int
    tls_port: int
    tls: ssl.SSLContext

    @classmethod
    def of(cls, url: str, *, ca: str | None = None, to: str | None = None, plain: int = 80) -> Place:
        """Read an address. Raises ValueError, with a sentence, if it is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError("Write the public address without a path, like https://learn.hospital.example")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(
            parts.scheme, parts.hostname, port, to or parts.hostname, plain, port, ssl.create_default_context(cafile=ca)
        )

    @property
    def name(self) -> str:
        """The Host header that a browser sends."""
        return self.host if self.port in (80, 443) else f"{self.host}:{self.port}"

    def ask(self, path: str, *, plain: bool = False, headers: tuple[tuple[str, str], ...] = ()) -> Told:
        """Send one GET with these headers, doubled ones too. Raises OSError or HTTPException."""
        wire: socket.socket = socket.create_connection(
            (self.to, self.plain_port if plain else self.tls_port), timeout=10
        )
        if self.scheme == "https" and not plain:
            wire = self.tls.wrap_socket(wire, server_hostname=self.host)
        connection = http.client.HTTPConnection(self.host, timeout=10)
        connection.sock = wire
        try:
            connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
            for name, value in (*headers, *(() if any(n == "Host" for n, _ in headers) else (("Host", self.name),))):
                connection.putheader(name, value)
            connection.putheader("Connection", "close")
            connection.endheaders()
            answer = connection.getresponse()
            return Told(answer.status, answer.headers, answer.read(2_000_000).decode(errors="replace"))
        finally:
            connection.close()


def look(place: Place) -> Iterator[Found]:
    """Make every check. A check that fails for the network says what happened."""
    try:
        page = place.ask(PAGE)
    except ssl.SSLCertVerificationError as error:
        yield Found(False, f"The certificate is not valid for {place.host}: {error.verify_message}.")
        return
    except (OSError, http.client.HTTPException) as error:
        yield Found(False, f"The site does not answer at {place.name} ({error or type(error).__name__}).")
        return
    yield Found(page.status == HTTPStatus.OK, f"The start page answers {page.status} (200 is right).")
    for check in CHECKS:
        try:
            yield from check(place, page)
        except (OSError, http.client.HTTPException) as error:
            what = (check.__doc__ or "").split(".")[0]
            yield Found(False, f"Could not check: {what} ({error or type(error).__name__}).")


def _https(place: Place, page: Told) -> Iterator[Found]:
    """Plain HTTP leads to HTTPS."""
    if place.scheme != "https":
        yield Found(False, "The address is not https: passwords and answers travel where others can read them.")
        return
    for forged in ((), (("X-Forwarded-Proto", "https"), ("X_Forwarded_Proto", "https"))):
        told = place.ask(PAGE, plain=True, headers=forged)
        where = told.headers.get("Location", "")
        right = told.status in (301, 302, 307, 308) and where.startswith(f"https://{place.host}")
        how = " with a forged X-Forwarded-Proto" if forged else ""
        yield Found(right, f"Plain HTTP{how} answers {told.status}, to {where or 'nowhere'} (a redirect to https).")
    age = re.search(r"max-age=(\d+)", page.headers.get("Strict-Transport-Security", ""))
    seconds = int(age[1]) if age else 0
    yield Found(seconds >= YEAR, f"HSTS is for {seconds} seconds (a year or more). Is PUBLIC_URL https?")


def _certificate(place: Place, page: Told) -> Iterator[Found]:
    """The certificate is valid for some time."""
    if place.scheme != "https":
        return
    with (
        socket.create_connection((place.to, place.tls_port), timeout=10) as wire,
        place.tls.wrap_socket(wire, server_hostname=place.host) as tls,
    ):
        certificate = tls.getpeercert() or {}
        version = tls.version()
    days = int((ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) // 86_400)
    yield Found(days >= DAYS, f"The certificate ends in {days} days ({DAYS} or more).")
    yield Found(version in ("TLSv1.2", "TLSv1.3"), f"The connection is {version} (TLSv1.2 or TLSv1.3).")


def _cookies(place: Place, page: Told) -> Iterator[Found]:
    """Cookies are safe."""
    cookies = place.ask(SIGN_IN).headers.get_all("Set-Cookie") or []
    yield Found(bool(cookies), f"The sign-in page sets {len(cookies)} cookies (one or more).")
    for cookie in cookies:
        name, flags = cookie.partition("=")[0], {flag.strip().lower() for flag in cookie.split(";")[1:]}
        wanted = {"httponly", "samesite=lax", "path=/"} | ({"secure"} if place.scheme == "https" else set())
        missing = sorted(wanted - flags)
        yield Found(not missing, f"The cookie {name} has its flags{f', but not {missing}' if missing else ''}.")
        if place.scheme == "https":
            right = name.startswith("__Host-") and not any(flag.startswith("domain") for flag in flags)
            yield Found(right, f"The cookie {name} is bound to this host (its name begins with __Host-).")


def _hosts(place: Place, page: Told) -> Iterator[Found]:
    """A forged host is refused."""
    for headers in ((("Host", EVIL),), (("Host", place.name), ("X-Forwarded-Host", EVIL))):
        told = place.ask(SIGN_IN, headers=headers)
        trusted = EVIL in told.text or EVIL in told.headers.get("Location", "")
        right = not trusted and (told.status >= HTTPStatus.MULTIPLE_CHOICES or headers[-1][0] != "Host")
        yield Found(right, f"A forged {headers[-1][0]} is not believed (answer {told.status}).")


LIE = "203.0.113.9"  # an address of nobody
FORGED = (
    *((((name, "http"),)) for name in ("X-Forwarded-Proto", "X_Forwarded_Proto")),
    (("X-Forwarded-Proto", "http"), ("X_Forwarded_Proto", "http")),
    (("X-Forwarded-Proto", "http, http"), ("X-Forwarded-Proto", "http")),
    *((((name, LIE),)) for name in ("X-Forwarded-For", "X_Forwarded_For", "X-Real-IP")),
    (("X-Forwarded-For", LIE), ("X_Forwarded_For", LIE)),
    (("X-Forwarded-For", f"{LIE}, {LIE}"), ("X-Forwarded-For", f"{LIE}:80")),
    (("X-Forwarded-For", "[2001:db8::9]:80"),),
    (("Forwarded", f"for={LIE};proto=http"),),
)
SEEN = "/healthz?address"


def _forwarded(place: Place, page: Told) -> Iterator[Found]:
    """Forged forwarded headers are not believed."""
    true = place.ask(SEEN).text.split()
    if len(true) != 3:
        yield Found(False, f"{SEEN} does not say how the site sees its visitors.")
        return
    address, scheme = true[1:]
    yield Found(scheme == place.scheme, f"The site sees that this is {scheme} (X-Forwarded-Proto, PROXIES).")
    far = place.host not in LOOPBACK and place.to not in LOOPBACK
    lost = far and ipaddress.ip_network(address, strict=False).is_loopback
    yield Found(not lost, f"The site sees this visitor as {address} (not the address of its own proxy: PROXIES).")
    for headers in FORGED:
        told = place.ask(SEEN, headers=headers)
        names = ", ".join(f"{name}: {value}" for name, value in headers)
        right = told.text.split() == true or told.status == HTTPStatus.BAD_REQUEST
        yield Found(right, f"A visitor's own “{names}” is not believed.")


def _headers(place: Place, page: Told) -> Iterator[Found]:
    """Pages have their headers."""
    for path, told in ((PAGE, page), ("/no-such-page/", place.ask("/no-such-page/"))):
        policies = told.headers.get_all("Content-Security-Policy") or []
        right = len(policies) == 1 and "default-src 'none'" in policies[0] and "unsafe" not in policies[0]
        yield Found(right, f"{path} has the site's Content-Security-Policy, once and unchanged.")
        for name, wanted in WANTED.items():
            values = told.headers.get_all(name) or []
            right = len(values) == 1 and wanted in values[0]
            yield Found(right, f"{path} has {name}: {'; '.join(values) or 'nothing'} (once, with {wanted}).")
        debug = "DEBUG = True" in told.text or "Using the URLconf" in told.text
        yield Found(not debug, f"{path} is no debugging page (DEBUG must be off).")


def _static(place: Place, page: Told) -> Iterator[Found]:
    """Static files are cached."""
    found = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    if found is None:
        yield Found(False, "The start page names no style sheet.")
        return
    told = place.ask(found[1])
    cached = told.headers.get("Cache-Control", "")
    right = told.status == HTTPStatus.OK and "immutable" in cached and told.headers.get_content_type() == "text/css"
    yield Found(right, f"The style sheet answers {told.status}, Cache-Control: {cached or 'nothing'} (immutable).")


def _health(place: Place, page: Told) -> Iterator[Found]:
    """Health checks answer, also by an IP address."""
    for path, wanted in (("/healthz", "alive"), ("/readyz", "ready")):
        for headers in ((), (("Host", "192.0.2.7"),)):
            told = place.ask(path, headers=headers)
            by = " by an IP address" if headers else ""
            said = told.text.strip()[:80] if told.headers.get_content_type() == "text/plain" else ""
            yield Found(said == wanted, f"{path}{by} answers {told.status} “{said}” (“{wanted}”).")


def _robots(place: Place, page: Told) -> Iterator[Found]:
    """Search engines keep out of personal pages."""
    told = place.ask("/robots.txt")
    yield Found(told.status == HTTPStatus.OK, f"/robots.txt answers {told.status} (200 is right).")
    tag = place.ask(SIGN_IN).headers.get("X-Robots-Tag", "")
    yield Found("noindex" in tag, f"The sign-in page has X-Robots-Tag: {tag or 'nothing'} (noindex).")


def _links(place: Place, page: Told) -> Iterator[Found]:
    """Links in emails and on cards lead to this address."""
    told = place.ask("/code/")
    loops = re.search(r"https?://(127\.0\.0\.1|localhost|\[::1\])", told.text + page.text)
    yield Found(
        not loops or place.host in LOOPBACK, "No page names a loopback address (PUBLIC_URL must be the public one)."
    )


CHECKS: tuple[Callable[[Place, Told], Iterator[Found]], ...] = (
    _https, _certificate, _cookies, _hosts, _forwarded, _headers, _static, _health, _robots, _links,
)  # fmt: skip
