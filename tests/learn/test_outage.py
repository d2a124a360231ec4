"""A PostgreSQL that is stopped, or hangs, while people use the site: a page with advice, nothing half done, and why."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.db import DatabaseError, OperationalError
from django.test import Client

from learn import connections, waiting
from learn.people.models import Session, User
from learn.people.sessions import SessionStore
from tests.conftest import IN_CI, ROOT
from tests.faults.browser import Browser, Page, Reply
from tests.faults.cluster import tree
from tests.faults.databases import Cluster, postgresql
from tests.faults.server import environment, free_port, prepare, serve, stop, wait_for

CHECK = "/check/what-is-immunotherapy/"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with postgresql() as found:
        if found is None:
            stop = pytest.fail if IN_CI else pytest.skip
            stop("could not run: there is no PostgreSQL here")
        yield found


@pytest.fixture(scope="module")
def env(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a site on a database of its own."""
    folder, port = tmp_path_factory.mktemp("outage"), free_port()
    (folder / "static").mkdir()
    made = environment(cluster.new("outage"), port, folder, DJANGO_SETTINGS_MODULE="tests.plain")
    prepare(made)
    return made


class Hospital:
    """A running site, and one guest on it."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env, self.port = env, int(env["PUBLIC_URL"].rpartition(":")[2])
        self.log = Path(env["RUN_FOLDER"]) / "log"
        self.guest = Browser(self.port)

    def ready(self) -> tuple[int, str]:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=30) as reply:
                return reply.status, reply.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def question(self) -> tuple[str, Page]:
        """Begin a check; return the address of its first question, and the page."""
        start = Page(self.guest.ask(CHECK).text)
        begun = self.guest.ask(CHECK, tuple(start.hidden))
        assert begun.status == 303
        return begun.location, Page(self.guest.ask(begun.location).text)

    def answered(self) -> int:
        with psycopg.connect(f"{self.env['DATABASE_URL']}") as db:
            row = db.execute("SELECT count(*) FROM quizzes_response").fetchone()
        return int(row[0]) if row else 0

    def back(self) -> None:
        end = time.monotonic() + 30
        while self.ready()[0] != 200:
            assert time.monotonic() < end, "the site did not come back with the database"
            time.sleep(0.2)


@pytest.fixture
def hospital(env: dict[str, str]) -> Iterator[Hospital]:
    found = Hospital(env)
    server = serve(env, found.port, found.log, "--workers", "1")
    try:
        wait_for(found.port, server, found.log)
        yield found
    finally:
        found.guest.close()
        stop(server)


@contextmanager
def stopped(cluster: Cluster) -> Iterator[None]:
    """Kill PostgreSQL; start it again afterwards."""
    cluster.stop("immediate")
    try:
        yield
    finally:
        cluster.restart("immediate")


@contextmanager
def frozen(cluster: Cluster) -> Iterator[None]:
    """Stop every process of PostgreSQL: the kernel still takes connections, and nobody answers."""
    assert cluster.server
    os.kill(cluster.server.pid, signal.SIGSTOP)  # first: it starts no other process any more
    try:
        send(signal.SIGSTOP, tree(cluster.server.pid))
        yield
    finally:
        send(signal.SIGCONT, tree(cluster.server.pid))


def send(number: signal.Signals, pids: list[int]) -> None:
    """Send a signal to these processes, but to those that have ended: PostgreSQL ends one with each connection."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def is_advice(reply: Reply) -> bool:
    return (reply.status, reply.wait) == (503, "60") and "Sorry, the site is busy" in reply.text


@pytest.mark.one_database
@pytest.mark.parametrize("away", [stopped, frozen])
def test_an_answer_that_met_an_outage_is_kept_and_counts_once(
    cluster: Cluster, hospital: Hospital, away: type[stopped]
) -> None:
    address, page = hospital.question()
    form, before = page.fill_in(), hospital.answered()
    with away(cluster):
        refused = hospital.guest.ask(address, form)
        assert is_advice(refused)
        assert is_advice(hospital.guest.ask("/my/"))
        assert hospital.ready() == (503, "not ready: no database\n")
    hospital.back()
    assert hospital.answered() == before, "nothing is half done"
    kept = Page(refused.text)
    assert set(kept.hidden) == set(form)
    for _ in range(2):
        assert hospital.guest.ask(address, tuple(kept.hidden)).status == 303
    assert hospital.answered() == before + 1
    lines = [json.loads(line) for line in hospital.log.read_text().splitlines() if line.startswith("{")]
    said = {"nothing listens at that address", "it does not answer"}
    assert said & {line["why"] for line in lines if "why" in line}, "the log says why there was no connection"
    assert "400" not in {str(line.get("status")) for line in lines}


@contextmanager
def waiting_for_a_standby(cluster: Cluster) -> Iterator[psycopg.Connection[Any]]:
    """Each commit waits for a standby that is not there, as on a leader that was cut off; afterwards none does."""
    with cluster.connect() as db:
        db.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        db.execute("SELECT pg_reload_conf()")
    try:
        with cluster.connect() as db:
            until_set(db, "nobody")
            yield db
    finally:
        with cluster.connect() as db:
            db.execute("ALTER SYSTEM RESET synchronous_standby_names")
            db.execute("SELECT pg_reload_conf()")
            until_set(db, "")


def until_set(db: psycopg.Connection[Any], names: str) -> None:
    until(lambda: db.execute("SHOW synchronous_standby_names").fetchone() == (names,))


def waiting_commits(db: psycopg.Connection[Any]) -> list[int]:
    """Return the processes whose commit waits for a standby."""
    return [pid for (pid,) in db.execute("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")]


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


@pytest.mark.one_database
def test_an_answer_that_only_a_leader_that_gave_up_has_is_not_called_saved(
    cluster: Cluster, hospital: Hospital
) -> None:
    """It is in the old leader's own log. The leader comes back as a standby that shows it, and is then overwritten."""
    address, page = hospital.question()
    form, before = page.fill_in(), hospital.answered()
    standby = cluster.home / "data" / "standby.signal"
    with ThreadPoolExecutor() as pool:
        with waiting_for_a_standby(cluster) as db:
            sent = pool.submit(hospital.guest.ask, address, form)
            until(lambda: waiting_commits(db))
            standby.touch()
            cluster.restart("fast")
        assert is_advice(sent.result())
    try:
        assert hospital.answered() == before + 1, "the standby shows what nobody was promised"
        assert hospital.guest.ask(address, form).status == 503
    finally:
        with cluster.connect() as db:
            db.execute("SELECT pg_promote()")
    hospital.back()
    assert hospital.guest.ask(address, form).status == 303
    assert hospital.answered() == before + 1


@pytest.mark.one_database
def test_an_answer_that_is_sent_again_waits_for_the_standby_that_the_first_one_waited_for(
    cluster: Cluster, hospital: Hospital
) -> None:
    address, page = hospital.question()
    form, before = page.fill_in(), hospital.answered()
    with ThreadPoolExecutor() as pool:
        with waiting_for_a_standby(cluster) as db:
            sent = pool.submit(hospital.guest.ask, address, form)
            until(lambda: waiting_commits(db))
            (first,) = waiting_commits(db)
            db.execute("SELECT pg_terminate_backend(%s)", [first])
            assert is_advice(sent.result())
            assert hospital.answered() == before + 1
            again = pool.submit(hospital.guest.ask, address, form)
            until(lambda: waiting_commits(db) or again.done())
            assert not again.done(), "nothing says that a standby has it"
        assert again.result().status == 303
    assert hospital.answered() == before + 1


@pytest.mark.one_database
def test_a_server_that_takes_a_statement_and_never_answers_is_given_up(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting.Timed, "_longest", 0.3)
    stuck = waiting.Timed.connect(host=str(cluster.home), port=5432, user="quiz", dbname="quiz")
    with pytest.raises(psycopg.OperationalError, match="does not answer"):
        stuck.cursor().execute("SELECT pg_sleep(30)")
    assert stuck.closed
    monkeypatch.setattr(waiting, "ALIVE", 0.3)
    lively = waiting.Timed.connect(host=str(cluster.home), port=5432, user="quiz", dbname="quiz", autocommit=True)
    lively.execute("")
    assert lively._longest == waiting.LONGEST
    with frozen(cluster), pytest.raises(psycopg.OperationalError, match="does not answer"):
        lively.execute("")


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("part", "instead", "reason"),
    [
        ("/outage", "/elsewhere", "there is no such database or role"),
        (r"://quiz@[^/]*", "://quiz@127.0.0.1:1", "nothing listens at that address"),
        (r"://quiz@[^/]*", "://quiz@nowhere.invalid", "its name is not known"),
    ],
)
def test_a_site_that_finds_no_database_says_why_in_one_sentence(
    env: dict[str, str], part: str, instead: str, reason: str
) -> None:
    url = re.sub(part, instead, env["DATABASE_URL"])
    run = [sys.executable, "-W", "ignore", "-c", "import learn.wsgi"]
    done = subprocess.run(run, cwd=ROOT, env=env | {"DATABASE_URL": url}, capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert (done.returncode, said) == (1, [f"The site does not start. The database cannot be reached: {reason}."])


@pytest.mark.one_database
@pytest.mark.parametrize(
    "said",
    [
        'could not open certificate file "/root/.postgresql/postgresql.crt": Permission denied',
        'root certificate file "/etc/learn/tls/ca.crt" does not exist\nEither provide the file or change sslmode',
    ],
)
def test_a_certificate_that_cannot_be_read_is_no_wrong_one(said: str) -> None:
    assert connections.why(psycopg.OperationalError(said)).startswith("a certificate file")


@pytest.mark.django_db
def test_a_session_that_the_database_did_not_take_is_an_outage_and_an_ended_one_stays_ended(client: Client) -> None:
    guest = User.objects.create_guest()
    client.force_login(guest, backend="learn.people.backends.RoleBackend")
    store = SessionStore(client.session.session_key)
    store["x"] = 1
    with patch.object(Session, "save", side_effect=OperationalError("gone")), pytest.raises(OperationalError):
        store.save()
    with patch.object(Session, "save", side_effect=DatabaseError("Forced update did not affect any rows.")):
        store.save()


@pytest.mark.django_db
def test_a_page_whose_session_could_not_be_saved_is_503_and_not_400(client: Client) -> None:
    client.raise_request_exception = False
    client.force_login(User.objects.create_guest(), backend="learn.people.backends.RoleBackend")
    client.get("/")
    session: SessionBase = client.session
    session["since"], session["seen"] = 1_000, 1_000
    session.save()
    with patch.object(Session, "save", side_effect=OperationalError("gone")):
        refused = client.post("/settings/?next=/my/", {})
    assert refused.status_code == 503
