"""What staff did for a patient is read from the acts: what was changed, withdrawn or undone stays in the history."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from learn.assignments import actions
from learn.assignments.models import Assignment
from learn.desk import actions as desk
from learn.lessons.models import Lesson, Therapy
from learn.people.models import Patient, User
from learn.progress import acts
from learn.progress.models import Contact
from tests.cast import at, make_edition, make_nurse, make_patient, make_team

pytestmark = pytest.mark.django_db

SOON, LATER = date(2026, 11, 30), date(2026, 12, 7)


@pytest.fixture
def lessons() -> list[Lesson]:
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    found = [Lesson.objects.create(therapy=therapy, slug=f"lesson-{n}", position=n) for n in (1, 2)]
    for n, lesson in enumerate(found, 1):
        make_edition(lesson, title=f"Lesson {n}")
    return found


@pytest.fixture
def ana() -> Patient:
    return make_patient(make_team())


@pytest.fixture
def noor(ana: Patient) -> User:
    return make_nurse("noor", ana.care_team, first_name="Noor")


def assign(
    ana: Patient, noor: User, *lessons: Lesson, due: date = SOON, now: datetime | None = None, **over: Any
) -> Any:
    note = over.get("note", "")
    return actions.assign(patients=[ana], lessons=lessons, due=due, note=note, by=noor, now=now or at(20))


def told(ana: Patient) -> list[tuple[str, tuple[str, ...], date | None]]:
    return [(act.code, act.lessons, act.due) for act in acts.of_patient(ana.pk)]


BOTH = ("Lesson 1", "Lesson 2")


class TestAnAssignment:
    def test_of_several_lessons_is_one_act_with_who_and_when(
        self, ana: Patient, noor: User, lessons: list[Lesson]
    ) -> None:
        assign(ana, noor, *lessons, note="Before Monday")
        [act] = acts.of_patient(ana.pk)
        assert (act.at, act.who, act.code, act.lessons, act.due) == (at(20), "Noor", "asked", BOTH, SOON)
        assert act.note == "Before Monday"
        assert set(act.assignments) == set(Assignment.objects.values_list("pk", flat=True))

    def test_that_was_changed_keeps_its_first_day(self, ana: Patient, noor: User, lessons: list[Lesson]) -> None:
        assign(ana, noor, *lessons)
        assign(ana, noor, lessons[0], due=LATER, now=at(21))
        assert told(ana) == [("asked", BOTH[:1], SOON), ("asked", BOTH[1:], SOON), ("changed", BOTH[:1], LATER)] or (
            told(ana) == [("asked", BOTH, SOON), ("changed", BOTH[:1], LATER)]
        )

    def test_that_was_withdrawn_stays_with_who_withdrew_it(
        self, ana: Patient, noor: User, lessons: list[Lesson]
    ) -> None:
        assign(ana, noor, lessons[0])
        other = make_nurse("lena", ana.care_team, first_name="Lena")
        actions.withdraw(assignment=Assignment.objects.get(), by=other, now=at(22))
        assert told(ana) == [("asked", BOTH[:1], SOON), ("withdrawn", BOTH[:1], None)]
        assert acts.of_patient(ana.pk)[1].who == "Lena"
        assign(ana, noor, lessons[0], due=LATER, now=at(23))
        assert told(ana)[2:] == [("asked", BOTH[:1], LATER)]

    def test_that_was_undone_stays_too(self, ana: Patient, noor: User, lessons: list[Lesson]) -> None:
        made = assign(ana, noor, lessons[0])
        actions.undo(act=made, by=noor, now=at(20) + timedelta(minutes=1))
        assert told(ana) == [("asked", BOTH[:1], None), ("back", BOTH[:1], None)]

    def test_a_change_that_was_undone_leaves_the_first_day(
        self, ana: Patient, noor: User, lessons: list[Lesson]
    ) -> None:
        assign(ana, noor, lessons[0])
        changed = assign(ana, noor, lessons[0], due=LATER, now=at(21))
        actions.undo(act=changed, by=noor, now=at(21) + timedelta(minutes=1))
        assert told(ana) == [("asked", BOTH[:1], SOON), ("changed", BOTH[:1], None), ("back", BOTH[:1], None)]

    def test_from_before_there_were_acts_is_told_as_it_stands(
        self, ana: Patient, noor: User, lessons: list[Lesson]
    ) -> None:
        Assignment.objects.create(patient=ana, lesson=lessons[0], due=SOON, by=noor, made=at(18))
        assert told(ana) == [("asked", BOTH[:1], SOON)]

    def test_of_a_retired_lesson_has_its_title(self, ana: Patient, noor: User, lessons: list[Lesson]) -> None:
        assign(ana, noor, lessons[0])
        lessons[0].editions.update(state="retired")
        assert told(ana) == [("asked", BOTH[:1], SOON)]


def test_contacts_cards_and_closing_are_told_in_order_and_those_of_others_are_not(
    ana: Patient, noor: User, lessons: list[Lesson], django_assert_num_queries: Any
) -> None:
    ben = make_patient(ana.care_team, "Ben")
    for patient in (ana, ben):
        Contact.objects.create(patient=patient, nurse=noor, at=at(20), note="Spoke", number=1)
        desk.close(patient=patient, why="moved", by=noor, now=at(21))
        desk.reopen(patient=patient, by=noor, now=at(22))
    with django_assert_num_queries(1):
        found = acts.of_patient(ana.pk)
    assert [(act.code, act.who) for act in found] == [("contact", "Noor"), ("ended", "Noor"), ("taken.back", "Noor")]


def test_the_page_says_it_in_words(client: Client, ana: Patient, noor: User, lessons: list[Lesson]) -> None:
    assign(ana, noor, lessons[0])
    assign(ana, noor, lessons[0], due=LATER, now=at(21))
    actions.withdraw(assignment=Assignment.objects.get(), by=noor, now=at(22))
    client.force_login(noor)
    page = client.get(reverse("admin:people_patient_change", args=[ana.pk])).content.decode()
    for said in (
        "Noor asked for “Lesson 1” by Monday, November 30",
        "Noor changed “Lesson 1”: due by Monday, December 7",
        "Noor withdrew “Lesson 1”",
    ):
        assert said in page
