"""A hospital's own call card, medicines and words: written, reviewed, published, followed by every page (ruling 48)."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from learn.lessons import bodies, card, card_texts, mentions, owned, rewording, shown, texts
from learn.lessons.bodies import CARD, MEDICINE, TERM, Body
from learn.lessons.models import CardText, ClinicalReview, Lesson, Reference, ReferenceText, Therapy
from learn.lessons.writing import Unfit
from learn.people.models import AuditEvent, User
from tests.cast import FIXTURES, at, load_content, make_edition, words

pytestmark = pytest.mark.django_db
UNTIL = date(2027, 5, 28)
THERAPY, SAFETY = "antibodies-and-checkpoint-inhibitors", "side-effects-when-to-call"
OLD, NEW = "Chest pain.", "Pain or a tight feeling in the chest."

LESSONS = {
    data["slug"]: data["therapy"] for path in (FIXTURES / "lessons").glob("*.yaml") if (data := texts.read(path))
}


@pytest.fixture
def eda() -> User:
    return User.objects.create_user("eda", is_staff=True, first_name="Eda")


@pytest.fixture
def rex() -> User:
    return User.objects.create_user("rex", is_staff=True, first_name="Rex")


@pytest.fixture
def lesson() -> Lesson:
    """Return a published lesson of three steps, on a site that has shown the shipped card."""
    therapy = Therapy.objects.create(slug=THERAPY, position=1, title="Antibodies", summary="S.")
    found = Lesson.objects.create(therapy=therapy, slug=SAFETY, position=1)
    make_edition(found)
    card_texts.keep(texts.read_once("call_card.yaml"), at(1))
    return found


def stands(kind: str, slug: str) -> rewording.Standing:
    found = rewording.standing(kind, slug)
    assert found is not None
    return found


def reworded(kind: str, slug: str, by: User, **values: str) -> None:
    """Save a draft with these values in its parts, and send it for review."""
    there = stands(kind, slug)
    filled = {part.name: part.text for part in bodies.parts(kind, there.next)} | values
    body = bodies.filled(kind, there.next, filled)
    assert rewording.problems(there, body) == []
    rewording.write(kind=kind, slug=slug, seen=there.fingerprint, body=body, by=by, now=at(20))
    seen = stands(kind, slug).fingerprint
    rewording.send(kind=kind, slug=slug, seen=seen, asked="", now=at(21))


def publish(kind: str, slug: str, by: User, **over: Any) -> None:
    signed = {"role": "oncology nurse", "until": UNTIL} if kind == CARD else {}
    seen = stands(kind, slug).fingerprint
    rewording.publish(**{"kind": kind, "slug": slug, "seen": seen, "by": by, "now": at(23), **signed, **over})


def own_card(eda: User, rex: User, **over: Any) -> None:
    reworded(CARD, card.SLUG, eda, **{"line_chest-pain": NEW})
    publish(CARD, card.SLUG, rex, **over)


def get(name: str, *args: Any) -> str:
    return words(Client().get(reverse(name, args=args)))


def test_a_published_card_is_on_every_page_at_the_next_request(eda: User, rex: User, lesson: Lesson) -> None:
    assert OLD in get("help")
    step = get("step", THERAPY, SAFETY, 3)
    assert OLD in step
    own_card(eda, rex)
    with time_machine.travel(at(24), tick=False):
        helps = get("help")
    assert NEW in helps
    assert OLD not in helps
    assert "Reviewed by a clinician, November 23, 2026." in helps
    step = get("step", THERAPY, SAFETY, 3)
    assert NEW in step
    assert OLD not in step
    assert OLD in str(card.whole())  # outside of a request there is only what is shipped


def test_the_review_of_the_card_runs_out(eda: User, rex: User) -> None:
    own_card(eda, rex)
    with time_machine.travel(at(24).replace(year=2027, month=5, day=28), tick=False):
        assert "Reviewed by a clinician" in get("help")
    with time_machine.travel(at(24).replace(year=2027, month=5, day=29), tick=False):
        assert "Not yet reviewed by a clinician." in get("help")


def test_the_card_needs_a_clinician_who_did_not_write_it(eda: User, rex: User) -> None:
    reworded(CARD, card.SLUG, eda, **{"line_chest-pain": NEW})
    with pytest.raises(Unfit, match="clinician has to sign"):
        publish(CARD, card.SLUG, rex, role="", until=None)
    with pytest.raises(Unfit, match="You wrote"):
        publish(CARD, card.SLUG, eda)
    assert not ClinicalReview.objects.exists()
    publish(CARD, card.SLUG, rex)
    review = ClinicalReview.objects.get()
    assert (review.who, review.role, review.until, review.text.state) == (  # type: ignore[union-attr]
        rex, "oncology nurse", UNTIL, "published",
    )  # fmt: skip
    assert AuditEvent.objects.filter(who=rex.pk, what="text.published").count() == 1


def test_a_clinician_signs_the_card_as_it_came_and_a_newer_one_takes_its_place(rex: User, lesson: Lesson) -> None:
    signed = {"by": rex, "now": at(23), "role": "nurse", "until": UNTIL}
    rewording.sign(seen=stands(CARD, card.SLUG).fingerprint, **signed)  # type: ignore[arg-type]
    assert CardText.objects.count() == 1  # the same words: nobody is told
    with time_machine.travel(at(24), tick=False):
        assert "Reviewed by a clinician" in get("help")
    rewording.sign(seen=stands(CARD, card.SLUG).fingerprint, **signed | {"now": at(24)})  # type: ignore[arg-type]
    assert rewording.tell_newer(shipped_with(CARD, card.SLUG, above="Newer."), at(25)) == []
    assert stands(CARD, card.SLUG).published is None
    assert "Not yet reviewed by a clinician." in get("help")


def in_spanish(settings: Any) -> str:
    """Return the help page as a Spanish reader has it."""
    settings.LANGUAGES = [("en", "English"), ("es", "Español")]
    return words(Client(headers={"accept-language": "es"}).get(reverse("help")))


def test_a_card_of_the_hospital_is_shown_in_its_own_words_to_readers_of_a_translation(
    eda: User, rex: User, settings: Any
) -> None:
    """The translation is of the card that came with the site, and says something older."""
    assert "Dolor en el pecho." in in_spanish(settings)
    own_card(eda, rex)
    with time_machine.travel(at(24), tick=False):
        page = in_spanish(settings)
    assert NEW in page
    assert "Dolor en el pecho." not in page
    assert "La tarjeta cambió." in page
    assert "Revisado por un profesional de la salud" in page  # these words, and not their translation


def test_a_signature_under_the_card_is_none_under_its_translation(rex: User, settings: Any) -> None:
    rewording.sign(seen=stands(CARD, card.SLUG).fingerprint, by=rex, now=at(23), role="nurse", until=UNTIL)
    with time_machine.travel(at(24), tick=False):
        page = in_spanish(settings)
        assert "Reviewed by a clinician" in get("help")
    assert "Dolor en el pecho." in page
    assert "Todavía no lo ha revisado un profesional de la salud." in page


def shipped_with(kind: str, slug: str, **values: Any) -> dict[str, dict[str, Body]]:
    """Return all shipped texts, one of them changed as by a newer version of the site."""
    found = {each: deepcopy(bodies.shipped(each)) for each in bodies.FILES}
    found[kind][slug] |= values
    return found


def test_readers_are_told_of_a_changed_card_unless_it_means_the_same(eda: User, rex: User, lesson: Lesson) -> None:
    own_card(eda, rex)
    assert [row.same_meaning for row in CardText.objects.order_by("number")] == [False, False]
    reworded(CARD, card.SLUG, eda, above="New for you, or worse than is usual for you.")
    publish(CARD, card.SLUG, rex, same_meaning=True)
    assert [row.same_meaning for row in CardText.objects.order_by("number")] == [False, False, True]


def test_loading_keeps_no_card_that_nobody_is_shown(eda: User, rex: User) -> None:
    own_card(eda, rex)
    load_content()
    assert [row.number for row in CardText.objects.all()] == [1]


def test_a_medicine_is_found_by_its_new_name_and_a_word_has_its_new_meaning(
    eda: User, rex: User, lesson: Lesson
) -> None:
    find = reverse("find") + "?q=Brandnewmab"
    assert "Brandnewmab" not in words(Client().get(find)).replace("“Brandnewmab”", "")
    reworded(MEDICINE, "avelumab", eda, brands="Bavencio, Brandnewmab")
    reworded(TERM, "antigen", eda, meaning="A mark on a germ.")
    assert "A mark on a germ." not in get("words")
    publish(MEDICINE, "avelumab", rex)
    publish(TERM, "antigen", rex)
    assert "avelumab" in words(Client().get(find))
    assert "A mark on a germ." in get("words")


def test_what_the_hospital_added_is_found_and_can_be_taken_out_by_another(eda: User, rex: User) -> None:
    body = {"term": "Zebra sign", "say": "", "meaning": "A sign of stripes."}
    made = rewording.begin(kind=TERM, body=body, by=eda, now=at(20))
    assert rewording.begin(kind=TERM, body=body, by=eda, now=at(20)).slug == made.slug == "zebra-sign"
    rewording.send(kind=TERM, slug=made.slug, seen=made.fingerprint, asked="", now=at(21))
    publish(TERM, made.slug, rex)
    assert "Zebra sign" in get("words")
    seen = stands(TERM, made.slug).fingerprint
    with pytest.raises(Unfit, match="You wrote"):
        rewording.retire(kind=TERM, slug=made.slug, seen=seen, by=eda, now=at(24))
    rewording.retire(kind=TERM, slug=made.slug, seen=seen, by=rex, now=at(24))
    assert "Zebra sign" not in get("words")
    with pytest.raises(Unfit, match="that your hospital added"):
        rewording.retire(kind=TERM, slug="antigen", seen=stands(TERM, "antigen").fingerprint, by=rex, now=at(24))


@pytest.mark.parametrize(("kind", "slug", "values", "field", "says"), [
    (CARD, card.SLUG, {"line_chest-pain": ""}, "line_chest-pain", "It covers chest pain (CI-30)"),
    (CARD, card.SLUG, {"above": " "}, "above", "cannot be empty"),
    (CARD, card.SLUG, {"head_call-now_0": ""}, "head_call-now_0", "cannot be empty"),
    (CARD, card.SLUG, {"above": "x" * 301}, "above", "300 letters"),
    (CARD, card.SLUG, {"at_t-cells": "For 101 °F or more: call now."}, "at_t-cells", "somebody would call later"),
    (CARD, card.SLUG, {"fever_any-treatment": "From 38.5 °C on, call."}, "fever_any-treatment", "call later"),
    (CARD, card.SLUG, {"line_seizure": "Chest pain"}, "line_seizure", "Another line says the same"),
    (CARD, card.SLUG, {"line_seizure": "A \u202eseizure."}, "line_seizure", "hidden marks"),
    (TERM, "antigen", {"term": "Antibody"}, "term", "has this word already"),
    (TERM, "antigen", {"term": "?!"}, "term", "with letters"),
    (TERM, "antigen", {"meaning": "long " * 21}, "meaning", "2 to 20 words"),
    (TERM, "antigen", {"meaning": ""}, "meaning", "cannot be empty"),
    (MEDICINE, "avelumab", {"generic": ""}, "generic", "cannot be empty"),
    (MEDICINE, "avelumab", {"brands": "Keytruda"}, "brands", "is a name of pembrolizumab"),
    (MEDICINE, "avelumab", {"aliases": "?"}, "aliases", "names with letters"),
    (MEDICINE, "avelumab", {"lesson": "il-2"}, "lesson", "a lesson of its therapy type"),
    (MEDICINE, "avelumab", {"lesson": ""}, "lesson", "says when to call"),
    (MEDICINE, "avelumab", {"sentence": "It helps."}, "sentence", "Ask your team what it is for"),
    (MEDICINE, "avelumab", {"given": "so " * 21 + "."}, "given", "20 words"),
    (MEDICINE, "avelumab", {"note": "For lung cancer."}, "note", "Name no cancer"),
])  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(
    kind: str, slug: str, values: dict[str, str], field: str, says: str
) -> None:
    body = bodies.shipped(kind)[slug]
    filled = {part.name: part.text for part in bodies.parts(kind, body)} | values
    found = list(bodies.problems(kind, slug, bodies.filled(kind, body, filled), LESSONS))
    assert [says in problem.says for problem in found if problem.field == field] == [True]


def test_nothing_is_wrong_with_what_is_shipped() -> None:
    for kind in bodies.FILES:
        for slug, body in bodies.shipped(kind).items():
            assert list(bodies.problems(kind, slug, body, LESSONS)) == [], slug
            filled = bodies.filled(kind, body, {part.name: part.text for part in bodies.parts(kind, body)})
            assert filled == bodies.filled(kind, body, {}) if kind == CARD else filled == one_line(body), slug


def one_line(body: Body) -> Body:
    return {key: " ".join(text.split()) if isinstance(text, str) else text for key, text in body.items()}


def test_a_line_can_be_added_and_only_such_a_line_taken_out(eda: User, rex: User) -> None:
    reworded(CARD, card.SLUG, eda, new_group="call-now:5", new_line="A rash that burns.")
    publish(CARD, card.SLUG, rex)
    assert "A rash that burns." in get("help")
    body = stands(CARD, card.SLUG).next
    (added,) = [line for line in bodies.lines(body) if line["id"].startswith("own-")]
    assert added["id"] == "own-a-rash-that-burns"
    reworded(CARD, card.SLUG, eda, **{f"line_{added['id']}": ""})
    publish(CARD, card.SLUG, rex)
    assert "A rash that burns." not in get("help")


def test_the_heading_of_a_group_is_reworded_and_its_lines_stay(eda: User, rex: User) -> None:
    before = bodies.shipped(CARD)[card.SLUG]
    part = next(one for one in bodies.parts(CARD, before) if one.text == "Heart and chest")
    assert "Heart and chest" in get("help")
    reworded(CARD, card.SLUG, eda, **{part.name: "Your heart"})
    (line,) = mentions.of_change(before, stands(CARD, card.SLUG).next)
    assert (line.where, line.places) == ("Call 911: Heading 2", [])  # it stands on the card alone
    publish(CARD, card.SLUG, rex)
    page = get("help")
    assert "Your heart" in page
    assert "Heart and chest" not in page
    assert OLD in page


def test_two_educators_on_one_draft(eda: User, rex: User) -> None:
    before = stands(TERM, "antigen")
    theirs, ours = before.next | {"meaning": "A mark of one kind."}, before.next | {"meaning": "A sign."}
    first = {"kind": TERM, "slug": "antigen", "seen": before.fingerprint, "now": at(20)}
    rewording.write(**first, body=theirs, by=rex)  # type: ignore[arg-type]
    with pytest.raises(rewording.Stale) as stale:
        rewording.write(**first, body=ours, by=eda)  # type: ignore[arg-type]
    assert stale.value.now.next == theirs
    rewording.write(**first, body=theirs, by=rex)  # type: ignore[arg-type]  # the same form sent twice
    assert ReferenceText.objects.get().writers == [rex.pk]
    again = first | {"seen": stale.value.now.fingerprint}
    rewording.write(**again, body=ours, by=eda)  # type: ignore[arg-type]
    assert ReferenceText.objects.get().writers == sorted([eda.pk, rex.pk])


def test_a_published_text_never_changes_and_one_is_published(eda: User, rex: User) -> None:
    reworded(TERM, "antigen", eda, meaning="A mark on a germ.")
    publish(TERM, "antigen", rex)
    row = ReferenceText.objects.get()
    for change in ({"body": {}}, {"state": "draft"}, {"author": rex}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ReferenceText.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReferenceText.objects.create(
            reference=row.reference, number=9, state="published", body={}, author=eda, written=at(20)
        )


def test_newer_shipped_text_is_reported_once_taken_over_or_kept(eda: User, rex: User) -> None:
    reworded(TERM, "antigen", eda, meaning="A mark on a germ.")
    publish(TERM, "antigen", rex)
    said = "term antigen: newer text is available; yours was left as it is."
    newer = shipped_with(TERM, "antigen", meaning="A newer meaning.")
    assert rewording.tell_newer({kind: bodies.shipped(kind) for kind in bodies.FILES}, at(24)) == []
    assert rewording.tell_newer(newer, at(24)) == [said] == rewording.tell_newer(newer, at(24))
    assert stands(TERM, "antigen").newer
    rewording.deal(kind=TERM, slug="antigen", take=True, by=rex, now=at(25))
    there = stands(TERM, "antigen")
    assert not there.newer
    assert there.draft is not None
    assert there.draft.body == bodies.shipped(TERM)["antigen"]
    with pytest.raises(Unfit, match="has a draft"):
        rewording.deal(kind=TERM, slug="antigen", take=True, by=rex, now=at(25))
    rewording.deal(kind=TERM, slug="antigen", take=False, by=rex, now=at(25))
    assert Reference.objects.get().dealt_with == texts.digest(bodies.shipped(TERM)["antigen"])


def test_every_place_of_a_line_is_named_before_it_changes() -> None:
    load_content()
    before = bodies.shipped(CARD)[card.SLUG]
    now = bodies.filled(CARD, before, {"line_chest-pain": NEW, "line_bcg-red-urine": "Red urine."})
    chest, red = mentions.of_change(before, now)
    assert chest.where == "Call 911: Heart and chest"
    assert chest.of_all
    assert not red.of_all
    assert len(red.lessons) == 1
    steps = {place.page.slug for place in chest.places if place.page}
    teaches = {
        page.slug
        for pages in shown.every_page()
        for page in pages
        if "CI-30" in page.claims or "chest pain" in page.body.casefold()
    }
    assert teaches <= steps
    assert any(place.question for place in chest.places)


class TestWhatAnotherProcessPublished:
    """The number in the statement that a page runs anyway tells each worker."""

    def test_is_followed_without_a_query_more(
        self, eda: User, rex: User, lesson: Lesson, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        page = reverse("step", args=[THERAPY, SAFETY, 3])
        Client().get(page)
        with django_assert_num_queries(2):  # what is published; its steps, which are kept only after a commit
            Client().get(page)
        own_card(eda, rex)
        assert owned._kept == (0, texts.NONE)
        assert NEW in words(Client().get(page))

    def test_is_kept_after_its_commit(self, eda: User, rex: User, django_capture_on_commit_callbacks: Any) -> None:
        own_card(eda, rex)
        with django_capture_on_commit_callbacks(execute=True):
            get("help")
        assert owned._kept[0] == 1
        assert owned.at(1) is owned._kept[1]
        reworded(CARD, card.SLUG, eda, above="Newer than before.")
        publish(CARD, card.SLUG, rex)
        assert "Newer than before." in get("help")  # 1, then 1 retired (2) and 1 published: 3
