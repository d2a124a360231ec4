"""Shipped texts are loaded while people publish at the same moment: on PostgreSQL, with threads.

`meanwhile` lets somebody act when the loader has decided what to load, and has not written it yet.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import copytree
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from learn.assignments.actions import assign
from learn.assignments.models import Pathway
from learn.lessons import bodies, card, pack, places, reviewing, rewording, writing
from learn.lessons.models import CardText, Lesson, ReferenceText, Therapy
from learn.lessons.parts import PATHWAY, THERAPY, VISIT
from learn.management.commands import load_content as command
from learn.people import roles
from learn.people.models import User
from learn.visits import actions
from learn.visits.models import SuggestedQuestion
from quizzes import authoring, taking
from quizzes.models import Quiz, Revision
from tests.cast import FIXTURES, as_yaml, at, edit, load_content, make_patient, make_staff, make_team, send_text
from tests.quizzes.cast import paced, together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
Act = Callable[[], object]
EDITION = 'INSERT INTO "lessons_edition"'


@pytest.fixture(autouse=True)
def _site() -> None:
    assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
    load_content()


@pytest.fixture
def eda() -> User:
    return make_staff("eda", roles.EDUCATOR)


@pytest.fixture
def rex() -> User:
    return make_staff("rex", roles.REVIEWER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of fixtures/ that a newer version of the site has changed."""
    copytree(FIXTURES, tmp_path, dirs_exist_ok=True)
    return tmp_path


WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"


@contextmanager
def stopping(before: str, ready: Event, done: Event) -> Iterator[None]:
    """Stop this thread before its first statement that begins so, until the other one is done or waits for a lock."""

    def stop(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(before) and not ready.is_set():
            ready.set()
            with connection.cursor() as cursor:
                for _ in range(500):
                    cursor.execute(WAITING)
                    if cursor.fetchone() == (True,) or done.wait(0.02):
                        break
        return execute(sql, params, many, context)

    with connection.execute_wrapper(stop):
        yield


def meanwhile(first: Act, before: str, act: Act) -> tuple[object, object]:
    """Do the first thing; before its first statement that begins so, somebody acts. Return what came of both."""
    ready, done = Event(), Event()

    def run(n: int) -> object:
        if n:
            assert ready.wait(30), "there was no such statement"
            try:
                return act()
            finally:
                done.set()
        with stopping(before, ready, done):
            return first()

    one, other = together(2, run)
    return one, other


def loading(folder: Path) -> Act:
    return lambda: command.load(folder).left_alone


def question(data: Any, slug: str) -> Any:
    return next(row for group in data for row in group["questions"] if row["slug"] == slug)


ROWS = [
    (VISIT, "cost", "text", "questions.yaml", lambda d: question(d, "cost").update(text="Newer?"), SuggestedQuestion),
    (PATHWAY, "bcg", "name", "pathways.yaml", lambda d: d[1].update(name="Newer"), Pathway),
    (THERAPY, "basics", "title", "therapies.yaml", lambda d: d[0].update(title="Newer"), Therapy),
]


@pytest.mark.parametrize(("kind", "slug", "field", "file", "change", "model"), ROWS, ids=[row[0] for row in ROWS])
def test_a_text_that_is_published_meanwhile_is_what_patients_read(
    eda: User, rex: User, folder: Path, kind: str, slug: str, field: str, file: str, change: Any, model: Any
) -> None:
    seen = send_text(kind, slug, eda, **{field: "Ours"})
    edit(folder, file, change)
    publish = partial(rewording.publish, kind=kind, slug=slug, seen=seen, by=rex, now=at(20))
    loaded, acted = meanwhile(loading(folder), f'UPDATE "{model._meta.db_table}"', publish)
    assert (loaded, acted) == ([], None)
    assert getattr(model.objects.get(slug=slug), field) == "Ours"
    assert ReferenceText.objects.get(state="published").body[field] == "Ours"
    assert len(command.load(folder).left_alone) == 1


def test_the_card_that_a_clinician_signs_meanwhile_is_the_newest_one(eda: User, rex: User, folder: Path) -> None:
    seen = send_text(bodies.CARD, card.SLUG, eda, above="Ours.")
    edit(folder, "call_card.yaml", lambda d: d.update(above="Newer."))

    def publish() -> None:
        signed = {"role": "nurse", "until": at(30).date()}
        rewording.publish(kind=bodies.CARD, slug=card.SLUG, seen=seen, by=rex, now=at(20), **signed)

    loaded, acted = meanwhile(loading(folder), 'INSERT INTO "lessons_cardtext"', publish)
    assert loaded == ["card call-card: newer text is available; yours was left as it is."]  # there was a draft
    assert acted is None
    newest = CardText.objects.order_by("-number")[0]
    assert newest.data["above"] == "Ours."


def newer_lesson(folder: Path) -> Lesson:
    edit(folder, "lessons/interferons.yaml", lambda d: d.update(main_message="Newer."))
    return Lesson.objects.get(slug="interferons")


def seen_of(lesson: Lesson) -> str:
    return writing.fingerprint(writing.newest(lesson))


def test_a_lesson_is_not_brought_back_when_it_is_taken_out_meanwhile(rex: User, folder: Path) -> None:
    lesson = newer_lesson(folder)
    seen = seen_of(lesson)
    retire = partial(writing.retire, lesson=lesson, seen=seen, by=rex, now=at(20), clinician=True)
    loaded, acted = meanwhile(loading(folder), EDITION, retire)
    assert loaded == []
    assert isinstance(acted, writing.Stale)  # they are shown the newer one, and may take that out
    assert lesson.editions.get(state="published", language="en").main_message == "Newer."


def test_a_lesson_that_is_written_meanwhile_gets_its_own_number(eda: User, folder: Path) -> None:
    lesson = newer_lesson(folder)
    newest = writing.newest(lesson)
    assert newest is not None
    seen, text = writing.fingerprint(newest), writing.text_of(newest)
    mine = replace(text, title="Ours")
    write = partial(writing.write, lesson=lesson, seen=seen, text=mine, by=eda, now=at(20))
    loaded, acted = meanwhile(loading(folder), EDITION, write)
    assert loaded == []
    assert isinstance(acted, writing.Stale)
    assert lesson.editions.filter(language="en").count() == 2


def test_a_question_that_is_written_meanwhile_gets_its_own_number(eda: User, folder: Path) -> None:
    asked = Revision.objects.get(question__slug="how-bcg-can-feel", language="en")
    edit(folder, "quizzes/bcg-for-the-bladder.yaml", lambda d: [
        row.update(stem="Newer?") for row in d["questions"] if row["slug"] == "how-bcg-can-feel"
    ])  # fmt: skip
    words = {name: getattr(asked, name) for name in ("kind", "spec", "why", "objective", "critical", "source")}

    def write() -> object:
        return authoring.write(
            question=asked.question, language="en", seen=authoring.fingerprint(asked), by=eda, now=at(20),
            stem="Ours?", **words,
        )  # fmt: skip

    loaded, acted = meanwhile(loading(folder), 'INSERT INTO "quizzes_revision"', write)
    assert loaded == []
    assert isinstance(acted, authoring.Stale)
    assert asked.question.revisions.get(state="published", language="en").stem == "Newer?"


def test_two_servers_that_load_at_once_load_once(folder: Path) -> None:
    newer_lesson(folder)
    edit(folder, "questions.yaml", lambda d: question(d, "cost").update(text="Newer?"))
    added = together(2, lambda n: command.load(folder).added)
    assert sorted(map(str, added)) == ["['lesson interferons, number 2', 'suggested question cost']", "[]"]


def test_of_two_who_take_newer_text_over_at_once_one_is_told(eda: User, rex: User, folder: Path) -> None:
    seen = send_text(VISIT, "cost", eda, text="Ours?")
    rewording.publish(kind=VISIT, slug="cost", seen=seen, by=rex, now=at(20))
    edit(folder, "questions.yaml", lambda d: question(d, "cost").update(text="Newer?"))
    command.load(folder)
    people = [eda, rex]
    told = together(2, lambda n: rewording.deal(kind=VISIT, slug="cost", take=True, by=people[n], now=at(20)))
    assert sorted(map(str, told)) == ["It has a draft. Publish it or throw it away first.", "None"]
    assert ReferenceText.objects.filter(state="draft").count() == 1


def packed(slug: str) -> bytes:
    """Return a pack of the lesson of this slug in which each question is a new one."""
    files = pack.read(pack.write(Lesson.objects.filter(slug=slug)))
    for row in files[f"quizzes/{slug}.yaml"]["questions"]:
        row["slug"] = f"new-{row['slug']}"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name, data in files.items():
            zipped.writestr(name, as_yaml(data))
    return file.getvalue()


def add(quiz: str, stem: str, by: User) -> Revision:
    """Write a new question at the end of a check, as the Desk does."""
    with transaction.atomic():
        list(Quiz.objects.select_for_update().order_by("pk"))
        question = authoring.begin(Quiz.objects.get(slug=quiz), stem)
        words = {"kind": "truth", "stem": stem, "why": "W.", "objective": "O.", "author": by, "written": at(20)}
        spec = {"version": 1, "answer": True, "feedback": {"true": "Yes.", "false": "No."}}
        return authoring.draft(question=question, language="en", spec=spec, **words)


def test_a_question_that_is_added_while_a_pack_comes_in_has_a_place_of_its_own(eda: User) -> None:
    file = packed("interferons")
    before = Quiz.objects.get(slug="interferons").items.count()
    taken, added = meanwhile(
        lambda: pack.take_in(file, by=eda, now=at(20)).questions,
        'INSERT INTO "quizzes_quizitem"',
        lambda: add("interferons", "Mine?", eda).number,
    )
    assert (taken, added) == (before, 1)
    places = list(Quiz.objects.get(slug="interferons").items.values_list("position", flat=True))
    assert places == [*range(1, 2 * before + 2)]


def test_a_lesson_that_is_loaded_while_a_pack_brings_it_is_there_once(eda: User, folder: Path) -> None:
    file = packed("interferons")
    newer_lesson(folder)
    loaded, taken = meanwhile(loading(folder), EDITION, lambda: pack.take_in(file, by=eda, now=at(20)).drafts)
    assert loaded == []
    assert taken == ["Interferons"]  # the pack has the words from before
    lesson = Lesson.objects.get(slug="interferons")
    assert [(one.number, one.state) for one in lesson.editions.filter(language="en").order_by("number")] == [
        (1, "retired"), (2, "published"), (3, "draft"),
    ]  # fmt: skip


def reviewed(eda: User, rex: User) -> Act:
    """Return what publishes a lesson in review with a new question of its check."""
    lesson = Lesson.objects.get(slug="il-2")
    add("il-2", "Drafted?", eda)
    text = replace(writing.text_of(writing.newest(lesson)), title="Ours")  # type: ignore[arg-type]
    writing.write(lesson=lesson, seen=seen_of(lesson), text=text, by=eda, now=at(20))
    writing.send(lesson=lesson, seen=seen_of(lesson), asked="", now=at(20))
    there = writing.newest(lesson)
    assert there is not None
    seen = reviewing.fingerprint(there, reviewing.questions(lesson))
    return partial(reviewing.approve, lesson=lesson, seen=seen, by=rex, now=at(20), next_check=at(30).date())


HOLDING = {
    "a lesson": ('SELECT "quizzes_question"', reviewed),
    "a question": ('SELECT "quizzes_quiz"', lambda eda, rex: partial(
        authoring.retire, revision=Revision.objects.get(question__slug="how-bcg-can-feel", language="en")
    )),
    "a text": ('UPDATE "lessons_therapy"', lambda eda, rex: partial(
        rewording.publish, kind=THERAPY, slug="basics", seen=send_text(THERAPY, "basics", eda, title="Ours"), by=rex,
        now=at(20),
    )),
    "a therapy type": ('UPDATE "lessons_lesson"', lambda eda, rex: partial(
        places.move_lesson, slug="interferons", above="bcg-for-the-bladder"
    )),
}  # fmt: skip


@pytest.mark.parametrize("what", HOLDING)
def test_loading_waits_for_who_holds(what: str, eda: User, rex: User) -> None:
    """Whoever holds one lock and needs the next one gets it, because loading takes them in the same order."""
    before, made = HOLDING[what]
    acted, loaded = meanwhile(made(eda, rex), before, loading(FIXTURES))
    assert [one for one in (acted, loaded) if isinstance(one, Exception)] == []


def test_a_patient_does_not_wait(eda: User, folder: Path) -> None:
    lesson = newer_lesson(folder)
    patient = make_patient(make_team(), "Ana")
    assert lesson.quiz

    def learn() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1ms'")
            taking.start(learner=patient.user, quiz=lesson.quiz, language="en", now=at(20))
            assign(patients=[patient], lessons=[lesson], due=at(30).date(), note="", by=eda, now=at(20))
            question = SuggestedQuestion.objects.get(slug="cost")
            actions.add(learner=patient.user, text=question.text, suggested=question, now=at(20))

    assert meanwhile(loading(folder), EDITION, learn) == ([], None)


def test_nobody_waits_for_each_other(eda: User, rex: User, folder: Path) -> None:
    """Everybody who writes texts does so at once, slowly; nothing ends in a deadlock, and nothing fails."""
    newer_lesson(folder)
    edit(folder, "questions.yaml", lambda d: question(d, "cost").update(text="Newer?"))
    edit(folder, "therapies.yaml", lambda d: d[0].update(title="Newer"))
    file = packed("bcg-for-the-bladder")
    visit = send_text(VISIT, "work", eda, text="Ours?")
    therapy = send_text(THERAPY, "your-care-team", eda, title="Ours")
    drafted = add("il-2", "Drafted?", eda)
    retired = Lesson.objects.get(slug="how-virus-therapy-works")
    seen = seen_of(retired)
    acts: list[Act] = [
        lambda: command.load(folder).left_alone,
        lambda: command.load(folder).left_alone,
        lambda: pack.take_in(file, by=eda, now=at(20)).same,
        lambda: rewording.publish(kind=VISIT, slug="work", seen=visit, by=rex, now=at(20)),
        lambda: rewording.publish(kind=THERAPY, slug="your-care-team", seen=therapy, by=rex, now=at(20)),
        lambda: authoring.publish(revision=drafted, same_meaning=False, by=rex, now=at(20)),
        lambda: writing.retire(lesson=retired, seen=seen, by=rex, now=at(20), clinician=True),
        lambda: places.move_lesson(slug="interferons", above="bcg-for-the-bladder"),
        lambda: add("bcg-for-the-bladder", "Mine?", eda).number,
    ]

    def run(n: int) -> object:
        with paced() as refused:
            done = acts[n]()
        assert refused == []
        return done

    found = together(len(acts), run)
    assert [one for one in found if isinstance(one, Exception)] == []
    assert found[7:] == [True, 1]
    assert SuggestedQuestion.objects.get(slug="work").text == "Ours?"
    assert Therapy.objects.get(slug="your-care-team").title == "Ours"
    assert not retired.editions.filter(state="published").exists()
    assert SuggestedQuestion.objects.get(slug="cost").text == "Newer?"
