"""Reviews: a second person publishes, a clinician signs, and only then "Not yet reviewed by a clinician" goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from learn.lessons import governance, reference, reviewing, writing
from learn.lessons.models import ClinicalReview, Edition, HoldAct, Lesson, Therapy
from learn.people.models import User
from quizzes import authoring
from quizzes.models import Question, QuizItem
from tests.cast import at, make_edition, make_question, make_quiz, words

pytestmark = pytest.mark.django_db
NEXT = date(2027, 5, 28)
NOT_YET, REVIEWED = "Not yet reviewed by a clinician.", "Reviewed by a clinician, November 23, 2026."


@pytest.fixture
def people() -> tuple[User, User]:
    return (
        User.objects.create_user("eda", is_staff=True, first_name="Eda"),
        User.objects.create_user("rex", is_staff=True, first_name="Rex"),
    )


@pytest.fixture
def lesson() -> Lesson:
    quiz = make_quiz(make_question("plain"), slug="a-lesson")
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    found = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1, quiz=quiz)
    make_edition(found)
    return found


def pages() -> tuple[str, str]:
    """Return the last step and the printed lesson, as a patient sees them."""
    client = Client()
    step = client.get(reverse("step", args=["basics", "a-lesson", 3]))
    return words(step), words(client.get(reverse("lesson_print", args=["basics", "a-lesson"])))


def draft_of(lesson: Lesson, by: User, body: str = "Other words.", sent: bool = True) -> Edition:
    there = writing.newest(lesson)
    text = writing.text_of(there)  # type: ignore[arg-type]
    text = replace(text, steps=(replace(text.steps[0], body=body), *text.steps[1:]))
    made = writing.write(lesson=lesson, seen=writing.fingerprint(there), text=text, by=by, now=at(20))
    if sent:
        writing.send(lesson=lesson, seen=writing.fingerprint(made), asked="", now=at(21))
    return made


def seen(lesson: Lesson) -> str:
    there = writing.newest(lesson)
    assert there is not None
    return reviewing.fingerprint(there, reviewing.questions(lesson))


def approve(lesson: Lesson, by: User, **over: object) -> Edition:
    said = {"lesson": lesson, "seen": seen(lesson), "by": by, "now": at(23), "next_check": NEXT}
    return reviewing.approve(**said | over)  # type: ignore[arg-type]


def test_a_second_person_publishes_and_the_line_stays(lesson: Lesson, people: tuple[User, User]) -> None:
    made = draft_of(lesson, people[0])
    approve(lesson, people[1])
    made.refresh_from_db()
    assert (made.state, made.published_by, made.next_check, made.same_meaning) == ("published", people[1], NEXT, False)
    assert all(NOT_YET in page for page in pages())


def test_nobody_publishes_what_they_wrote_in_even_if_another_wrote_last(
    lesson: Lesson, people: tuple[User, User]
) -> None:
    eda, rex = people
    draft_of(lesson, eda, sent=False)
    draft_of(lesson, rex, "Rex wrote last.")
    for person in people:
        with pytest.raises(writing.Unfit, match="A second person"):
            approve(lesson, person)
    approve(lesson, User.objects.create_user("third", is_staff=True))


def test_a_draft_that_was_not_sent_or_has_changed_is_not_published(lesson: Lesson, people: tuple[User, User]) -> None:
    draft_of(lesson, people[0], sent=False)
    with pytest.raises(writing.Unfit, match="not sent"):
        approve(lesson, people[1])
    draft_of(lesson, people[0], "Words two.")
    old = seen(lesson)
    draft_of(lesson, people[0], "Words three.")
    with pytest.raises(writing.Stale):
        approve(lesson, people[1], seen=old)


@time_machine.travel(at(23), tick=False)
def test_the_line_goes_with_a_clinical_review_on_each_page_and_comes_back_with_another_text(
    lesson: Lesson, people: tuple[User, User]
) -> None:
    draft_of(lesson, people[0])
    approve(lesson, people[1], role="oncology nurse")
    assert all(REVIEWED in page and NOT_YET not in page for page in pages())
    [of_lesson] = ClinicalReview.objects.filter(edition__isnull=False)
    assert (of_lesson.who, of_lesson.role, of_lesson.on, of_lesson.until) == (
        people[1], "oncology nurse", date(2026, 11, 23), NEXT,
    )  # fmt: skip
    assert ClinicalReview.objects.filter(revision__isnull=False).count() == 1  # its question, on the same page
    made = draft_of(lesson, people[0], "Typo.", sent=False)
    governance.publish(edition=made)
    assert all(NOT_YET in page for page in pages())


def test_the_line_comes_back_when_the_day_passes(lesson: Lesson, people: tuple[User, User]) -> None:
    with time_machine.travel(at(23), tick=False):
        approve(lesson, people[1], role="pharmacist")  # published already: it is only signed
        assert all(REVIEWED in page for page in pages())
    after = at(23).replace(year=2027, month=5, day=28, hour=12)
    with time_machine.travel(after, tick=False):
        assert all(REVIEWED in page for page in pages())
    with time_machine.travel(after + timedelta(days=1), tick=False):
        assert all(NOT_YET in page for page in pages())


def test_a_review_never_changes_and_is_of_one_text(lesson: Lesson, people: tuple[User, User]) -> None:
    approve(lesson, people[1], role="pharmacist")
    with pytest.raises(IntegrityError), transaction.atomic():
        ClinicalReview.objects.update(until=date(2030, 1, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        ClinicalReview.objects.create(who=people[1], role="R", on=NEXT, until=NEXT)
    assert approve(lesson, people[1], role="pharmacist")  # sent twice
    assert ClinicalReview.objects.filter(edition__isnull=False).count() == 1


def test_drafts_of_questions_are_published_with_their_lesson(lesson: Lesson, people: tuple[User, User]) -> None:
    eda, rex = people
    question = Question.objects.create(slug="new-one")
    QuizItem.objects.create(quiz=lesson.quiz, question=question, position=9)
    other = Question.objects.get(slug="plain").newest("en")
    assert other is not None
    authoring.draft(
        question=question, language="en", kind=other.kind, spec=other.spec, stem="New?", why="W.", objective="O",
        author=eda, written=at(20),
    )  # fmt: skip
    draft_of(lesson, eda)
    assert [q.state for q in reviewing.questions(lesson)] == ["published", "draft"]
    approve(lesson, rex)
    assert [q.state for q in reviewing.questions(lesson)] == ["published", "published"]


def test_a_reviewers_own_question_or_a_check_without_one_stops_all(lesson: Lesson, people: tuple[User, User]) -> None:
    draft_of(lesson, people[0])
    QuizItem.objects.all().delete()
    with pytest.raises(writing.Unfit, match="no question yet"):
        approve(lesson, people[1])
    assert Edition.objects.filter(state="published").get().number == 1


def test_a_draft_goes_back_with_remarks(lesson: Lesson, people: tuple[User, User]) -> None:
    made = draft_of(lesson, people[0])
    for _ in range(2):  # sent twice
        reviewing.remark(edition=made, about="one", text="Add the rash.", by=people[1], now=at(22))
    [remark] = made.remarks.all()
    reviewing.send_back(lesson=lesson, seen=seen(lesson))
    made.refresh_from_db()
    assert made.stage == "back"
    with pytest.raises(writing.Unfit, match="not in review"):
        reviewing.send_back(lesson=lesson, seen=seen(lesson))
    reviewing.done(remark=remark, by=people[0], now=at(22))
    remark.refresh_from_db()
    assert remark.done_by == people[0]


def test_holds_are_settled_with_who_and_why_and_opened_again(people: tuple[User, User]) -> None:
    claim = "NS-27"
    [note, *more] = reference.holds([claim])
    said = {"note": note, "by": people[1], "role": "pharmacist", "why": "Read the label.", "now": at(20)}
    assert reviewing.settle(settled=True, **said)
    assert not reviewing.settle(settled=True, **said)  # sent twice
    assert reviewing.open_holds([claim]) == more
    assert reviewing.settle(settled=False, **said)
    assert reviewing.open_holds([claim]) == [note, *more]
    assert not reviewing.settle(settled=True, **said | {"note": "No such hold"})
    assert HoldAct.objects.count() == 2
