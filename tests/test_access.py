"""Test the permission matrix: every URL x every role x every method, from one table (tests/matrix.py).

A URL that is not in the table is a failure. A request that is refused must not change the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from urllib.parse import quote_from_bytes, urlencode

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from learn.headers import HEADERS
from tests.cast import PASSWORD, addresses, keep_published, make_patient
from tests.conftest import forget_texts
from tests.matrix import (
    ASKED,
    AUDITED,
    EDGES,
    EDITORS,
    FIELDS,
    IT,
    MAY_WRITE,
    NURSES,
    OF_TEXTS,
    OF_TWO,
    ON,
    OTHERS_WITH_PATIENTS,
    OWN_NURSES,
    REDIRECT,
    ROLES,
    STAFF,
    TABLE,
    World,
)

pytestmark = pytest.mark.django_db

INPUTS = [
    (name, field, method)
    for name, (_, posted, queried) in FIELDS.items()
    for field, method in [(f, "post") for f in posted] + [(f, "get") for f in queried]
]
PATHS = (
    ("/", "/"), ("/lessons/", "/"), ("/lessons/basics/", "/"), ("/lessons/basics/what-is-immunotherapy/", "/"),
    ("/admin/quizzes/question/", "/change/"), ("/check/", "/"), ("/check/", "/1/"), ("/j/", "/"),
    ("/check/{attempt}/", "/"), ("/admin/", "/"), ("/my/reminders/on/", "/"), ("/my/reminders/stop/", "/"),
    ("/admin/people/patient/", "/change/"), ("/admin/people/patient/undo/", "/"),
    ("/admin/people/patient/{ana}/assignments/", "/"), ("/static/", ""),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _templates_are_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep no copies of what each template of a page got: no cell asks, and a page has a hundred."""
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *_, **__: None)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Create all people once, in a transaction around all tests of this file. Each test has its own savepoint in it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@contextmanager
def unchanged(but: bool = False, noted: int = 0) -> Iterator[None]:
    """Fail if a statement writes anything but a session.

    `but` allows all writes. `noted` is the number of audit rows.
    """
    connection.queries_log.clear()  # Django keeps at most 9,000 queries and warns when it drops one
    with CaptureQueriesContext(connection) as queries:
        yield
    writes = [q["sql"][:80] for q in queries if re.match(r"(INSERT|UPDATE|DELETE)", q["sql"])]
    audits = [sql for sql in writes if "people_auditevent" in sql]
    assert but or len(audits) == noted, (audits, noted)
    assert but or [sql for sql in writes if "people_session" not in sql and sql not in audits] == []


@contextmanager
def cells() -> Iterator[Callable[[str], AbstractContextManager[None]]]:
    """Return a function that opens one cell: inside is as fresh as a test, and all that is done there is undone.

    What fails in a cell is raised at the end, with the cell's name and with what failed in the others.
    """
    failed: list[Exception] = []

    @contextmanager
    def cell(name: str) -> Iterator[None]:
        cache.clear()
        forget_texts()
        try:
            with transaction.atomic():
                yield
                connection.check_constraints()  # as at the end of a test: every foreign key leads to a row
                transaction.set_rollback(True)
        except Exception as error:
            error.add_note(f"The cell: {name}")
            failed.append(error)

    yield cell
    if failed:
        raise ExceptionGroup(f"{len(failed)} cells are wrong", failed)


def raw(edge: str | bytes) -> str:
    return quote_from_bytes(edge if isinstance(edge, bytes) else edge.encode(), safe="")


def test_every_address_is_in_the_table_and_the_table_names_no_other() -> None:
    assert set(addresses()) == set(TABLE)


# One test asks for all roles, each in a cell of its own: a test for each cell cost as much as what it asks.
# HEAD runs the queries of GET, and any other method runs none: one database shows it.
@pytest.mark.parametrize("method", ["get", pytest.param("head", marks=pytest.mark.one_database), "post"])
@pytest.mark.parametrize("name", [*TABLE])
def test_an_address_answers_each_role_as_the_table_says(world: World, name: str, method: str) -> None:
    data = world.form.get(name, {}) if method == "post" else {}
    with cells() as cell:
        for role in ROLES:
            wanted = TABLE[name][method == "post"][role]
            allowed = method == "post" and wanted in (200, ON) and name in MAY_WRITE
            noted = name in AUDITED and wanted == 200 and role in OWN_NURSES + OTHERS_WITH_PATIENTS + IT + EDITORS
            with cell(f"{method} {name} as {role}"):
                with unchanged(but=allowed, noted=noted * (2 if name in OF_TWO else 1)):
                    response = getattr(world.client(role), method)(world.address(name), data)
                assert response.status_code == (REDIRECT[method] if wanted in (ON, ASKED) else wanted)
                assert wanted != ASKED or response.url.startswith((reverse("code"), reverse("account_login")))
                assert set(HEADERS) <= set(response.headers)
                assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
                assert "no-store" in response.headers["Cache-Control"]
                assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.one_database
@pytest.mark.parametrize("kind", [*OF_TEXTS])
def test_each_kind_of_text_answers_each_role_as_the_table_says(world: World, kind: str) -> None:
    text = world.texts[kind]
    until = (timezone.localdate() + timedelta(days=90)).isoformat()
    data = {
        "newer": {"do": "keep"},
        "read": {"verdict": "sign" if kind == "card" else "publish", "seen": text.fingerprint}
        | {"role": "nurse", "next_check": until},
    }
    with cells() as cell:
        for name, wanted in OF_TEXTS[kind].items():
            address = reverse(f"admin:lessons_text_{name}", args=[kind] if name == "new" else [kind, text.slug])
            for role in ("anonymous", "guest", "ana", "noor", "lead", *STAFF):
                for method, cells_ in zip(("get", "post"), wanted, strict=True):
                    with cell(f"{method} {name} of a {kind} as {role}"):
                        with unchanged(but=cells_[role] == ON):
                            response = getattr(world.client(role), method)(address, data.get(name, {}))
                        answer = REDIRECT[method] if cells_[role] in (ON, ASKED) else cells_[role]
                        assert response.status_code == answer


@pytest.mark.one_database
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", [name for name in TABLE if name.startswith("admin:") and name != "admin:login"])
def test_the_desk_leads_staff_without_a_second_step_to_set_it_up(
    world: World, settings: Settings, name: str, method: str
) -> None:
    settings.STAFF_TWO_STEP = "required"
    for role in NURSES + STAFF:
        with unchanged():
            response = getattr(world.client(role), method)(world.address(name), world.form.get(name, {}))
        assert (response.status_code, response["Location"]) == (REDIRECT[method], reverse("two_step")), role


@pytest.mark.one_database
@pytest.mark.parametrize("name", [*TABLE])
def test_any_other_method_gives_no_error_and_no_change(world: World, name: str) -> None:
    with cells() as cell:
        for role in ("anonymous", "ana", "noor", "omar"):
            with cell(f"{name} as {role}"):
                client, told = world.client(role), {}
                for method in ("put", "patch", "delete", "options", "trace"):
                    with unchanged():
                        told[method] = getattr(client, method)(world.address(name)).status_code
                assert set(told.values()) <= {200, 302, 404, 405}, told


def test_the_desk_shows_the_same_bytes_whatever_happens_in_another_team(
    world: World, client: Client, request: pytest.FixtureRequest
) -> None:
    clients = [world.client(who) for who in OWN_NURSES]
    # The audit log shows the requests of this test itself. tests/learn/desk/test_teams.py tests who sees what of it.
    desk = [name for name in TABLE if name.startswith("admin:") and "audit" not in name]

    def seen() -> list[bytes]:
        texts = [nurse.get(world.address(name)).content for name in desk for nurse in clients]
        return [
            re.sub(rb'name="(csrfmiddlewaretoken|form)" value="[\w-]+"|data-left="\d+"', b"", text) for text in texts
        ]

    clock = time_machine.travel(timezone.now(), tick=False)  # files tell the second in which they were made
    request.addfinalizer(clock.stop)
    clock.start()
    seen()  # messages are shown once
    before = seen()
    cedar = world.people["omar"].memberships.get().care_team
    for n in range(3):
        patient = make_patient(cedar, f"Dee {n}", name=f"dee{n}")
        client.login(username=f"dee{n}", password=PASSWORD)
        client.post(world.address("step"))
        assert patient.user.readings.exists()
    assert seen() == before


@time_machine.travel(timezone.now(), tick=False)  # the pages say what time it is in each zone
def test_it_sees_nothing_of_any_patient(world: World, client: Client) -> None:
    """Every page that ivy may open has the same bytes before and after patients came, answered and were invited."""
    ivy = world.client("ivy")
    # The file of the audit log has a row for what each of them does, without them (tests/learn/desk/test_audit.py).
    desk = [name for name in TABLE if name.startswith("admin:") and name != "admin:people_auditevent_file"]
    hers = [name for name in desk if TABLE[name][0]["ivy"] == 200]
    assert len(hers) > 8

    def seen() -> list[bytes]:
        texts = [ivy.get(world.address(name)).content for name in hers]
        return [re.sub(rb'name="csrfmiddlewaretoken" value="[\w-]+"|data-left="\d+"', b"", text) for text in texts]

    before = seen()
    assert [name for name, text in zip(hers, before, strict=True) if re.search(rb"\b(Ana|Ben|Cai)\b", text)] == []
    maple = world.ana.care_team
    patient = make_patient(maple, "Dee", name="dee")
    client.login(username="dee", password=PASSWORD)
    client.post(world.address("step"))
    world.client("noor").post(world.address("admin:people_patient_contact"), {"note": "Spoke.", "number": 9})
    assert patient.user.readings.exists()
    assert seen() == before


@pytest.mark.parametrize(("name", "field", "method"), INPUTS)
def test_a_field_takes_any_input_without_an_error_of_the_site(world: World, name: str, field: str, method: str) -> None:
    client, field = world.client(FIELDS[name][0]), field.format(lesson=world.lesson.pk)
    keep_published()
    told: list[tuple[int, str | bytes]] = []
    for edge in EDGES:
        pair = f"{field}={raw(edge)}"
        with transaction.atomic():
            if method == "get":
                query = {"QUERY_STRING": pair} if len(pair) < 50_000 else {}
                response = client.get(world.address(name, plain=True), **query)
            else:
                whole = {k: v for k, v in world.form.get(name, {}).items() if k != field}
                body = f"{urlencode(whole, doseq=True)}&{pair}"
                response = client.post(world.address(name), body, content_type="application/x-www-form-urlencoded")
            transaction.set_rollback(True)
        if response.status_code >= 500 or "Set-Cookie: x" in str(response.headers):
            told.append((response.status_code, edge[:20]))
        if name == "account_logout":
            client = world.client(FIELDS[name][0])
    assert told == []


@pytest.mark.parametrize(("before", "after"), PATHS)
def test_a_path_takes_anything_without_an_error_of_the_site(world: World, before: str, after: str) -> None:
    client = Client(raise_request_exception=False)
    before = before.format(attempt=world.attempt.pk, ana=world.ana.pk)
    told = {edge[:20]: client.get(before + raw(edge)[:5000] + after).status_code for edge in EDGES}
    assert {edge: status for edge, status in told.items() if status >= 500} == {}


@pytest.mark.parametrize("cookie", ["sid", "csrf", "messages", "look", "emailed", "known", "card"])
def test_a_cookie_may_hold_anything(world: World, cookie: str) -> None:
    for edge in EDGES:
        client = Client(raise_request_exception=False)
        client.cookies[cookie] = raw(edge)[:3000]
        assert client.get("/my/").status_code == 200, edge[:20]
