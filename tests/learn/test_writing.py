"""A database that cannot write: reading goes on, a refused form is kept, /readyz tells. And how long a page waits."""

from __future__ import annotations

import html
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from learn import writing
from learn.lessons.models import Lesson, Therapy
from learn.progress.models import Reading
from learn.visits.models import MyQuestion
from quizzes import taking
from tests.cast import make_edition, make_question, make_quiz
from tests.conftest import ROOT
from tests.quizzes.cast import together

STEP = "/lessons/basics/a-quiz/1/"
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lesson(transactional_db: None) -> Lesson:
    quiz = make_quiz(make_question("q1"))
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    lesson = Lesson.objects.create(therapy=therapy, slug="a-quiz", position=1, quiz=quiz)
    make_edition(lesson)
    return lesson


@contextmanager
def read_only() -> Iterator[None]:
    """Let the database refuse every write on this connection, as on a replica or a file without write permission."""
    postgresql = connection.vendor == "postgresql"
    name = "SET default_transaction_read_only =" if postgresql else "PRAGMA query_only ="
    with connection.cursor() as cursor:
        cursor.execute(f"{name} on")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"{name} off")


@committed
def test_pages_that_only_read_go_on_for_a_learner_too(lesson: Lesson, client: Client) -> None:
    client.post(STEP)
    with read_only():
        for address in ("/", "/help/", "/lessons/", STEP, "/my/", "/my/questions/", "/my/data/", "/find/?q=rash"):
            assert client.get(address).status_code == 200, address


@committed
def test_a_visitor_whose_first_form_is_not_saved_can_send_it_once_more(lesson: Lesson) -> None:
    """The sign-in of a new guest changes the token of forms; it is undone, so the token in the form is right."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    page = client.get("/check/a-quiz/").content.decode()
    form = dict(re.findall(r'name="(csrfmiddlewaretoken)" value="([^"]*)"', page))
    with patch.object(taking, "start", side_effect=OperationalError("away")):
        assert client.post("/check/a-quiz/", form).status_code == 503
    assert client.post("/check/a-quiz/", form).status_code == 303


@committed
@pytest.mark.parametrize("known", [True, False], ids=["a-guest", "a-visitor"])
def test_a_form_that_could_not_be_saved_is_kept_and_can_be_sent_again(
    lesson: Lesson, client: Client, known: bool
) -> None:
    client.raise_request_exception = False
    if known:
        client.post(STEP)
    asked = "Can I <b>travel</b> & “swim”?"
    with read_only():
        refused = client.post("/my/questions/", {"text": asked})
    assert (refused.status_code, refused["Retry-After"]) == (503, "60")
    page = refused.content.decode()
    assert "This is not saved yet" in page
    assert "default-src 'none'" in refused["Content-Security-Policy"]
    assert not MyQuestion.objects.exists()
    assert Reading.objects.count() == known, "nothing is half done"
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', page)}
    assert fields == {"text": asked}
    assert 'action="/my/questions/"' in page
    assert client.post("/my/questions/", fields).status_code == 303
    assert MyQuestion.objects.get().text == asked


@committed
@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/code/", {"letters": "BCDFGHJKLMNP"}),
        ("/accounts/signup/", {"username": "ana", "password1": "quiet-maple-42", "not_a_robot": ""}),
    ],
)
def test_a_secret_is_not_kept_in_the_page(lesson: Lesson, client: Client, address: str, form: dict[str, str]) -> None:
    client.raise_request_exception = False
    with read_only():
        page = client.post(address, form).content.decode()
    assert "This is not saved yet" in page
    assert "quiet-maple-42" not in page
    assert "BCDFGHJKLMNP" not in page
    assert "Open the page again" in page


@committed
def test_readyz_tells_until_a_write_succeeds_and_a_load_balancer_may_go_on(
    lesson: Lesson, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_failed", False)
    client.raise_request_exception = False
    with read_only():
        client.post(STEP)
        for _ in range(2):
            assert b"Nothing can be saved" in client.get("/readyz").content
        assert client.get("/readyz?read").content == b"ready\n"
    assert client.get("/readyz").content == b"ready\n"


@pytest.mark.django_db
def test_readyz_tells_before_the_disk_is_full(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "FREE", 2**80)
    full = connection.vendor == "sqlite"
    assert (b"Nothing more should be saved" in client.get("/readyz").content) is full


def test_a_full_sqlite_file_is_a_refusal() -> None:
    """SQLite's own "full", with a limit of pages in place of a small disk."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE t (x)")
        db.execute("PRAGMA max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as full:
            db.execute("INSERT INTO t VALUES (?)", ["x" * 100_000])
    error = OperationalError("full")
    error.__cause__ = full.value
    assert writing.refused(error)
    assert not writing.refused(OperationalError("server closed the connection"))


def _address() -> str:
    name = str(connection.settings_dict["NAME"])
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


SHOW = """
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout", "max_parallel_workers_per_gather"):
        cursor.execute("SELECT current_setting(%s)", [name])
        print(*cursor.fetchone())
"""


@committed
@pytest.mark.race
def test_pages_wait_a_short_time_for_postgresql_on_one_processor_and_commands_as_long_as_they_need() -> None:
    env = {**os.environ, "DATABASE_URL": _address(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    served = f"from learn import wsgi; from django.db import connection\n{SHOW}"
    command = f"import django; django.setup(); from django.db import connection\n{SHOW}"
    said = [
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True).stdout.strip()
        for code in (served, command)
    ]
    page, command = (lines.split() for lines in said)
    assert page == ["10s", "3s", "0"]
    assert command[:2] == ["0", "0"]
    assert command[2] != "0"


@committed
@pytest.mark.race
def test_a_page_that_waits_too_long_for_a_lock_says_so_and_changes_nothing(lesson: Lesson, client: Client) -> None:
    client.post(STEP)
    client.raise_request_exception = False
    learner = int(client.session["_auth_user_id"])

    def both(n: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        try:
            return client.post("/my/questions/", {"text": "Can I travel?"}).status_code
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")  # the pool keeps the connection
            connection.close()

    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM people_user WHERE id = %s FOR UPDATE", [learner])
            assert together(1, both) == [503]
        other.rollback()
    finally:
        other.close()
    assert not MyQuestion.objects.exists()


@pytest.mark.parametrize(
    ("url", "kept"),
    [("postgres://learn@host/learn?sslmode=verify-full", "verify-full"), ("postgres://learn@host/learn", None)],
)
def test_what_stands_behind_the_address_of_the_database_is_kept(url: str, kept: str | None) -> None:
    code = "from learn.settings import DATABASES; print(DATABASES['default']['OPTIONS'].get('sslmode'))"
    env = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout.strip() == str(kept)
