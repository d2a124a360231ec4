"""The seals of the audit log: a changed or missing row is found, also when several write at once."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext

from learn.people import audit, chain
from learn.people.chain import Seal
from learn.people.models import AuditEvent, AuditSeal, Patient, User
from quizzes import immutable
from tests.cast import at, make_nurse, make_patient, make_team, together, unguarded

committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(transactional_db: None) -> tuple[User, Patient]:
    team = make_team()
    return make_nurse("noor", team), make_patient(team)


@pytest.fixture
def log(people: tuple[User, Patient]) -> list[int]:
    """Write five sealed rows, one of them inside a transaction; return their primary keys."""
    noor, ana = people
    audit.note(by=noor, what="patient.seen", patient=ana, now=at(20))
    with transaction.atomic():
        audit.note(by=noor, what="contacted", patient=ana, now=at(20, 9, 30))
    audit.note_list(by=noor, what="list.seen", patients=[ana], now=at(21))
    audit.note_own(user=None, what="sign-in.failed", now=at(22))
    return list(AuditEvent.objects.order_by("pk").values_list("pk", flat=True))


def check(*args: str) -> str:
    out = StringIO()
    call_command("check_audit", *args, stdout=out, stderr=out)
    return out.getvalue()


def faults(*args: str) -> str:
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("check_audit", *args, stdout=said, stderr=said)
    return said.getvalue()


@committed
class TestTheChain:
    def test_is_complete_and_has_a_seal_for_each_row(self, log: list[int]) -> None:
        assert "The audit log is complete" in check()
        assert list(AuditSeal.objects.order_by("place").values_list("place", flat=True)) == [1, 2, 3, 4, 5]
        assert set(AuditSeal.objects.values_list("event", flat=True)) == set(log)
        assert len(set(AuditSeal.objects.values_list("hash", flat=True))) == 5

    @pytest.mark.parametrize(
        "change",
        [{"who": 7}, {"what": "contacted"}, {"at": at(1)}, {"team": None}, {"patient": 9}, {"person": 9}, {"count": 3}],
        ids=str,
    )
    def test_shows_a_changed_row(self, log: list[int], change: dict[str, Any]) -> None:
        with unguarded():
            AuditEvent.objects.filter(pk=log[0]).update(**change)
        assert f"Row {log[0]} or its seal 1 was changed." in faults()

    def test_shows_a_changed_seal(self, log: list[int]) -> None:
        with unguarded():
            AuditSeal.objects.filter(place=3).update(hash="0" * 64)
        assert f"Row {log[2]} or its seal 3 was changed." in faults()

    @pytest.mark.parametrize("n", [0, 2, 4])
    def test_shows_a_missing_row(self, log: list[int], n: int) -> None:
        AuditEvent.objects.filter(pk=log[n]).delete()
        assert faults().splitlines() == [f"Row {log[n]} is missing (seal {n + 1})."]

    def test_shows_that_a_row_is_missing_with_its_seal(self, log: list[int]) -> None:
        AuditEvent.objects.filter(pk__in=log[1:3]).delete()
        AuditSeal.objects.filter(place__in=(2, 3)).delete()
        assert "Seals 2 to 3 are missing." in faults()

    def test_shows_with_an_earlier_result_that_its_end_was_cut_off_or_it_was_made_anew(self, log: list[int]) -> None:
        known = str(chain.last())
        assert "is complete" in check("--known", known)
        AuditEvent.objects.filter(pk=log[4]).delete()
        AuditSeal.objects.filter(place=5).delete()
        assert "is complete" in check()
        assert "Seals 5 to 5 are missing at the end." in faults("--known", known)
        audit.note_own(user=None, what="sign-in.failed", now=at(23))
        assert "is complete" in check()
        assert "Seal 5 is not the one that was written down" in faults("--known", known)

    def test_shows_rows_without_a_seal_and_seals_them_when_told_to(self, log: list[int]) -> None:
        AuditEvent.objects.create(at=at(23), who=1, what="patient.seen")
        assert "1 rows have no seal" in faults()
        assert "Sealed now: 1." in check("--seal")
        assert "is complete" in check()

    @pytest.mark.parametrize("known", ["x", "5:abc", f"²:{'0' * 64}", f"{'9' * 30}:{'0' * 64}"])
    def test_refuses_an_earlier_result_that_is_none(self, log: list[int], known: str) -> None:
        with pytest.raises(CommandError, match="--known is not"):
            check("--known", known)

    def test_of_an_empty_log_is_complete(self) -> None:
        assert f"{Seal(0, chain.START)}" in check()


@committed
def test_a_transaction_that_is_undone_leaves_neither_a_row_nor_a_seal(people: tuple[User, Patient]) -> None:
    with transaction.atomic():
        audit.note(by=people[0], what="contacted", patient=people[1], now=at(20))
        transaction.set_rollback(True)
    assert (AuditEvent.objects.count(), AuditSeal.objects.count()) == (0, 0)


@committed
def test_a_list_costs_the_same_statements_for_one_and_for_fifty_patients(people: tuple[User, Patient]) -> None:
    counts = []
    for n in (1, 50):
        with CaptureQueriesContext(connection) as queries:
            audit.note_list(by=people[0], what="list.seen", patients=[people[1]] * n, now=at(20))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4  # begin; lock, rows and last seal in one; seals; commit


@pytest.mark.race
@committed
def test_eight_who_write_at_once_make_one_chain_without_a_gap(people: tuple[User, Patient]) -> None:
    assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
    noor, ana = people

    def write(n: int) -> None:
        for k in range(10):
            if (n + k) % 2:
                audit.note_list(by=noor, what="list.seen", patients=[ana] * 3, now=at(20))
            else:  # as an action does: with another lock, taken before or after the row is written
                with transaction.atomic():
                    if n % 4:
                        User.objects.lock(noor.pk)
                    audit.note(by=noor, what="contacted", patient=ana, now=at(20))
                    User.objects.lock(noor.pk)

    assert together(8, write) == [None] * 8
    found = chain.check()
    assert (found.faults, found.unsealed, found.last.place) == ([], [], 40 * 4 + 40)


@pytest.fixture
def older_release() -> Iterator[None]:
    MigrationExecutor(connection).migrate([("people", "0017_session_key")])
    yield
    forward()


def forward() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    immutable.put_back()


@committed
@pytest.mark.parametrize("batch", [2, 2000])
def test_the_migration_seals_what_is_in_the_log_already(
    older_release: None, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learn.people.migrations.0019_seal_the_log.AT_ONCE", batch)
    AuditEvent.objects.bulk_create(AuditEvent(at=at(n), who=n, what="patient.seen", count=n) for n in range(1, 6))
    AuditEvent.objects.filter(who=2).delete()
    forward()
    assert chain.check()[1:] == ([], [])
    assert chain.last().place == 4
    audit.note_own(user=None, what="sign-in.failed", now=at(23))
    assert chain.check().last.place == 5
