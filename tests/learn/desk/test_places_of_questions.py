"""Where a visit question stands: moved in its group, into another one, into a new one."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.urls import reverse

from learn.lessons import rewording
from learn.lessons.models import ReferenceText
from learn.lessons.parts import HIDDEN, TOP, VISIT
from learn.lessons.texts import digest
from learn.management.commands import load_content as command
from learn.visits.models import ROOM, SuggestedQuestion
from tests.cast import FIXTURES, at, edit, load_content, words
from tests.learn.desk.texts import form, published, url, written

pytestmark = pytest.mark.django_db
DAILY = "Daily life"


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    load_content()
    with time_machine.travel(at(23), tick=False):
        yield


def groups() -> dict[str, list[str]]:
    """Return the questions of each group, as a page for patients finds them."""
    found: dict[str, list[str]] = {}
    for row in SuggestedQuestion.objects.offered():
        found.setdefault(row.group, []).append(row.slug)
    return found


def edited(folder: Path, change: Any) -> Path:
    """Return a copy of fixtures/ of which a newer version of the site has changed the visit questions."""
    copytree(FIXTURES, folder, dirs_exist_ok=True)
    edit(
        folder, "questions.yaml", lambda groups: change({row["slug"]: row for of in groups for row in of["questions"]})
    )
    return folder


def test_a_question_moves_up_and_down_in_its_group(eda: Client, rex: Client) -> None:
    before = groups()
    assert before[DAILY] == ["my-days", "work", "exercise", "people-at-home", "which-vaccines"]
    assert "As it is: number 3 of 5 First in its group After: How will" in words(
        eda.get(url("change", VISIT, "exercise"))
    )
    written(eda, VISIT, "exercise", after=TOP)
    assert groups() == before  # not before a second person has published it
    read = words(rex.get(url("read", VISIT, "exercise")))
    assert "Place in its group First in its group" in read
    rex.post(url("read", VISIT, "exercise"), {"verdict": "publish", "seen": form(VISIT, "exercise")["seen"]})
    assert groups()[DAILY] == ["exercise", "my-days", "work", "people-at-home", "which-vaccines"]
    published(eda, rex, VISIT, "exercise", after="people-at-home")
    assert groups()[DAILY] == ["my-days", "work", "people-at-home", "exercise", "which-vaccines"]
    published(eda, rex, VISIT, "my-days", after="exercise")
    published(eda, rex, VISIT, "work", after="exercise")
    moved = {DAILY: ["people-at-home", "exercise", "work", "my-days", "which-vaccines"]}
    assert list(groups()) == list(before)
    assert groups() == before | moved
    assert command.load(FIXTURES).left_alone == command.load(FIXTURES).added == []
    assert groups() == before | moved


def test_where_it_was_put_is_not_said_again(eda: Client, rex: Client) -> None:
    published(eda, rex, VISIT, "exercise", after="my-days")
    there = rewording.standing(VISIT, "exercise")
    assert there is not None
    assert "after" not in there.next
    assert there.published
    assert there.published.body["after"] == "my-days"  # what was decided is kept
    published(eda, rex, VISIT, "my-days", group="Who to call")
    published(eda, rex, VISIT, "exercise", text="May I exercise?")
    assert groups()[DAILY] == ["exercise", "work", "people-at-home", "which-vaccines"]


def test_the_others_still_follow_the_site(eda: Client, rex: Client, tmp_path: Path) -> None:
    for slug in ("cost", "children"):
        published(eda, rex, VISIT, slug, group=DAILY)
    for slug in ("exercise", "which-vaccines", "cost", "children"):
        published(eda, rex, VISIT, slug, after="work")
    published(eda, rex, VISIT, "people-at-home", after=TOP)
    newer = edited(tmp_path, lambda rows: [rows[slug].update(text=f"{slug}, newer?") for slug in ("my-days", "work")])
    report = command.load(newer)
    assert report.left_alone == []
    assert report.added == ["suggested question my-days", "suggested question work"]
    order = ["people-at-home", "my-days", "work", "children", "cost", "which-vaccines", "exercise"]
    assert groups()[DAILY] == order


def test_a_new_group_begins_with_a_question_and_others_join_it(eda: Client, rex: Client) -> None:
    before = list(groups())
    written(eda, VISIT, "cost", own_group="  Money ")
    assert "Money" not in groups()
    assert '<option value="Money">' in eda.get(url("change", VISIT, "work")).content.decode()
    written(eda, VISIT, "work", group="Money")
    assert "Last in this group" in words(eda.get(url("change", VISIT, "work")))
    for slug in ("cost", "work"):
        rex.post(url("read", VISIT, slug), {"verdict": "publish", "seen": form(VISIT, slug)["seen"]})
    assert list(groups()) == [*before, "Money"]
    assert groups()["Money"] == ["cost", "work"]
    assert "Money" in words(Client().get(f"{reverse('questions')}?more=1"))
    assert "Last in this group" not in words(eda.get(url("change", VISIT, "work")))
    published(eda, rex, VISIT, "work", after=TOP)
    assert groups()["Money"] == ["work", "cost"]
    assert list(groups()) == [*before, "Money"]
    new = {"text": "Who pays?", "group": "", "own_group": "Bills", "lessons": [], "safety": "", "extra": ""}
    assert eda.post(url("new", VISIT), new).status_code == 303
    assert rewording.standing(VISIT, "who-pays").next["group"] == "Bills"  # type: ignore[union-attr]


def test_a_question_that_is_alone_in_its_group_leaves_the_group_where_it_is(eda: Client, rex: Client) -> None:
    for slug in ("which-tests", "how-will-we-know"):
        published(eda, rex, VISIT, slug, group=DAILY)
    published(eda, rex, VISIT, "which-tests", own_group="Alone")
    order = list(groups())
    published(eda, rex, VISIT, "which-tests", after=TOP)
    assert list(groups()) == order


def test_who_reads_spanish_finds_the_same_order_in_spanish(eda: Client, rex: Client, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("es", "Español")]
    spanish = {"headers": {"accept-language": "es"}}
    address = f"{reverse('questions')}?more=1"
    first, second = "¿Puedo trabajar durante el tratamiento?", "¿Puedo hacer ejercicio"
    page = words(Client(**spanish).get(address))
    assert page.index(first) < page.index(second)
    published(eda, rex, VISIT, "exercise", after=TOP)
    page = words(Client(**spanish).get(address))
    assert page.index(second) < page.index(first)
    published(eda, rex, VISIT, "work", own_group="Work and money")
    page = words(Client(**spanish).get(address))
    assert page.index("Work and money") < page.index(first)  # no one has translated the hospital's own name


@pytest.mark.parametrize(("over", "says"), [
    ({"after": "cost"}, "Choose one of these"),  # of another group
    ({"after": "work"}, "Choose one of these"),  # itself
    ({"after": "my-days", "group": "Who to call"}, "not in this group"),
    ({"own_group": "?!"}, "Write it with letters"),
    ({"own_group": "daily  LIFE"}, "There is a group with this name already"),
    ({"own_group": "x" * 81}, "80 letters"),
    ({"own_group": "a\x00b"}, "Null characters are not allowed."),
    ({"own_group": "a\u202eb"}, "hidden marks"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_saved(eda: Client, over: dict[str, str], says: str) -> None:
    assert says in words(eda.post(url("change", VISIT, "work"), form(VISIT, "work", **over)))
    assert not ReferenceText.objects.exists()


@pytest.mark.parametrize("over", [{"hidden": HIDDEN}, {"group": "Who to call"}])
def test_the_question_above_it_may_be_gone_when_it_is_published(eda: Client, rex: Client, over: dict[str, str]) -> None:
    written(eda, VISIT, "exercise", after="my-days")
    published(eda, rex, VISIT, "my-days", **over)
    page = rex.post(url("read", VISIT, "exercise"), {"verdict": "publish", "seen": form(VISIT, "exercise")["seen"]})
    assert "Choose another place, or none" in words(page)
    assert groups()[DAILY][:2] == ["work", "exercise"]
    assert "exercise" in eda.get(url("change", VISIT, "exercise")).content.decode()


def test_a_hospital_that_goes_back_to_the_shipped_text_has_its_shipped_place(eda: Client, rex: Client) -> None:
    before = groups()
    published(eda, rex, VISIT, "exercise", after=TOP, text="May I run?")
    published(eda, rex, VISIT, "exercise", text="Can I exercise and do the things I like?")
    assert not ReferenceText.objects.filter(state="published").exists()
    command.load(FIXTURES)
    assert groups() == before


def test_newer_shipped_questions_before_it_move_what_the_hospital_wrote_and_placed_along(
    eda: Client, rex: Client, tmp_path: Path
) -> None:
    published(eda, rex, VISIT, "exercise", after="my-days")
    published(eda, rex, VISIT, "people-at-home", text="Who helps me at home?")
    published(eda, rex, VISIT, "where-to-go", after=TOP, own_group=DAILY)
    before = groups()[DAILY]
    first = {"slug": "new-one", "text": "What is new?"}
    copytree(FIXTURES, tmp_path, dirs_exist_ok=True)
    edit(tmp_path, "questions.yaml", lambda groups: groups[0]["questions"].insert(0, first))
    command.load(tmp_path)
    assert groups()[DAILY] == before
    assert groups()["Choosing treatment"][0] == "new-one"
    assert command.load(tmp_path).added == []
    edit(tmp_path, "questions.yaml", lambda groups: groups[0]["questions"].pop(0))
    command.load(tmp_path)
    assert groups()[DAILY] == before


def test_the_migration_makes_room_and_what_was_shipped_stays_so() -> None:
    """As before it: shipped positions 1, 2, 3, …; what the hospital moved has that of the last of its group."""
    migration = import_module("learn.visits.migrations.0003_room_between")
    before = groups()
    migration.backward(apps, None)
    last = SuggestedQuestion.objects.get(slug="which-vaccines")
    SuggestedQuestion.objects.filter(slug="which-immunotherapy").update(group=DAILY, position=last.position)
    migration.forward(apps, None)
    assert groups()[DAILY] == [*before[DAILY], "which-immunotherapy"]
    assert SuggestedQuestion.objects.get(slug="which-immunotherapy").position % ROOM == 1
    assert command.load(FIXTURES).added == []
    for row in SuggestedQuestion.objects.exclude(slug="which-immunotherapy").prefetch_related("lessons"):
        values = {name: getattr(row, name) for name in ("position", "group", "text", "extra", "safety")}
        assert row.shipped == digest(values | {"lessons": sorted(one.slug for one in row.lessons.all())}), row.slug
