"""The Desk's pages for the call card, medicines and words: list, form, review; newer text of these and of questions."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from learn.lessons import bodies, card, content, rewording
from learn.lessons.bodies import CARD, TERM
from learn.lessons.models import ClinicalReview, Reference, ReferenceText
from learn.people import roles
from learn.people.models import User
from quizzes import authoring
from quizzes.models import Question, Revision
from tests.cast import FIXTURES, FolderCase, at, make_staff, words
from tests.learn.desk.staff import signed_in

pytestmark = pytest.mark.django_db


def url(name: str, *args: str) -> str:
    return reverse(f"admin:lessons_text_{name}", args=args)


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(at(23), tick=False):
        yield


def form(kind: str, slug: str, **over: str) -> dict[str, str]:
    """Return what a browser would send if the form of this text is not changed."""
    there = rewording.standing(kind, slug)
    assert there is not None
    values = {part.name: part.text for part in bodies.parts(kind, there.next)}
    return values | {"seen": there.fingerprint} | over


def seen(kind: str, slug: str) -> str:
    return form(kind, slug)["seen"]


def test_the_list_is_searched_and_says_how_each_text_stands(eda: Client) -> None:
    page = words(eda.get(url("changelist"), {"kind": "medicine", "q": "keytruda"}))
    assert "pembrolizumab" in page
    assert "avelumab" not in page
    eda.post(url("change", TERM, "antigen"), form(TERM, "antigen", meaning="A mark on a germ."))
    assert "antigen Draft eda" in words(eda.get(url("changelist"), {"kind": TERM, "show": "draft"}))
    assert "No text fits this." in words(eda.get(url("changelist"), {"kind": TERM, "show": "sent"}))


def test_a_line_of_the_card_and_a_heading_go_from_its_form_to_the_patient(eda: Client, rex: Client) -> None:
    new, head = "Pain in the chest.", "In your belly or in your blood"
    values = {"line_chest-pain": new, "head_call-now_1": head}
    eda.post(url("change", CARD, card.SLUG), form(CARD, card.SLUG, **values))
    page = words(eda.get(url("change", CARD, card.SLUG)))
    assert "Where these words appear" in page
    eda.post(url("send", CARD, card.SLUG), {"seen": seen(CARD, card.SLUG), "asked": "Is it the same?"})
    assert "Call card" in words(rex.get(reverse("admin:lessons_lesson_review")))
    read = words(rex.get(url("read", CARD, card.SLUG)))
    assert "Is it the same?" in read
    assert "Where these words appear" in read
    signed = {"verdict": "sign", "seen": seen(CARD, card.SLUG), "next_check": "2027-05-28"}
    unsigned = words(rex.post(url("read", CARD, card.SLUG), signed))
    assert "Say in which role you sign" in unsigned
    assert "Choose a day after today" in words(
        rex.post(url("read", CARD, card.SLUG), signed | {"role": "nurse", "next_check": "2026-11-23"})
    )
    assert not ClinicalReview.objects.exists()
    rex.post(url("read", CARD, card.SLUG), signed | {"role": "nurse"})
    helps = words(Client().get(reverse("help")))
    assert new in helps
    assert head in helps
    assert "Reviewed by a clinician, November 23, 2026." in helps


def test_an_educator_can_send_the_card_back_and_not_publish_it(eda: Client) -> None:
    eda.post(url("change", CARD, card.SLUG), form(CARD, card.SLUG, above="New for you."))
    eda.post(url("send", CARD, card.SLUG), {"seen": seen(CARD, card.SLUG)})
    ada = signed_in("ada", roles.EDUCATOR)
    for verdict in ("sign", "publish", "typo"):
        said = words(ada.post(url("read", CARD, card.SLUG), {"verdict": verdict, "seen": seen(CARD, card.SLUG)}))
        assert "Choose your decision" in said
    back = {"verdict": "back", "seen": seen(CARD, card.SLUG)}
    assert "Say what should change" in words(ada.post(url("read", CARD, card.SLUG), back))
    ada.post(url("read", CARD, card.SLUG), back | {"why": "Too short."})
    page = words(eda.get(url("change", CARD, card.SLUG)))
    assert "Sent back" in page
    assert "Too short." in page


def test_a_new_word_is_written_and_a_wrong_one_is_not(eda: Client) -> None:
    wrong = words(eda.post(url("new", TERM), {"term": "antigen", "meaning": "x"}))
    assert "The list has this word already" in wrong
    assert "Use 2 to 20 words. These are 1" in wrong
    assert not ReferenceText.objects.exists()
    eda.post(url("new", TERM), {"term": "Zebra", "say": "", "meaning": "An animal."})
    assert ReferenceText.objects.get().body == {"term": "Zebra", "say": "", "meaning": "An animal."}
    assert eda.get(url("new", CARD)).status_code == 404


@pytest.mark.parametrize(("over", "says"), [
    ({"new_line": "A new sign."}, "Choose where the new line stands"),
    ({"new_group": "call-now:1"}, "Write the new line"),
    ({"new_group": "nowhere:1", "new_line": "A sign."}, "Choose one of these places"),
    ({"new_group": "call-now:1", "new_line": "Chest pain."}, "Another line says the same"),
    ({"line_chest-pain": ""}, "It covers chest pain (CI-30)"),
    ({"above": "a\x00b"}, "Null characters are not allowed."),
])  # fmt: skip
def test_what_is_wrong_with_a_card_is_said_and_nothing_is_saved(eda: Client, over: dict[str, str], says: str) -> None:
    assert says in words(eda.post(url("change", CARD, card.SLUG), form(CARD, card.SLUG, **over)))
    assert not ReferenceText.objects.exists()


def test_the_second_of_two_educators_sees_what_the_first_saved(eda: Client) -> None:
    first = form(TERM, "antigen", meaning="A mark of one kind.")
    ours = form(TERM, "antigen", meaning="A sign of another.")
    signed_in("ada", roles.EDUCATOR).post(url("change", TERM, "antigen"), first)
    page = words(eda.post(url("change", TERM, "antigen"), ours))
    assert "ada changed this text while you wrote." in page
    assert "What differs between theirs and yours" in page
    assert ReferenceText.objects.get().body["meaning"] == "A mark of one kind."
    eda.post(url("change", TERM, "antigen"), ours | {"seen": seen(TERM, "antigen")})
    assert ReferenceText.objects.get().body["meaning"] == "A sign of another."


class TestNewerText(FolderCase):
    """The hospital has its own word and question, and newer ones come with the site."""

    def setUp(self) -> None:
        super().setUp()
        self.ada, self.rex = make_staff("ada", roles.EDUCATOR), make_staff("rex", roles.REVIEWER)
        self.client.force_login(self.ada)
        self.question = Question.objects.get(slug=self.slug())
        self.publish_own(self.question, self.ada, self.rex)

    def slug(self) -> str:
        return str(content.read(self.folder / "quizzes" / "il-2.yaml")["questions"][0]["slug"])

    def publish_own(self, question: Question, by: User, other: User) -> None:
        there = question.newest("en")
        assert there is not None
        same = ("kind", "spec", "critical", "objective", "why", "source")
        text = {name: getattr(there, name) for name in same} | {"stem": "Ours?"}
        made = authoring.write(
            question=question, language="en", seen=authoring.fingerprint(there), by=by, now=at(20), **text
        )
        authoring.publish(revision=made, same_meaning=False, by=other, now=at(21))

    def load(self) -> list[str]:
        return content.load(self.folder).left_alone

    def test_of_a_question_is_shown_and_taken_over_as_a_draft(self) -> None:
        self.edit("quizzes/il-2.yaml", lambda data: data["questions"][0].update(stem="Newer?"))
        assert self.load() == [f"{self.slug()}: newer text is available; yours was left as it is."]
        assert self.slug() in words(self.client.get(url("changelist")))
        page = words(self.client.get(url("newer", "question", self.slug())))  # it compares with the shipped folder
        assert "Ours?" in page
        self.client.post(url("newer", "question", self.slug()), {"do": "take"})
        draft = Revision.objects.get(question=self.question, state="draft")
        shipped, _ = content.shipped_question(FIXTURES, self.slug())
        assert (draft.author, draft.stem) == (self.ada, shipped["stem"])
        assert not Reference.objects.exclude(newer="").exists()

    def test_of_a_question_is_kept_as_ours_and_not_reported_again(self) -> None:
        self.edit("quizzes/il-2.yaml", lambda data: data["questions"][0].update(stem="Newer?"))
        self.load()
        _, digest = content.shipped_question(self.folder, self.slug())
        Reference.objects.filter(kind="question").update(newer="", dealt_with=digest)  # what "Keep yours" stores
        assert self.load() == []
        self.edit("quizzes/il-2.yaml", lambda data: data["questions"][0].update(stem="Newer still?"))
        assert len(self.load()) == 1

    def test_of_a_word_is_reported_by_load_content_and_on_the_desk(self) -> None:
        self.load()
        self.client.post(url("change", TERM, "antigen"), form(TERM, "antigen", meaning="A mark on a germ."))
        word = lambda rows: next(row for row in rows if row["slug"] == "antigen")  # noqa: E731
        self.edit("terms.yaml", lambda rows: word(rows).update(meaning="A newer one."))
        assert "term antigen: newer text is available; yours was left as it is." in self.load()
        assert "Newer text came with the site" in words(self.client.get(url("change", TERM, "antigen")))
        self.client.post(url("newer", TERM, "antigen"), {"do": "keep"})
        assert ReferenceText.objects.get().body["meaning"] == "A mark on a germ."
        assert not Reference.objects.filter(kind=TERM).exclude(newer="").exists()
