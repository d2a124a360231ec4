"""What educators do with a lesson: write, send, publish a typo, discard, retire; and what a program says about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from learn.lessons import draft, measures, places, writing
from learn.lessons.draft import StepText, Text
from learn.lessons.models import Edition, Lesson, Therapy
from learn.people.models import User
from tests.cast import at, load_content, make_edition, paced, together, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def eda() -> User:
    return User.objects.create_user("eda", is_staff=True)


@pytest.fixture
def lesson() -> Lesson:
    """A published lesson of three steps, none of them about safety."""
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    found = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1)
    make_edition(found)
    return found


def newest(lesson: Lesson) -> Edition:
    found = writing.newest(lesson)
    assert found is not None
    return found


def write(lesson: Lesson, by: User, **steps: str) -> Edition:
    """Save new bodies for these steps as the draft."""
    there = newest(lesson)
    text = writing.text_of(there)
    text = replace(text, steps=tuple(replace(s, body=steps.get(s.slug, s.body)) for s in text.steps))
    return writing.write(lesson=lesson, seen=writing.fingerprint(there), text=text, by=by, now=at(20))


def seen(lesson: Lesson) -> str:
    return writing.fingerprint(newest(lesson))


def test_a_draft_leaves_what_patients_read(lesson: Lesson, eda: User) -> None:
    made = write(lesson, eda, one="Other words.")
    assert (made.number, made.state, made.author, made.writers) == (2, "draft", eda, [eda.pk])
    assert "Text." in words(Client().get(reverse("step", args=["basics", "a-lesson", 1])))
    assert write(lesson, eda, one="Yet other words.").pk == made.pk


def test_the_same_text_makes_no_draft_and_the_same_form_is_saved_once(lesson: Lesson, eda: User) -> None:
    first = newest(lesson)
    assert write(lesson, eda).pk == first.pk
    made = write(lesson, eda, one="Other words.")
    again = writing.write(
        lesson=lesson, seen=writing.fingerprint(first), text=writing.text_of(made), by=eda, now=at(20)
    )  # sent twice: the page still knew the published edition
    assert again.pk == made.pk
    assert lesson.editions.count() == 2


def test_the_second_of_two_educators_is_told(lesson: Lesson, eda: User) -> None:
    old = seen(lesson)
    write(lesson, eda, one="Hers.")
    text = Text("Mine", "M.", ("a", "b", "c"), 3, (StepText("one", "One", "His."),))
    with pytest.raises(writing.Stale) as told:
        writing.write(lesson=lesson, seen=old, text=text, by=eda, now=at(20))
    assert told.value.now == newest(lesson)
    assert "Hers." in writing.text_of(newest(lesson)).steps[0].body


def test_a_typo_outside_of_safety_is_published_by_one(lesson: Lesson, eda: User) -> None:
    made = write(lesson, eda, one="Texts.")
    writing.publish_typo(lesson=lesson, seen=seen(lesson), by=eda, now=at(21))
    made.refresh_from_db()
    assert (made.state, made.same_meaning, made.published_by, made.published_at) == ("published", True, eda, at(21))
    assert lesson.editions.get(number=1).state == "retired"
    assert "Texts." in words(Client().get(reverse("step", args=["basics", "a-lesson", 1])))


@pytest.mark.parametrize(
    "body",
    ["Wait 2 days.", "Call your team.", "With a fever, wait.", "[Text](https://example.com).", "Dial 911."],
)
def test_more_than_a_typo_needs_a_second_person(lesson: Lesson, eda: User, body: str) -> None:
    write(lesson, eda, two=body)
    with pytest.raises(writing.Unfit, match="more than a typo"):
        writing.publish_typo(lesson=lesson, seen=seen(lesson), by=eda, now=at(21))
    assert newest(lesson).state == "draft"


def test_a_typo_in_a_lesson_that_says_when_to_call_needs_a_second_person(lesson: Lesson, eda: User) -> None:
    Lesson.objects.update(read_first=True)
    lesson.refresh_from_db()
    write(lesson, eda, one="Texts.")
    with pytest.raises(writing.Unfit, match="more than a typo"):
        writing.publish_typo(lesson=lesson, seen=seen(lesson), by=eda, now=at(21))


def test_a_changed_link_order_picture_or_fact_is_more_than_a_typo() -> None:
    was = Text("T", "M", ("a", "b", "c"), 3, (StepText("x", "X", "See [it](/a/)."), StepText("y", "Y", "Why.")))
    x, y = was.steps
    for now in (
        (replace(x, body="See [it](/b/)."), y), (y, x), (x,), (x, y, StepText("z", "Z", "Zed.")),
        (replace(x, picture="arm.svg"), y), (replace(x, claims=("BA-01",)), y),
    ):  # fmt: skip
        found = draft.compare(was, replace(was, steps=now))
        assert found.differences
        assert not found.typo
    assert draft.compare(was, replace(was, steps=(replace(x, heading="Xs"), y))).typo


def test_each_difference_is_shown_even_quotes_and_links() -> None:
    was = Text("T", "M", ("a", "b", "c"), 3, (StepText("x", "X", "It’s [here](/a/).\n\nSo."),))
    for body in ("It's [here](/a/).\n\nSo.", "It’s [here](/b/).\n\nSo.", "It’s [here](/a/).\n\n**So.**"):
        found = draft.compare(was, replace(was, steps=(replace(was.steps[0], body=body),)))
        [one] = found.differences
        assert one.where == "Step 1, text"
        assert any(bit.changed for block in one.blocks for line in block.now for bit in line), body


def test_what_is_missing_is_said_at_its_field() -> None:
    empty = Text("", "", ("", "b", "c"), 3, ())
    assert [p.field for p in draft.problems(empty)] == ["title", "main_message", "remember_0", "steps"]
    steps = (StepText("x", "", " "), StepText("y", "Y", "Words.", picture="no.svg", claims=("BA-01", "XX-99")))
    found = {p.field: p.says for p in draft.problems(Text("T", "M", ("a", "b", "c"), 3, steps))}
    assert list(found) == ["heading_0", "body_0", "picture_1", "alt_1", "claims_1"]
    assert "no words" in found["body_0"]
    assert "no.svg" in found["picture_1"]
    assert found["claims_1"].startswith("There is no fact XX-99.")


def test_an_unfinished_draft_is_kept_but_not_sent(lesson: Lesson, eda: User) -> None:
    write(lesson, eda, one=" ")
    with pytest.raises(writing.Unfit, match="Step 1 has no words yet"):
        writing.send(lesson=lesson, seen=seen(lesson), asked="", now=at(21))
    write(lesson, eda, one="Words.")
    assert writing.send(lesson=lesson, seen=seen(lesson), asked="Look.", now=at(21)).stage == "sent"


def test_a_new_lesson_of_a_new_treatment_is_begun_once(eda: User) -> None:
    made = [writing.begin_therapy(title="Heart surgery", summary="S.", kind="therapy") for _ in range(2)]
    assert made[0] == made[1]
    same = {"therapy": made[0], "title": "Before the day", "read_first": False, "by": eda, "now": at(20)}
    lessons = [writing.begin(**same) for _ in range(2)]
    assert lessons[0] == lessons[1]
    assert (lessons[0].slug, lessons[0].quiz and lessons[0].quiz.slug) == ("before-the-day", "before-the-day")
    assert writing.begin(**same | {"title": "Before the day!"}).slug == "before-the-day-2"
    text = writing.text_of(newest(lessons[0]))
    assert [step.body for step in text.steps] == ["", "", ""]
    named = replace(text, steps=tuple(replace(s, heading="The night before") for s in text.steps))
    saved = writing.write(lesson=lessons[0], seen=seen(lessons[0]), text=named, by=eda, now=at(20))
    assert [s.slug for s in saved.steps.order_by("position")] == [
        "the-night-before", "the-night-before-2", "the-night-before-3",
    ]  # fmt: skip
    assert "Heart surgery" not in words(Client().get(reverse("therapies")))


def test_a_draft_is_thrown_away_and_a_lesson_that_never_was_more_goes_with_it(lesson: Lesson, eda: User) -> None:
    write(lesson, eda, one="Other.")
    assert writing.discard(lesson=lesson, seen=seen(lesson))
    assert newest(lesson).number == 1
    new = writing.begin(therapy=lesson.therapy, title="New", read_first=False, by=eda, now=at(20))
    assert not writing.discard(lesson=new, seen=seen(new))
    assert not Lesson.objects.filter(pk=new.pk).exists()


def test_a_lesson_is_taken_out_one_about_safety_by_a_clinical_reviewer(lesson: Lesson, eda: User) -> None:
    Lesson.objects.update(read_first=True)
    lesson.refresh_from_db()
    with pytest.raises(writing.Unfit, match="clinical reviewer"):
        writing.retire(lesson=lesson, seen=seen(lesson), by=eda, now=at(21), clinician=False)
    writing.retire(lesson=lesson, seen=seen(lesson), by=eda, now=at(21), clinician=True)
    assert (newest(lesson).state, newest(lesson).retired_by) == ("retired", eda)


def test_places_move_one_up_and_only_if_the_page_was_right() -> None:
    therapies = [Therapy.objects.create(slug=s, position=n, title=s, summary=s) for n, s in enumerate("abc", 1)]
    for n, slug in enumerate("xyz", 1):
        Lesson.objects.create(therapy=therapies[0], slug=slug, position=n)
    assert places.move_therapy(slug="c", above="b")
    assert not places.move_therapy(slug="c", above="b")  # sent twice
    assert [t.slug for t in Therapy.objects.all()] == ["a", "c", "b"]
    assert places.move_lesson(slug="y", above="x")
    assert not places.move_lesson(slug="nobody", above="x\x00")
    assert [x.slug for x in Lesson.objects.all()] == ["y", "x", "z"]


def test_measures_advise() -> None:
    text = "The multidisciplinary examination is long, and " + "it goes on " * 40 + "until the end."
    found = measures.of_step(StepText("x", "X", text))
    assert found.words > measures.WORDS
    assert [line.split(":")[0] for line in found.advice] == [
        f"{found.words} words", f"A sentence of {found.longest} words", f"Grade {found.grade:.1f}", "Explain or avoid",
    ]  # fmt: skip
    assert "multidisciplinary" in found.advice[-1]
    assert measures.of_step(StepText("x", "X", "It is warm.")).advice == []


def test_every_shipped_lesson_can_be_published_and_is_read_back_as_it_is() -> None:
    load_content()
    for edition in Edition.objects.filter(state="published"):
        text = writing.text_of(edition)
        assert list(draft.problems(text)) == [], edition
        assert draft.compare(text, text).differences == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_educators_who_save_at_once_one_is_told() -> None:
    assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    lesson = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1)
    make_edition(lesson)
    people = [User.objects.create_user(name, is_staff=True) for name in ("eda", "ola")]
    old, text = seen(lesson), writing.text_of(newest(lesson))

    def save(k: int) -> list[Exception]:
        mine = replace(text, title=f"Of {k}")
        with paced() as refused:
            writing.write(lesson=lesson, seen=old, text=mine, by=people[k], now=at(20))
        return refused

    told = sorted(str(error)[:26] for error in together(2, save))
    assert lesson.editions.count() == 2
    assert sum("Somebody changed" in text for text in told) == 1
