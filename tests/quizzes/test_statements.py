"""Statements written by hand: their rows, their count among the queries, and their plans on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from pytest_django import DjangoAssertNumQueries

from quizzes import statements
from quizzes.models import Quiz

TITLES = "SELECT title FROM quizzes_quiz WHERE slug = %s"
WITH_PLANS = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%quizzes_quiz WHERE slug =%%'"


@pytest.mark.django_db
def test_a_query_gives_its_rows_and_any_other_statement_gives_none() -> None:
    Quiz.objects.create(slug="heat", title="Heat")
    assert statements.run("UPDATE quizzes_quiz SET title = %s WHERE slug = %s", ["It's hot: 100 %", "heat"]) == []
    assert statements.run(TITLES, ["heat"]) == [("It's hot: 100 %",)]
    assert Quiz.objects.get().title == "It's hot: 100 %"


@pytest.mark.django_db
def test_a_statement_is_logged_with_its_values_however_often_it_ran(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(7):
        statements.run(TITLES, ["heat"])
    with django_assert_num_queries(1) as logged:
        statements.run(TITLES, ["heat"])
    assert logged.captured_queries[0]["sql"] == TITLES.replace("%s", "'heat'")


@pytest.mark.django_db
def test_a_doubled_percent_sign_of_a_statement_is_one() -> None:
    Quiz.objects.create(slug="heat", title="%s")
    like = "SELECT slug, '%%s', 7 %% 4 FROM quizzes_quiz WHERE slug LIKE 'h%%' AND title = %s"
    assert statements.run(like, ["%s"]) == [("heat", "%s", 3)]


@pytest.mark.django_db
def test_an_error_is_djangos_and_ends_the_transaction() -> None:
    Quiz.objects.create(slug="heat", title="Heat")
    Quiz.objects.create(slug="cold", title="Cold")
    with pytest.raises(IntegrityError), transaction.atomic():
        statements.run("UPDATE quizzes_quiz SET title = %s, slug = %s", ["One", "heat"])
    assert set(Quiz.objects.values_list("title", flat=True)) == {"Heat", "Cold"}
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            statements.run(TITLES, ["heat"])


@pytest.mark.django_db
def test_a_wrapper_of_the_connection_sees_each_statement() -> None:
    seen = []

    def look(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        statements.run(TITLES, ["heat"])
    assert seen == [TITLES]


@pytest.mark.race
@pytest.mark.django_db
@pytest.mark.parametrize(("threshold", "plans"), [(5, 1), (None, 0)], ids=["directly", "behind-a-pooler"])
def test_postgresql_keeps_the_plan_unless_there_is_a_pooler(threshold: int | None, plans: int) -> None:
    connection.ensure_connection()
    assert connection.connection.prepare_threshold == 5
    connection.connection.prepare_threshold = threshold
    try:
        statements.run("DEALLOCATE ALL", [])
        connection.connection._prepared.clear()
        for _ in range(7):
            statements.run(TITLES, ["heat"])
        assert statements.run(WITH_PLANS, []) == [(plans,)]
    finally:
        connection.connection.prepare_threshold = 5
