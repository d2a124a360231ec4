"""Questions in and out of a quiz: the plan, the drafts, keys, unfinished drafts, the commands."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from quizzes import authoring, formats, interchange
from quizzes.formats import Document, known
from quizzes.formats.known import FORMATS
from quizzes.models import Question, Quiz, QuizItem, Revision, State
from tests.quizzes.cast import at, make_learner, make_question, make_quiz, paced, together

pytestmark = pytest.mark.django_db

TWO = b"""::One::First?{=A#Yes. ~B#No. ####Because.}

Second?{=A ~B}
"""


@pytest.fixture
def quiz() -> Quiz:
    return make_quiz(*(make_question(kind, kind=kind) for kind in ("choice", "truth", "matching", "ordering")))


@pytest.fixture
def eda() -> Any:
    return make_learner()


def plan(quiz: Quiz, data: bytes) -> interchange.Plan:
    return interchange.plan(known.read(data), quiz)


def take(quiz: Quiz, data: bytes, by: Any) -> int:
    return interchange.take_in(plan(quiz, data), by=by, now=at(23))


def given_out(quiz: Quiz, name: str) -> bytes:
    write = FORMATS[name].write
    assert write
    return write(interchange.give_out(quiz))


def counts(found: interchange.Plan) -> tuple[int, int, int, int]:
    return len(found.new), len(found.changed), len(found.same), len(found.refused)


def test_new_questions_become_drafts_at_the_end(quiz: Quiz, eda: Any) -> None:
    found = plan(quiz, TWO)
    assert counts(found) == (2, 0, 0, 0)
    assert Revision.objects.filter(state=State.DRAFT).count() == 0
    assert interchange.take_in(found, by=eda, now=at(23)) == 2
    first, second = Revision.objects.filter(state=State.DRAFT).order_by("pk")
    assert (first.stem, first.why, first.objective, first.author, first.written) == (
        "First?", "Because.", "One", eda, at(23)
    )  # fmt: skip
    assert first.question.slug == "first"
    places = QuizItem.objects.filter(quiz=quiz).order_by("position").values_list("question__slug", flat=True)
    assert list(places)[-2:] == ["first", "second"]
    assert authoring.to_write(first) == []
    assert [str(one) for one in authoring.to_write(second)] == [
        "Every choice needs its feedback.", "The why is missing."
    ]  # fmt: skip


def test_an_unfinished_draft_is_not_published(quiz: Quiz, eda: Any) -> None:
    take(quiz, TWO, eda)
    first, second = Revision.objects.filter(state=State.DRAFT).order_by("pk")
    authoring.publish(revision=first, same_meaning=False, by=make_learner(), now=at(23))
    with pytest.raises(authoring.Unfit, match=r"Every choice needs its feedback\. The why is missing\."):
        authoring.publish(revision=second, same_meaning=False, by=make_learner(), now=at(23))
    take(quiz, b"Third?{=A#a ~B#b ####Because.}", eda)
    third = Revision.objects.get(stem="Third?")
    with pytest.raises(authoring.Unfit, match="A second person"):
        authoring.publish(revision=third, same_meaning=False, by=eda, now=at(23))


def test_the_same_file_twice_changes_nothing(quiz: Quiz, eda: Any) -> None:
    take(quiz, TWO, eda)
    assert counts(plan(quiz, TWO)) == (0, 0, 2, 0)
    assert take(quiz, TWO, eda) == 0
    assert Question.objects.count() == 6


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_given_out_comes_back_without_a_change(quiz: Quiz, name: str) -> None:
    found = plan(quiz, given_out(quiz, name))
    kept = [item for item in map(FORMATS[name].kept, interchange.give_out(quiz).items) if item]
    assert counts(found) == (0, 0, len(kept), 0)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "aiken"])
def test_a_changed_text_is_the_next_draft_of_its_question(quiz: Quiz, eda: Any, name: str) -> None:
    document = interchange.give_out(quiz)
    changed = [formats.finish(_with(item, stem=f"{item.stem} Now?")) for item in document.items]
    write = FORMATS[name].write
    assert write
    data = write(Document(items=changed))
    assert counts(plan(quiz, data)) == (0, 4, 0, 0)
    assert take(quiz, data, eda) == 4
    for old in Revision.objects.filter(state=State.PUBLISHED):
        draft = old.question.newest("en")
        assert draft
        assert (draft.stem, draft.author) == (f"{old.stem} Now?", eda)
        assert (draft.why, draft.objective) == (old.why, old.objective)
        assert not authoring.more_than_a_typo(draft, old)  # so all ids, and all feedback, are as they were
        assert _feedback(draft.spec) == _feedback(old.spec)


def _with(item: formats.Item, **over: Any) -> formats.Item:
    from dataclasses import replace

    return replace(item, **over)


def _feedback(spec: Any) -> list[Any]:
    if isinstance(spec, dict):
        return [spec.get("feedback")] + [one for value in spec.values() for one in _feedback(value)]
    return [one for value in spec for one in _feedback(value)] if isinstance(spec, list) else []


def test_what_is_asked_now_does_not_take_the_place_of_a_draft(quiz: Quiz, eda: Any) -> None:
    data = given_out(quiz, "gift")
    take(quiz, data.replace(b"Stem of choice?", b"Mine?"), eda)
    assert counts(plan(quiz, data)) == (0, 0, 4, 0)
    take(quiz, data, eda)
    assert Revision.objects.get(state=State.DRAFT).stem == "Mine?"


def test_a_file_never_removes_the_mark_of_safety(eda: Any) -> None:
    quiz = make_quiz(make_question("safe", critical=True))
    item = interchange.give_out(quiz).items[0]
    data = FORMATS["moodle"].write(Document(items=[_with(item, critical=False, why="Another reason.")]))  # type: ignore[misc]
    take(quiz, data, eda)
    draft = Question.objects.get(slug="safe").newest("en")
    assert draft
    assert (draft.critical, draft.why) == (True, "Another reason.")


def test_a_key_counts_only_in_its_own_quiz(quiz: Quiz, eda: Any) -> None:
    other = make_quiz(make_question("elsewhere"), slug="other")
    data = given_out(other, "gift")
    assert counts(plan(quiz, data)) == (1, 0, 0, 0)
    take(quiz, data, eda)
    assert Question.objects.get(slug="elsewhere").newest("en").state == State.PUBLISHED  # type: ignore[union-attr]
    assert Question.objects.filter(slug="stem-of-elsewhere").exists()


def test_a_question_that_stands_twice_is_taken_in_once(quiz: Quiz) -> None:
    found = plan(quiz, b"One?{=A ~B}\n\nOne?{=A ~B}\n\n// [id:x]\nTwo?{=A ~B}\n\n// [id:x]\nThree?{=A ~B}")
    assert counts(found) == (2, 0, 0, 2)


def test_choices_in_another_order_keep_their_ids(eda: Any) -> None:
    quiz = make_quiz(make_question("choice"))
    item = interchange.give_out(quiz).items[0]
    turned = _with(item, spec=item.spec | {"choices": item.spec["choices"][::-1]})
    take(quiz, FORMATS["gift"].write(Document(items=[turned])), eda)  # type: ignore[misc]
    was = {c["text"]: c["id"] for c in Revision.objects.get(state=State.PUBLISHED).spec["choices"]}
    assert {c["text"]: c["id"] for c in Revision.objects.get(state=State.DRAFT).spec["choices"]} == was


def test_whoever_changed_a_question_meanwhile_is_not_overwritten(quiz: Quiz, eda: Any) -> None:
    item = interchange.give_out(quiz).items[0]
    data = FORMATS["gift"].write(Document(items=[_with(item, stem="Mine?")]))  # type: ignore[misc]
    found = plan(quiz, data)
    old = Question.objects.get(slug="choice").newest("en")
    assert old
    words = {name: getattr(old, name) for name in ("kind", "spec", "why", "objective", "critical", "source")}
    authoring.write(
        question=old.question, language="en", seen=authoring.fingerprint(old), by=make_learner(), now=at(23),
        stem="Theirs?", **words,
    )  # fmt: skip
    with pytest.raises(interchange.Changed) as changed:
        interchange.take_in(found, by=eda, now=at(23), seen=found.seen)
    assert Revision.objects.get(state=State.DRAFT).stem == "Theirs?"
    assert interchange.take_in(changed.value.now, by=eda, now=at(23), seen=changed.value.now.seen) == 1
    assert Revision.objects.get(state=State.DRAFT).stem == "Mine?"


def test_costs_the_same_queries_for_one_and_three(django_assert_num_queries: Any) -> None:
    for quiz in (make_quiz(make_question("a")), make_quiz(*map(make_question, "bcd"), slug="more")):
        document = interchange.give_out(quiz)
        with django_assert_num_queries(1):
            interchange.plan(document, quiz)
        with django_assert_num_queries(1):
            interchange.give_out(quiz)


def test_says_what_each_format_loses(quiz: Quiz) -> None:
    document = interchange.give_out(quiz)
    lost = {name: interchange.losses(document, form) for name, form in FORMATS.items()}
    assert lost["moodle"] == lost["csv"] == lost["xlsx"] == lost["qti3"] == lost["qti22"] == []
    assert [times for _, times in lost["gift"]] == [1, 1]
    assert [times for _, times in lost["aiken"]] == [2, 2]


def test_tells_the_site_who_moved_questions(quiz: Quiz, eda: Any) -> None:
    told: list[tuple[Any, str]] = []

    def hear(by: Any, what: str, **_: Any) -> None:
        told.append((by, what))

    interchange.moved.connect(hear)
    try:
        take(quiz, TWO, eda)
        take(quiz, TWO, eda)
    finally:
        interchange.moved.disconnect(hear)
    assert told == [(eda, "in")]


class TestCommands:
    def run(self, *args: Any) -> str:
        out = io.StringIO()
        call_command(*args, stdout=out)
        return out.getvalue()

    def test_take_in(self, quiz: Quiz, eda: Any, tmp_path: Path) -> None:
        path = tmp_path / "two.gift"
        path.write_bytes(TWO)
        said = self.run("import_quiz", str(path), "--quiz", quiz.slug, "--dry-run")
        assert "New: 2. Changed: 0. No change: 0. Not taken in: 0." in said
        assert "Still to write: Second?: Every choice needs its feedback." in said
        assert Question.objects.count() == 4
        said = self.run("import_quiz", str(path), "--quiz", quiz.slug, "--by", eda.get_username())
        assert "Taken in: 2 drafts." in said

    def test_fail_with_one_sentence(self, quiz: Quiz, eda: Any, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"One?{=A ~B}\n\nTwo {}")
        with pytest.raises(CommandError, match="1 questions were not taken in"):
            self.run("import_quiz", str(path), "--quiz", quiz.slug, "--dry-run")
        for args, says in (
            ([str(path), "--quiz", "nowhere"], "There is no quiz"),
            ([str(path), "--quiz", quiz.slug], "Say who"),
            ([str(path), "--quiz", quiz.slug, "--by", "nobody"], "There is nobody"),
            ([str(tmp_path / "gone"), "--quiz", quiz.slug, "--dry-run"], "No such file"),
        ):
            with pytest.raises(CommandError, match=says):
                self.run("import_quiz", *args)

    def test_give_out(self, quiz: Quiz, tmp_path: Path) -> None:
        path = tmp_path / "out.xml"
        errors = io.StringIO()
        call_command("export_quiz", quiz.slug, "--format", "gift", "--out", str(path), stderr=errors)
        assert path.read_bytes() == given_out(quiz, "gift")
        assert "Lost: What is said to whoever had another order: 1 of 4." in errors.getvalue()
        with pytest.raises(CommandError, match="There is no quiz"):
            call_command("export_quiz", "nowhere", "--format", "gift")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_taking_in_and_retiring_the_same_question_at_once_is_no_deadlock() -> None:
    quiz, eda = make_quiz(make_question("a"), make_question("b")), make_learner()
    old = Revision.objects.get(question__slug="a")
    item = interchange.give_out(quiz).items[0]
    found = plan(quiz, FORMATS["gift"].write(Document(items=[_with(item, stem="Mine?")])))  # type: ignore[misc]

    def act(n: int) -> object:
        with paced(0.2) as refused:
            if n:
                authoring.retire(revision=old, by=eda, now=at(23))
            else:
                interchange.take_in(found, by=eda, now=at(23))
        return refused

    assert together(2, act) == [[], []]
    assert Revision.objects.filter(question=old.question, state=State.DRAFT).count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_same_file_sent_twice_at_once_is_taken_in_once() -> None:
    quiz, eda = make_quiz(make_question("a")), make_learner()
    found = plan(quiz, TWO)
    results = together(2, lambda _: interchange.take_in(found, by=eda, now=at(23)))
    assert sorted(results) == [0, 2], results  # type: ignore[type-var]
    assert Revision.objects.filter(state=State.DRAFT).count() == 2
