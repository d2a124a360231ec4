"""Sessions: the user id of each, ending all of a user's sessions, and the migration from Django's table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session as DjangosSession
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from learn.people import sessions
from learn.people.models import Session, User
from learn.people.sessions import SessionStore
from quizzes import immutable
from tests.cast import PASSWORD, plan_of

BEFORE = ("people", "0005_invitations")


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.django_db
class TestASession:
    def test_has_the_user_id_until_the_user_signs_out(self) -> None:
        ana = User.objects.create_user("ana", password=PASSWORD)
        client = Client()
        client.get("/accounts/login/")
        client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
        row = Session.objects.get()
        assert (row.user_id, row.get_decoded()[SESSION_KEY]) == (ana.pk, str(ana.pk))
        client.get("/my/")
        assert Session.objects.get().user_id == ana.pk
        client.post("/accounts/logout/")
        assert not Session.objects.filter(user_id=ana.pk).exists()

    def test_without_a_user_has_no_user_id(self) -> None:
        store = SessionStore()
        store["shared"] = True
        store.create()
        assert Session.objects.get().user_id is None

    def test_gets_the_id_of_the_next_user_on_the_same_device(self) -> None:
        guest, ana = User.objects.create_guest(), User.objects.create_user("ana", password=PASSWORD)
        client = sign_in(guest)
        client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
        assert Session.objects.get(pk=client.session.session_key).user_id == ana.pk
        assert not Session.objects.filter(user_id=guest.pk).exists()

    def test_that_was_ended_during_a_request_stays_ended_and_the_answer_is_no_error(self) -> None:
        ana = User.objects.create_user("ana", password=PASSWORD)
        client = sign_in(ana)
        here = SessionStore(client.session.session_key)
        here["seen"] = 1  # a request that changes the session, and during which another one ends it
        sessions.end_all(ana.pk)
        here.save()
        assert not Session.objects.filter(user_id=ana.pk).exists()
        assert client.get("/my/").context["user"].is_anonymous

    def test_is_deleted_after_it_expires(self) -> None:
        living, over = SessionStore(), SessionStore()
        for store, seconds in ((living, 60), (over, -60)):
            store["shared"] = True
            store.set_expiry(seconds)
            store.create()
        call_command("clearsessions")
        assert [row.pk for row in Session.objects.all()] == [living.session_key]

    @pytest.mark.parametrize("devices", [1, 3])
    def test_ends_with_all_sessions_of_its_user_in_one_indexed_statement(
        self, devices: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        ana, ben = User.objects.create_guest(), User.objects.create_guest()
        clients = [sign_in(ana) for _ in range(devices)]
        other = sign_in(ben)
        with django_assert_num_queries(1) as done:
            sessions.end_all(ana.pk)
        assert "people_session_user_id" in plan_of(done.captured_queries[0]["sql"])
        assert all(client.get("/my/").context["user"].is_anonymous for client in clients)
        assert other.get("/my/").context["user"] == ben


@pytest.fixture
def older_release() -> Iterator[None]:
    """Migrate back to Django's own table, and always forward again at the end."""
    MigrationExecutor(connection).migrate([BEFORE])
    yield
    newest()


def newest() -> None:
    """Do what `manage.py migrate` does: the newest tables, and their guards."""
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    immutable.put_back()


@pytest.mark.django_db(transaction=True)
class TestTheMigration:
    def old(self, data: dict[str, Any], seconds: int = 3600) -> str:
        store = db.SessionStore()
        store.update(data)
        store.set_expiry(seconds)
        store.create()
        return str(store.session_key)

    @pytest.mark.parametrize("batch", [1, 500], ids=["in-batches", "in-one"])
    def test_moves_each_valid_session_with_its_user(
        self, older_release: None, batch: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("learn.people.migrations.0006_sessions.BATCH", batch)
        ana, guest, nobody = self.old({SESSION_KEY: "7"}), self.old({SESSION_KEY: "8"}), self.old({"shared": True})
        self.old({SESSION_KEY: "7"}, seconds=-3600)
        DjangosSession.objects.create(
            session_key="unreadable", session_data="not:signed", expire_date=timezone.now() + timedelta(days=1)
        )
        before = {row.pk: (row.session_data, row.expire_date) for row in DjangosSession.objects.all()}

        newest()

        assert dict(Session.objects.values_list("pk", "user_id")) == {ana: 7, guest: 8, nobody: None}
        assert all((row.session_data, row.expire_date) == before[row.pk] for row in Session.objects.all())
        assert not DjangosSession.objects.exists(), "an erasure would not find them"

    def test_signs_nobody_out_in_either_direction(self, settings: Settings) -> None:
        user = User.objects.create_guest()
        key = sign_in(user).session.session_key
        MigrationExecutor(connection).migrate([BEFORE])
        try:  # the older release reads it with Django's own store, and has no columns that came later
            older = db.SessionStore(key)
            assert (older[SESSION_KEY], older[HASH_SESSION_KEY]) == (str(user.pk), user.get_session_auth_hash())
        finally:
            executor = MigrationExecutor(connection)
            executor.migrate(executor.loader.graph.leaf_nodes())
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = str(key)
        assert client.get("/my/").context["user"] == user
        assert Session.objects.get().user_id == user.pk
