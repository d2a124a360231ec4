"""Write, publish and retire questions: what one person may do alone, and which changes count as a typo."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import TestCase, TransactionTestCase

from quizzes import authoring
from quizzes.authoring import Stale, Unfit, fingerprint
from quizzes.models import Question, Quiz, QuizItem, Revision, State
from tests.quizzes.cast import at, make_learner, make_question, make_quiz, together, unguarded


def write(revision: Revision, by: Any, *, seen: str | None = None, day: int = 2, **over: Any) -> Revision:
    """Save a draft based on this wording."""
    fields = {name: getattr(revision, name) for name in ("kind", "spec", "stem", "why", "objective", "critical")}
    return authoring.write(
        question=revision.question,
        language="en",
        seen=fingerprint(revision) if seen is None else seen,
        by=by,
        now=at(day),
        **(fields | over),
    )


def flipped(revision: Revision) -> dict[str, Any]:
    """Return the spec with another choice marked as right."""
    right = [False, True, False]
    choices = [c | {"right": r} for c, r in zip(revision.spec["choices"], right, strict=True)]
    return revision.spec | {"choices": choices}


def reworded(revision: Revision) -> dict[str, Any]:
    """Return the spec with changed texts and the same choices."""
    return revision.spec | {
        "choices": [c | {"text": c["text"] + "x", "feedback": "New."} for c in revision.spec["choices"]]
    }


class Case(TestCase):
    def setUp(self) -> None:
        self.eda, self.rex = make_learner(), make_learner()
        self.plain, self.safety = make_question("plain"), make_question("safety", critical=True)
        self.quiz = make_quiz(self.plain, self.safety)


class TestWriting(Case):
    def test_saves_author_and_time_and_publishes_nothing(self) -> None:
        draft = write(self.plain, self.eda, stem="Mended?")
        assert (draft.state, draft.number, draft.author, draft.written) == (State.DRAFT, 2, self.eda, at(2))
        assert Revision.objects.published(language="en").get(question=self.plain.question) == self.plain

    def test_again_overwrites_the_draft(self) -> None:
        first = write(self.plain, self.eda, stem="Mended?")
        second = write(first, self.rex, stem="Mended again?", day=3)
        assert second.pk == first.pk
        assert (second.stem, second.author, second.written) == ("Mended again?", self.rex, at(3))

    def test_over_somebody_elses_newer_draft_is_refused(self) -> None:
        first = write(self.plain, self.eda, stem="Eda’s?")
        for seen in (fingerprint(self.plain), "", "x"):
            with pytest.raises(Stale) as caught:
                write(self.plain, self.rex, stem="Rex’s?", seen=seen)
            assert caught.value.now == first
        assert Revision.objects.get(pk=first.pk).stem == "Eda’s?"

    def test_keeps_the_ids_of_old_choices_and_gives_ids_to_new_ones(self) -> None:
        extra = {"text": "Wrong 3", "right": False, "feedback": "About it."}
        draft = write(self.plain, self.eda, spec=self.plain.spec | {"choices": [*self.plain.spec["choices"], extra]})
        ids = [c["id"] for c in draft.spec["choices"]]
        assert ids[:3] == [c["id"] for c in self.plain.spec["choices"]]
        assert len(set(ids)) == 4

    def test_says_where_a_problem_is(self) -> None:
        choices = [c | {"feedback": "" if n == 1 else "x"} for n, c in enumerate(self.plain.spec["choices"])]
        with pytest.raises(Unfit) as caught:
            write(self.plain, self.eda, spec=self.plain.spec | {"choices": choices}, stem=" ")
        assert [problem.at for problem in caught.value.problems] == [("choices", 1, "feedback"), ("stem",)]
        assert Revision.objects.filter(state=State.DRAFT).count() == 0


class TestPublishing(Case):
    def publish(self, revision: Revision, by: Any, *, same_meaning: bool, **over: Any) -> None:
        authoring.publish(revision=revision, same_meaning=same_meaning, by=by, now=at(4), **over)

    def test_a_typo_needs_one_person_keeps_the_line_and_is_logged(self) -> None:
        draft = write(self.plain, self.eda, stem="Mended?", spec=reworded(self.plain))
        self.publish(draft, self.eda, same_meaning=True)
        now, old = Revision.objects.get(pk=draft.pk), Revision.objects.get(pk=self.plain.pk)
        assert (now.state, now.line, now.published_by, now.published_at) == (State.PUBLISHED, 1, self.eda, at(4))
        assert (old.state, old.retired_by, old.retired_at) == (State.RETIRED, self.eda, at(4))

    def test_a_changed_meaning_needs_a_second_person_and_starts_a_new_line(self) -> None:
        draft = write(self.plain, self.eda, spec=flipped(self.plain))
        with pytest.raises(Unfit, match="second person"):
            self.publish(draft, self.eda, same_meaning=False)
        self.publish(draft, self.rex, same_meaning=False)
        assert (draft.line, draft.published_by) == (2, self.rex)

    def test_a_typo_in_a_safety_question_needs_a_second_person(self) -> None:
        draft = write(self.safety, self.eda, stem="Mended?")
        with pytest.raises(Unfit, match="second person"):
            self.publish(draft, self.eda, same_meaning=True)
        self.publish(draft, self.rex, same_meaning=True)
        assert draft.line == 1

    def test_making_a_safety_question_plain_needs_a_second_person(self) -> None:
        draft = write(self.safety, self.eda, critical=False)
        for same_meaning in (True, False):
            with pytest.raises(Unfit):
                self.publish(draft, self.eda, same_meaning=same_meaning)

    def test_a_change_of_the_right_answer_cannot_be_published_as_a_typo(self) -> None:
        more = [*self.plain.spec["choices"], {"text": "Wrong 3", "right": False, "feedback": "About it."}]
        for change in (
            {"spec": flipped(self.plain)},
            {"spec": self.plain.spec | {"choices": more}},
            {"spec": self.plain.spec | {"choices": self.plain.spec["choices"][:2]}},
            {"critical": True},
        ):
            newest = self.plain.question.newest("en")
            draft = write(self.plain, self.eda, seen=fingerprint(newest), **change)
            with pytest.raises(Unfit, match="More than a typo"):
                self.publish(draft, self.rex, same_meaning=True)

    def test_a_draft_that_changed_since_it_was_read_is_refused(self) -> None:
        draft = write(self.plain, self.eda, stem="Read?")
        read = fingerprint(draft)
        write(draft, self.eda, stem="Changed behind your back?")
        with pytest.raises(Stale):
            self.publish(draft, self.rex, same_meaning=False, seen=read)
        assert Revision.objects.get(pk=self.plain.pk).state == State.PUBLISHED

    def test_the_last_author_cannot_be_the_second_person(self) -> None:
        draft = write(write(self.plain, self.eda, stem="A?"), self.rex, stem="B?")
        with pytest.raises(Unfit):
            self.publish(draft, self.rex, same_meaning=False)
        self.publish(draft, self.eda, same_meaning=False)

    def test_a_draft_without_an_author_needs_a_second_person(self) -> None:
        draft = authoring.draft(
            question=self.plain.question, language="en", kind="choice", spec=self.plain.spec, stem="S?", why="W.",
            objective="T",
        )  # fmt: skip
        with pytest.raises(Unfit):
            self.publish(draft, self.eda, same_meaning=False)

    def test_twice_is_refused(self) -> None:
        draft = write(self.plain, self.eda, stem="Mended?")
        self.publish(draft, self.eda, same_meaning=True)
        with pytest.raises(Unfit, match="Only a draft"):
            self.publish(draft, self.eda, same_meaning=True)

    def test_the_first_wording_needs_a_second_person(self) -> None:
        question = Question.objects.create(slug="new")
        draft = authoring.write(
            question=question, language="en", seen="", by=self.eda, now=at(2), kind="choice", spec=self.plain.spec,
            stem="New?", why="W.", objective="T",
        )  # fmt: skip
        for same_meaning in (True, False):
            with pytest.raises(Unfit):
                self.publish(draft, self.eda, same_meaning=same_meaning)
        self.publish(draft, self.rex, same_meaning=False)


class TestRetiring(Case):
    def test_saves_who_did_it_and_when(self) -> None:
        authoring.retire(revision=self.plain, by=self.eda, now=at(5))
        old = Revision.objects.get(pk=self.plain.pk)
        assert (old.state, old.retired_by, old.retired_at) == (State.RETIRED, self.eda, at(5))

    def test_is_refused_for_a_safety_question_and_for_the_last_question_of_a_quiz(self) -> None:
        with pytest.raises(Unfit, match="safety"):
            authoring.retire(revision=self.safety, by=self.eda, now=at(5))
        only = Quiz.objects.create(slug="only", title="Only")
        QuizItem.objects.create(quiz=only, question=self.plain.question, position=1)
        with pytest.raises(Unfit, match="the only question of “Only”"):
            authoring.retire(revision=self.plain, by=self.eda, now=at(5))
        assert Revision.objects.filter(state=State.PUBLISHED).count() == 2

    def test_twice_is_refused(self) -> None:
        authoring.retire(revision=self.plain, by=self.eda, now=at(5))
        with pytest.raises(Unfit):
            authoring.retire(revision=self.plain, by=self.rex, now=at(6))

    def test_can_be_undone_by_publishing_a_new_draft(self) -> None:
        authoring.retire(revision=self.plain, by=self.eda, now=at(5))
        retired = self.plain.question.newest("en")
        assert retired is not None
        draft = write(retired, self.eda)
        authoring.publish(revision=draft, same_meaning=True, by=self.eda, now=at(6))
        assert Revision.objects.get(pk=self.plain.pk).retired_at == at(5)


class TestADiscardedDraft(Case):
    def test_is_deleted_and_the_published_wording_stays(self) -> None:
        draft = write(self.plain, self.eda, stem="Mended?")
        with pytest.raises(Stale):
            authoring.discard(revision=draft, seen="x")
        authoring.discard(revision=draft, seen=fingerprint(draft))
        assert list(self.plain.question.revisions.all()) == [self.plain]
        with pytest.raises(Stale):
            authoring.discard(revision=self.plain, seen=fingerprint(self.plain))


@pytest.mark.race
class TestTwoAtOnce(TransactionTestCase):
    def test_who_start_a_draft_get_one_draft_and_the_others_get_an_error(self) -> None:
        plain, people = make_question("plain"), [make_learner() for _ in range(4)]
        seen = fingerprint(plain)
        done = together(4, lambda n: write(plain, people[n], seen=seen, stem=f"By {n}?"))
        assert sum(isinstance(one, Stale) for one in done) == 3, done
        assert plain.question.revisions.filter(state=State.DRAFT).count() == 1

    def test_who_retire_the_last_two_questions_of_a_quiz_leave_one(self) -> None:
        revisions, eda = [make_question("one"), make_question("two")], make_learner()
        make_quiz(*revisions)
        for _ in range(5):
            done = together(2, lambda n: authoring.retire(revision=revisions[n], by=eda, now=at(5)))
            assert [type(one) for one in done if one] == [Unfit], done
            gone = Revision.objects.get(state=State.RETIRED, question__in=[r.question for r in revisions])
            with unguarded():
                Revision.objects.filter(pk=gone.pk).update(state=State.PUBLISHED)

    def test_who_send_the_same_form_four_times_get_one_draft_and_no_error(self) -> None:
        plain, eda = make_question("plain"), make_learner()
        seen, extra = fingerprint(plain), {"text": "Wrong 3", "right": False, "feedback": "About it."}
        spec = plain.spec | {"choices": [*plain.spec["choices"], extra]}
        done = together(4, lambda _: write(plain, eda, seen=seen, spec=spec))
        assert len({getattr(one, "pk", one) for one in done}) == 1, done

    def test_who_publish_the_same_draft_publish_it_once(self) -> None:
        plain, people = make_question("plain"), [make_learner() for _ in range(4)]
        draft = write(plain, people[0], stem="Mended?")
        done = together(
            3,
            lambda n: authoring.publish(
                revision=Revision.objects.get(pk=draft.pk), same_meaning=False, by=people[n + 1], now=at(3)
            ),
        )
        assert sum(isinstance(one, Unfit) for one in done) == 2, done
        assert Revision.objects.get(pk=draft.pk).line == 2
