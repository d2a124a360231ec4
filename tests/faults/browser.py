"""A browser without JavaScript: cookies, forms and links, as a patient's phone would send them."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from urllib.parse import urlencode

NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4}
Fields = tuple[tuple[str, str], ...]


class Unreachable(Exception):
    """No complete reply came: the server died before or after it handled the request."""


@dataclass(frozen=True)
class Reply:
    """A response of the server."""

    status: int
    location: str
    text: str
    wait: str = ""  # Retry-After


@dataclass
class Page(HTMLParser):
    """The form fields, the buttons and the next link of a page."""

    text: str
    hidden: list[tuple[str, str]] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)  # of radio buttons, checkboxes and selects
    buttons: list[tuple[str, str]] = field(default_factory=list)  # buttons with a name and a value
    onward: str = ""  # address of the first link that looks like a button
    has_form: bool = False
    several: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self._select = ""
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect fields, buttons and the next link."""
        of = {name: value or "" for name, value in attrs}
        name, value = of.get("name", ""), of.get("value", "")
        if tag == "form":
            self.has_form = True
        elif tag == "input" and of.get("type") == "hidden":
            self.hidden.append((name, value))
        elif tag == "input":
            self.options.setdefault(name, []).append(value)
            self.several |= of.get("type") == "checkbox"
        elif tag == "select":
            self._select = name
        elif tag == "option" and value:
            self.options.setdefault(self._select, []).append(value)
        elif tag == "button" and name:
            self.buttons.append((name, value))
        elif tag == "a" and of.get("class") == "btn" and not self.onward:
            self.onward = of["href"]

    def fill_in(self) -> Fields:
        """Return the form filled in at random; "I'm not sure" one time in ten."""
        sure = random.random() > 0.1
        if self.buttons and not sure:
            return (*self.hidden, *((name, values[0]) for name, values in self.options.items()), self.buttons[0])
        picked: list[tuple[str, str]] = []
        places = iter(random.sample(range(1, len(self.options) + 1), len(self.options)))
        for name, values in self.options.items():
            known = [value for value in values if value != "unsure"]
            if "unsure" in values and not sure:
                picked.append((name, "unsure"))
            elif self.several:
                asked = re.search(r"Choose (one|two|three|four)\.", self.text)
                picked += [(name, value) for value in random.sample(known, NUMBERS[asked[1]] if asked else 1)]
            elif all(value.isdigit() for value in known):  # positions in an order: each is used once
                picked.append((name, str(next(places))))
            else:
                picked.append((name, random.choice(known)))
        return (*self.hidden, *picked)


class Browser:
    """One device: its cookies, and one connection that is reused until it breaks."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.port, self.cookies = port, dict(cookies or {})
        self._connection: HTTPConnection | None = None

    def ask(self, path: str, fields: Fields | None = None) -> Reply:
        """GET a page, or POST these fields. Raises Unreachable when no complete reply came."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection = self._connection or HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            self._connection.request("GET" if body is None else "POST", path, body, headers)
            response = self._connection.getresponse()
            text = response.read().decode()
        except (OSError, HTTPException) as error:
            self.close()
            raise Unreachable from error
        for header in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return Reply(response.status, response.getheader("Location", ""), text, response.getheader("Retry-After", ""))

    def close(self) -> None:
        """Close the connection."""
        if self._connection:
            self._connection.close()
            self._connection = None
