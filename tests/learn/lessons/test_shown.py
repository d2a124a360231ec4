"""What readers see now: the same as the ORM's, kept in the process, and never a moment out of date."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from learn.lessons import card, content, governance, reference, shown
from learn.lessons.models import Edition, Lesson, Step, Therapy
from quizzes import authoring, taking
from quizzes.models import Revision
from tests.cast import (
    FIXTURES,
    as_form,
    at,
    edit,
    load_content,
    make_edition,
    make_patient,
    make_question,
    make_quiz,
    make_team,
    right,
    words,
    wrong,
)

committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lesson(db: None) -> Lesson:
    """A lesson of three steps with a check of a plain and a safety question that its second step teaches."""
    plain = make_question("plain", source="a-lesson/two")
    quiz = make_quiz(plain, make_question("safety", critical=True, source="a-lesson/three"), slug="a-lesson")
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    found = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1, quiz=quiz)
    make_edition(found)
    return found


def page(n: int = 1, client: Client | None = None) -> str:
    return words((client or Client()).get(reverse("step", args=["basics", "a-lesson", n])))


def newer(lesson: Lesson) -> Edition:
    """Return a draft of two steps."""
    edition = Edition.objects.create(
        lesson=lesson, number=2, title="Newer", main_message="M.", remember=["a", "b", "c"], minutes=4
    )
    for n, slug in enumerate(("uno", "due"), 1):
        Step.objects.create(edition=edition, position=n, slug=slug, heading=slug, body="New text.")
    return edition


@pytest.mark.django_db
def test_the_pages_are_the_orms() -> None:
    load_content()
    lessons = Lesson.objects.taught().select_related("therapy", "quiz")
    listed = {found.row.slug: (found, questions) for found, questions in shown.lessons()}
    assert list(listed) == [lesson.slug for lesson in lessons]
    pages = shown.pages(listed)
    for lesson in lessons:
        edition = Edition.objects.get(lesson=lesson, state="published", language="en")
        steps = list(Step.objects.shown().filter(edition=edition).order_by("position"))
        found, questions = listed[lesson.slug]
        assert found.row == (
            edition.pk, edition.short_title, edition.checked_on, edition.next_check, lesson.pk, lesson.slug,
            lesson.quiz_id, lesson.read_first, lesson.therapy.slug, lesson.therapy.title, lesson.therapy.summary,
            lesson.therapy.kind, None, edition.pk, "en", False, 0, None,
        )  # fmt: skip
        assert (found.title, found.minutes, list(found.remember)) == (edition.title, edition.minutes, edition.remember)
        assert list(found.steps) == [step.slug for step in steps]
        asked = Revision.objects.published(language="en").filter(question__quizitem__quiz=lesson.quiz_id)
        assert questions == (asked.count() if lesson.quiz_id else 0)
        assert len(pages[lesson.slug]) == len(steps)
        for here, step in zip(pages[lesson.slug], steps, strict=True):
            for name in ("pk", "position", "slug", "heading", "body", "key_point", "alt", "edition_id"):
                assert getattr(here, name) == getattr(step, name), name
            assert (list(here.key), list(here.claims)) == (step.key, step.claims)
            assert here.picture == (f"learn/pictures/{step.picture}" if step.picture else "")
            assert here.words == reference.words_on(f"{step.heading} {step.body}")
            assert here.last == (step is steps[-1])
            assert bool(here.sources) == here.last
            assert here.teaches_card == (not card.whole().claims.isdisjoint(step.claims))
            assert here.address == reverse("step", args=[lesson.therapy.slug, lesson.slug, step.position])


@pytest.mark.django_db
def test_a_draft_a_retired_edition_and_one_without_steps_are_not_shown(lesson: Lesson) -> None:
    newer(lesson)
    assert [found.title for found, _ in shown.lessons()] == ["Lesson 1"]
    governance.retire(edition=Edition.objects.get(number=1))
    assert (shown.lessons(), shown.pages(["a-lesson"]), shown.pages([])) == ([], {}, {})
    with transaction.atomic():
        Edition.objects.filter(number=2).update(state="published")
        Step.objects.filter(edition__number=2).delete()
    assert (shown.lessons(), shown.pages(["a-lesson"])) == ([], {})


@pytest.mark.django_db
def test_what_is_kept_cannot_be_changed(lesson: Lesson) -> None:
    first = shown.pages(["a-lesson"])["a-lesson"][0]
    for thing, name in ((first, "heading"), (first.lesson, "title"), (first.lesson.row, "slug")):
        with pytest.raises(AttributeError):
            setattr(thing, name, "Other")


def publish(lesson: Lesson) -> None:
    governance.publish(edition=newer(lesson))


def retire(lesson: Lesson) -> None:
    governance.retire(edition=Edition.objects.get(state="published"))


def move_a_date(lesson: Lesson) -> None:
    Edition.objects.filter(state="published").update(checked_on=date(2026, 11, 9))


def take_the_check_away(lesson: Lesson) -> None:
    Lesson.objects.update(quiz=None)


def take_a_question_out(lesson: Lesson) -> None:
    revision = lesson.quiz.questions.first().newest("en")  # type: ignore[union-attr]
    authoring.retire(revision=revision)


def rename_the_therapy(lesson: Lesson) -> None:
    Therapy.objects.update(title="First things", summary="Other.")


def read_first(lesson: Lesson) -> None:
    Lesson.objects.update(read_first=True)


CHANGES = [publish, retire, move_a_date, take_the_check_away, take_a_question_out, rename_the_therapy, read_first]


def seen() -> tuple[Any, ...]:
    """Return what a new visitor sees of the lesson, on every page that tells of it."""
    client, found = Client(), []
    for address in ("/lessons/", reverse("therapy", args=["basics"]), reverse("step", args=["basics", "a-lesson", 1])):
        response = client.get(address)
        found.append(words(response) if response.status_code == 200 else response.status_code)
    return tuple(found)


@committed
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_between_two_gets_shows_at_the_second(lesson: Lesson, change: Callable[[Lesson], None]) -> None:
    before = seen()
    assert seen() == before
    change(lesson)
    after = seen()
    assert after != before
    shown.forget()
    assert seen() == after, "what was kept said something else than the database"


@committed
def test_a_change_that_is_rolled_back_was_never_seen(lesson: Lesson) -> None:
    before = page()
    with transaction.atomic():
        publish(lesson)
        assert "uno" in page()
        transaction.set_rollback(True)
    assert page() == before
    # The same numbers may be given again, to other text.
    with transaction.atomic():
        edition = newer(lesson)
        Step.objects.filter(edition=edition).update(heading="Quite other")
        governance.publish(edition=edition)
    assert "Quite other" in page()


@committed
def test_a_change_by_another_connection_shows_at_the_next_get(lesson: Lesson) -> None:
    assert "one" in page()

    def elsewhere() -> None:
        try:
            publish(lesson)
        finally:
            connection.close()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "uno" in page()


WORKER = """
import sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from django.test import Client
from learn.lessons import governance
from learn.lessons.models import Edition
address = "/lessons/basics/a-lesson/1/"
for line in sys.stdin:
    if line.strip() == "publish":
        governance.publish(edition=Edition.objects.get(number=2))
    print("New text." in Client().get(sys.argv[2]).content.decode(), flush=True)
"""


@committed
def test_two_workers_one_publishes_the_other_shows_it_at_its_next_request(lesson: Lesson) -> None:
    newer(lesson)
    name, address = str(connection.settings_dict["NAME"]), reverse("step", args=["basics", "a-lesson", 1])
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, name, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]

    def tell(n: int, what: str) -> str:
        into, out = workers[n].stdin, workers[n].stdout
        assert into is not None
        assert out is not None
        into.write(what + "\n")
        into.flush()
        return out.readline().strip()

    try:
        assert [tell(0, "show"), tell(1, "show"), tell(1, "show")] == ["False"] * 3
        assert tell(0, "publish") == "True"
        assert tell(1, "show") == "True"
    finally:
        for worker in workers:
            worker.communicate(timeout=20)


@committed
def test_loading_other_content_shows_at_the_next_get(tmp_path: Path) -> None:
    load_content()
    address = reverse("step", args=["basics", "what-is-immunotherapy", 1])
    assert "A heading of today" not in words(Client().get(address))
    shutil.copytree(FIXTURES, tmp_path, dirs_exist_ok=True)
    today = {"heading": "A heading of today"}
    edit(tmp_path, "lessons/what-is-immunotherapy.yaml", lambda data: data["steps"][0].update(today))
    content.load(tmp_path)
    assert "A heading of today" in words(Client().get(address))


@committed
def test_what_is_kept_has_a_bound(lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "MOST", 2)
    for day in range(1, 8):
        Edition.objects.update(checked_on=date(2026, 11, day))
        assert shown.pages(["a-lesson"])["a-lesson"][0].lesson.row.checked_on == date(2026, 11, day)
        assert len(shown._kept) <= 2


@committed
def test_the_queries_of_a_patient_cold_and_warm(
    lesson: Lesson, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    patient, client = make_patient(make_team()), Client()
    client.force_login(patient.user)
    client.get("/help/")  # the time of a sign-in begins
    step = reverse("step", args=["basics", "a-lesson", 1])
    for queries in (3, 2, 2):  # session and person, what is published; cold: the steps
        with django_assert_num_queries(queries):
            client.get(step)
    attempt = taking.start(learner=patient.user, quiz=lesson.quiz, language="en", now=at(20))  # type: ignore[arg-type]
    items = list(attempt.items.select_related("revision").order_by("position"))
    address = [reverse("quizzes:question", args=[attempt.pk, item.position]) for item in items]
    for queries in (4, 3, 3):  # session and person, the items, where it is taught; cold: the wordings
        with django_assert_num_queries(queries):
            client.get(address[0])
    # Session and person, the items; the learner's lock, the items with the memory, the memory, the answer: six; and
    # begin and commit.
    for item, how in zip(items, (right, wrong), strict=True):
        with django_assert_num_queries(8):
            client.post(address[item.position - 1], as_form(item.revision, how(item.revision)))
    for item, queries in zip(items, (2, 3), strict=True):  # a right answer needs no way back to the lesson
        with django_assert_num_queries(queries):
            client.get(reverse("quizzes:feedback", args=[attempt.pk, item.position]))
    with django_assert_num_queries(8):  # a day's second answer moves no memory; the last closes the attempt
        client.post(address[1], as_form(items[1].revision, right(items[1].revision), 2))
    attempt.refresh_from_db()
    assert attempt.finished
    for name, args, queries in (("therapies", [], 2), ("therapy", ["basics"], 6), ("my", [], 9), ("start", [], 8)):
        with django_assert_num_queries(queries):
            client.get(reverse(name, args=args))


@committed
def test_two_teams_two_languages_and_two_text_sizes_keep_apart(lesson: Lesson) -> None:
    ana = make_patient(make_team(day_phone="555-010-0101"))
    ben = make_patient(make_team("Cedar team", day_phone="555-010-0202"))
    drawn: dict[tuple[int, str], list[str]] = {}
    for _turn in range(2):
        for patient in (ana, ben):
            client = Client()
            client.force_login(patient.user)
            for text in ("standard", "large"):
                client.cookies["look"] = f"text={text}"
                html = client.get(reverse("step", args=["basics", "a-lesson", 3])).content.decode()
                assert f'data-text="{text}"' in html
                assert patient.care_team.day_phone in html
                assert ("555-010-0202" if patient is ana else "555-010-0101") not in html
                drawn.setdefault((patient.pk, text), []).append(html.partition("<main")[2].partition("csrf")[0])
    assert all(first == second for first, second in drawn.values())
    visitor = Client().get(reverse("step", args=["basics", "a-lesson", 3])).content.decode()
    assert "555-010" not in visitor
