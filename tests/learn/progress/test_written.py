"""Rows that are read with written SQL are those that the ORM reads, value by value and type by type."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery

from learn.assignments.actions import assign
from learn.assignments.models import Assignment
from learn.lessons.models import CardText
from learn.people.models import User
from learn.progress import answers, held
from learn.progress.actions import keep_page
from learn.progress.models import Reading, TeachBack
from quizzes import taking
from quizzes.models import Attempt, Response
from tests.cast import PatientCase, at, make_nurse, make_patient, make_question, make_quiz, right, wrong

pytestmark = pytest.mark.django_db

COLUMNS = (
    "pk", "item__attempt__learner", "item__revision__question", "item", "number", "mark", "at",
    "item__revision__critical", "item__revision__objective", "item__attempt", "item__attempt__kind",
    "item__attempt__quiz", "item__attempt__quiz__title", "item__attempt__finished",
    "item__revision__question__quizitem__quiz", "item__attempt__learner__patient__care_team__zone",
    "item__attempt__helped", "item__revision__language", "item__revision__translates__objective",
)  # fmt: skip


def typed(found: Any) -> list[list[tuple[str, Any]]]:
    """Return the rows in order, each value with its type; 0 is not False, and a text is no time."""
    return sorted(([(type(value).__name__, value) for value in row] for row in found), key=repr)


class TestWhatIsRead(PatientCase):
    def setUp(self) -> None:
        super().setUp()
        self.ben = make_patient(self.team, "Ben")
        self.guest = User.objects.create_guest()
        make_quiz(self.plain, self.safety, slug="another")  # so a question is in two quizzes
        tries = iter([wrong, right])
        for learner, safety, day in (
            (self.ana.user, wrong, 20),
            (self.ana.user, lambda revision: [], 21),
            (self.ben.user, lambda revision: next(tries)(revision), 20),  # missed once, then right in the same check
            (self.guest, right, 20),
        ):
            self.learner = learner
            self.check(safety=safety, now=at(day))
        taking.start(learner=self.ben.user, quiz=self.quiz, language="en", now=at(22), helped=True)
        TeachBack.objects.create(
            patient=self.ana, question=self.safety.question, topic="T", outcome="own-words", to_whom="patient",
            nurse=self.noor, at=at(22), number=1, place=1,
        )  # fmt: skip
        self.learners = [self.ana.user_id, self.ben.user_id, self.guest.pk]

    def test_of_answers(self) -> None:
        for learner in self.learners:
            orm = Response.objects.filter(item__attempt__learner=learner).values_list(*COLUMNS)
            assert len(orm) >= 2
            assert typed(answers._answers(answers._OF_LEARNERS, [learner])) == typed(orm)

    def test_of_safety_questions_that_may_need_help(self) -> None:
        right_there = Response.objects.filter(item=OuterRef("item"), mark="right")
        again = Response.objects.exclude(mark="right").filter(
            item__attempt__learner=OuterRef("item__attempt__learner"),
            item__revision__question=OuterRef("item__revision__question"),
        )
        orm = (
            Response.objects.exclude(mark="right")
            .filter(~Exists(right_there) | Exists(again.exclude(item=OuterRef("item"))))
            .filter(item__attempt__learner__in=self.learners, item__revision__critical=True)
            .values_list(*COLUMNS)
        )
        found = answers._answers(answers._MISSED, self.learners)
        assert typed(found) == typed(orm)
        assert {row.learner for row in found} == {self.ana.user_id}
        self.learner = self.ben.user
        for _ in range(2):  # the rest of the one that is begun, then a whole check: missed again, and right in the end
            self.check(safety=partial(lambda tries, revision: next(tries)(revision), iter([wrong, right])), now=at(23))
        found = answers._answers(answers._MISSED, self.learners)
        assert typed(found) == typed(orm.all())
        assert [row.item for row in found if row.learner == self.ben.user_id] != []
        assert {row.learner for row in found} == {self.ana.user_id, self.ben.user_id}

    def test_of_attempts(self) -> None:
        rows = Attempt.objects.filter(learner__in=self.learners).values_list("learner", "quiz")
        orm = rows.annotate(checked=Min("finished", filter=Q(kind="check")), open=Count("pk", filter=Q(finished=None)))
        assert typed(held.attempts(self.learners)) == typed(orm)

    def test_of_readings(self) -> None:
        columns = (
            "learner", "edition__lesson", "edition__title", "edition__number", "furthest__slug", "furthest__position",
            "started", "moved", "finished", "edition", "seen", "language",
        )  # fmt: skip
        newest = Subquery(CardText.objects.order_by("-number").values("number")[:1])
        for numbers, learner, positions in (([], self.ana.user, (1,)), ([1, 2], self.ben.user, (1, 2, 3))):
            CardText.objects.bulk_create(CardText(number=n, data={}, at=at(n)) for n in numbers)
            self.learner = learner
            self.read(*positions)
            orm = Reading.objects.filter(learner__in=self.learners).values_list(*columns, newest)
            found = held.readings(self.learners)
            assert typed(found) == typed(orm)
        assert {(row.learner, row.finished is None, row.card) for row in found} == {
            (self.ana.user_id, True, 2), (self.ben.user_id, False, 2)
        }  # fmt: skip

    def test_of_kept_pages(self) -> None:
        """Whoever keeps none costs one small query."""
        keep_page(learner=self.guest, lesson=self.lesson.pk, slug=self.edition.steps.all()[1].slug, now=at(21))
        assert [page.position for page in held.kept_pages(self.guest)] == [2]
        with self.assertNumQueries(1):
            assert held.kept_pages(self.ben.user) == []

    def test_of_assignments(self) -> None:
        note = "2026-11-24 12:00"  # looks like a time
        assign(patients=[self.ana], lessons=[self.lesson], due=date(2026, 12, 5), note=note, by=self.noor, now=at(23))
        other = make_nurse("nell", self.team, first_name="Nell", last_name="Oak")
        assign(patients=[self.ben], lessons=[self.lesson], due=date(2026, 12, 6), note="", by=other, now=at(23))
        Assignment.objects.create(
            patient=self.ana, lesson=self.lesson, due=date(2026, 11, 1), by=self.noor, made=at(1), withdrawn=at(2)
        )
        found = held.assigned(self.learners)
        for row in Assignment.objects.active().select_related("patient", "by"):
            mine = found.pop((row.patient.user_id, row.lesson_id))
            assert typed([vars(mine)[field.attname] for field in Assignment._meta.concrete_fields] for _ in "1") == (
                typed([vars(row)[field.attname] for field in Assignment._meta.concrete_fields] for _ in "1")
            )
            with self.assertNumQueries(0):
                assert str(mine.by) == str(row.by)
        assert found == {}

    def test_of_nobody_is_nothing(self) -> None:
        with self.assertNumQueries(0):
            assert (answers.on_safety([]), held.attempts([]), held.readings([]), held.assigned([])) == ({}, [], [], {})

    def test_of_a_time_to_the_second_is_a_time(self) -> None:
        """SQLite writes 12:00:00 without a fraction, and gives the result of MIN as text."""
        Attempt.objects.filter(learner=self.guest).update(finished=at(20))
        [row] = held.attempts([self.guest.pk])
        assert row.checked == at(20)


def test_a_retired_question_needs_no_row_of_a_quiz() -> None:
    lone = make_question("lone", critical=True)
    quiz = make_quiz(lone, slug="lone")
    learner = User.objects.create_guest()
    attempt = taking.start(learner=learner, quiz=quiz, language="en", now=at(20))
    for number in (1, 2, 3):
        taking.answer(item=attempt.items.get(), given=wrong(lone), number=number, now=at(20))
    quiz.items.all().delete()
    [history] = answers.on_safety([learner.pk]).values()
    assert len(history.rows) == 3
    assert history.quizzes == {quiz.pk}
