"""Visit questions, pathways, the words of therapy types as texts of the Desk; what a hospital does not use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from learn.assignments.models import Assignment, Pathway
from learn.lessons import bodies, reference, rewording, texts
from learn.lessons.bodies import MEDICINE, TERM
from learn.lessons.models import Reference, ReferenceText, Therapy
from learn.lessons.parts import FIRST, HIDDEN, ONLY_AFTER, PATHWAY, THERAPY, VISIT
from learn.management.commands import load_content as command
from learn.visits.models import SuggestedQuestion
from tests.cast import FIXTURES, at, edit, load_content, words
from tests.learn.desk.texts import form, published, url, written

pytestmark = pytest.mark.django_db
TYPE = "antibodies-and-checkpoint-inhibitors"


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    load_content()
    with time_machine.travel(at(23), tick=False):
        yield


def get(name: str, *args: Any, **more: Any) -> str:
    return words(Client(**more).get(reverse(name, args=args)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of fixtures/ that a newer version of the site has changed."""
    copytree(FIXTURES, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_visit_question_goes_from_its_form_to_the_patient(eda: Client, rex: Client) -> None:
    new = "Which phone do I call at night?"
    written(eda, VISIT, "night-number", text=new, lessons=["il-2", "who-to-call"])
    assert new not in get("questions")
    assert new in words(rex.get(reverse("admin:lessons_lesson_review")))
    read = words(rex.get(url("read", VISIT, "night-number")))
    assert "IL-2" in read  # a lesson by its title
    assert "What changed" in read
    rex.post(url("read", VISIT, "night-number"), {"verdict": "publish", "seen": form(VISIT, "night-number")["seen"]})
    assert new in get("questions")
    row = SuggestedQuestion.objects.get(slug="night-number")
    assert {lesson.slug for lesson in row.lessons.all()} == {"il-2", "who-to-call"}
    assert ReferenceText.objects.get().published_by.username == "rex"  # type: ignore[union-attr]


def test_who_wrote_it_does_not_publish_it(eda: Client) -> None:
    written(eda, THERAPY, TYPE, title="Antibodies")
    eda.post(url("read", THERAPY, TYPE), {"verdict": "publish", "seen": form(THERAPY, TYPE)["seen"]})
    assert Therapy.objects.get(slug=TYPE).title != "Antibodies"


def test_a_new_visit_question_stands_in_its_group_and_can_be_taken_out(eda: Client, rex: Client) -> None:
    group = SuggestedQuestion.objects.get(slug="which-immunotherapy").group
    new = {"text": "Who drives me home?", "group": group, "lessons": [], "safety": FIRST, "extra": ""}
    assert "Choose the lessons after which" in words(eda.post(url("new", VISIT), new | {"extra": ONLY_AFTER}))
    eda.post(url("new", VISIT), new)
    eda.post(url("send", VISIT, "who-drives-me-home"), {"seen": form(VISIT, "who-drives-me-home")["seen"]})
    assert not SuggestedQuestion.objects.filter(slug="who-drives-me-home").exists()
    seen = form(VISIT, "who-drives-me-home")["seen"]
    rex.post(url("read", VISIT, "who-drives-me-home"), {"verdict": "publish", "seen": seen})
    groups = list(SuggestedQuestion.objects.offered().values_list("group", flat=True))
    assert [name for n, name in enumerate(groups) if n == 0 or groups[n - 1] != name] == list(dict.fromkeys(groups))
    assert SuggestedQuestion.objects.get(slug="who-drives-me-home").safety
    rex.post(url("retire", VISIT, "who-drives-me-home"), {"seen": form(VISIT, "who-drives-me-home")["seen"]})
    assert SuggestedQuestion.objects.get(slug="who-drives-me-home").withdrawn


def test_a_pathway_has_other_lessons_in_another_order(eda: Client, rex: Client) -> None:
    pathway = Pathway.objects.get(slug="bcg")
    first, second, *others = pathway.slugs
    places = {"lesson_1": second, "lesson_2": first, "lesson_3": "il-2"} | {
        f"lesson_{n}": "" for n in range(4, len(others) + 6)
    }
    published(eda, rex, PATHWAY, "bcg", name="BCG here", **places)
    pathway.refresh_from_db()
    assert (pathway.name, Pathway.objects.offered().get(slug="bcg").slugs) == ("BCG here", [second, first, "il-2"])


def test_a_pathway_that_is_not_used_here_is_not_offered_and_comes_back(eda: Client, rex: Client) -> None:
    before = Pathway.objects.offered().get(slug="bcg").slugs
    published(eda, rex, PATHWAY, "bcg", hidden=HIDDEN)
    assert not Pathway.objects.filter(slug="bcg").exists()
    command.load(FIXTURES)
    assert not Pathway.objects.filter(slug="bcg").exists()
    assert "BCG for the bladder Not used here" in words(eda.get(url("changelist"), {"kind": PATHWAY}))
    published(eda, rex, PATHWAY, "bcg", hidden="")
    assert Pathway.objects.offered().get(slug="bcg").slugs == before
    assert not Assignment.objects.exists()


def test_the_words_of_a_therapy_type_are_on_its_page_and_on_the_list(eda: Client, rex: Client) -> None:
    published(eda, rex, THERAPY, TYPE, title="Brake medicines", summary="They take off a brake.")
    for page in (get("therapies"), get("therapy", TYPE)):
        assert "Brake medicines" in page
        assert "They take off a brake." in page


def test_readers_of_a_translation_have_the_words_of_the_hospital(eda: Client, rex: Client, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("es", "Español")]
    spanish = {"headers": {"accept-language": "es"}}
    assert "Lo básico" in get("therapies", **spanish)
    published(eda, rex, THERAPY, "basics", title="Where you begin")
    page = get("therapies", **spanish)
    assert "Where you begin" in page
    assert "Lo básico" not in page
    assert "Terapia con virus" in page


@pytest.mark.parametrize(("kind", "slug", "over", "says"), [
    (VISIT, "cost", {"text": ""}, "cannot be empty"),
    (VISIT, "cost", {"text": "x" * 301}, "300 letters"),
    (VISIT, "cost", {"text": "Is this my only treatment?"}, "There is one with these words already"),
    (VISIT, "cost", {"text": "?!"}, "Write it with letters"),
    (VISIT, "cost", {"text": "a\x00b"}, "Null characters are not allowed."),
    (VISIT, "cost", {"text": "a\u202eb"}, "hidden marks"),
    (VISIT, "cost", {"group": "Nothing"}, "Choose one of these"),
    (VISIT, "cost", {"lessons": ["nothing"]}, "Choose among these"),
    (PATHWAY, "bcg", {"name": " "}, "cannot be empty"),
    (PATHWAY, "bcg", {"lesson_1": "nothing"}, "Choose one of these"),
    (PATHWAY, "bcg", {"lesson_1": "who-to-call", "lesson_2": "who-to-call"}, "in the pathway already"),
    (PATHWAY, "bcg", {f"lesson_{n}": "" for n in range(1, 13)}, "Choose a lesson"),
    (PATHWAY, "bcg", {"therapy": ""}, "cannot be empty"),
    (PATHWAY, "bcg", {"hidden": "maybe"}, "Choose one of these"),
    (THERAPY, "basics", {"title": "Virus therapy"}, "There is one with these words already"),
    (THERAPY, "basics", {"summary": ""}, "cannot be empty"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_saved(
    eda: Client, kind: str, slug: str, over: dict[str, Any], says: str
) -> None:
    assert says in words(eda.post(url("change", kind, slug), form(kind, slug, **over)))
    assert not ReferenceText.objects.exists()


HOSTILE = ["", "\x00", "\ud800".encode("utf-8", "surrogatepass"), "x" * 5000, "<b>", "9" * 40]


@pytest.mark.parametrize("kind", [VISIT, PATHWAY, THERAPY])
def test_any_input_gets_an_answer(eda: Client, kind: str) -> None:
    """A page, a way back or "not found", never an error of the program."""
    there = rewording.standings(kind)[0]
    fields = [part.name for part in bodies.parts(kind, there.next)]
    for value in HOSTILE:
        assert eda.post(url("change", kind, there.slug), dict.fromkeys([*fields, "seen"], value)).status_code == 200
        assert eda.post(url("new", kind), dict.fromkeys(fields, value)).status_code in (200, 404)
    for name in fields:
        data = form(kind, there.slug) | {name: HOSTILE[2]}
        assert eda.post(url("change", kind, there.slug), data).status_code in (200, 303), name
    assert eda.get(url("change", kind, "nothing")).status_code == 404
    assert eda.get(url("newer", kind, there.slug)).status_code == 404
    assert eda.get(url("new", THERAPY)).status_code == 404
    assert not ReferenceText.objects.filter(state="published").exists()


def test_nothing_is_wrong_with_what_is_shipped() -> None:
    for kind in (VISIT, PATHWAY, THERAPY):
        for there in rewording.standings(kind):
            assert there.read == there.shipped == there.row, there.slug
            assert there.shipped is not None
            assert rewording.problems(there, there.shipped) == [], there.slug
            values = {part.name: part.text for part in bodies.parts(kind, there.next)}
            assert bodies.filled(kind, there.next, values) == there.shipped


NEWER = [
    (VISIT, "cost", {"text": "Ours?"}, "questions.yaml", lambda d: _question(d, "cost").update(text="Newer?")),
    (PATHWAY, "bcg", {"name": "Ours"}, "pathways.yaml", lambda d: d[1].update(name="Newer")),
    (THERAPY, "basics", {"title": "Ours"}, "therapies.yaml", lambda d: d[0].update(title="Newer")),
]


def _question(data: Any, slug: str) -> Any:
    return next(row for group in data for row in group["questions"] if row["slug"] == slug)


@pytest.mark.parametrize(("kind", "slug", "over", "file", "change"), NEWER, ids=[kind for kind, *_ in NEWER])
def test_newer_text_is_left_alone_reported_and_taken_over(
    eda: Client, rex: Client, folder: Path, kind: str, slug: str, over: dict[str, str], file: str, change: Any
) -> None:
    published(eda, rex, kind, slug, **over)
    assert command.load(folder).left_alone == []  # what is ours is known to differ from what we began with
    edit(folder, file, change)
    for _ in range(2):
        (said,) = command.load(folder).left_alone
        assert slug in said
    there = rewording.standing(kind, slug)
    assert there is not None
    assert there.newer
    assert "Ours" in str(there.read)
    assert slug in words(eda.get(url("changelist")))
    assert "Ours" in words(eda.get(url("newer", kind, slug)))
    eda.post(url("newer", kind, slug), {"do": "take"})  # the Desk takes what its own folder ships
    there = rewording.standing(kind, slug)
    assert there is not None
    assert there.draft is not None
    assert there.draft.body == there.shipped
    assert not there.newer


def test_newer_text_that_was_kept_as_ours_is_not_reported_again(eda: Client, rex: Client, folder: Path) -> None:
    published(eda, rex, VISIT, "cost", text="Ours?")
    edit(folder, "questions.yaml", lambda d: _question(d, "cost").update(text="Newer?"))
    assert len(command.load(folder).left_alone) == 1
    newest = Reference.objects.get(kind=VISIT).newer
    Reference.objects.update(newer="", dealt_with=newest)  # what "Keep yours" stores
    assert command.load(folder).left_alone == []
    assert SuggestedQuestion.objects.get(slug="cost").text == "Ours?"


def test_a_shipped_text_that_leaves_the_files_stays_if_the_hospital_wrote_its_own(
    eda: Client, rex: Client, folder: Path
) -> None:
    published(eda, rex, VISIT, "cost", text="Ours?")
    published(eda, rex, PATHWAY, "bcg", name="Ours")
    edit(folder, "questions.yaml", lambda d: [g["questions"].remove(q) for g in d for q in g["questions"] if
                                              q["slug"] == "cost"])  # fmt: skip
    edit(folder, "pathways.yaml", lambda d: d.pop(1))
    command.load(folder)
    assert not SuggestedQuestion.objects.get(slug="cost").withdrawn
    assert Pathway.objects.get(slug="bcg").name == "Ours"


AGAIN = [
    (VISIT, "cost", {"text": "Ours?"}),
    (VISIT, "cost", {"group": "Who to call"}),
    (PATHWAY, "bcg", {"name": "Ours"}),
    (PATHWAY, "bcg", {"hidden": HIDDEN}),
    (THERAPY, "basics", {"title": "Ours"}),
]


@pytest.mark.parametrize(("kind", "slug", "over"), AGAIN)
def test_a_hospital_that_goes_back_to_the_shipped_text_follows_it_again(
    eda: Client, rex: Client, folder: Path, kind: str, slug: str, over: dict[str, str]
) -> None:
    was = {part.name: part.text for part in bodies.parts(kind, bodies.shipped(kind)[slug])}
    published(eda, rex, kind, slug, **over)
    published(eda, rex, kind, slug, **{name: was[name] for name in over})
    assert not ReferenceText.objects.filter(state="published").exists()
    there = rewording.standing(kind, slug)
    assert there is not None
    assert there.row == there.shipped
    assert not there.by_hand
    _, _, _, file, change = next(row for row in NEWER if row[0] == kind)
    edit(folder, file, change)
    assert command.load(folder).left_alone == []
    there = rewording.standing(kind, slug)
    assert there is not None
    assert "Newer" in str(there.row)


class TestNotUsedHere:
    """A hospital hides a shipped medicine or word."""

    def test_a_medicine_is_not_found(self, eda: Client, rex: Client) -> None:
        find = reverse("find") + "?q=libtayo"
        assert "cemiplimab" in words(Client().get(find))
        published(eda, rex, MEDICINE, "cemiplimab", hidden=HIDDEN)
        assert "cemiplimab" not in words(Client().get(find))
        published(eda, rex, MEDICINE, "cemiplimab", hidden="")
        assert "cemiplimab" in words(Client().get(find))

    def test_a_lesson_of_another_medicine_is_still_of_another_medicine(self) -> None:
        """Whoever gets interferon is not shown the lesson about BCG as theirs because nobody gets BCG here."""
        lesson = "bcg-for-the-bladder"
        given = {slug: body for slug, body in bodies.shipped(MEDICINE).items() if body["lesson"] == lesson}
        own = texts.Own({MEDICINE: {slug: body | {"hidden": True} for slug, body in given.items()}})
        interferon = next(m for m in reference.medicines().values() if m.lesson == "interferons")
        with texts.following(lambda: own):
            assert not given.keys() & reference.medicines().keys()
            assert lesson in reference.lessons_of_others(interferon)
            assert interferon.therapy in reference.mixed()

    def test_a_word_is_not_explained_and_the_page_says_where_it_is_said(self, eda: Client, rex: Client) -> None:
        assert 'id="antigen"' in Client().get(reverse("words")).content.decode()
        written(eda, TERM, "antigen", hidden=HIDDEN)
        page = rex.get(url("read", TERM, "antigen")).content.decode()
        assert "Where it is said in lessons" in page
        assert "Publish it. Patients do not find it from now on" in page
        said = [address.split('"')[0] for address in page.split('href="/lessons/')[1:]]
        assert said
        meaning = bodies.shipped(TERM)["antigen"]["meaning"]
        assert meaning in words(Client().get(f"/lessons/{said[0]}"))
        rex.post(url("read", TERM, "antigen"), {"verdict": "publish", "seen": form(TERM, "antigen")["seen"]})
        assert 'id="antigen"' not in Client().get(reverse("words")).content.decode()
        assert meaning not in words(Client().get(f"/lessons/{said[0]}"))
        assert "Not used here" in words(eda.get(url("changelist"), {"kind": TERM, "q": "antigen"}))

    def test_a_word_that_is_used_again_has_its_translation(self, eda: Client, rex: Client, settings: Any) -> None:
        settings.LANGUAGES = [("en", "English"), ("es", "Español")]
        spanish = {"headers": {"accept-language": "es"}}
        before = get("words", **spanish)
        published(eda, rex, TERM, "antigen", hidden=HIDDEN)
        assert get("words", **spanish) != before
        published(eda, rex, TERM, "antigen", hidden="")
        assert get("words", **spanish) == before


def test_a_pathway_without_a_lesson_that_says_when_to_call_is_told_of(eda: Client) -> None:
    say = "None of its lessons says when to call."
    assert say not in words(eda.get(url("change", PATHWAY, "bcg")))
    lessons = {f"lesson_{n}": "" for n in range(2, 8)} | {"lesson_1": "what-is-immunotherapy"}
    eda.post(url("change", PATHWAY, "bcg"), form(PATHWAY, "bcg", **lessons))
    assert say in words(eda.get(url("change", PATHWAY, "bcg")))
    assert say in words(eda.get(url("read", PATHWAY, "bcg")))


# Session with user, roles, what is newer, the texts and their wordings; the rows and what belongs to them.
@pytest.mark.parametrize(("kind", "n", "queries"), [(VISIT, 1, 7), (VISIT, 3, 7), (PATHWAY, 1, 7), (PATHWAY, 3, 7)])
def test_a_list_costs_the_same_for_one_and_for_three(
    eda: Client, kind: str, n: int, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    slugs = {VISIT: ["cost", "work", "how-long"], PATHWAY: ["bcg", "interferon", "il-2"]}[kind][:n]
    for slug in slugs:
        written(eda, kind, slug, **{"text" if kind == VISIT else "name": f"Ours: {slug}"})
    with django_assert_num_queries(queries):
        assert words(eda.get(url("changelist"), {"kind": kind, "show": "sent"})).count("Ours: ") == n
