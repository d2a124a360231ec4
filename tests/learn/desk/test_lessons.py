"""The screens of educators and reviewers: lists, editor, preview, order, reviews, holds, newer text, packs."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from csp.constants import HEADER
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learn.lessons import content, governance, pack, reference, reviewing, writing
from learn.lessons.models import Edition, HoldAct, Lesson, Therapy
from learn.people import roles
from learn.people.models import User
from tests.cast import (
    FIXTURES,
    FolderCase,
    at,
    load_content,
    make_edition,
    make_question,
    make_quiz,
    make_staff,
    words,
)  # fmt: skip
from tests.matrix import lesson_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(at(23), tick=False) as frozen:
        yield frozen


@pytest.fixture
def eda(clock: Any) -> Client:
    return signed_in("eda", roles.EDUCATOR)


@pytest.fixture
def rex(clock: Any) -> Client:
    return signed_in("rex", roles.REVIEWER)


def signed_in(name: str, role: str) -> Client:
    client = Client()
    client.force_login(make_staff(name, role))
    return client


@pytest.fixture
def lesson() -> Lesson:
    return make_lesson("a-lesson", 1)


def make_lesson(slug: str, place: int) -> Lesson:
    therapy, _ = Therapy.objects.get_or_create(slug="basics", defaults={"position": 1, "title": "The basics"})
    quiz = make_quiz(make_question(f"about-{slug}"), slug=slug)
    found = Lesson.objects.create(therapy=therapy, slug=slug, position=place, quiz=quiz)
    make_edition(found)
    return found


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:lessons_lesson_{name}", args=args)


def save(client: Client, lesson: Lesson, do: str = "save", **over: Any) -> Any:
    """Post the editor's form with some fields changed."""
    form = lesson_form(newest(lesson)) | {"do": do} | over
    return client.post(url("change", lesson.pk), form, follow=True)


def newest(lesson: Lesson) -> Edition:
    found = writing.newest(lesson)
    assert found is not None
    return found


def queries(client: Client, *addresses: str) -> list[int]:
    """Return how many queries each page takes, once the session and the texts are known."""
    counts = []
    for address in addresses:
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        counts.append(len(found))
    return counts


def test_lists_take_the_same_queries_for_one_lesson_and_for_three(eda: Client, rex: Client, lesson: Lesson) -> None:
    pages = [url("changelist"), url("order"), url("review"), url("change", lesson.pk), url("read", lesson.pk)]
    one = queries(eda, *pages[:2]) + queries(rex, *pages[2:])
    for n in (2, 3):
        save(eda, make_lesson(f"lesson-{n}", n), body_0="Other words.")
    three = queries(eda, *pages[:2]) + queries(rex, *pages[2:])
    assert one == three == [12, 5, 10, 8, 12]


def test_the_list_says_how_each_lesson_stands(eda: Client, rex: Client, lesson: Lesson) -> None:
    assert "Published" in words(eda.get(url("changelist")))
    Edition.objects.filter(lesson=lesson).update(next_check=at(1).date())
    assert "Check overdue" in words(eda.get(url("changelist")))
    save(eda, lesson, body_0="Other words.")
    assert words(eda.get(url("changelist"), {"show": "draft"})).count("Lesson 1") == 1
    assert "No lesson is here" in words(eda.get(url("changelist"), {"show": "back"}))


def test_two_educators_the_second_is_shown_what_changed_meanwhile(eda: Client, lesson: Lesson) -> None:
    mine = lesson_form(newest(lesson)) | {"do": "save", "body_0": "Mine now."}
    ola = signed_in("ola", roles.EDUCATOR)
    save(ola, lesson, body_0="Theirs now.")
    page = eda.post(url("change", lesson.pk), mine)
    shown = words(page)
    assert "ola changed this lesson while you wrote" in shown
    assert "What differs between theirs and yours" in shown
    assert "Theirs" in shown and "Mine now." in shown  # noqa: PT018 - one page
    assert "Theirs now." in writing.text_of(newest(lesson)).steps[0].body
    again = mine | {"seen": page.context["form"]["seen"].value()}
    assert eda.post(url("change", lesson.pk), again).status_code == 303
    assert "Mine now." in writing.text_of(newest(lesson)).steps[0].body


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("claims_0", "XX-99", "There is no fact XX-99"),
        ("picture_0", "photo.jpg", "There is no such picture here"),
        ("heading_0", "x" * 121, "Use 120 letters at most"),
        ("minutes", "9" * 400, "Use a number from 1 to 60"),
        ("title", "a\x00b", "Null characters are not allowed"),
        ("key_0", "\n".join("abcdefghijklm"), "Use 12 lines at most"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    eda: Client, lesson: Lesson, field: str, value: str, says: str
) -> None:
    page = save(eda, lesson, **{field: value})
    assert any(says in error for error in page.context["form"].errors[field]), page.context["form"].errors
    assert newest(lesson).state == "published"


def test_what_is_missing_is_said_at_its_field_after_the_draft_is_saved(eda: Client, lesson: Lesson) -> None:
    page = save(eda, lesson, body_0=" ", remember_1="")
    assert newest(lesson).state == "draft"
    assert page.context["form"].errors["body_0"] == ["Step 1 has no words yet. Write them, or take the step out"]
    assert "remember_1" in page.context["form"].errors
    assert "2 things must be mended first" in words(page)


def test_steps_move_come_and_go_and_nothing_typed_is_lost(eda: Client, lesson: Lesson) -> None:
    def slugs() -> list[str]:
        return [step.slug for step in writing.text_of(newest(lesson)).steps]

    save(eda, lesson, do="up_2", body_0="Typed before the press.")
    assert slugs() == ["one", "three", "two"]
    assert "Typed before" in writing.text_of(newest(lesson)).steps[0].body
    save(eda, lesson, do="down_0")
    assert slugs() == ["three", "one", "two"]
    save(eda, lesson, do="out_1")
    save(eda, lesson, do="add")
    save(eda, lesson, heading_2="How it ends", body_2="It ends well.")
    assert slugs() == ["three", "two", "how-it-ends"]
    save(eda, lesson, do="up_99")
    assert slugs() == ["three", "two", "how-it-ends"]


def test_a_preview_is_the_patients_page_and_saves_nothing(eda: Client, lesson: Lesson) -> None:
    form = lesson_form(newest(lesson)) | {"body_1": "Only **typed** yet."}
    page = eda.post(url("preview", lesson.pk, 2), form)
    assert "Only typed yet." in words(page)
    assert "study/step.html" in [template.name for template in page.templates]
    assert newest(lesson).state == "published"
    for colors in ("light", "dark"):
        framed = eda.get(url("preview", lesson.pk, 1), {"frame": "1", "colors": colors})
        assert f'data-colors="{colors}"'.encode() in framed.content
        assert "frame-ancestors 'self'" in framed.headers[HEADER]
        assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    around = eda.get(url("frames", lesson.pk, 1))
    assert around.content.count(b"<iframe") == 4
    assert "frame-src 'self'" in around.headers[HEADER]
    assert "frame-src" not in eda.get(url("changelist")).headers[HEADER]
    assert eda.get(url("frames", lesson.pk, 9)).status_code == 404


def test_a_reviewer_remarks_sends_back_and_signs(eda: Client, rex: Client, lesson: Lesson) -> None:
    save(eda, lesson, body_0="Other words.")
    eda.post(url("send", lesson.pk), {"seen": writing.fingerprint(newest(lesson)), "asked": "Right?"})
    rex.post(url("remark", lesson.pk), {"about": "one", "text": "Say it shorter."})
    page = rex.get(url("read", lesson.pk))
    assert "Say it shorter." in words(page)
    form = {"seen": page.context["form"]["seen"].value(), "verdict": "back"}
    rex.post(url("read", lesson.pk), form)
    assert "Say it shorter." in words(eda.get(url("change", lesson.pk)))
    assert "Sent back" in words(eda.get(url("changelist")))
    save(eda, lesson, body_0="Short.")
    eda.post(url("send", lesson.pk), {"seen": writing.fingerprint(newest(lesson))})
    stale = rex.post(url("read", lesson.pk), form | {"verdict": "publish", "next_check": "2027-05-28"})
    assert "Somebody changed this lesson" in words(stale)
    seen = rex.get(url("read", lesson.pk)).context["form"]["seen"].value()
    no_role = rex.post(url("read", lesson.pk), {"seen": seen, "verdict": "sign", "next_check": "2027-05-28"})
    assert "Say in which role you sign" in words(no_role)
    no_day = rex.post(url("read", lesson.pk), {"seen": seen, "verdict": "publish", "next_check": "2036-01-01"})
    assert "two years from now at most" in words(no_day)
    rex.post(url("read", lesson.pk), {"seen": seen, "verdict": "sign", "role": "nurse", "next_check": "2027-05-28"})
    assert newest(lesson).state == "published"
    assert "rex, November 23, 2026" in words(rex.get(url("changelist")))
    assert "Signed by you" in words(rex.get(url("review")))


def test_an_educator_cannot_sign_and_a_writer_cannot_decide(eda: Client, lesson: Lesson) -> None:
    save(eda, lesson, body_0="Other words.")
    eda.post(url("send", lesson.pk), {"seen": writing.fingerprint(newest(lesson))})
    assert "You wrote in this edition" in words(eda.get(url("read", lesson.pk)))
    ola = signed_in("ola", roles.EDUCATOR)
    seen = reviewing.fingerprint(newest(lesson), reviewing.questions(lesson))
    refused = ola.post(
        url("read", lesson.pk), {"seen": seen, "verdict": "sign", "role": "nurse", "next_check": "2027-05-28"}
    )
    assert "Choose your decision" in words(refused)
    ola.post(url("read", lesson.pk), {"seen": seen, "verdict": "publish", "next_check": "2027-05-28"})
    assert newest(lesson).published_by == User.objects.get(username="ola")


def test_a_hold_is_settled_with_role_and_reason(rex: Client) -> None:
    note = next(iter(reference.all_holds()))
    assert "Say what you checked" in words(rex.post(url("holds"), {"note": note, "settled": "1", "role": "nurse"}))
    assert not HoldAct.objects.exists()
    rex.post(url("holds"), {"note": note, "settled": "1", "role": "pharmacist", "why": "Read the label."})
    page = words(rex.get(url("holds")))
    assert "rex, pharmacist, November 23, 2026" in page
    assert f"{len(reference.all_holds()) - 1} are open" in page


def test_a_pack_is_taken_in_and_a_bad_one_refused_in_one_sentence(eda: Client) -> None:
    load_content()
    whole = eda.get(url("pack", Therapy.objects.get(slug="cancer-vaccines").pk))
    assert whole.headers["Content-Disposition"] == 'attachment; filename="lessons-cancer-vaccines.zip"'
    assert pack.read(whole.content)
    same = eda.post(url("take_in"), {"file": SimpleUploadedFile("l.zip", whole.content)}, follow=True)
    assert "2 lessons are here already, word for word." in same.content.decode()
    for held, says in ((b"no zip", "cannot be unpacked"), (b"", "is empty"), (b"x" * 2_000_001, "too large")):
        refused = eda.post(url("take_in"), {"file": SimpleUploadedFile("l.zip", held)})
        assert says in words(refused)
    assert "Choose the file of a lesson pack" in words(eda.post(url("take_in"), {}))
    assert not Edition.objects.filter(state="draft").exists()


class TestNewerShippedText(FolderCase):
    """The hospital wrote its own edition, and newer text comes with the site."""

    def setUp(self) -> None:
        super().setUp()
        self.lesson = Lesson.objects.get(slug="il-2")
        self.client.force_login(make_staff("eda", roles.EDUCATOR))
        save(self.client, self.lesson, title="IL-2, our own words")
        governance.publish(edition=newest(self.lesson))

    def load(self) -> list[str]:
        self.edit("lessons/il-2.yaml", lambda data: data.update(title="IL-2, newer"))
        return content.load(self.folder).left_alone

    def test_is_left_alone_shown_and_taken_over_as_a_draft(self) -> None:
        assert self.load() == ["il-2: newer text is available; yours was left as it is."]
        assert newest(self.lesson).title == "IL-2, our own words"
        assert Lesson.objects.get(slug="il-2").quiz.title == "IL-2, our own words"  # type: ignore[union-attr]
        page = words(self.client.get(url("changelist"), {"show": "newer"}))
        assert "IL-2, our own words" in page
        shown = words(self.client.get(url("newer", self.lesson.pk)))  # it compares with the shipped folder
        assert "our own words" in shown
        self.client.post(url("newer", self.lesson.pk), {"do": "take"})
        assert (newest(self.lesson).state, newest(self.lesson).title) == ("draft", "IL-2")
        assert Lesson.objects.get(slug="il-2").newer == ""

    def test_that_was_kept_as_ours_is_not_reported_again(self) -> None:
        self.load()
        _, digest = content.shipped_text(self.folder, "il-2")
        Lesson.objects.filter(pk=self.lesson.pk).update(newer="", dealt_with=digest)
        assert self.load() == []
        assert content.shipped_text(FIXTURES, "il-2")[1] != digest
