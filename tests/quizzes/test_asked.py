"""What an attempt asks by one written statement: the same as the ORM's, scoped to its learner, wordings kept."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from quizzes import asked, authoring, reviewing, taking, translating
from quizzes.asked import Asked, Wording
from quizzes.models import Attempt, AttemptItem, Memory, Response, Revision
from tests.quizzes.cast import ask, at, give, learn, make_learner, make_question, make_quiz, right, wrong

KINDS = ("choice", "truth", "matching", "ordering")


def unsure(revision: Revision) -> list[str]:
    return []


def reworded(revision: Revision, stem: str) -> Revision:
    """Return a draft of the same question in other words."""
    return authoring.draft(
        question=revision.question, language="en", kind="choice", stem=stem, why="W.", objective="T", spec=revision.spec
    )


def begin(learner: Any = None) -> Attempt:
    """Return an attempt at one question of each kind, the first of which is for safety."""
    quiz = make_quiz(*(make_question(kind, kind=kind, critical=kind == "choice") for kind in KINDS))
    return taking.start(learner=learner or make_learner(), quiz=quiz, language="en", now=at(20))


def assert_equal(item: Asked, twin: AttemptItem) -> None:
    """Assert that an item says what the ORM's says."""
    of = twin.attempt
    for name in ("pk", "position", "answers", "last_mark", "attempt_id"):
        assert getattr(item, name) == getattr(twin, name), name
    for name in ("pk", "learner_id", "kind", "quiz_id", "language", "finished", "helped", "started"):
        assert getattr(item.attempt, name) == getattr(of, name), name
    assert bool(item.attempt.quiz) == bool(of.quiz)
    if of.quiz and item.attempt.quiz:
        assert (item.attempt.quiz.slug, item.attempt.quiz.title) == (of.quiz.slug, of.quiz.title)
    for field in fields(Wording):
        assert getattr(item.revision, field.name) == getattr(twin.revision, field.name), field.name
    assert item.ask() == twin.ask()
    newest = twin.responses.order_by("-number").first()
    assert json.loads(item.given) == (newest.given if newest else [])
    for given in ([], right(twin.revision), wrong(twin.revision)):
        assert item.revision.mark(given) == twin.revision.mark(given)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "how", [(), (right,), (wrong, unsure), (wrong, right, unsure, right, wrong), (right,) * 4], ids=len
)
def test_the_items_are_the_orms(how: tuple[Any, ...], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    attempt = begin()
    give(attempt, *how, now=at(20))
    twins = list(AttemptItem.objects.filter(attempt=attempt).with_answers())
    with django_assert_num_queries(2):  # the items, their wordings
        items = asked.items_of(attempt.learner_id, attempt.pk)
    assert len(items) == len(twins) == len(KINDS)
    for item, twin in zip(items, twins, strict=True):
        assert_equal(item, twin)
    assert [taking.is_owed(item, items) for item in items] == [taking.is_owed(twin, twins) for twin in twins]


@pytest.mark.django_db
def test_the_items_of_a_review_are_the_orms() -> None:
    attempt = ask(make_learner(), make_question("one"), make_question("two"), now=at(20))
    twins = AttemptItem.objects.filter(attempt=attempt).with_answers()
    items = asked.items_of(attempt.learner_id, attempt.pk)
    assert items[0].attempt.quiz is None
    for item, twin in zip(items, twins, strict=True):
        assert_equal(item, twin)


@pytest.mark.django_db
def test_nobody_gets_anyone_elses() -> None:
    attempt, other = begin(), make_learner()
    item = attempt.items.get(position=1)
    assert asked.items_of(other.pk, attempt.pk) == []
    assert asked.items_of(None, attempt.pk) == []
    with transaction.atomic():
        assert asked.items_to_answer(other.pk, attempt.pk, item.pk) == ([], None)


@pytest.mark.django_db
def test_the_memory_of_the_answered_question_comes_along_and_no_other() -> None:
    learner, other = make_learner(), make_learner()
    one, two = make_question("one"), make_question("two")
    for who in (learner, other):
        learn(who, one, two, now=at(1))
    attempt = ask(learner, one, two, now=at(20))
    first, second = attempt.items.order_by("position")
    with transaction.atomic():
        for item in (first, second):
            row = Memory.objects.get(learner=learner, question=item.revision.question_id)
            assert asked.items_to_answer(learner.pk, attempt.pk, item.pk)[1] == (row.pk, row.state)
    Memory.objects.filter(learner=learner).delete()
    with transaction.atomic():
        assert asked.items_to_answer(learner.pk, attempt.pk, first.pk)[1] is None


@pytest.mark.django_db
def test_the_memories_of_a_learner_are_the_orms() -> None:
    learner, other = make_learner(), make_learner()
    one, two, retired = make_question("one"), make_question("two", critical=True), make_question("retired")
    for who in (learner, other):
        learn(who, one, two, retired, now=at(1))
    Revision.objects.filter(pk=retired.pk).update(state="retired")
    reviewing.pause(learner=other, now=at(2))
    for who in (learner, other):
        found = sorted(asked.memories(who.pk, "en"), key=lambda memory: memory.pk)
        twins = Memory.objects.of(who).asked(language="en").order_by("pk")
        assert len(twins) == 2
        assert [vars(memory) | {"_state": 0} for memory in found] == [vars(twin) | {"_state": 0} for twin in twins]
        assert [type(memory.safety) for memory in found] == [bool, bool]
        assert [m.revision for m in asked.memories(who.pk, "es")] == [m.revision for m in asked.memories(who.pk, "en")]


@pytest.mark.django_db
def test_a_review_asks_in_the_readers_language_what_is_translated() -> None:
    """And the rest in the source language: nothing that is due is forgotten."""
    learner, one, two = make_learner(), make_question("one"), make_question("two")
    learn(learner, one, two, now=at(1))
    words = {"objective": "Uno", "stem": "¿Uno?", "why": "Porque sí.", "spec": one.spec}
    told = translating.translate(of=one, language="es", **words)
    assert {m.revision for m in asked.memories(learner.pk, "es")} == {told.pk, two.pk}
    assert {m.revision for m in asked.memories(learner.pk, "en")} == {one.pk, two.pk}
    again = translating.translate(of=one, language="es", **(words | {"stem": "¿Cuál?"}))
    told.refresh_from_db()
    assert (told.state, again.number, again.line) == ("retired", 2, one.line)
    with pytest.raises(authoring.Unfit):
        translating.translate(of=one, language="es", **(words | {"spec": {"version": 1}}))
    with pytest.raises(authoring.Unfit):
        translating.translate(of=told, language="es", **words)


@pytest.mark.django_db
def test_the_last_review_of_a_learner_is_the_orms() -> None:
    learner, one = make_learner(), make_question("one")
    assert asked.last_review(learner.pk) is None
    learn(learner, one, how=wrong, now=at(1))
    for day in (15, 29):
        attempt = reviewing.start(learner=learner, language="en", now=at(day))
        assert attempt
        found = asked.last_review(learner.pk)
        assert vars(found) | {"_state": 0} == vars(Attempt.objects.get(pk=attempt.pk)) | {"_state": 0}
        give(attempt, wrong, now=at(day))
        found = asked.last_review(learner.pk)
        assert vars(found) | {"_state": 0} == vars(Attempt.objects.get(pk=attempt.pk)) | {"_state": 0}
    assert asked.last_review(make_learner().pk) is None


@pytest.mark.django_db
def test_a_second_save_of_a_new_memory_changes_nothing() -> None:
    learner, one = make_learner(), make_question("one")
    learn(learner, one, now=at(1))
    row = Memory.objects.get()
    learn(make_learner(), one, how=wrong, now=at(3))
    other = Memory.objects.exclude(pk=row.pk).get()
    asked.save_memory(None, learner=learner.pk, question=one.question_id, state=other.state)
    assert Memory.objects.get(pk=row.pk).state == row.state
    asked.save_memory(row.pk, learner=learner.pk, question=one.question_id, state=other.state)
    assert Memory.objects.get(pk=row.pk).state == other.state


@pytest.mark.django_db
@pytest.mark.parametrize("given", [[], ["a"], ["é “x”", 'quote " here', "back\\slash %s"]], ids=["none", "one", "odd"])
def test_a_saved_answer_is_the_orms(given: list[str]) -> None:
    item = begin().items.get(position=1)
    asked.save_answer(item=item.pk, number=1, given=given, mark="unsure", at=at(20))
    row = Response.objects.get()
    assert (row.item_id, row.number, row.given, row.mark, row.at) == (item.pk, 1, given, "unsure", at(20))
    assert json.loads(asked.items_of(item.attempt.learner_id, item.attempt_id)[0].given) == given


@pytest.mark.django_db(transaction=True)
class TestWhatIsKept:
    def test_costs_no_second_query(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        attempt = begin()
        for queries in (2, 1, 1):
            with django_assert_num_queries(queries):
                asked.items_of(attempt.learner_id, attempt.pk)

    def test_is_nothing_that_was_rolled_back(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        attempt = begin()
        with transaction.atomic():
            asked.items_of(attempt.learner_id, attempt.pk)
            transaction.set_rollback(True)
        with django_assert_num_queries(2):
            asked.items_of(attempt.learner_id, attempt.pk)

    def test_is_no_draft(self) -> None:
        first = make_question("one")
        draft = reworded(first, "Other?")
        assert set(asked.wordings([first.pk, draft.pk])) == {first.pk}

    def test_stays_what_an_attempt_was_begun_with_when_a_newer_wording_comes(self) -> None:
        attempt = begin()
        before = asked.items_of(attempt.learner_id, attempt.pk)
        old = Revision.objects.get(question__slug="choice")
        newer = reworded(old, "Newer?")
        authoring.publish(revision=newer, same_meaning=False)
        after = asked.items_of(attempt.learner_id, attempt.pk)
        assert [i.revision.stem for i in after] == [i.revision.stem for i in before]
        again = taking.start(learner=make_learner(), quiz=attempt.quiz, language="en", now=at(21))  # type: ignore[arg-type]
        assert asked.items_of(again.learner_id, again.pk)[0].revision.stem == "Newer?"

    def test_has_a_bound(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asked, "MOST", 3)
        revisions = [make_question(f"q{n}") for n in range(7)]
        for revision in revisions:
            assert asked.wordings([revision.pk])[revision.pk].stem == revision.stem
            assert len(asked._kept) <= 3

    def test_cannot_be_changed(self) -> None:
        revision = make_question("one")
        wording = asked.wordings([revision.pk])[revision.pk]
        with pytest.raises(AttributeError):
            wording.stem = "Another?"  # type: ignore[misc]
        assert not hasattr(wording, "save")


@pytest.mark.django_db
def test_the_attempt_is_locked_by_the_same_statement() -> None:
    if connection.vendor == "sqlite":
        assert not connection.features.has_select_for_update_of  # its transaction lets one writer in at a time
        return
    attempt = begin()
    with connection.execute_wrapper(lambda execute, sql, *rest: seen.append(sql) or execute(sql, *rest)):
        seen: list[str] = []
        with transaction.atomic():
            asked.items_to_answer(attempt.learner_id, attempt.pk, attempt.items.get(position=1).pk)
    assert any(sql.endswith("FOR UPDATE OF a") for sql in seen)
