"""The client: one persistent connection, one request at a time. Responses are checked outside the measured time."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterable
from http.client import HTTPConnection
from urllib.parse import urlencode

from tests.bench.ask import CSRF, Ask


class Unexpected(Exception):
    """The response is not the expected page. Without this check, a fast error would count as a fast page."""


class Client:
    """Sends requests to one server."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=20)

    def ask(self, ask: Ask) -> tuple[float, int]:
        """Send one request; return its time in seconds and the size of its body as transferred, in bytes.

        Raises Unexpected.
        """
        headers = {"Cookie": f"sid={ask.session}; csrf={CSRF}", "Accept-Encoding": "gzip"}
        method, body = "GET", None
        if ask.form:
            method, body = "POST", urlencode([("csrfmiddlewaretoken", CSRF), *ask.form])
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self.connection.request(method, ask.path, body, headers)
        response = self.connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        if ask.form:
            if response.status != 303 or not response.getheader("Location", "").endswith(ask.proof):
                raise Unexpected(f"{response.status} {response.getheader('Location')} for {ask}")
        else:
            text = gzip.decompress(content) if response.getheader("Content-Encoding") == "gzip" else content
            if response.status != 200 or ask.proof not in text.decode():
                raise Unexpected(f"{response.status} {response.getheader('Location')} for {ask}")
        return seconds, len(content)

    def all(self, asks: Iterable[Ask]) -> list[tuple[float, int]]:
        """Send these requests one after another; return the result of `ask` for each."""
        return [self.ask(ask) for ask in asks]
