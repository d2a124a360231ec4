"""Who of a nurse's patients has read a safety text that changed since: the same as what these patients see."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from learn.lessons.models import Edition, Lesson, Therapy
from learn.people.models import AuditEvent, CareTeam, Patient
from learn.progress import actions
from tests.cast import at, keep_published, make_edition, make_nurse, make_patient, make_team, words

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/people/patient/changed/"
NOBODY = "There is nobody here"


@pytest.fixture
def lesson() -> Lesson:
    therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
    lesson = Lesson.objects.create(therapy=therapy, slug="a-lesson", position=1)
    make_edition(lesson, safety={"two": "Call at 101 °F."})
    return lesson


@pytest.fixture
def maple() -> CareTeam:
    return make_team()


@pytest.fixture
def noor(maple: CareTeam) -> Client:
    client = Client()
    client.force_login(make_nurse("noor", maple))
    return client


def reads(patient: Patient, edition: Edition) -> Patient:
    steps = list(edition.steps.all())
    for step in steps:
        actions.read(learner=patient.user, steps=steps, step=step, now=at(20))
    return patient


def publish(lesson: Lesson) -> Edition:
    return make_edition(lesson, number=2, safety={"two": "Call at 100.4 °F."})


def test_lists_who_read_the_older_text_with_lesson_and_page(lesson: Lesson, maple: CareTeam, noor: Client) -> None:
    old = lesson.editions.get()
    for label in ("Ana", "Ben"):
        reads(make_patient(maple, label), old)
    make_patient(maple, "Cy")
    assert NOBODY in words(noor.get(ADDRESS))
    new = publish(lesson)
    reads(make_patient(maple, "Dee"), new)
    said = words(noor.get(ADDRESS))
    assert "Patient (2)" in said
    assert said.index("Ana Lesson 2: “two” Done") < said.index("Ben Lesson 2: “two” Done")
    assert "Cy" not in said
    assert "Dee" not in said


def test_a_patient_leaves_it_when_they_have_seen_the_change(lesson: Lesson, maple: CareTeam, noor: Client) -> None:
    ana = reads(make_patient(maple), lesson.editions.get())
    new = publish(lesson)
    client = Client()
    client.force_login(ana.user)
    assert "Ana" in words(noor.get(ADDRESS))
    client.post("/lessons/basics/a-lesson/changes/", {"edition": new.pk})
    assert NOBODY in words(noor.get(ADDRESS))


def test_shows_only_the_nurses_own_patients_whose_record_is_open(lesson: Lesson, maple: CareTeam, noor: Client) -> None:
    old = lesson.editions.get()
    reads(make_patient(make_team("Cedar team"), "Omars"), old)
    reads(make_patient(maple, "Closed", ended_on=at(21).date(), ended_why="moved"), old)
    publish(lesson)
    assert NOBODY in words(noor.get(ADDRESS))
    assert not AuditEvent.objects.exists()


def test_is_noted_and_linked_from_my_patients_and_marked_on_the_patients_page(
    lesson: Lesson, maple: CareTeam, noor: Client
) -> None:
    ana = reads(make_patient(maple), lesson.editions.get())
    publish(lesson)
    assert f'href="{ADDRESS}"' in noor.get(reverse("admin:index")).content.decode()
    noor.get(ADDRESS)
    assert AuditEvent.objects.get(what="list.seen", patient=None).count == 1
    assert "Changed since they read it" in words(noor.get(reverse("admin:people_patient_change", args=[ana.pk])))


def test_the_history_tells_reading_what_changed_from_beginning_a_lesson(
    lesson: Lesson, maple: CareTeam, noor: Client
) -> None:
    ana = reads(make_patient(maple), lesson.editions.get())
    new = publish(lesson)
    actions.read(learner=ana.user, steps=list(new.steps.all()), step=new.steps.all()[1], now=at(23))
    said = words(noor.get(reverse("admin:people_patient_change", args=[ana.pk])))
    assert "Read in the new edition of “Lesson 2”" in said
    assert said.count("Began to read") == 1


def test_goes_on_after_fifty_patients(lesson: Lesson, maple: CareTeam, noor: Client) -> None:
    for n in range(52):
        reads(make_patient(maple, f"P{n:02}"), lesson.editions.get())
    publish(lesson)
    page = noor.get(ADDRESS)
    assert "Patient (52)" in words(page)
    assert ("P49" in words(page), "P50" in words(page)) == (True, False)
    after = Patient.objects.get(label="P49").pk
    assert f"?after={after}" in page.content.decode()
    said = words(noor.get(ADDRESS, {"after": after}))
    assert ("P49" in said, "P50" in said, "P51" in said) == (False, True, True)


def test_costs_the_same_queries_for_one_and_three_patients(
    lesson: Lesson, maple: CareTeam, noor: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    old = lesson.editions.get()
    reads(make_patient(maple), old)
    publish(lesson)
    for more in (0, 2):
        for n in range(more):
            reads(make_patient(maple, f"P{n}"), old)
        noor.get(ADDRESS)
        keep_published()
        # Session with user, permissions; patients; five for the status and one for the older text; the audit.
        with django_assert_num_queries(10):
            noor.get(ADDRESS)
