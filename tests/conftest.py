"""Fixtures for all tests: a real server with the demo people, a real browser, and checks around every test."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.management.commands import flush
from django.db.models.signals import post_migrate
from django.test import client as django_client
from hypothesis import settings as properties
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from tests import apart, emptied, prepared

# Playwright keeps an event loop in this thread. Django would take that for asynchronous code and refuse queries.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Hypothesis: the same examples in every run, no files, and no deadline, because the machine may be busy.
properties.register_profile("house", database=None, deadline=None, derandomize=True)
properties.load_profile("house")

# Garbage is sought seldom, as a worker of the site does (learn/wsgi.py): while tests are collected there is little, and
# later each search went through the seven thousand tests.
gc.set_threshold(50_000, 20, 100)

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI") == "true"
AS_AT_HOME = ["--disable-back-forward-cache"]  # keep this cache on, as patients' browsers have it
CLOSED_NETWORK = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def pytest_collection_finish() -> None:
    """Look for no garbage in what was loaded: the site and all tests stay until the end."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _races_need_postgresql(request: pytest.FixtureRequest) -> None:
    """Fail race tests on SQLite: it allows one writer at a time and plans otherwise, so they would prove nothing."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if request.node.get_closest_marker("race") and "postgresql" not in engine:
        pytest.fail("This test needs PostgreSQL. Run: python -m tests.postgres pytest -m race", pytrace=False)


@pytest.fixture(autouse=True)
def _nothing_counted_before() -> None:
    """Clear the cache, where allauth counts sign-ins, so that no test uses up the rate limit of another."""
    cache.clear()


@pytest.fixture(autouse=True)
def _nothing_kept_before() -> None:
    forget_texts()


def forget_texts() -> None:
    """Texts are kept under the numbers of their rows, and a test that commits gives these to other rows."""
    kept = ("shown", "changes", "card_texts", "owned")
    for module in (
        "quizzes.asked",
        *(f"learn.lessons.{name}" for name in kept),
    ):  # the engine's tests run without learn as well
        if module in sys.modules:
            sys.modules[module].forget()


@pytest.fixture(autouse=True)
def _apart_from_the_checkout() -> Iterator[None]:
    """Fail a test that touched the checkout's own files, even when the code swallowed the error (tests/apart.py)."""
    yield
    refused = [*apart.touched]
    apart.touched.clear()
    assert refused == []


@pytest.fixture(scope="session", autouse=True)
def _groups_after_a_flush() -> None:
    """Create the groups of the roles again after a test with real commits has emptied the tables.

    A migration creates them only once, and xdist runs tests in any order, so no single test can do this.
    """
    if apps.is_installed("learn.people"):  # not installed when the engine is tested alone
        post_migrate.connect(_make_groups, sender=apps.get_app_config("people"))


@pytest.fixture(scope="session", autouse=True)
def _put_back_after_a_flush() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "emit_post_migrate_signal", emptied.PutBack(flush.emit_post_migrate_signal))
        yield


@pytest.fixture(scope="session", autouse=True)
def _time_for_a_pdf() -> None:
    """Give the child process that makes a PDF more time: while all tests run, a processor may be busy for long."""
    if apps.is_installed("learn.people"):
        from learn.handouts import pdf

        pdf.SECONDS = pdf.WAIT = 120


@pytest.fixture(scope="session", autouse=True)
def _widgets_are_not_watched() -> Iterator[None]:
    """Keep no copies of what each widget's template got, as Django's client does: a select may have hundreds of them.

    What the templates of pages got is kept, for the tests that look at it.
    """
    keep = django_client.store_rendered_templates

    def of_pages(store: Any, signal: Any, sender: Any, template: Any, context: Any, **more: Any) -> None:
        if not (template.name or "").startswith("django/forms/"):
            keep(store, signal, sender, template, context, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(django_client, "store_rendered_templates", of_pages)
        yield


def _make_groups(**_: Any) -> None:
    from django.contrib.auth.models import Group

    from learn.people.roles import MAY

    for name in MAY:
        Group.objects.get_or_create(name=name)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Put SQLite's test database into a temporary folder: a file, as on the site, not in memory (ruling 20)."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3" and database["NAME"] != ":memory:":
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@dataclass
class Site:
    """A running site as a new installation has it: the shipped lessons, ana, noor and omar."""

    url: str
    password: str
    log: Path
    env: dict[str, str]

    def manage(self, *command: str) -> str:
        """Run a command of the site's own manage.py on its database; return what it printed."""
        told: dict[str, Any] = {"cwd": ROOT, "env": self.env, "capture_output": True, "text": True}
        done = subprocess.run([sys.executable, "manage.py", *command], **told)
        assert done.returncode == 0, f"manage.py {command[0]}:\n{done.stdout}{done.stderr}"
        return str(done.stdout)

    def prepare(self, kept: Path, *commands: str, settings: str = "") -> None:
        """Run these commands on the site's new database, or copy the one that they made for a site before.

        `settings` names those that the other sites of the run do not have.
        """
        database, after = Path(self.env["DATABASE_URL"].removeprefix("sqlite:///")), ""
        for command in commands:
            after = prepared.bring(database, command, after=after, manage=self.manage, kept=kept)
            after = f"{after} {settings}" if command == "migrate" and settings else after


def shared(factory: pytest.TempPathFactory) -> Path:
    """Return a temporary folder that all workers of this run share."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def served(folder: Path, kept: Path, *commands: str, **over: str) -> Iterator[Site]:
    """Start granian on a new database in this folder, on which these commands of manage.py were run.

    `kept` is the folder that all workers share.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url, password = f"http://127.0.0.1:{port}", "quiet-maple-42"
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.served",
        "RUN_FOLDER": str(folder),
        "LEARN_ENV_FILE": os.devnull,
        "SECRET_KEY": "journeys-" + "0" * 50,
        "PUBLIC_URL": url,
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DEMO_PASSWORD": password,
        "FEW_ROUNDS": "1",
        **over,
    }
    found = Site(url, password, folder / "log", env)
    found.prepare(kept, *commands, settings=" ".join(f"{name}={value}" for name, value in over.items()))
    with serving(found):
        yield found


@contextmanager
def serving(site: Site) -> Iterator[None]:
    """Start granian for this site, whose database and static files exist. Fail if it logged an error."""
    port = int(site.url.rpartition(":")[2])
    with site.log.open("wb") as log:
        server = subprocess.Popen(serve_on(port), cwd=ROOT, env=site.env, stdout=log, stderr=log)
    try:
        wait_until_it_listens(port, server)
        yield
    finally:
        server.terminate()
        server.wait(20)
    said = site.log.read_text(errors="replace").splitlines()
    stumbles = [line for line in said if '"ERROR"' in line or "Traceback" in line]
    assert not stumbles, "The site stumbled during the journeys:\n" + "\n".join(stumbles)


def serve_on(port: int, application: str = "learn.rsgi:application") -> list[str]:
    """Return the command that serves the site, as in `make run`."""
    serve = ["--interface", "rsgi", application, "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    return [sys.executable, "-m", "granian", *serve, "--log-level", "warning", "--workers-kill-timeout", "3"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Start a site as a new installation has it, by the commands of `make run`."""
    commands = ("migrate", "load_content", "make_demo --people", "collectstatic --noinput")
    with served(tmp_path_factory.mktemp("site"), shared(tmp_path_factory), *commands) as found:
        yield found


def wait_until_it_listens(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait for a server that was just started. Raises TimeoutError."""
    for _ in range(600):  # tenths of a second
        assert server.poll() is None, "granian ended right after its start"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise TimeoutError("granian did not answer in a minute")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium: the one named in CHROMIUM, or this machine's, or Playwright's own.

    Where none starts, the test is skipped with the reason; on a build machine it fails.
    """
    names = (os.environ.get("CHROMIUM"), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, (shutil.which(name) for name in names if name)), None)
    args = [*CLOSED_NETWORK, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with ExitStack() as stack:
        try:
            playwright = stack.enter_context(sync_playwright())
            started = playwright.chromium.launch(executable_path=path, args=args, ignore_default_args=AS_AT_HOME)
        except Exception as error:  # Playwright's driver raises a bare Exception where libatomic1 is missing
            stop = pytest.fail if IN_CI else pytest.skip
            stop(f"could not run: no Chromium starts here ({str(error).splitlines()[0]})")
        stack.callback(started.close)
        yield started


class Visit(Protocol):
    """Open the site on a new device; return the page."""

    def __call__(
        self, *, width: int = 1280, javascript: bool = False, kept: StorageState | None = None, base: str = ""
    ) -> Page: ...


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Return a function that opens a new device; `kept` holds the cookies that an earlier device had.

    `base` is the address of another site of ours.
    """
    with ExitStack() as devices:
        strangers: list[str] = []

        def visit(
            *, width: int = 1280, javascript: bool = False, kept: StorageState | None = None, base: str = ""
        ) -> Page:
            home = base or site.url
            device = browser.new_context(
                base_url=home,
                viewport={"width": width, "height": 640 if width < 640 else 800},
                reduced_motion="reduce",  # no screenshot or contrast check during a transition
                java_script_enabled=javascript,
                storage_state=kept,
            )
            devices.callback(device.close)
            device.set_default_timeout(10_000)
            device.on("request", lambda asked: None if asked.url.startswith(home) else strangers.append(asked.url))
            return device.new_page()

        yield visit
    assert strangers == [], "a page sent a request to another host"
