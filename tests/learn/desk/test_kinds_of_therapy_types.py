"""Whose a therapy type is: a treatment of some patients, or a theme for everyone."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from shutil import copytree

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.urls import reverse

from learn.assignments.models import Pathway, Place
from learn.handouts import sheets
from learn.handouts.parts import Look
from learn.lessons import rewording
from learn.lessons.bodies import MEDICINE, empty, shipped
from learn.lessons.models import Lesson, Reference, ReferenceText, Therapy
from learn.lessons.parts import FOR_ALL, FOR_SOME, PATHWAY, THERAPY
from learn.lessons.texts import digest
from learn.management.commands import load_content as command
from learn.people import roles
from learn.people.phones import Phones
from tests.cast import FIXTURES, at, edit, load_content, make_patient, make_staff, make_team, words
from tests.learn.desk.texts import form, published, url, written

pytestmark = pytest.mark.django_db
BASICS, TEAM, VIRUS = "basics", "your-care-team", "virus-therapy"
HEART = {"therapy": "heart"}


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    load_content()
    with time_machine.travel(at(23), tick=False):
        yield


def kind(slug: str) -> str:
    return Therapy.objects.get(slug=slug).kind


def free(slug: str) -> None:
    """Take away all that belongs to a treatment."""
    Pathway.objects.filter(therapy__slug=slug).delete()


def test_a_theme_for_everyone_becomes_a_treatment_and_the_other_way_round(eda: Client, rex: Client) -> None:
    also = "Also for everyone"
    assert also in words(Client().get(reverse("therapy", args=[VIRUS])))
    page = words(eda.get(url("change", THERAPY, TEAM)))
    assert "If it is a treatment, only its own page offers its lessons." in page
    written(eda, THERAPY, TEAM, kind=FOR_SOME)
    assert kind(TEAM) == FOR_ALL  # not before a second person has published it
    read = words(rex.get(url("read", THERAPY, TEAM)))
    assert "Whose is it? For people who get this treatment" in read
    rex.post(url("read", THERAPY, TEAM), {"verdict": "publish", "seen": form(THERAPY, TEAM)["seen"]})
    published(eda, rex, THERAPY, BASICS, kind=FOR_SOME)
    assert (kind(TEAM), kind(BASICS)) == (FOR_SOME, FOR_SOME)
    assert also not in words(Client().get(reverse("therapy", args=[VIRUS])))
    assert "If it is for everyone, the page of each treatment" in words(eda.get(url("change", THERAPY, TEAM)))
    published(eda, rex, THERAPY, TEAM, kind=FOR_ALL)
    published(eda, rex, THERAPY, BASICS, kind=FOR_ALL)
    assert also in words(Client().get(reverse("therapy", args=[VIRUS])))
    assert not ReferenceText.objects.filter(state="published").exists()  # it is as it was shipped
    assert command.load(FIXTURES).left_alone == []


def test_what_patients_have_as_their_treatment_stays_one(eda: Client) -> None:
    for says in ("2 medicines, 1 pathway", "2 medicines"):
        answer = words(eda.post(url("change", THERAPY, VIRUS), form(THERAPY, VIRUS, kind=FOR_ALL)))
        assert f"It stays a treatment as long as it has {says}" in answer
        free(VIRUS)
    made = Therapy.objects.create(slug="heart", position=99, kind=FOR_SOME, title="Heart", summary="S.")
    patient = make_patient(make_team(), "Ana")
    type(patient).objects.update(treatment=made.slug)
    answer = words(eda.post(url("change", THERAPY, "heart"), form(THERAPY, "heart", kind=FOR_ALL)))
    assert "It stays a treatment as long as it has patients" in answer
    assert not ReferenceText.objects.exists()
    type(patient).objects.update(ended_on=at(20).date(), ended_why="moved")
    assert eda.post(url("change", THERAPY, "heart"), form(THERAPY, "heart", kind=FOR_ALL)).status_code == 303


def test_what_came_to_belong_to_it_meanwhile_is_said_when_it_is_published(eda: Client, rex: Client) -> None:
    made = Therapy.objects.create(slug="heart", position=99, kind=FOR_SOME, title="Heart", summary="S.")
    written(eda, THERAPY, "heart", kind=FOR_ALL)
    pathway = Pathway.objects.create(slug="heart", name="Heart", therapy=made)
    Place.objects.create(pathway=pathway, lesson=Lesson.objects.get(slug="who-to-call"), position=1)
    seen = form(THERAPY, "heart")["seen"]
    answer = rex.post(url("read", THERAPY, "heart"), {"verdict": "publish", "seen": seen})
    assert "It stays a treatment as long as it has 1 pathway" in words(answer)
    assert kind("heart") == FOR_SOME


@pytest.mark.parametrize(
    ("part", "body"),
    [
        (MEDICINE, shipped(MEDICINE)["aldesleukin"] | HEART | {"generic": "heartimod", "brands": [], "aliases": []}),
        (PATHWAY, HEART | {"name": "Heart", "lessons": ["il-2"]}),
    ],
)
def test_what_belongs_to_a_treatment_is_not_published_when_that_became_a_theme_for_everyone(
    eda: Client, rex: Client, part: str, body: dict[str, str | list[str]]
) -> None:
    heart = Therapy.objects.create(slug="heart", position=99, kind=FOR_SOME, title="Heart", summary="S.")
    Lesson.objects.filter(slug="il-2").update(therapy=heart)
    made = rewording.begin(kind=part, body=empty(part) | body, by=make_staff("Edith", roles.EDUCATOR), now=at(23))
    eda.post(url("send", part, made.slug), {"seen": made.fingerprint})
    Therapy.objects.update(kind=FOR_ALL)
    verdict = {"verdict": "publish", "seen": form(part, made.slug)["seen"]}
    answer = rex.post(url("read", part, made.slug), verdict)
    assert "This therapy type is for everyone. Choose a treatment" in words(answer)
    Therapy.objects.update(kind=FOR_SOME)
    assert rex.post(url("read", part, made.slug), verdict).status_code == 303


@pytest.mark.parametrize("value", ["", "somebody", "x" * 5000, "a\x00b"])
def test_any_other_kind_is_refused_in_words(eda: Client, value: str) -> None:
    answer = eda.post(url("change", THERAPY, TEAM), form(THERAPY, TEAM, kind=value))
    assert answer.status_code == 200
    assert "Error: " in answer.content.decode()
    assert not ReferenceText.objects.exists()


def test_the_fact_sheet_names_treatments_only(eda: Client, rex: Client) -> None:
    def named() -> str:
        return str([one["title"] for one in sheets.overview(Look("letter", 12, Phones("", "", "")))["therapies"]])

    title = Therapy.objects.get(slug=TEAM).title
    assert title not in named()
    published(eda, rex, THERAPY, TEAM, kind=FOR_SOME)
    assert title in named()


def test_a_newer_kind_is_loaded_unless_the_hospital_chose_one(eda: Client, rex: Client, tmp_path: Path) -> None:
    copytree(FIXTURES, tmp_path, dirs_exist_ok=True)
    edit(tmp_path, "therapies.yaml", lambda data: [row.update(kind=FOR_SOME) for row in data])
    published(eda, rex, THERAPY, TEAM, title="Ours")
    report = command.load(tmp_path)
    assert report.added == ["therapy type basics, its words"]
    assert len(report.left_alone) == 1
    assert (kind(BASICS), kind(TEAM)) == (FOR_SOME, FOR_ALL)


def test_a_wording_from_before_kinds_were_texts_has_the_kind_of_its_row(eda: Client, rex: Client) -> None:
    """As before the migration: hashes without the kind, and a draft and a published wording without it."""
    migration = import_module("learn.lessons.migrations.0012_kinds_of_therapy_types")
    published(eda, rex, THERAPY, BASICS, title="Ours")
    ReferenceText.objects.update(state="retired")
    old = ReferenceText.objects.get()
    reference = Reference.objects.get(slug=BASICS)
    made = {"language": "en", "author": old.author, "written": old.written, "reference": reference}
    body = {"title": "Ours", "summary": "S."}
    ReferenceText.objects.create(number=2, state="published", body=body, **made)
    ReferenceText.objects.create(number=3, state="draft", body=body | {"title": "Ours, newer"}, **made)
    migration.backward(apps, None)
    team = Therapy.objects.get(slug=TEAM)
    assert team.shipped == digest({"title": team.title, "summary": team.summary})
    migration.forward(apps, None)
    team.refresh_from_db()
    assert team.shipped == digest({"title": team.title, "summary": team.summary, "kind": team.kind})
    there = rewording.standing(THERAPY, BASICS)
    assert there is not None
    assert there.read == body | {"kind": FOR_ALL}
    assert there.next == body | {"kind": FOR_ALL, "title": "Ours, newer"}
    assert command.load(FIXTURES).added == []
