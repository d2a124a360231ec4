"""A lesson pack: what was written is read back as it was; what is hostile gets one sentence and changes nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from learn.lessons import pack, writing
from learn.lessons.models import Edition, Lesson, Step, Therapy
from learn.people import roles
from learn.people.models import User
from quizzes.models import Question, Quiz, QuizItem, Revision
from tests.cast import LOADED, as_yaml, at, load_content

pytestmark = pytest.mark.django_db
SLUG = "non-specific-immunotherapies"  # has questions of three kinds
TABLES = (Therapy, Lesson, Edition, Step, Quiz, QuizItem, Question, Revision)


@pytest.fixture
def eda() -> User:
    found = User.objects.create_user("eda", is_staff=True)
    found.groups.add(Group.objects.get(name=roles.EDUCATOR))
    return found


def count() -> list[int]:
    return [model._base_manager.count() for model in TABLES]


def packed(*therapies: str) -> bytes:
    return pack.write(Lesson.objects.filter(therapy__slug__in=therapies))


def empty() -> None:
    """Delete all content, as at a second hospital that has none."""
    for model in (*LOADED[8:], Step, Edition, Lesson, Therapy, Revision, QuizItem, Question, Quiz):
        model._base_manager.all().delete()


def rezipped(whole: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return a pack with its data changed."""
    files = {name: yaml.safe_load(zipfile.ZipFile(io.BytesIO(whole)).read(name)) for name in names(whole)}
    change(files)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as zipped:
        for name, data in files.items():
            zipped.writestr(name, data if isinstance(data, bytes) else as_yaml(data))
    return held.getvalue()


def names(whole: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(whole)).namelist()


def test_an_empty_site_takes_over_every_therapy_type_word_for_word(eda: User) -> None:
    load_content()
    slugs = list(Therapy.objects.values_list("slug", flat=True))
    before = {e.lesson.slug: writing.text_of(e) for e in Edition.objects.select_related("lesson")}
    asked = {r.question.slug: pack.parts_of(r) for r in Revision.objects.select_related("question")}
    whole = packed(*slugs)
    empty()
    taken = pack.take_in(whole, by=eda, now=at(20))
    assert (len(taken.drafts), taken.questions, taken.same) == (len(before), len(asked), [])
    drafts = Edition.objects.select_related("lesson")
    assert {e.lesson.slug: writing.text_of(e) for e in drafts} == before
    assert {r.question.slug: pack.parts_of(r) for r in Revision.objects.select_related("question")} == asked
    assert {(e.state, e.author_id) for e in drafts} == {("draft", eda.pk)}
    assert not Revision.objects.exclude(state="draft").exists()
    assert list(Therapy.objects.values_list("slug", flat=True)) == slugs
    with pytest.raises(pack.BadPack, match="needs lessons"):  # nothing is published, so nothing can be carried on
        pack.take_in(packed(*slugs), by=eda, now=at(20))


def test_a_site_that_has_the_same_already_gets_nothing_and_what_differs_becomes_a_draft(eda: User) -> None:
    load_content()
    whole, before = packed(SLUG), count()
    taken = pack.take_in(whole, by=eda, now=at(20))
    assert (taken.drafts, taken.questions, len(taken.same)) == ([], 0, 3)
    assert count() == before

    def change(files: dict[str, Any]) -> None:
        files["lessons/il-2.yaml"]["title"] = "IL-2, told anew"
        files["quizzes/il-2.yaml"]["questions"][0]["why"] += " So it is."

    taken = pack.take_in(rezipped(whole, change), by=eda, now=at(20))
    assert (taken.drafts, taken.questions, len(taken.same)) == (["IL-2, told anew"], 1, 2)
    assert Edition.objects.get(state="draft").number == 2
    before = count()
    with pytest.raises(pack.BadPack, match="has a draft"):
        pack.take_in(rezipped(whole, lambda f: f["lessons/il-2.yaml"].update(title="Third")), by=eda, now=at(20))
    assert count() == before


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a step without words": (lambda f: f["lessons/il-2.yaml"]["steps"][0].update(body=" "), "has no words yet"),
    "no steps": (lambda f: f["lessons/il-2.yaml"].update(steps=[]), "there is no step"),
    "a fact that does not exist": (lambda f: f["lessons/il-2.yaml"]["steps"][0].update(claims=["X"]), "no fact X"),
    "a picture that is not shipped": (lambda f: f["pictures.yaml"][0].update(file="no.svg"), "no picture"),
    "a picture outside": (lambda f: f["pictures.yaml"][0].update(file="../../settings.py"), "no picture"),
    "a question of no kind": (lambda f: f["quizzes/il-2.yaml"]["questions"][0].update(kind="essay"), "no kind 'essay'"),
    "a question without a reason": (lambda f: f["quizzes/il-2.yaml"]["questions"][0].update(why=" "), "why is missing"),
    "a question about no step": (lambda f: f["quizzes/il-2.yaml"]["questions"][0].update(step="no"), "no step no"),
    "an unknown key": (lambda f: f["lessons/il-2.yaml"].update(secret="x"), "unknown secret"),
    "a slug with a slash": (lambda f: f["lessons/il-2.yaml"].update(slug="a/b"), "slug must be letters"),
    "a NUL byte": (lambda f: f["lessons/il-2.yaml"].update(title="a\x00b"), "title must be text"),
    "a huge number": (lambda f: f["lessons/il-2.yaml"].update(minutes=10**20), "minutes must be a number"),
    "a long text": (lambda f: f["lessons/il-2.yaml"].update(title="x" * 121), "too long"),
    "another language": (lambda f: f["lessons/il-2.yaml"].update(language="xx"), "language must be en"),
    "no therapy types": (lambda f: f.pop("therapies.yaml"), "therapies.yaml is missing"),
    "no quiz": (lambda f: f.pop("quizzes/il-2.yaml"), "quiz is missing"),
    "no lesson": (lambda f: f.pop("lessons/il-2.yaml"), "needs its lesson"),
    "a strange file": (lambda f: f.update({"../../etc/passwd": []}), "does not belong"),
    "a script": (lambda f: f.update({"lessons/x.py": []}), "does not belong"),
    "an alias bomb": (
        lambda f: f.update({"pictures.yaml": b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"}), "parts of itself",
    ),
    "deep nesting": (lambda f: f.update({"pictures.yaml": b"[" * 20_000}), "no valid YAML"),
    "an object of Python": (
        lambda f: f.update({"pictures.yaml": b"!!python/object/apply:os.system [ls]"}), "no valid YAML",
    ),
    "no UTF-8": (lambda f: f.update({"pictures.yaml": b"\xff\xfe"}), "no valid YAML"),
    "a large part": (lambda f: f.update({"pictures.yaml": b"#" * (pack.MOST_OF_ONE + 1)}), "too large"),
    "many parts": (lambda f: f.update({f"lessons/l{n}.yaml": [] for n in range(pack.MOST_FILES)}), "too many parts"),
    "an empty part": (lambda f: f.update({"lessons/il-2.yaml": b""}), "lesson is missing"),
}  # fmt: skip


def test_a_broken_pack_gets_one_sentence_and_changes_nothing(eda: User) -> None:
    load_content()
    whole = packed(SLUG)
    Lesson.objects.get(slug="il-2").editions.all().delete()  # so that a whole pack would change something
    before = count()
    told = {}
    for name, (change, says) in BROKEN.items():
        with pytest.raises(pack.BadPack) as error:
            pack.take_in(rezipped(whole, change), by=eda, now=at(20))
        told[name] = (says in str(error.value), str(error.value).count("\n"), str(error.value))
        assert count() == before, name
    assert {name: said for name, said in told.items() if not said[0] or said[1]} == {}


@pytest.mark.parametrize(
    "held",
    [b"", b"PK\x03\x04", b"no zip at all", b"\x00" * 1000, b"PK\x05\x06" + b"\x00" * 18, b"x" * (pack.MOST_BYTES + 1)],
    ids=["nothing", "the beginning", "text", "zeros", "an empty zip", "too large"],
)
def test_what_is_no_pack_is_refused(eda: User, held: bytes) -> None:
    with pytest.raises(pack.BadPack):
        pack.take_in(held, by=eda, now=at(20))


def test_the_commands_carry_a_therapy_type(eda: User, tmp_path: Path) -> None:
    load_content()
    file = tmp_path / "pack.zip"
    call_command("export_lesson", SLUG, str(file), verbosity=0)
    empty()
    with pytest.raises(CommandError, match="no educator"):
        call_command("import_lesson", str(file), by="nobody")
    call_command("import_lesson", str(file), by="eda", verbosity=0)
    assert Edition.objects.filter(state="draft", author=eda).count() == 3
    with pytest.raises(CommandError, match="no published lesson"):
        call_command("export_lesson", SLUG, str(file))
