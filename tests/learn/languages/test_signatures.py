"""A translation is a draft until a translator and a clinician have signed it, and becomes one again (ruling 57)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from learn.lessons import signatures
from learn.lessons.models import ClinicalReview, Edition, Lesson, SharedWords, Step
from learn.lessons.signatures import Kind
from learn.lessons.writing import Unfit
from learn.management.commands import load_content as command
from learn.people import roles
from learn.people.models import User
from quizzes.models import Revision, State
from tests import overlays as made
from tests.cast import at, load_content, make_edition, words
from tests.overlays import accented

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

LESSON = "what-is-immunotherapy"
STEP = ["basics", LESSON, 2]
OTHER = ["your-care-team", "who-to-call", 1]
NEXT = date(2027, 5, 28)
DRAFT = "Esta traducción es un borrador."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The shipped content, and a made-up translation of it."""
    with made.translated(tmp_path_factory.mktemp("content")) as found:
        yield found


@pytest.fixture
def people(folder: Path) -> Iterator[tuple[User, User]]:
    """The content is loaded; a translator (an educator here) and a clinician."""
    load_content(folder)
    with time_machine.travel(at(23), tick=False):
        yield _person("tess", roles.EDUCATOR), _person("rex", roles.REVIEWER)


def _person(name: str, role: str) -> User:
    user = User.objects.create_user(name, is_staff=True, first_name=name.title())
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def sign(by: User, kind: Kind, text: signatures.Text, **over: Any) -> None:
    of = {"lesson": text.edition.lesson_id} if text.edition else {"name": text.name}
    said = {"language": "es", "seen": text.seen, "role": "R", "now": at(23), "until": NEXT} | of
    signatures.sign(kind=kind, by=by, **said | over)


def sign_all(people: tuple[User, User], *, only: str = "") -> None:
    """Let both sign every shared text, and every lesson or only this one."""
    for text in signatures.all_texts("es"):
        if not only or not text.edition or text.edition.lesson.slug == only:
            sign(people[0], Kind.TRANSLATOR, text)
            sign(people[1], Kind.CLINICIAN, text)


def lesson_text() -> signatures.Text:
    return signatures.all_texts("es", lesson=Lesson.objects.get(slug=LESSON).pk)[0]


def page(name: str, *args: Any, client: Client | None = None) -> str:
    response = (client or Client(headers={"accept-language": "es"})).get(reverse(name, args=args))
    assert response.status_code == 200
    return words(response)


def test_the_line_goes_where_all_words_are_signed(people: tuple[User, User]) -> None:
    """A page of a lesson needs its lesson; a list of lessons needs all of them; the call card only what is shared."""
    assert all(DRAFT in told for told in (page("step", *STEP), page("help"), page("therapies")))
    sign_all(people, only=LESSON)
    last = Step.objects.filter(edition__lesson__slug=LESSON, edition__language="en").count()
    assert DRAFT not in page("step", *STEP)
    told = page("step", "basics", LESSON, last)
    assert "Revisado por un profesional de la salud, 23 de noviembre de 2026." in told
    assert "Traducción revisada por un profesional calificado de la traducción, 23 de noviembre de 2026." in told
    assert DRAFT not in page("help")
    assert "Revisado por un profesional de la salud, 23 de noviembre de 2026." in page("help")
    assert DRAFT in page("step", *OTHER)
    assert DRAFT in page("find")
    sign_all(people)
    assert DRAFT not in page("step", *OTHER)
    assert DRAFT not in page("find")


def test_a_question_needs_its_own_signatures(people: tuple[User, User]) -> None:
    """They are signed with the lesson; each page of the check asks for those of its question."""
    sign_all(people, only=LESSON)
    reader = Client(headers={"accept-language": "es"})
    question = reader.post(reverse("check", args=[LESSON]))["Location"]
    assert DRAFT not in words(reader.get(question))
    revision = reader.get(question).context["item"].revision.pk
    ClinicalReview.objects.filter(revision=revision, kind=Kind.TRANSLATOR).delete()
    assert DRAFT in words(reader.get(question))
    assert DRAFT in page("step", *STEP)  # a page of the lesson names its questions' topics on lists


@pytest.mark.parametrize("kind", list(Kind))
def test_one_signature_is_not_enough(people: tuple[User, User], kind: Kind) -> None:
    sign_all(people, only=LESSON)
    ClinicalReview.objects.filter(~Q(edition=None), kind=kind).delete()
    assert DRAFT in page("step", *STEP)


def test_every_page_needs_each_shared_text(people: tuple[User, User]) -> None:
    """The words of the site, the call card and the others stand on nearly every page."""
    sign_all(people, only=LESSON)
    for text in signatures.shared("es"):
        of = ClinicalReview.objects.filter(words__name=text.name, kind=Kind.CLINICIAN)
        rows = list(of)
        of.delete()
        assert DRAFT in page("step", *STEP), text.name
        assert DRAFT in page("help"), text.name
        ClinicalReview.objects.bulk_create(rows)
    assert DRAFT not in page("step", *STEP)


def test_nobody_signs_in_both_ways(people: tuple[User, User]) -> None:
    """Nor what they did not read as it is."""
    text = lesson_text()
    sign(people[1], Kind.TRANSLATOR, text)
    with pytest.raises(Unfit, match="Another person"):
        sign(people[1], Kind.CLINICIAN, lesson_text())
    with pytest.raises(Unfit, match="changed while"):
        sign(people[0], Kind.CLINICIAN, text, seen="")
    sign(people[1], Kind.TRANSLATOR, lesson_text())
    assert ClinicalReview.objects.filter(edition=text.edition).count() == 1  # the same row once


def test_the_line_comes_back_when_the_day_passes(people: tuple[User, User]) -> None:
    sign_all(people, only=LESSON)
    with time_machine.travel(at(23).replace(year=2027, month=5, day=28), tick=False):
        assert DRAFT not in page("step", *STEP)
    with time_machine.travel(at(23).replace(year=2027, month=5, day=30), tick=False):
        assert DRAFT in page("step", *STEP)
        assert "Todavía no lo ha revisado un profesional de la salud." in page("help")


def test_the_line_comes_back_with_other_words(people: tuple[User, User], folder: Path) -> None:
    """In the other language: a new edition. In English: it is not shown until it is translated again."""
    sign_all(people, only=LESSON)
    name = f"lessons/{LESSON}.yaml"
    whole = made.write(folder, name, "es")
    try:
        whole["steps"][1]["body"] += " Más palabras."
        made.save(folder, name, "es", whole)
        command.load(folder)
        told = page("step", *STEP)
        assert "Más palabras." in told
        assert DRAFT in told
    finally:
        made.write(folder, name, "es")


def test_the_line_comes_back_with_another_card(people: tuple[User, User], folder: Path) -> None:
    """Of the call card and the other shared files, the mark is of both wordings."""
    sign_all(people, only=LESSON)
    card = made.write(folder, "call_card.yaml", "es")
    try:
        card["above"] += " Más palabras."
        made.save(folder, "call_card.yaml", "es", card)
        made.forget()
        assert DRAFT in page("help")
        assert DRAFT in page("step", *STEP)
    finally:
        made.write(folder, "call_card.yaml", "es")
        made.forget()
    assert DRAFT not in page("help")


def test_a_new_english_text_ends_the_signatures(people: tuple[User, User]) -> None:
    sign_all(people, only=LESSON)
    make_edition(Lesson.objects.get(slug=LESSON), number=2)
    assert signatures.all_texts("es", lesson=Lesson.objects.get(slug=LESSON).pk) == []
    assert Edition.objects.get(lesson__slug=LESSON, language="es").state == State.RETIRED


def test_a_signature_under_the_english_is_none_under_its_translation(people: tuple[User, User]) -> None:
    source = Edition.objects.get(lesson__slug=LESSON, language="en")
    for kind, who in zip((Kind.TRANSLATOR, Kind.CLINICIAN), people, strict=True):
        ClinicalReview.objects.create(edition=source, kind=kind, who=who, role="R", on=at(23).date(), until=NEXT)
    assert DRAFT in page("step", *STEP)
    assert lesson_text().until(Kind.CLINICIAN) is None
    english = page("step", "basics", LESSON, source.steps.count(), client=Client(headers={"accept-language": "en"}))
    assert "Reviewed by a clinician, November 23, 2026." in english
    assert "Translation" not in english


def test_a_translators_signature_is_no_clinicians(people: tuple[User, User]) -> None:
    sign(people[0], Kind.TRANSLATOR, lesson_text())
    last = Step.objects.filter(edition__lesson__slug=LESSON, edition__language="en").count()
    assert "Todavía no lo ha revisado un profesional de la salud." in page("step", "basics", LESSON, last)


def desk(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_home_lists_what_waits_and_what_runs_out(people: tuple[User, User], django_assert_num_queries: Any) -> None:
    """Each text with the signatures that it needs; a literal number of queries, whatever is signed."""
    client = desk(people[1])
    home = reverse("admin:lessons_lesson_review")
    client.get(home)
    with django_assert_num_queries(14):
        told = words(client.get(home))
    total = len(signatures.all_texts("es"))
    assert f"{total} of {total} texts wait" in told
    assert "Needs a qualified translator and a bilingual clinician" in told
    sign_all(people, only=LESSON)
    with django_assert_num_queries(14):
        told = words(client.get(home))
    assert f"{total - len(signatures.shared('es')) - 1} of {total} texts wait" in told
    with time_machine.travel(at(23).replace(year=2027, month=5, day=1), tick=False):
        told = words(desk(people[1]).get(home))
        assert "In Spanish, runs out soon" in told
        assert "until May 28, 2027" in told
    with time_machine.travel(at(23).replace(year=2027, month=5, day=30), tick=False):
        assert "Counted until May 28, 2027" in words(desk(people[1]).get(home))


def test_a_reviewer_reads_both_and_signs(people: tuple[User, User]) -> None:
    """The whole lesson with its questions, and a shared text, beside the English; then a decision with role and day."""
    text = lesson_text()
    assert text.edition is not None
    assert text.edition.translates is not None
    address = reverse("admin:lessons_lesson_translation", args=[text.edition.lesson_id, "es"])
    response = desk(people[1]).get(address)
    told = words(response)
    for step in Step.objects.filter(edition=text.edition.translates):
        assert step.heading in told
        assert accented(step.heading) in told
    revision = Revision.objects.filter(pk=text.revisions[0].pk).select_related("translates").get()
    assert revision.translates is not None
    assert revision.stem in told
    assert revision.translates.stem in told
    assert 'lang="es"' in response.content.decode()
    for who, kind in ((people[0], "translator"), (people[1], "clinician")):
        sent = {"verdict": kind, "role": "R", "next_check": "2027-05-28", "seen": text.seen}
        assert desk(who).post(address, sent)["Location"] == reverse("admin:lessons_lesson_review")
    assert lesson_text().until(Kind.CLINICIAN) == lesson_text().until(Kind.TRANSLATOR) == NEXT
    shared = reverse("admin:lessons_lesson_shared_words", args=["es", "call-card"])
    told = words(desk(people[1]).get(shared))
    assert "Call 911" in told
    assert accented("Call 911") in told
    seen = signatures.shared_text("es", "call-card")
    assert seen is not None
    desk(people[1]).post(shared, {"verdict": "clinician", "role": "R", "next_check": "2027-05-28", "seen": seen.seen})
    kept = SharedWords.objects.get(name="call-card")
    assert ["Call 911", accented("Call 911")] in kept.pairs  # the exact words


@pytest.mark.parametrize(("over", "said"), [
    ({"verdict": "clinician"}, "Choose your decision"),  # an educator is no clinician
    ({"role": ""}, "Say in which role you sign"),
    ({"next_check": ""}, "Choose a day after today"), ({"next_check": "2026-11-23"}, "Choose a day after today"),
    ({"next_check": "2036-11-23"}, "two years from now at most"), ({"next_check": "soon"}, "Type a date"),
    ({"seen": "\x00"}, "There is a problem"), ({"seen": "x"}, "This text changed while you had it open"),
])  # fmt: skip
def test_what_an_educator_cannot_sign(people: tuple[User, User], over: dict[str, str], said: str) -> None:
    text = lesson_text()
    assert text.edition is not None
    address = reverse("admin:lessons_lesson_translation", args=[text.edition.lesson_id, "es"])
    sent = {"verdict": "translator", "role": "R", "next_check": "2027-05-28", "seen": text.seen}
    response = desk(people[0]).post(address, sent | over)
    assert response.status_code == 200
    assert said in words(response)
    assert not ClinicalReview.objects.exists()


@pytest.mark.parametrize("role", [roles.NURSE, roles.LEAD, roles.IT, ""])
def test_others_find_no_such_page(people: tuple[User, User], role: str) -> None:
    """The permission matrix has no other language, so it is asked here."""
    person = _person("other", role) if role else User.objects.create_user("ana")
    for name, args in (("translation", [1, "es"]), ("shared_words", ["es", "site"])):
        address = reverse(f"admin:lessons_lesson_{name}", args=args)
        assert desk(person).get(address).status_code == 404
        assert desk(person).post(address, {"verdict": "translator"}).status_code == 404
        assert Client().get(address)["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("address", ["1/review/en/", "1/review/xx/", "99999/review/es/", "review/in/es/nothing/",
                                     "review/in/en/site/"])  # fmt: skip
def test_what_is_not_translated_is_not_found(people: tuple[User, User], address: str) -> None:
    assert desk(people[1]).get(f"/admin/lessons/lesson/{address}").status_code == 404
