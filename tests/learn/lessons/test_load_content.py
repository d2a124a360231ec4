"""load_content loads shipped content once, and never overwrites what the hospital changed."""

import pickle
import re
import shutil
from collections.abc import Iterator
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from learn.assignments import content as pathways
from learn.assignments.models import Pathway
from learn.lessons import content, governance, texts
from learn.lessons.models import Edition, Lesson, Step, Therapy
from learn.people.models import User
from learn.visits import content as suggestions
from quizzes import authoring, taking
from quizzes.models import Question, Quiz, QuizItem, Revision
from tests.cast import FIXTURES, FolderCase, as_yaml, at, right

LESSON, QUIZ = "lessons/what-is-immunotherapy.yaml", "quizzes/what-is-immunotherapy.yaml"


class TestLoading(FolderCase):
    def test_publishes_all_twenty_lessons(self) -> None:
        assert Edition.objects.filter(state="published").count() == Lesson.objects.count() == 20
        steps = sum(len(texts.read(path)["steps"]) for path in (self.folder / "lessons").iterdir())
        assert Step.objects.filter(frozen=True).count() == steps == 113
        assert Revision.objects.filter(state="published").count() == QuizItem.objects.count() == 111
        assert len(self.first.added) == 20 + 111 + 1  # lessons, questions, the wording of the call card

    def test_gives_steps_their_pictures_with_alternative_text(self) -> None:
        drawn = Step.objects.exclude(picture="")
        assert drawn.count() == 52
        assert all(step.alt and step.key for step in drawn)

    def test_a_changed_picture_makes_a_new_edition(self) -> None:
        self.edit("pictures.yaml", lambda d: d[0].update(alt="Another text."))
        assert content.load(self.folder).added == ["lesson how-your-immune-system-fights-cancer, number 2"]

    def test_a_picture_for_an_unknown_step_is_refused(self) -> None:
        self.edit("pictures.yaml", lambda d: d[0].update(step="nowhere"))
        with pytest.raises(content.ContentError, match="there is no step how-your-immune-system"):
            content.load(self.folder)

    def test_a_short_title_for_heads_is_no_new_number(self) -> None:
        long = Edition.objects.get(lesson__slug="side-effects-when-to-call")
        assert (long.title, long.short_title) == ("Side effects: when to call", "Side effects")
        heads = [edition.short_title or edition.title for edition in Edition.objects.all()]
        assert len(set(heads)) == 20
        assert max(map(len, heads)) <= 24
        self.edit("lessons/side-effects-when-to-call.yaml", lambda d: d.update(short="When to call"))
        assert content.load(self.folder).added == []
        long.refresh_from_db()
        assert (long.short_title, long.number) == ("When to call", 1)
        self.edit("lessons/side-effects-when-to-call.yaml", lambda d: d.update(short="x" * 25))
        with pytest.raises(content.ContentError, match="24"):
            content.load(self.folder)

    def test_twice_changes_nothing(self) -> None:
        before = self.rows()
        report = content.load(self.folder)
        assert (report.added, report.left_alone) == ([], [])
        assert self.rows() == before

    def test_a_fixed_typo_makes_a_new_number_and_retires_the_old_one(self) -> None:
        self.edit(QUIZ, lambda d: d["questions"][0].update(why="A mended reason."))
        self.edit(LESSON, lambda d: d["steps"][0].update(heading="Mended heading"))
        report = content.load(self.folder)
        assert sorted(report.added) == [
            "lesson what-is-immunotherapy, number 2",
            "question what-immunotherapy-does, number 2",
        ]
        states = Revision.objects.filter(question__slug="what-immunotherapy-does").order_by("number")
        assert list(states.values_list("number", "state")) == [(1, "retired"), (2, "published")]
        assert Edition.objects.filter(state="published").get(lesson__slug="what-is-immunotherapy").number == 2

    def test_a_text_that_a_release_changes_back_is_changed_back(self) -> None:
        shipped = (self.folder / QUIZ).read_text()
        self.edit(QUIZ, lambda d: d["questions"][0].update(why="A reason with an error."))
        content.load(self.folder)
        (self.folder / QUIZ).write_text(shipped)
        assert content.load(self.folder).added == ["question what-immunotherapy-does, number 3"]
        now = Revision.objects.get(question__slug="what-immunotherapy-does", state="published")
        assert "error" not in now.why

    def test_a_changed_therapy_type_is_updated_unless_the_hospital_changed_it(self) -> None:
        def rename(title: str) -> content.Report:
            self.edit("therapies.yaml", lambda d: d[0].update(title=title))
            return content.load(self.folder)

        assert rename("First things").added == ["therapy type basics, its words"]
        assert Therapy.objects.get(slug="basics").title == "First things"
        Therapy.objects.filter(slug="basics").update(title="Ours")
        assert rename("Newer").left_alone == ["basics: newer words are available; yours were left as they are."]
        assert Therapy.objects.get(slug="basics").title == "Ours"

    def test_a_new_lesson_gets_the_next_free_place_when_its_place_is_taken(self) -> None:
        Lesson.objects.filter(slug="what-is-immunotherapy").update(position=3)
        for name in (LESSON, QUIZ):
            new = name.replace("what-is-immunotherapy", "a-new-lesson")
            shutil.copy(self.folder / name, self.folder / new)
            self.edit(new, lambda d: d.update(slug="a-new-lesson"))
        self.edit(LESSON.replace("what-is-immunotherapy", "a-new-lesson"), lambda d: d.update(position=3))
        questions = QUIZ.replace("what-is-immunotherapy", "a-new-lesson")
        self.edit(questions, lambda d: [q.update(slug="new-" + q["slug"]) for q in d["questions"]])
        content.load(self.folder)
        assert Lesson.objects.get(slug="a-new-lesson").position == 4

    def test_a_newer_release_does_not_change_past_questions_and_answers(self) -> None:
        learner = User.objects.create_guest()
        quiz = Quiz.objects.get(slug="what-is-immunotherapy")
        attempt = taking.start(learner=learner, quiz=quiz, language="en", now=at(20))
        item = attempt.items.with_answers()[0]
        taking.answer(item=item, given=right(item.revision), number=1, now=at(20))
        words = [(i.revision_id, i.revision.stem, i.revision.why) for i in attempt.items.select_related("revision")]
        self.edit(QUIZ, lambda d: [q.update(why="New.", stem="New?") for q in d["questions"]])
        assert len(content.load(self.folder).added) == 8
        again = [(i.revision_id, i.revision.stem, i.revision.why) for i in attempt.items.select_related("revision")]
        assert again == words
        assert taking.start(learner=learner, quiz=quiz, language="en", now=at(21)) == attempt
        fresh = taking.start(learner=User.objects.create_guest(), quiz=quiz, language="en", now=at(21))
        assert {i.revision.stem for i in fresh.items.select_related("revision")} == {"New?"}

    def test_does_not_change_what_the_hospital_published(self) -> None:
        question = Question.objects.get(slug="what-immunotherapy-does")
        old = question.revisions.get()
        local = authoring.draft(
            question=question, language="en", kind=old.kind, spec=old.spec, stem="Ours?", why="Ours.", objective="Ours"
        )
        authoring.publish(revision=local, same_meaning=False)
        self.edit(QUIZ, lambda d: d["questions"][0].update(why="Newer text."))
        report = content.load(self.folder)
        assert report.added == []
        assert report.left_alone == ["what-immunotherapy-does: newer text is available; yours was left as it is."]
        assert question.revisions.get(state="published").stem == "Ours?"

    def test_does_not_publish_what_the_hospital_retired(self) -> None:
        governance.retire(edition=Edition.objects.get(lesson__slug="what-is-immunotherapy"))
        assert content.load(self.folder).added == []
        self.edit(LESSON, lambda d: d.update(title="Newer title"))
        report = content.load(self.folder)
        assert report.left_alone == ["what-is-immunotherapy: newer text is available; yours was left as it is."]
        assert not Edition.objects.filter(state="published").filter(lesson__slug="what-is-immunotherapy").exists()

    def test_keeps_the_hospitals_order_of_questions(self) -> None:
        quiz = Quiz.objects.get(slug="what-is-immunotherapy")
        first, second = quiz.items.all()[:2]
        QuizItem.objects.filter(pk=first.pk).update(position=99)
        QuizItem.objects.filter(pk=second.pk).update(position=1)
        order = list(quiz.items.values_list("question_id", flat=True))
        report = content.load(self.folder)
        assert report.left_alone == [
            "what-is-immunotherapy: another set or order of questions is available; yours was left."
        ]
        assert list(quiz.items.values_list("question_id", flat=True)) == order

    def test_updates_the_order_of_questions_when_the_hospital_kept_the_old_one(self) -> None:
        self.edit(QUIZ, lambda d: d["questions"].reverse())
        content.load(self.folder)
        quiz = Quiz.objects.get(slug="what-is-immunotherapy")
        assert quiz.items.first().question.slug == "same-side-effects-for-all-kinds"

    def test_updates_the_order_of_lessons_when_the_hospital_kept_the_old_one(self) -> None:
        first, second = "how-your-immune-system-fights-cancer", "what-is-immunotherapy"
        self.edit(f"lessons/{first}.yaml", lambda d: d.update(position=2))
        self.edit(LESSON, lambda d: d.update(position=1))
        assert "therapy type basics, the order of its lessons" in content.load(self.folder).added
        places = Lesson.objects.filter(therapy__slug="basics").order_by("position")
        assert list(places.values_list("slug", "position")) == [(second, 1), (first, 2)]
        assert content.load(self.folder).added == []

    def test_updates_the_order_of_lessons_on_a_site_without_a_saved_order(self) -> None:
        """An older release, which did not save the shipped order, loaded such a site."""
        Therapy.objects.update(shipped_order="")
        Lesson.objects.filter(slug="who-to-call").update(position=9)
        Lesson.objects.filter(slug="your-questions").update(position=1)
        content.load(self.folder)
        places = Lesson.objects.filter(therapy__slug="your-care-team").order_by("position")
        assert list(places.values_list("slug", flat=True)) == ["who-to-call", "your-questions", "i-help-somebody"]

    def test_keeps_the_hospitals_order_of_lessons(self) -> None:
        Lesson.objects.filter(slug="what-is-immunotherapy").update(position=9)
        Lesson.objects.filter(slug="how-your-immune-system-fights-cancer").update(position=10)
        assert content.load(self.folder).left_alone == [
            "basics: another order of lessons is available; yours was left."
        ]
        assert Lesson.objects.get(slug="what-is-immunotherapy").position == 9

    def test_marks_the_lessons_to_read_first(self) -> None:
        assert Lesson.objects.filter(read_first=True).count() == 9
        self.edit("lessons/who-to-call.yaml", lambda d: d.pop("read_first"))
        content.load(self.folder)
        assert not Lesson.objects.get(slug="who-to-call").read_first

    def test_keeps_a_place_that_the_hospital_gave_to_a_lesson(self) -> None:
        Lesson.objects.filter(slug="what-is-immunotherapy").update(position=7)
        content.load(self.folder)
        assert Lesson.objects.get(slug="what-is-immunotherapy").position == 7


class TestABadFile(FolderCase):
    def refused(self, name: str, change: Any, *words: str) -> None:
        self.edit(name, change)
        before = self.rows()
        with pytest.raises(content.ContentError) as caught:
            content.load(self.folder)
        for word in (Path(name).name, *words):
            assert word in str(caught.value), caught.value
        assert self.rows() == before
        shutil.copytree(FIXTURES, self.folder, dirs_exist_ok=True)

    def test_is_refused_with_its_file_place_and_rule_and_nothing_is_loaded(self) -> None:
        def new(data: dict[str, Any]) -> dict[str, Any]:
            data["questions"][0]["why"] = "Would be loaded first."
            return data["questions"][1]

        self.refused(LESSON, lambda d: d.pop("remember"), "lesson", "missing remember")
        self.refused(LESSON, lambda d: d.update(remember=["one"], title="New"), "three points")
        self.refused(LESSON, lambda d: d["steps"][2].update(colour="red"), "step 3", "unknown colour")
        self.refused(LESSON, lambda d: d["steps"][0].update(heading="x" * 200, body="y"), "heading")
        self.refused(QUIZ, lambda d: new(d).update(step="nowhere"), "no step nowhere")
        self.refused(QUIZ, lambda d: new(d).pop("why"), "question 2", "missing why")
        self.refused(QUIZ, lambda d: new(d)["choices"][0].update(right=False), "asks for one, but 0")
        self.refused(QUIZ, lambda d: new(d).update(kind="essay", stem="x"), "essay")
        self.refused(QUIZ, lambda d: new(d).update(stem="x" * 400), "stem")
        self.refused(QUIZ, lambda d: new(d)["choices"][2].pop("feedback"), "question 2, choice 3", "missing feedback")

    def test_of_a_wrong_structure_is_refused_with_its_name(self) -> None:
        self.refused(LESSON, lambda d: d.update(steps=None), "lesson, steps is missing")
        self.refused(LESSON, lambda d: d.update(therapy="nowhere"), "there is no therapy nowhere")
        self.refused(LESSON, lambda d: d.update(slug="another"), "the slug of the lesson")
        self.refused(QUIZ, lambda d: d.update(slug="side-effects-when-to-call"), "the slug of the lesson")
        self.refused(QUIZ, lambda d: d["questions"][1].update(slug=d["questions"][0]["slug"]), "another question")
        self.refused(QUIZ, lambda d: d["questions"][1].update(kind=["choice"]), "question 2: there is no kind")
        self.refused(QUIZ, lambda d: d["questions"][1].update(why=None), "why is missing")
        self.refused(QUIZ, lambda d: d["questions"][1]["choices"][0].update(feedback=None), "needs its feedback")
        self.refused(QUIZ, lambda d: d["questions"][1]["choices"][0].update(text=False), "words of its own")
        self.refused(QUIZ, lambda d: d["questions"][1]["choices"][0].update(right="true"), "true or false")
        self.refused("therapies.yaml", lambda d: d[2].pop("title"), "therapy 3: missing title")

    def test_that_is_not_yaml_makes_the_command_fail_with_one_sentence(self) -> None:
        (self.folder / LESSON).write_text("a: [b")
        with pytest.raises(CommandError, match=r"Nothing was loaded\. what-is-immunotherapy\.yaml"):
            call_command("load_content", folder=self.folder, stdout=StringIO())

    def test_that_is_missing_is_named(self) -> None:
        (self.folder / QUIZ).unlink()
        with pytest.raises(content.ContentError, match=r"what-is-immunotherapy\.yaml: cannot be read"):
            content.load(self.folder)


class TestAPathway(FolderCase):
    def setUp(self) -> None:
        super().setUp()
        self.first = pathways.load(self.folder)

    def test_starts_with_its_safety_lesson_and_who_to_call_and_ends_with_the_basics(self) -> None:
        found = list(Pathway.objects.offered())
        assert {p.therapy for p in found} == set(Therapy.objects.filter(kind="therapy"))
        assert len(self.first.added) == len(found) == 8
        for pathway in found:
            first, second, *own = pathway.slugs
            lesson = Lesson.objects.get(slug=first)
            assert (lesson.read_first, lesson.therapy) == (True, pathway.therapy)
            assert second == "who-to-call"
            assert own[-2:] == ["how-your-immune-system-fights-cancer", "what-is-immunotherapy"]
            assert {x.therapy for x in Lesson.objects.filter(slug__in=own[:-2])} <= {pathway.therapy}
            assert [lesson.slug for lesson in pathway.taught()] == pathway.slugs

    def test_of_one_treatment_has_no_lesson_of_another(self) -> None:
        asked = {p.slug: set(p.slugs) for p in Pathway.objects.offered()}
        assert not {"interferons", "il-2"} & asked["bcg"]
        assert not {"bcg-for-the-bladder", "il-2"} & asked["interferon"]
        assert not {"bcg-for-the-bladder", "interferons"} & asked["il-2"]
        assert "vaccines-that-prevent" not in asked["cancer-vaccines"]
        assert "after-t-cell-therapy" not in asked["t-cell-engagers"]

    def test_that_is_no_longer_shipped_is_removed_unless_the_hospital_changed_it(self) -> None:
        self.edit("pathways.yaml", lambda d: d.pop(1))
        assert pathways.load(self.folder).added == ["pathway bcg: offered no more"]
        assert not Pathway.objects.filter(slug="bcg").exists()
        Pathway.objects.filter(slug="interferon").update(name="Our interferon plan")
        self.edit("pathways.yaml", lambda d: d.pop(1))
        kept = "pathway interferon: is shipped no more; yours was left as it is."
        assert (report := pathways.load(self.folder)).left_alone == [kept]
        assert report.added == []
        assert Pathway.objects.get(slug="interferon").name == "Our interferon plan"

    def test_is_updated_unless_the_hospital_changed_it(self) -> None:
        assert (again := pathways.load(self.folder)).added == again.left_alone == []
        self.edit("pathways.yaml", lambda d: d[0]["lessons"].reverse())
        assert pathways.load(self.folder).added == ["pathway antibodies-and-checkpoint-inhibitors"]
        pathway = Pathway.objects.get(slug="antibodies-and-checkpoint-inhibitors")
        assert pathway.slugs[0] == "what-is-immunotherapy"
        pathway.places.get(position=2).delete()
        self.edit("pathways.yaml", lambda d: d[0]["lessons"].reverse())
        left = "pathway antibodies-and-checkpoint-inhibitors: a newer one is available; yours was left as it is."
        assert (report := pathways.load(self.folder)).left_alone == [left]
        assert report.added == []
        assert len(pathway.slugs) == 6

    def test_leaves_out_a_lesson_that_is_not_published(self) -> None:
        governance.retire(edition=Edition.objects.get(lesson__slug="who-to-call"))
        assert "who-to-call" not in {lesson.slug for pathway in Pathway.objects.all() for lesson in pathway.taught()}

    def test_that_breaks_a_rule_is_refused_with_its_name_and_nothing_is_loaded(self) -> None:
        shipped = (self.folder / "pathways.yaml").read_text()
        for change, problem in (
            (lambda d: d[0].update(extra=1), "pathway 1: unknown extra"),
            (lambda d: d[0].update(name=""), "name"),
            (lambda d: d[0].update(name=None), "name"),
            (lambda d: d[0].update(name="x" * 121), "name"),
            (lambda d: d[0].update(slug="a b"), "slug"),
            (lambda d: d[0].update(therapy="nowhere"), "there is no therapy nowhere"),
            (lambda d: d[0].update(lessons=None), "pathway 1, lessons is missing"),
            (lambda d: d[0].update(lessons=[]), "each of its lessons once"),
            (lambda d: d[0].update(lessons=["nowhere"]), "there is no lesson nowhere"),
            (lambda d: d[0].update(lessons=["who-to-call"] * 2), "each of its lessons once"),
            (lambda d: d.insert(0, "x"), "pathway 1 must have lessons, name"),
        ):
            Pathway.objects.all().delete()
            (self.folder / "pathways.yaml").write_text(shipped)
            self.edit("pathways.yaml", change)
            with pytest.raises(content.ContentError, match=f"pathways.yaml: .*{problem}"):
                pathways.load(self.folder)
            assert not Pathway.objects.exists()


class TestTheCommand(FolderCase):
    def test_loads_everything_or_nothing(self) -> None:
        self.edit(QUIZ, lambda d: d["questions"][0].update(why="A mended reason."))
        self.edit("pathways.yaml", lambda d: d[0].update(name=""))
        before = self.rows()
        with pytest.raises(CommandError, match=r"Nothing was loaded\. pathways\.yaml"):
            call_command("load_content", folder=self.folder, stdout=StringIO())
        assert self.rows() == before

    def test_says_what_it_did(self) -> None:
        out = StringIO()
        call_command("load_content", folder=self.folder, stdout=out)
        call_command("load_content", folder=self.folder, stdout=out)
        assert "up to date" in out.getvalue()
        self.edit(QUIZ, lambda d: d["questions"][0].update(why="A mended reason."))
        call_command("load_content", folder=self.folder, stdout=out, verbosity=2)
        assert "1 added" in out.getvalue()
        assert "question what-immunotherapy-does, number 2" in out.getvalue()


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each part of a file: of a list, to its first item, and to the last where that one differs."""
    if at:
        yield at
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, part in inside:
        yield from places(part, (*at, key))


def kinds_of_places() -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield one place of each kind in each kind of file."""
    seen: set[tuple[Any, ...]] = set()
    files = [*FIXTURES.glob("lessons/*"), *FIXTURES.glob("quizzes/*")]
    for path in [
        *sorted(files),
        *(FIXTURES / f"{name}.yaml" for name in ("therapies", "pictures", "pathways", "questions")),
    ]:
        data = texts.read(path)
        for way in places(data):
            question = data["questions"][way[1]]["kind"] if path.parent.name == "quizzes" and len(way) > 1 else ""
            kind = (path.parent.name, path.name if path.parent == FIXTURES else "", question)
            kind = (*kind, *("n" if isinstance(key, int) else key for key in way))
            if kind not in seen:
                seen.add(kind)
                yield str(path.relative_to(FIXTURES)), way


PLACES = [*kinds_of_places()]
ODD = {"a mapping": {"odd": [1.5]}, "a number": 1.5, "a NUL": "a\0b", "nothing": None}
_PARSED: dict[bytes, bytes] = {}
LOAD = {"pathways.yaml": pathways.load, "questions.yaml": suggestions.load}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(FIXTURES, tmp_path_factory.mktemp("content") / "fixtures"))


@pytest.fixture
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse each text once: of the 49 files, all but one are the same in every try."""
    parse, kept = texts.read, _PARSED

    def read(path: Path) -> Any:
        text = path.read_bytes()
        if text not in kept:
            kept[text] = pickle.dumps(parse(path))
        return pickle.loads(kept[text])  # noqa: S301 - made one line above

    monkeypatch.setattr(texts, "read", read)


def put(folder: Path, name: str, at: tuple[Any, ...], value: Any) -> None:
    """Put this value at this place of a file."""
    data = part = texts.read(FIXTURES / name)
    for key in at[:-1]:
        part = part[key]
    part[at[-1]] = value
    (folder / name).write_text(as_yaml(data))


@pytest.mark.usefixtures("_read_once")
@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.parametrize(("name", "way"), PLACES, ids=[f"{name}:{'.'.join(map(str, way))}" for name, way in PLACES])
def test_a_wrong_value_anywhere_is_told_by_file_and_place_in_one_sentence(
    copied: Path, name: str, way: tuple[Any, ...]
) -> None:
    # "question 3, row 1": the nearest part that has a number, or the key of a part that has none.
    numbered = [f"{a} {n + 1}" for a, n in pairwise(way) if isinstance(n, int)]
    place = numbered[0].replace("s ", " ") if numbered else str(way[0] + 1 if isinstance(way[0], int) else way[0])
    place = place.removesuffix("s")  # a list's first item is called a step, not steps
    try:
        for what, value in ODD.items():
            if value is None and way[-1] == "right":
                continue  # as if it were left out: not right
            put(copied, name, way, value)
            with pytest.raises(content.ContentError) as caught:
                LOAD.get(name, content.load)(copied)
            said = str(caught.value)
            assert said.startswith(f"{Path(name).name}: "), (what, said)
            assert place in said, (what, place, said)
            assert not re.search(r"\n|Error|Traceback", said), (what, said)
            assert not any(model.objects.exists() for model in (Therapy, Lesson, Quiz, Question, Pathway)), what
    finally:
        shutil.copy(FIXTURES / name, copied / name)


@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.parametrize("error", [TypeError, AttributeError, KeyError, Lesson.DoesNotExist, ValueError])
@pytest.mark.parametrize(
    ("module", "verb"), [(governance, "publish"), (authoring, "draft"), (content, "_order"), (content, "digest")]
)
def test_a_bug_of_the_program_is_not_told_as_a_wrong_file(
    monkeypatch: pytest.MonkeyPatch, module: Any, verb: str, error: type[Exception]
) -> None:
    def bug(*args: Any, **kwargs: Any) -> None:
        raise error("a bug of ours")

    monkeypatch.setattr(module, verb, bug)
    with pytest.raises(error, match="a bug of ours"):
        call_command("load_content", folder=FIXTURES, stdout=StringIO())
    assert not Therapy.objects.exists()
