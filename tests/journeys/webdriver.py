"""Firefox and WebKitGTK as Debian ships them, driven by WebDriver. Playwright drives only builds of its own.

WebKitWebDriver speaks WebDriver over HTTP; Firefox speaks the same commands over its own socket (Marionette), so that
nothing but `firefox-esr` and `webkit2gtk-driver` has to be installed. `Device` has the words of `everywhere.Walker`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import requests

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element in WebDriver's JSON
PATIENCE = 120.0  # seconds until a page or a browser that does not come fails the journey
NARROW = ":root, :root * { min-width: 0 !important }"  # or no window of Firefox is narrower than 500 CSS pixels
HEIGHT = 800
PACKAGES = {"Firefox": "firefox-esr", "WebKitGTK": "webkit2gtk-driver xvfb matchbox-window-manager"}
MINI_BROWSER = "webkit2gtk-4.*/MiniBrowser"

# The first visible button or link whose name contains the text, as `walk.press` finds it.
PRESSED = """
    const named = e => (e.getAttribute("aria-label") || e.textContent).replace(/\\s+/g, " ").toLowerCase();
    return [...document.querySelectorAll("button, a[href]")]
        .find(e => e.checkVisibility({visibilityProperty: true}) && named(e).includes(arguments[0].toLowerCase()));
"""
LABELED = """
    const [text, exact] = arguments;
    const said = e => e.textContent.trim().replace(/\\s+/g, " ");
    return [...document.querySelectorAll("label")].find(e => exact ? said(e) === text : said(e).includes(text));
"""
OPTION = "return [...arguments[0].control.options].find(e => e.textContent.trim() === arguments[1])"
# Another page than the one that was marked before the press, ready, and with the focus where it puts it.
CAME = """
    const focused = !document.querySelector("[autofocus]") || document.activeElement !== document.body;
    return document.readyState === "complete" && !window.left && focused;
"""


class Connection(Protocol):
    """Sends one WebDriver command and returns its value."""

    def __call__(self, command: str, told: dict[str, Any]) -> Any: ...


class Refused(Exception):
    """The browser did not do what it was told."""


class OverHttp:
    """WebDriver as W3C has it."""

    WAYS = {
        "Navigate": "url",
        "ExecuteScript": "execute/sync",
        "ElementClick": "element/{id}/click",
        "ElementSendKeys": "element/{id}/value",
        "ElementClear": "element/{id}/clear",
        "SetWindowRect": "window/rect",
        "AddCookie": "cookie",
    }

    def __init__(self, port: int, options: dict[str, Any]) -> None:
        self.url = f"http://127.0.0.1:{port}/session"
        made = self._ask("POST", "", {"capabilities": {"alwaysMatch": options}})
        self.version = made["capabilities"]["browserVersion"]
        self.url += f"/{made['sessionId']}"

    def __call__(self, command: str, told: dict[str, Any]) -> Any:
        if command in ("GetCookies", "TakeScreenshot"):
            return self._ask("GET", {"GetCookies": "/cookie", "TakeScreenshot": "/screenshot"}[command])
        if command == "DeleteSession":
            return self._ask("DELETE", "")
        return self._ask("POST", "/" + self.WAYS[command].format(**told), told)

    def _ask(self, method: str, path: str, told: dict[str, Any] | None = None) -> Any:
        reply = requests.request(method, self.url + path, json=told, timeout=PATIENCE)
        if not reply.ok:
            raise Refused(f"{method} {path}: {reply.json()['value']['message']}")
        return reply.json()["value"]

    def close(self) -> None:
        """End the browser."""
        self("DeleteSession", {})


class OverMarionette:
    """The same commands as Firefox takes them: length, colon, [0, number, command, parameters]."""

    def __init__(self, port: int) -> None:
        self.sent = 0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.reader = self.socket.makefile("rb")
        self._read()  # who it is
        self.version = self("NewSession", {})["capabilities"]["browserVersion"]

    def __call__(self, command: str, told: dict[str, Any]) -> Any:
        self.sent += 1
        text = json.dumps([0, self.sent, f"WebDriver:{command}", told]).encode()
        self.socket.sendall(b"%d:%b" % (len(text), text))
        _, _, error, result = self._read()
        if error:
            raise Refused(f"{command}: {error['message']}")
        return result["value"] if isinstance(result, dict) and result.keys() == {"value"} else result

    def close(self) -> None:
        """End the connection; the process is ended by who started it."""
        self.reader.close()
        self.socket.close()

    def _read(self) -> Any:
        size = b""
        while (letter := self.reader.read(1)) != b":":
            size += letter
        return json.loads(self.reader.read(int(size)))


class Device:
    """One browser with one window on the site."""

    def __init__(self, engine: str, site: str, width: int) -> None:
        self.engine, self.site, self.width = engine, site, width
        self._start()

    def _start(self) -> None:
        self.ends = ExitStack()
        try:
            self.ask = {"Firefox": _firefox, "WebKitGTK": _webkit}[self.engine](self.ends, self.width)
            self.ask("SetWindowRect", {"width": self.width, "height": HEIGHT})
        except BaseException:
            self.ends.close()
            raise

    @property
    def version(self) -> str:
        """The engine's version."""
        return str(self.ask.version)

    def close(self) -> None:
        """End the browser."""
        self.ends.close()

    def script(self, text: str, *told: Any) -> Any:
        """Run JavaScript in the page and return what it returns."""
        return self.ask("ExecuteScript", {"script": text, "args": list(told)})

    def open(self, address: str) -> None:
        """Go to an address of the site."""
        self.ask("Navigate", {"url": self.site + address})

    def come_back(self) -> None:
        """Close the browser, and open it again with the same cookies at the start page."""
        kept = self.ask("GetCookies", {})
        self.close()
        self._start()
        self.open("/robots.txt")
        for cookie in kept:
            self.ask("AddCookie", {"cookie": {k: v for k, v in cookie.items() if k != "domain"}})
        self.open("/")

    def press(self, name: str) -> None:
        """Press a button or follow a link, and wait for the next page."""
        self.script("window.left = true")
        self._click(self._found(PRESSED, name))
        until = time.monotonic() + PATIENCE
        while not self._came():
            if time.monotonic() > until:
                raise Refused(f"no page came after “{name}”")
            time.sleep(0.05)

    def _came(self) -> bool:
        try:
            return bool(self.script(CAME))
        except Refused:  # between two pages there is none to run it in
            return False

    def choose(self, *choices: str) -> None:
        """Tick choices by their labels."""
        for choice in choices:
            self._click(self._found(LABELED, choice, True))

    def pick(self, row: str, choice: str) -> None:
        """Choose from a list."""
        self._click(self._found(OPTION, self._found(LABELED, row, True), choice))

    def write(self, field: str, text: str) -> None:
        """Type into a field."""
        control = self.script("return arguments[0].control", self._found(LABELED, field, False))[ELEMENT]
        self.ask("ElementClear", {"id": control})
        self.ask("ElementSendKeys", {"id": control, "text": text})

    def texts(self, selector: str) -> list[str]:
        """Return the text of each element that fits, as it is drawn."""
        return [
            *self.script("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())", selector)
        ]

    def title(self) -> str:
        """Return the title of the page."""
        return str(self.script("return document.title"))

    def source(self) -> str:
        """Return the page as HTML."""
        return str(self.script("return document.documentElement.outerHTML"))

    def _found(self, script: str, *told: Any) -> Any:
        found = self.script(script, *told)
        if found is None:
            raise Refused(f"{told[0]!r} is not on “{self.title()}”")
        return found

    def _click(self, element: dict[str, str]) -> None:
        # WebKitWebDriver does not scroll to an element that lies just below the window's edge.
        self.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        self.ask("ElementClick", {"id": element[ELEMENT]})


def missing() -> dict[str, str]:
    """Return, for each engine that cannot be started here, what is not installed."""
    webkit = all(map(shutil.which, ("WebKitWebDriver", "Xvfb", "matchbox-window-manager"))) and _mini_browser()
    there = {"Firefox": shutil.which("firefox-esr"), "WebKitGTK": webkit}
    return {engine: PACKAGES[engine] for engine in there if not there[engine]}


def _mini_browser() -> str:
    return next((str(path) for path in Path("/usr/lib").glob(f"*/{MINI_BROWSER}")), "")


def _firefox(ends: ExitStack, _: int) -> OverMarionette:
    home = Path(ends.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
    port = _free_port()
    quiet = {
        "marionette.port": port,
        "datareporting.policy.dataSubmissionEnabled": False,
        "app.update.enabled": False,
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
        "browser.shell.checkDefaultBrowser": False,
        "ui.prefersReducedMotion": 1,
        "toolkit.legacyUserProfileCustomizations.stylesheets": True,
    }
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in quiet.items()]
    (home / "chrome").mkdir()
    (home / "chrome" / "userChrome.css").write_text(NARROW, encoding="utf-8")
    (home / "user.js").write_text("\n".join(lines), encoding="utf-8")
    _run(ends, ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", str(home)], os.environ)
    made = _patiently(lambda: OverMarionette(port))
    ends.callback(made.close)
    return made


def _webkit(ends: ExitStack, width: int) -> OverHttp:
    read, write = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{HEIGHT}x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    ends.callback(_end, screen)
    os.close(write)
    with os.fdopen(read) as told:
        display = told.readline().strip()
    port = _free_port()
    home = ends.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
    env = os.environ | {"DISPLAY": f":{display}", "HOME": home, "XDG_CACHE_HOME": home}
    _run(ends, ["matchbox-window-manager", "-use_titlebar", "no"], env)  # without it, no window has the focus
    _run(ends, ["WebKitWebDriver", f"--port={port}"], env)
    options = {"webkitgtk:browserOptions": {"binary": _mini_browser(), "args": ["--automation"]}}
    made = _patiently(lambda: OverHttp(port, options))
    ends.callback(made.close)
    return made


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _run(ends: ExitStack, command: list[str], env: Any) -> None:
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ends.callback(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _patiently(start: Callable[[], Any]) -> Any:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return start()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
