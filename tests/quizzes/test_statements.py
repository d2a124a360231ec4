"""Statements written by hand: their rows, their count among the queries, and their plans on PostgreSQL."""

from __future__ import annotations

import pytest
from django.db import connection
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
