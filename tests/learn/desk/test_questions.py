"""The list of questions and what an educator does from it: find, replace, move, take in and give out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from learn.people import roles
from learn.people.models import AuditEvent, User
from quizzes import authoring, taking
from quizzes.formats import MOST_BYTES
from quizzes.models import Question, Quiz, QuizItem, Revision, State
from tests.cast import at, make_question, make_quiz, right, words, wrong

pytestmark = pytest.mark.django_db

THIRTY = "\n\n".join(f"Question {n}?{{=A {n}#Yes. ~B {n}#No. ####Because {n}.}}" for n in range(30)).encode()


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(at(23), tick=False):
        yield


def staff(name: str, role: str) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def eda(client: Client) -> User:
    user = staff("eda", roles.EDUCATOR)
    client.force_login(user)
    return user


@pytest.fixture
def quiz() -> Quiz:
    return make_quiz(make_question("plain"), make_question("safety", critical=True), make_question("last"))


def to(name: str, *args: Any) -> str:
    return reverse(f"admin:quizzes_question_{name}", args=args)


def answer(quiz: Quiz, n: int, how: Any) -> None:
    for _ in range(n):
        attempt = taking.start(learner=User.objects.create_guest(), quiz=quiz, language="en", now=at(20))
        while item := taking.owed(list(attempt.items.with_answers())):
            taking.answer(item=item, given=how(item.revision), number=item.answers + 1, now=at(20))


def stems(page: Any) -> list[str]:
    return [row.shown.stem for row in page.context["rows"]]


def order(quiz: Quiz) -> list[str]:
    return list(QuizItem.objects.filter(quiz=quiz).order_by("position").values_list("question__slug", flat=True))


@pytest.mark.usefixtures("eda")
class TestTheList:
    def test_is_searched_in_questions_and_answers_without_case_and_accents(self, client: Client, quiz: Quiz) -> None:
        make_quiz(make_question("cafe", stem="Où est le Café?"), slug="other")
        found = {q: stems(client.get(to("changelist"), {"q": q})) for q in ("CAFE ou", "wrong 1", "nobody", "\0", "%")}
        assert found["CAFE ou"] == ["Où est le Café?"]
        assert len(found["wrong 1"]) == 4
        assert found["nobody"] == []
        assert len(found["\0"]) == 4
        assert found["%"] == []

    @pytest.mark.parametrize(
        ("wish", "count"),
        [
            ({"quiz": "a-quiz"}, 3), ({"quiz": "nowhere"}, 4), ({"kind": "safety"}, 1), ({"kind": "truth"}, 1),
            ({"show": "few"}, 4), ({"show": "drafts"}, 0), ({"show": "out"}, 0), ({"kind": "x", "show": "y"}, 4),
        ],
    )  # fmt: skip
    def test_is_filtered(self, client: Client, quiz: Quiz, wish: dict[str, str], count: int) -> None:
        make_quiz(make_question("true", kind="truth"), slug="other")
        assert len(stems(client.get(to("changelist"), wish))) == count

    def test_has_pages_of_fifty_whose_links_keep_the_wish(self, client: Client) -> None:
        make_quiz(*(make_question(f"q{n}") for n in range(52)))
        first = client.get(to("changelist"), {"quiz": "a-quiz", "sort": "lesson"})
        assert (len(stems(first)), first.context["earlier"]) == (50, "")
        assert first.context["later"] == "?sort=lesson&quiz=a-quiz&after=50"
        second = client.get(to("changelist") + first.context["later"])
        assert stems(second) == ["Stem of q50?", "Stem of q51?"]
        assert "51 to 52 of 52" in words(second)
        assert second.context["earlier"] == "?sort=lesson&quiz=a-quiz&after=0"
        for after in ("-1", "9" * 30, "x"):
            assert client.get(to("changelist"), {"after": after}).status_code == 200

    def test_draws_no_bar_under_ten_a_dashed_one_under_thirty_and_a_verdict_from_thirty(self, client: Client) -> None:
        quiz = make_quiz(make_question("plain"))
        for more, bar, says in ((9, None, "Few answers"), (1, "few", "Few answers"), (20, "", "Misleading")):
            answer(quiz, more, wrong)
            page = client.get(to("changelist"))
            row = page.context["rows"][0]
            assert (row.bar and row.bar.look, row.marks[0][1]) == (bar, says)
        assert (row.bar.width, row.bar.whisker) == ("0.0", "M2.0 9H24.7M2.0 4.5v9M24.7 4.5v9")

    def test_calls_a_safety_question_hard_below_seventy_percent(self, client: Client) -> None:
        quiz = make_quiz(make_question("safety", critical=True))
        answer(quiz, 20, right)
        answer(quiz, 10, lambda revision: [])
        rows = {row.shown.question.slug: row.verdict for row in client.get(to("changelist")).context["rows"]}
        assert rows == {"safety": "hard"}

    def test_shows_a_new_draft_and_what_is_not_asked_any_more(self, client: Client, quiz: Quiz) -> None:
        plain = Revision.objects.get(question__slug="plain")
        authoring.retire(revision=plain)
        assert "Stem of plain?" not in stems(client.get(to("changelist")))
        assert stems(client.get(to("changelist"), {"show": "out"})) == ["Stem of plain?"]


@pytest.mark.usefixtures("eda")
class TestMoving:
    def move(self, client: Client, slug: str, do: str, where: Quiz, **over: Any) -> None:
        item = QuizItem.objects.get(question__slug=slug, quiz=where)
        form = {"quiz": where.pk, "do": do, "at": item.position} | over
        assert client.post(to("move", item.question_id), form).status_code == 303

    def test_up_and_down(self, client: Client, quiz: Quiz) -> None:
        self.move(client, "last", "up", quiz)
        assert order(quiz) == ["plain", "last", "safety"]
        self.move(client, "plain", "down", quiz)
        assert order(quiz) == ["last", "plain", "safety"]
        for slug, do in (("last", "up"), ("safety", "down")):
            self.move(client, slug, do, quiz)
            assert order(quiz) == ["last", "plain", "safety"]

    def test_twice_with_the_same_form_moves_it_once(self, client: Client, quiz: Quiz) -> None:
        self.move(client, "last", "up", quiz, at=3)
        self.move(client, "last", "up", quiz, at=3)
        assert order(quiz) == ["plain", "last", "safety"]

    def test_passes_by_what_is_not_asked(self, client: Client, quiz: Quiz) -> None:
        authoring.retire(revision=Revision.objects.get(question__slug="safety"))
        self.move(client, "last", "up", quiz)
        assert order(quiz)[0] == "last"

    @pytest.mark.parametrize("over", [{"quiz": "x"}, {"quiz": 10**30}, {"at": "\0"}, {"at": -1}])
    def test_with_a_form_that_makes_no_sense_changes_nothing(self, client: Client, quiz: Quiz, over: Any) -> None:
        self.move(client, "last", "up", quiz, **over)
        assert order(quiz) == ["plain", "safety", "last"]


class TestASafetyQuestion:
    def written(self, client: Client, eda: User, **over: str) -> Revision:
        old = Revision.objects.get(question__slug="safety")
        page = client.get(to("change", old.question_id))
        assert "Write one in its place" in words(page)
        address = f"{to('add')}?quiz=a-quiz&kind=truth&instead={old.question_id}"
        form = client.get(address)
        assert "It takes the place of “Stem of safety?”, which is asked until this is published." in words(form)
        assert form.context["form"].initial["critical"] is True
        typed = {
            "stem": "Better.", "why": "W.", "objective": "T", "answer": "true", "critical": "on",
            "feedback_true": "Y.", "feedback_false": "N.",
        }  # fmt: skip
        assert client.post(address, typed | over).status_code == 303
        return Revision.objects.get(stem="Better.")

    def test_is_asked_until_the_one_in_its_place_is_published(self, client: Client, eda: User, quiz: Quiz) -> None:
        new = self.written(client, eda)
        old = Revision.objects.get(question__slug="safety")
        assert old.state == State.PUBLISHED
        assert "Written in its place, not published yet: Better." in words(client.get(to("change", old.question_id)))
        assert "It takes the place of Stem of safety? ," in words(client.get(to("change", new.question_id)))
        client.force_login(staff("rex", roles.REVIEWER))
        seen = client.get(to("change", new.question_id)).context["seen"]
        client.post(to("publish", new.question_id), {"as": "meaning", "seen": seen})
        old.refresh_from_db()
        new.refresh_from_db()
        assert (old.state, new.state) == (State.RETIRED, State.PUBLISHED)
        assert order(quiz) == ["plain", new.question.slug, "safety", "last"]
        attempt = taking.start(learner=User.objects.create_guest(), quiz=quiz, language="en", now=at(23))
        assert [item.revision.stem for item in attempt.items.order_by("position")] == [
            "Stem of plain?", "Better.", "Stem of last?"
        ]  # fmt: skip

    def test_is_only_replaced_by_a_safety_question(self, client: Client, eda: User, quiz: Quiz) -> None:
        new = self.written(client, eda, critical="")
        client.force_login(staff("rex", roles.REVIEWER))
        seen = client.get(to("change", new.question_id)).context["seen"]
        page = client.post(to("publish", new.question_id), {"as": "meaning", "seen": seen}, follow=True)
        assert "Mark it as a safety question." in words(page)
        assert Revision.objects.get(question__slug="safety").state == State.PUBLISHED


class TestANewDraft:
    def test_shows_what_it_says_without_empty_comparisons(self, client: Client, eda: User, quiz: Quiz) -> None:
        question = authoring.begin(quiz, "New?")
        authoring.write(
            question=question, language="en", seen="", by=eda, now=at(23), kind="truth", stem="New.", why="W.",
            objective="T", spec={"version": 1, "answer": True, "feedback": {"true": "Y.", "false": "N."}},
        )  # fmt: skip
        page = words(client.get(to("change", question.pk)))
        assert "What it says Question New. The statement is True Feedback, true Y." in page
        assert "(nothing)" not in page
        assert "As it was" not in page


@pytest.mark.usefixtures("eda")
class TestTakingIn:
    def read(self, client: Client, data: bytes, quiz: str = "a-quiz") -> Any:
        return client.post(to("take_in"), {"quiz": quiz, "file": SimpleUploadedFile("any.name", data)})

    def taken(self, client: Client, page: Any, **over: Any) -> Any:
        plan = page.context["plan"]
        form = {"quiz": plan.quiz.slug, "seen": plan.seen, "document": page.context["document"]}
        return client.post(to("take_in"), form | over, follow=True)

    def test_says_first_what_would_change(self, client: Client, quiz: Quiz) -> None:
        page = self.read(client, THIRTY + b"\n\nWrite {}\n\nUnfinished?{=A ~%-50%B}")
        text = words(page)
        assert "New 31 Changed 0 No change 0 Not taken in 1" in text
        assert "Take in 31 drafts" in text
        assert "It asks for a text of one’s own. (1) line 61: Write" in text
        assert "Points off for a wrong answer are not kept. (1)" in text
        assert "Unfinished? Every choice needs its feedback. The why is missing." in text
        assert Question.objects.count() == 3

    def test_makes_drafts_that_the_list_shows(self, client: Client, quiz: Quiz, eda: User) -> None:
        page = self.taken(client, self.read(client, THIRTY))
        assert "Taken in: 30 drafts. Nobody is asked them until they are published." in words(page)
        assert len(stems(page)) == 30
        assert Revision.objects.filter(state=State.DRAFT, author=eda).count() == 30
        assert AuditEvent.objects.filter(what="questions.in", who=eda.pk).count() == 1

    def test_twice_changes_nothing(self, client: Client, quiz: Quiz) -> None:
        page = self.read(client, THIRTY)
        self.taken(client, page)
        again = words(self.taken(client, page))
        assert "Somebody changed a question of this check meanwhile." in again
        assert "No change 30" in again
        assert "Nothing in this file would change anything." in words(self.read(client, THIRTY))
        assert Question.objects.count() == 33

    def test_says_whose_draft_gives_way_and_asks_again_if_it_changed(self, client: Client, quiz: Quiz) -> None:
        data = client.get(to("file"), {"quiz": "a-quiz", "format": "gift"}).content
        page = self.read(client, data.replace(b"Stem of plain?", b"Mine?"))
        old = Revision.objects.get(question__slug="plain")
        fields = {name: getattr(old, name) for name in ("kind", "spec", "why", "objective", "critical", "source")}
        authoring.write(
            question=old.question, language="en", seen=authoring.fingerprint(old), by=staff("ed", roles.EDUCATOR),
            now=at(23), stem="Theirs?", **fields,
        )  # fmt: skip
        again = self.taken(client, page)
        assert "Somebody changed a question of this check meanwhile." in words(again)
        assert "Theirs? – a draft by ed waits; these words take the place of its words." in words(again)
        assert Revision.objects.get(state=State.DRAFT).stem == "Theirs?"
        self.taken(client, again)
        assert Revision.objects.get(state=State.DRAFT).stem == "Mine?"

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (b"", "This file is empty."),
            (b"a" * (MOST_BYTES + 1), "This file has more than 2 MB."),
            (b"\xff", "Save it as UTF-8"),
            (b"PK\3\4", "This zip is broken."),
            (b"<?xml version='1.0'?><!DOCTYPE q [<!ENTITY a 'b'>]><quiz/>", "declares entities"),
        ],
    )
    def test_of_a_hostile_file_says_one_sentence_and_changes_nothing(
        self, client: Client, quiz: Quiz, data: bytes, says: str
    ) -> None:
        page = self.read(client, data)
        assert says in words(page)
        assert "Error: Take in from a file" in page.content.decode()
        assert Question.objects.count() == 3

    @pytest.mark.parametrize("over", [{"document": "{"}, {"document": "\0"}, {"quiz": "nowhere"}, {"quiz": "\0"}])
    def test_of_a_plan_that_was_changed_on_its_way_takes_nothing(self, client: Client, quiz: Quiz, over: Any) -> None:
        page = self.taken(client, self.read(client, THIRTY), **over)
        assert "Choose" in words(page)
        assert Question.objects.count() == 3

    def test_an_unfinished_draft_says_what_is_still_to_write_and_is_saved_step_by_step(
        self, client: Client, quiz: Quiz
    ) -> None:
        self.taken(client, self.read(client, b"Unfinished?{=A ~B}"))
        draft = Revision.objects.get(state=State.DRAFT)
        client.force_login(staff("ed", roles.EDUCATOR))
        page = client.get(to("change", draft.question_id))
        assert "Still to write Choice 1, feedback Choice 2, feedback Why" in words(page)
        assert "Publish as" not in words(page)
        form = {
            "stem": "Unfinished?",
            "choose": "1",
            "text_0": "A",
            "right_0": "on",
            "feedback_0": "Yes.",
            "text_1": "B",
        }
        form |= {"objective": "T", "seen": page.context["seen"]}
        assert client.post(to("write", draft.question_id), form).status_code == 303
        assert "Still to write Choice 2, feedback Why" in words(client.get(to("change", draft.question_id)))
        published = client.post(
            to("publish", draft.question_id),
            {"as": "meaning", "seen": client.get(to("change", draft.question_id)).context["seen"]},
            follow=True,
        )
        assert "Every choice needs its feedback." in words(published)
        draft.refresh_from_db()
        assert draft.state == State.DRAFT


class TestGivingOut:
    def test_says_before_what_each_format_loses(self, client: Client, eda: User) -> None:
        make_quiz(make_question("m", kind="matching"), make_question("c"))
        page = words(client.get(to("give_out"), {"quiz": "a-quiz"}))
        assert "GIFT What is said to whoever missed a line of a matching question: 1 of 2." in page
        assert "Moodle XML Nothing." in page

    def test_gives_a_file_and_leaves_an_audit_row(self, client: Client, quiz: Quiz, eda: User) -> None:
        response = client.get(to("file"), {"quiz": "a-quiz", "format": "qti3"})
        assert response.headers["Content-Disposition"] == 'attachment; filename="a-quiz.zip"'
        assert response.content.startswith(b"PK")
        assert AuditEvent.objects.filter(what="questions.out", who=eda.pk).count() == 1
        for wish in (
            {"quiz": "a-quiz"},
            {"format": "gift"},
            {"quiz": "\0", "format": "gift"},
            {"quiz": "a-quiz", "format": "x"},
        ):
            assert client.get(to("file"), wish).status_code == 404
