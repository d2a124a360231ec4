"""Helpers for tests of the engine: questions, quizzes, answers and learners. Imports nothing from learn."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from crispy_forms.utils import render_crispy_form
from django import forms
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quizzes import authoring, immutable, taking
from quizzes.models import Attempt, AttemptItem, Question, Quiz, QuizItem, Revision, day_of

NEW_YORK = ZoneInfo("America/New_York")
How = Any  # `right`, `wrong`, or a function that returns an empty answer
_names = itertools.count(1)


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """Return a moment in November 2026 on the clinic's clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK)


def make_learner() -> Any:
    """Return a new user of the site's user model, whichever it is."""
    return get_user_model().objects.create_user(f"learner-{next(_names)}")


def make_question(slug: str = "a-question", *, kind: str = "choice", **over: Any) -> Revision:
    """Return a published question. A choice question's right choices begin with "Right"."""
    if kind == "truth":
        spec: dict[str, Any] = {"version": 1, "answer": True, "feedback": {"true": "It is.", "false": "It is, though."}}
    elif kind == "matching":
        pairs = [("Row 1", "ca"), ("Row 2", "cb"), ("Row 3", "ca")]
        spec = {
            "version": 1,
            "cards": [{"id": "ca", "text": "Card A"}, {"id": "cb", "text": "Card B"}],
            "rows": [{"text": text, "card": card, "feedback": f"About {text}."} for text, card in pairs],
        }
    elif kind == "ordering":
        cards = [{"text": f"Card {n}"} for n in (1, 2, 3)]
        spec = {"version": 1, "cards": cards, "feedback": "About this order."}
    else:
        choose = over.pop("choose", 1)
        texts = [f"Right {n}" for n in range(choose)] + ["Wrong 1", "Wrong 2"]
        spec = {
            "version": 1,
            "choose": choose,
            "choices": [{"text": t, "right": t.startswith("Right"), "feedback": f"About {t}."} for t in texts],
        }
    fields = {"stem": f"Stem of {slug}?", "why": f"Why of {slug}.", "objective": f"Topic of {slug}", "spec": spec}
    revision = authoring.draft(question=Question.objects.create(slug=slug), language="en", kind=kind, **(fields | over))
    authoring.publish(revision=revision, same_meaning=False)
    return revision


def make_quiz(*revisions: Revision, slug: str = "a-quiz") -> Quiz:
    """Return a quiz of these questions, in this order."""
    quiz = Quiz.objects.create(slug=slug, title="A quiz")
    QuizItem.objects.bulk_create(
        QuizItem(quiz=quiz, question=revision.question, position=n) for n, revision in enumerate(revisions, 1)
    )
    return quiz


@contextmanager
def unguarded() -> Iterator[None]:
    """Switch off the guards, so that a test can change a published row."""
    with connection.cursor() as cursor:
        for model, _ in immutable.guarded():
            table = model._meta.db_table
            on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
            cursor.execute(f'DROP TRIGGER "{table}_guard"{on}')
    yield
    immutable.put_back()


def together(threads: int, act: Callable[[int], object]) -> list[object]:
    """Run act(0), act(1)… in threads at the same moment; return each result, or the exception that it raised."""
    barrier, results = threading.Barrier(threads), [None] * threads

    def run(n: int) -> None:
        barrier.wait()
        try:
            results[n] = act(n)
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    running = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return results


@contextmanager
def paced(seconds: float = 0.005) -> Iterator[list[Exception]]:
    """Sleep after each statement of this thread that locks or writes, so that a wrong lock order ends in a deadlock.

    Yields the list of database errors, which also has the errors that the code under test caught.
    """
    refused: list[Exception] = []

    def pace(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            done = execute(sql, params, many, context)
        except Exception as error:
            refused.append(error)
            raise
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) or " FOR UPDATE" in sql or " FOR NO KEY UPDATE" in sql:
            time.sleep(seconds)
        return done

    with connection.execute_wrapper(pace):
        yield refused


_CROWD = (
    """INSERT INTO quizzes_attempt (id, learner_id, kind, quiz_id, language, started, finished, helped)
    SELECT gen_random_uuid(), who, 'check', (%(quizzes)s::bigint[])[1 + n %% cardinality(%(quizzes)s)], 'en', at,
        at + interval '5 minutes', false
    FROM (SELECT who, n, %(now)s - n * interval '10 minutes' AS at
        FROM unnest(%(learners)s::bigint[]) WITH ORDINALITY AS one (who, n)) AS each""",
    """INSERT INTO quizzes_attemptitem (attempt_id, position, revision_id)
    SELECT a.id, q.position, r.id FROM quizzes_attempt a JOIN quizzes_quizitem q ON q.quiz_id = a.quiz_id
    JOIN quizzes_revision r ON r.question_id = q.question_id AND r.state = 'published'
    WHERE a.learner_id = ANY (%(learners)s) ORDER BY a.started""",
    """INSERT INTO quizzes_response (item_id, number, given, mark, at)
    SELECT i.id, 1, jsonb_build_array(r.spec #>> CASE WHEN i.id %% 6 = 0 THEN '{choices,1,id}'::text[]
        ELSE '{choices,0,id}' END), CASE WHEN i.id %% 6 = 0 THEN 'wrong' ELSE 'right' END, a.finished
    FROM quizzes_attempt a JOIN quizzes_attemptitem i ON i.attempt_id = a.id
    JOIN quizzes_revision r ON r.id = i.revision_id WHERE a.learner_id = ANY (%(learners)s) ORDER BY i.id""",
)


def crowd(*quizzes: Quiz, learners: int, now: datetime) -> None:
    """Let so many new learners finish a check, each at one of these quizzes of choice questions, the last one now.

    One answer in six is wrong. By SQL, on PostgreSQL: it tells what the planner does where there is a lot to read.
    Only for tests with `django_db(transaction=True)`, which empty the tables: after a rollback the rows would still
    be in their files, and later tests on this database would read through them for minutes.
    """
    user = get_user_model()
    people = user.objects.bulk_create(user(username=f"crowd-{next(_names)}") for _ in range(learners))
    asked = {"quizzes": [quiz.pk for quiz in quizzes], "learners": [one.pk for one in people], "now": now}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger, no check of a foreign key: minutes
        for sql in _CROWD:
            cursor.execute(sql, asked)
            cursor.execute("ANALYZE")  # or the next statement is planned for empty tables, and takes minutes
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@contextmanager
def planned() -> Iterator[list[str]]:
    """Give a list that holds, after the block, PostgreSQL's plan of each statement that read in it."""
    plans: list[str] = []
    with CaptureQueriesContext(connection) as ran:
        yield plans
    with connection.cursor() as cursor:
        for query in ran:
            if query["sql"].lstrip().startswith(("SELECT", "DECLARE")):
                cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"), [])
                plans.append("\n".join([query["sql"], *(line for (line,) in cursor.fetchall())]))


def right(revision: Revision) -> list[str]:
    """Return the right answer in the format of `Kind.read`."""
    spec = revision.spec
    return {
        "choice": lambda: [c["id"] for c in spec["choices"] if c["right"]],
        "truth": lambda: [str(spec["answer"]).lower()],
        "matching": lambda: [row["card"] for row in spec["rows"]],
        "ordering": lambda: [tile["id"] for tile in spec["cards"]],
    }[revision.kind]()


def wrong(revision: Revision) -> list[str]:
    """Return a valid answer that is not right."""
    spec = revision.spec
    if revision.kind == "truth":
        return [str(not spec["answer"]).lower()]
    if revision.kind == "choice":
        ids = [c["id"] for c in spec["choices"]]
        return [*[c["id"] for c in spec["choices"] if not c["right"]], *ids][: spec["choose"]]
    best = right(revision)
    return best[::-1] if revision.kind == "ordering" else [best[1], *best[1:]]


def as_form(revision: Revision, given: list[str], number: int = 1) -> dict[str, Any]:
    """Return the form fields that a browser posts for this answer; an empty answer is "I'm not sure"."""
    form: dict[str, Any] = {"number": number}
    if not given:
        return form | {"choice": "unsure"}
    if revision.kind == "matching":
        rows = zip(revision.spec["rows"], given, strict=True)
        return form | {f"choice-{row['id']}": tile for row, tile in rows}
    if revision.kind == "ordering":
        return form | {f"choice-{tile}": str(place) for place, tile in enumerate(given, 1)}
    return form | {"choice": given}


def ask(learner: Any, *revisions: Revision, now: datetime, kind: str = "review") -> Attempt:
    """Return an open attempt that asks these questions; the learner's open attempts are closed first."""
    Attempt.objects.filter(learner=learner, finished=None).update(finished=now)
    attempt = Attempt.objects.create(learner=learner, kind=kind, started=now)
    AttemptItem.objects.bulk_create(
        AttemptItem(attempt=attempt, position=n, revision=revision) for n, revision in enumerate(revisions, 1)
    )
    return attempt


def give(attempt: Attempt, *how: How, now: datetime, day: date | None = None) -> None:
    """Answer the owed questions, one after the other."""
    for one in how:
        item = taking.owed(list(attempt.items.with_answers()))
        assert item is not None
        given = one(item.revision)
        taking.answer(item=item, given=given, number=item.answers + 1, now=now, day=day or day_of(attempt.learner, now))


def learn(learner: Any, *revisions: Revision, how: How = right, now: datetime) -> None:
    """Answer each question once, so that each has a memory."""
    give(ask(learner, *revisions, now=now), *[how] * len(revisions), now=now)
    # Date the attempt back, so that it does not count as the review of this day.
    Attempt.objects.filter(learner=learner, kind="review").update(started=now - timedelta(days=9))
    Attempt.objects.filter(learner=learner, kind="review").update(finished=now - timedelta(days=9))


class PagesCase(TestCase):
    """A learner's attempt at three questions, and its pages."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.plain = make_question("plain", source="a-lesson/a-step")
        cls.two = make_question("two", choose=2, critical=True)
        cls.truth = make_question("truth", kind="truth")
        cls.quiz = make_quiz(cls.plain, cls.two, cls.truth)
        cls.learner = make_learner()
        cls.attempt = taking.start(learner=cls.learner, quiz=cls.quiz, language="en", now=at(20))

    def setUp(self) -> None:
        self.client.force_login(self.learner)

    def at(self, n: int, name: str = "question") -> str:
        return reverse(f"quizzes:{name}", args=[self.attempt.pk, n])

    def result(self) -> str:
        return reverse("quizzes:result", args=[self.attempt.pk])

    def post(self, n: int, given: list[str], number: Any = 1) -> Any:
        return self.client.post(self.at(n), {"choice": given, "number": number})

    def all_right(self) -> None:
        for n, revision in enumerate((self.plain, self.two, self.truth), 1):
            assert self.post(n, right(revision)).status_code == 303


class Parts(HTMLParser):
    """What a page is made of: each element as (its name, its attributes, the text that follows)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.all and data.strip():
            tag, attrs, text = self.all[-1]
            self.all[-1] = (tag, attrs, f"{text} {data.strip()}".strip())

    def find(self, tag: str, **attrs: str) -> list[tuple[dict[str, str | None], str]]:
        """Return the attributes and the text of each element that has these attributes."""
        return [(has, text) for name, has, text in self.all if name == tag and attrs.items() <= has.items()]


def draw(form: forms.Form, *layout: Any, helper: FormHelper | None = None, **context: Any) -> Parts:
    """Render a form with the pack "care", with this layout or helper if one is given."""
    helper = FormHelper() if helper is None else helper  # without a layout, crispy's helper counts as false
    if layout:
        helper.layout = Layout(*layout)
    html = render_crispy_form(form, helper, {"csrf_token": "a-token"} | context)
    return Parts(html)
