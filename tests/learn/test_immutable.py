"""Published text cannot be changed, on both databases."""

import re
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import CharField, DateTimeField, Model
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext

from learn.apps import PRAGMAS, database_problems
from learn.lessons import governance
from learn.lessons.models import (
    CardText,
    ClinicalReview,
    Edition,
    HoldAct,
    Lesson,
    Reference,
    ReferenceText,
    Remark,
    SharedWords,
    Step,
)
from learn.people import audit
from learn.people.models import AuditEvent, AuditSeal, User
from learn.progress.models import Contact, TeachBack
from quizzes import authoring, immutable, taking
from quizzes.immutable import Guard
from quizzes.models import AttemptItem, Question, Response, Revision
from tests.cast import at, load_content, make_patient, make_question, make_quiz, make_team, right, unguarded

CHANGED: dict[str, Any] = {
    "spec": {"version": 9},
    "remember": ["x", "y", "z"],
    "claims": ["X"],
    "key": ["X"],
    "data": {"above": "X"},
    "body": {"term": "X"},
}


def other(row: Model, field: str) -> Any:
    """Return a value for the field that differs from the row's value."""
    value = getattr(row, field)
    if field in CHANGED:
        return CHANGED[field]
    if isinstance(value, bool):
        return not value
    if value is None:
        kind = row._meta.get_field(field)
        if kind.is_relation:
            return kind.related_model.objects.first()
        return at(1) if isinstance(kind, DateTimeField) else 7
    if isinstance(value, int):
        return value + 100
    if isinstance(value, str):
        return "other"
    if isinstance(value, list):
        return [*value, "other"]
    if isinstance(value, Model):
        return type(value).objects.exclude(pk=value.pk).first()
    return value + timedelta(days=1)


class TestAPublishedRow(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        revisions = [make_question("one"), make_question("two")]
        learners = [User.objects.create_guest() for _ in range(2)]
        quiz = make_quiz(*revisions)
        for learner in learners:
            attempt = taking.start(learner=learner, quiz=quiz, language="en", now=at(20))
            item = attempt.items.with_answers()[0]
            taking.answer(item=item, given=right(revisions[0]), number=1, now=at(20))
        patient, _ = (make_patient(team) for team in (make_team(), make_team("Cedar team")))
        audit.note(by=learners[0], what="patient.seen", now=at(20), patient=patient)
        AuditSeal.objects.create(place=1, event=AuditEvent.objects.get().pk, hash="0" * 64)
        Contact.objects.create(patient=patient, nurse=learners[0], at=at(20), number=1)
        edition = Edition.objects.order_by("pk")[0]
        Remark.objects.create(edition=edition, about="one", by=learners[0], at=at(20), text="T")
        day = at(20).date()
        ClinicalReview.objects.create(edition=edition, who=learners[0], role="R", on=day, until=day)
        for slug in ("one", "two"):
            ReferenceText.objects.create(
                reference=Reference.objects.create(kind="term", slug=slug), number=1, state="published", body={},
                author=learners[0], written=at(20), published_by=learners[0], published_at=at(20),
            )  # fmt: skip
        for name in ("one", "two"):
            SharedWords.objects.create(language="es", name=name, mark="M", pairs=[["a", "b"]])
        HoldAct.objects.create(note="N", settled=True, by=learners[0], role="R", why="W", at=at(20))
        TeachBack.objects.create(
            patient=patient, question=revisions[0].question, lesson=Lesson.objects.all()[0], topic="When to call",
            outcome="own-words", to_whom="patient", nurse=learners[0], at=at(20), number=1, place=1,
        )  # fmt: skip

    def test_of_each_guarded_model_is_in_these_tests(self) -> None:
        assert {model for model, _ in immutable.guarded()} == {
            Revision, AttemptItem, Response, Edition, Step, CardText, AuditEvent, AuditSeal, Contact, TeachBack, Remark,
            ClinicalReview, HoldAct, ReferenceText, SharedWords,
        }  # fmt: skip

    def test_refuses_a_change_of_each_guarded_field(self) -> None:
        tried = 0
        for model, guard in immutable.guarded():
            row = model.objects.order_by("pk").first()
            for field in guard.fields:
                with pytest.raises(IntegrityError, match="published text never changes"), transaction.atomic():
                    model.objects.filter(pk=row.pk).update(**{field: other(row, field)})
                tried += 1
        assert tried == 16 + 3 + 5 + 14 + 10 + 4 + 7 + 3 + 5 + 14 + 5 + 9 + 6 + 10 + 4

    def test_cannot_become_a_draft_again(self) -> None:
        for rows, back in (
            (Revision.objects, {"state": "draft"}),
            (Edition.objects, {"state": "draft"}),
            (ReferenceText.objects, {"state": "draft"}),
            (Step.objects, {"frozen": False}),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**back)

    def test_can_be_retired_and_is_still_guarded(self) -> None:
        edition = Edition.objects.first()
        governance.retire(edition=edition)
        authoring.retire(revision=Revision.objects.first())
        with pytest.raises(IntegrityError), transaction.atomic():
            Edition.objects.filter(pk=edition.pk).update(title="Other")

    def test_accepts_a_save_that_changes_nothing(self) -> None:
        for model, _ in immutable.guarded():
            model.objects.first().save()

    def test_can_be_changed_while_it_is_a_draft(self) -> None:
        old = Revision.objects.first()
        draft = authoring.draft(
            question=old.question, language="en", kind=old.kind, spec=old.spec, stem="a", why="b", objective="c"
        )
        Revision.objects.filter(pk=draft.pk).update(stem="another")
        edition = Edition.objects.create(
            lesson=Edition.objects.first().lesson, number=9, title="T", main_message="M", remember=[], minutes=1
        )
        step = Step.objects.create(edition=edition, position=1, slug="s", heading="H", body="B")
        Step.objects.filter(pk=step.pk).update(body="C")
        Edition.objects.filter(pk=edition.pk).update(title="U")

    def test_can_be_deleted_for_an_erasure(self) -> None:
        Response.objects.all().delete()
        assert AttemptItem.objects.all().delete()[0] == 4
        assert Question.objects.exists()


class TestTheGuards(TestCase):
    def test_all_exist_after_migrate(self) -> None:
        assert immutable.missing(connection) == []
        assert database_problems() == []

    def test_keep_the_site_from_starting_when_they_are_missing(self) -> None:
        with unguarded():
            found = database_problems()
        assert found == [
            f"The guard of {model._meta.db_table} is missing. Run `manage.py migrate`."
            for model, _ in immutable.guarded()
        ]

    def test_are_left_alone_while_they_are_right(self) -> None:
        """To replace one, PostgreSQL waits for every reader: pages would stand still while a backup runs."""
        with CaptureQueriesContext(connection) as queries:
            immutable.put_back()
        written = [q["sql"] for q in queries if re.search("CREATE|DROP|ALTER|SET ", q["sql"])]
        assert written == []

    def test_are_replaced_when_they_differ(self) -> None:
        table, when = Revision._meta.db_table, "(OLD.stem = 'never') AND "
        guard = Guard(Revision.guard.fields, once=when + "(" + Revision.guard.once + ")")
        with unguarded():
            with connection.cursor() as cursor:
                for statement in immutable.statements(Revision, guard, connection.vendor):
                    cursor.execute(statement)
            revision = make_question("one")
            Revision.objects.filter(pk=revision.pk).update(stem="Other")
            assert table not in immutable.missing(connection)
        with pytest.raises(IntegrityError), transaction.atomic():
            Revision.objects.filter(pk=revision.pk).update(stem="Again")

    def test_are_enabled_again_when_somebody_disabled_them(self) -> None:
        if connection.vendor == "postgresql":  # SQLite cannot disable one
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE quizzes_revision DISABLE TRIGGER quizzes_revision_guard")
            assert immutable.missing(connection) == ["quizzes_revision"]
            immutable.put_back()
            assert immutable.missing(connection) == []

    def test_keep_the_site_from_starting_on_a_replica(self) -> None:
        if connection.vendor == "postgresql":  # SQLite has none
            with connection.cursor() as cursor:
                cursor.execute("CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean RETURN true")
                cursor.execute("SET LOCAL search_path = public, pg_catalog")
            [problem] = database_problems()
            assert problem.startswith("This database is a replica")


class TestSQLite(TestCase):
    """Answers are on disk before a page says that they are saved."""

    def test_runs_with_the_settings_for_durability(self) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                got = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in (*PRAGMAS, "busy_timeout")}
            kept = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
            assert got == kept | {"secure_delete": 1}
            assert connection.transaction_mode == "IMMEDIATE"
        else:
            assert settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] == settings.THREADS

    def test_keeps_the_site_from_starting_with_other_settings(self) -> None:
        with patch.dict(PRAGMAS, {"synchronous": 99}):
            assert bool(database_problems()) is (connection.vendor == "sqlite")


class TestAnAlteredTable(TransactionTestCase):
    """SQLite creates an altered table anew without its trigger, until migrate installs it again at the end."""

    def alter(self, was: CharField, becomes: CharField) -> None:
        for field in (was, becomes):
            field.set_attributes_from_name("stem")
            field.model = Revision
        with connection.schema_editor() as editor:
            editor.alter_field(Revision, was, becomes)

    def test_has_its_guard_back_after_migrate(self) -> None:
        revision = make_question("one")
        self.alter(CharField(max_length=300), CharField(max_length=301))
        if connection.vendor == "sqlite":
            assert immutable.missing(connection) == ["quizzes_revision"]
        call_command("migrate", verbosity=0)
        assert immutable.missing(connection) == []
        with pytest.raises(IntegrityError):
            Revision.objects.filter(pk=revision.pk).update(stem="Other")
        self.alter(CharField(max_length=301), CharField(max_length=300))
        immutable.put_back()
