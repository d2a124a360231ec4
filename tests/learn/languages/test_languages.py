"""A reader of another language: the site in a made-up translation of all its content (tests/overlays.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from learn import languages
from learn.assignments import reminders
from learn.assignments.actions import assign
from learn.assignments.models import Reminder
from learn.lessons import texts
from learn.lessons.content import ContentError
from learn.lessons.models import Edition, Lesson, Step
from learn.management.commands import load_content as command
from learn.people.models import CareTeam, Patient, User
from learn.progress.models import Reading
from quizzes import authoring
from quizzes.models import Attempt, Response, Revision, State
from tests import overlays as made
from tests.cast import PASSWORD, as_form, at, load_content, make_edition, make_nurse, make_team, right, wrong
from tests.overlays import accented

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

LESSON = "what-is-immunotherapy"
STEP = ["basics", LESSON, 2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The shipped content, and a made-up translation of it."""
    with made.translated(tmp_path_factory.mktemp("content")) as found:
        yield found


@pytest.fixture
def here(folder: Path) -> Path:
    """The same, loaded."""
    load_content(folder)
    return folder


def reads(language: str) -> Client:
    """Return a visitor whose browser asks for this language."""
    return Client(headers={"accept-language": language})


def page(client: Client, name: str, *args: Any) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


def heading(language: str = "en", n: int = 2) -> str:
    wanted = {"edition__lesson__slug": LESSON, "edition__language": language, "position": n}
    return Step.objects.get(edition__state=State.PUBLISHED, **wanted).heading


def answer(client: Client, question: str, given: Any) -> Any:
    item = client.get(question).context["item"]
    return client.post(question, as_form(item.revision, given, item.answers + 1))


def test_a_page_in_each_language(here: Path) -> None:
    """The step, its lesson, its card and its words are in the reader's language; English readers see what they saw."""
    told, english = page(reads("es-MX,es;q=0.9"), "step", *STEP), page(reads("en-US"), "step", *STEP)
    assert heading("es") == accented(heading())
    assert f"<h1>{heading('es')}</h1>" in told
    assert heading() not in told
    assert f"<h1>{heading()}</h1>" in english
    assert '<html lang="es"' in told
    assert '<html lang="en"' in english
    assert "borrador" in told
    assert "draft" not in english
    assert accented("Call 911") in page(reads("es"), "help")
    assert accented(texts.read(here / "therapies.yaml")[0]["title"]) in page(reads("es"), "therapies")
    assert accented("A protein your immune system makes") in page(reads("es"), "words")
    assert accented("Which immunotherapy do you advise for me?") in page(reads("es"), "questions")


@pytest.mark.parametrize("name", ["start", "therapies", "my", "help", "words", "more", "about", "questions", "find"])
def test_the_switch_stands_on_every_page(here: Path, name: str) -> None:
    """Each language is written in itself, with its own lang."""
    assert '<button class="link" name="language" value="es" lang="es">' in page(reads("en"), name)
    assert '<button class="link" name="language" value="en" lang="en">' in page(reads("es"), name)


def test_the_switch_keeps_the_page_and_the_choice(here: Path) -> None:
    """A visitor keeps it in a cookie; a person, in their row, on every device."""
    visitor, step = reads("en"), reverse("step", args=STEP)
    response = visitor.post(reverse("language"), {"language": "es", "next": step})
    assert (response.status_code, response["Location"]) == (303, step)
    assert '<html lang="es"' in page(visitor, "step", *STEP)
    visitor.post(step, {"step": Step.objects.get(edition__state=State.PUBLISHED, edition__language="en",
                                                 edition__lesson__slug=LESSON, position=2).pk})  # fmt: skip
    guest = Reading.objects.get().learner
    visitor.post(reverse("language"), {"language": "es", "next": step})
    guest.refresh_from_db()
    assert guest.language == "es"
    other = reads("en")
    other.force_login(guest)
    assert '<html lang="es"' in page(other, "step", *STEP)


@pytest.mark.parametrize(("sent", "status"), [
    ({"language": "xx"}, 404), ({}, 404), ({"language": "es\x00"}, 404),
    ({"language": "es", "next": "https://elsewhere.example/"}, 303), ({"language": "es", "next": "/\x00"}, 303),
])  # fmt: skip
def test_a_strange_switch(here: Path, sent: dict[str, str], status: int) -> None:
    """An unknown language changes nothing; it never leads to another site."""
    response = reads("en").post(reverse("language"), sent)
    assert response.status_code == status
    assert response.get("Location", "/") == "/"


def test_the_desk_is_in_english(here: Path) -> None:
    """Whatever the nurse's browser asks for."""
    nurse = reads("es")
    nurse.force_login(make_nurse("noor", make_team()))
    told = nurse.get(reverse("admin:index")).content.decode()
    assert '<html lang="en"' in told
    assert 'name="language"' not in told


def test_one_language_shows_no_switch(here: Path, settings: Any) -> None:
    """The default of a server: nothing of this is there, whatever a browser asks for or a person once chose."""
    settings.LANGUAGES = [("en", "English")]
    visitor = reads("es")
    visitor.cookies["language"] = "es"
    told = page(visitor, "step", *STEP)
    assert '<html lang="en"' in told
    assert 'class="language"' not in told
    assert f"<h1>{heading()}</h1>" in told


def test_a_check_that_was_begun_in_one_language_ends_in_it(here: Path) -> None:
    """It counts once; the nurse reads the English wording of what was answered; the note says the language."""
    lesson, team = Lesson.objects.get(slug=LESSON), make_team()
    patient, nurse = _patient(team), make_nurse("noor", team)
    reader = reads("en")
    reader.force_login(patient.user)
    _read_all(reader)
    assert Reading.objects.get().language == "es"
    question = reader.post(reverse("check", args=[LESSON]))["Location"]
    attempt = Attempt.objects.get()
    assert attempt.language == "es"
    first = attempt.items.with_answers()[0].revision
    assert first.stem == accented(first.translates.stem)  # type: ignore[union-attr]
    answer(reader, question, wrong(first))
    reader.post(reverse("language"), {"language": "en"})
    second = attempt.items.with_answers()[1]
    assert 'lang="es"' in page(reader, "quizzes:question", attempt.pk, second.position)
    for item in attempt.items.with_answers():
        if not item.answers:
            answer(reader, reverse("quizzes:question", args=[attempt.pk, item.position]), right(item.revision))
    for item in attempt.items.with_answers():  # a missed safety question comes back
        if item.last_mark != Response.Marked.RIGHT and first.critical:
            answer(reader, reverse("quizzes:question", args=[attempt.pk, item.position]), right(item.revision))
    attempt.refresh_from_db()
    assert attempt.finished
    desk = Client()
    desk.force_login(nurse)
    told = desk.get(reverse("admin:people_patient_change", args=[patient.pk])).content.decode()
    source = first.translates
    assert source is not None
    assert f"{source.stem} (answered in Spanish)" in told
    assert first.stem not in told
    assert first.objective not in told
    from learn.handouts import chart
    from learn.progress import record, standing

    (stand,) = [s for s in standing.own(User.objects.get(pk=patient.user_id)).standings if s.taught.slug == LESSON]
    assert stand.is_done
    note = chart.sections(record.of_patient(patient), team)["Lessons done"]
    assert note[0].endswith("Lesson and check in Spanish")
    assert lesson.editions.filter(language="es").count() == 1


def _patient(team: CareTeam) -> Patient:
    user = User.objects.create_user("ana", password=PASSWORD, language="es")
    return Patient.objects.create(user=user, care_team=team, label="Ana")


def _read_all(reader: Client) -> None:
    steps = Step.objects.shown().filter(edition__lesson__slug=LESSON).order_by("position")
    for step in steps:
        reader.post(reverse("step", args=["basics", LESSON, step.position]), {"step": step.pk})


def test_what_was_read_counts_in_every_language(here: Path) -> None:
    """Steps read in Spanish, and the rest in English, are one reading of the lesson."""
    visitor = reads("es")
    steps = list(Step.objects.shown().filter(edition__lesson__slug=LESSON).order_by("position"))
    for step in steps:
        if step.position == 3:
            visitor.post(reverse("language"), {"language": "en"})
        visitor.post(reverse("step", args=["basics", LESSON, step.position]), {"step": step.pk})
    reading = Reading.objects.get()
    assert reading.finished
    assert reading.language == "en"


def test_a_new_english_text_takes_its_translation_away(here: Path) -> None:
    """A translation is never shown beside a newer source: readers see English, with a sentence in their language."""
    lesson = Lesson.objects.get(slug=LESSON)
    assert lesson.editions.filter(language="es", state=State.PUBLISHED).exists()
    make_edition(lesson, number=2)
    assert not lesson.editions.filter(language="es", state=State.PUBLISHED).exists()
    told = page(reads("es"), "step", "basics", LESSON, 1)
    assert "Esta lección cambió. Todavía no está en español" in told
    assert '<h1 lang="en">' in told
    question = Revision.objects.filter(translates__isnull=False, question__quizitem__quiz=lesson.quiz).first()
    assert question is not None
    assert question.translates is not None
    authoring.retire(revision=question.translates)
    question.refresh_from_db()
    assert question.state == State.RETIRED
    assert command.load(here).added == []  # the newer text is not the shipped one


def test_a_question_without_translation(here: Path) -> None:
    """A check is in one language: in English, until all its questions are translated."""
    gone = Revision.objects.filter(language="es", question__quizitem__quiz__slug=LESSON, state=State.PUBLISHED).first()
    assert gone is not None
    Revision.objects.filter(pk=gone.pk).update(state=State.RETIRED)
    reader = reads("es")
    reader.post(reverse("check", args=[LESSON]))
    attempt = Attempt.objects.get()
    assert attempt.language == "en"
    assert {item.revision.language for item in attempt.items.with_answers()} == {"en"}
    command.load(here)
    assert Revision.objects.published(language="es").filter(translates=gone.translates).exists()


def test_loading_again_adds_nothing(here: Path) -> None:
    """Until a translation or its source changes."""
    assert command.load(here).added == []
    assert Edition.objects.filter(language="es").count() == Lesson.objects.taught().count()


def test_ids_and_what_is_right_come_from_the_source(here: Path) -> None:
    """So an answer means the same in both languages."""
    pairs = [(row, row.translates) for row in Revision.objects.filter(language="es").select_related("translates")]
    assert len(pairs) == Revision.objects.published(language="en").count()
    for told, source in pairs:
        assert source is not None
        assert authoring._bones(told.spec) == authoring._bones(source.spec)
        assert (told.critical, told.kind, told.source, told.line) == (
            source.critical, source.kind, source.source, source.line,
        )  # fmt: skip


@pytest.mark.parametrize(("name", "break_it", "said"), [
    ("lessons/il-2.yaml", lambda told: told["steps"].pop(), "must have"),
    ("lessons/il-2.yaml", lambda told: told["steps"].reverse(), "left out, added or moved"),
    ("lessons/il-2.yaml", lambda told: told["steps"][0].pop("body"), "body is missing"),
    ("lessons/il-2.yaml", lambda told: told.update(minutes="4"), "minutes has no words in the source"),
    ("lessons/il-2.yaml", lambda told: told.update(title=" "), "title has no words"),
    ("lessons/il-2.yaml", lambda told: told.update(title="cafe\u0301"), "NFC"),
    ("lessons/il-2.yaml", lambda told: told.pop("of"), "must begin with of:"),
    ("quizzes/il-2.yaml", lambda told: told["questions"][0]["choices"].pop(), "must have"),
    ("quizzes/il-2.yaml", lambda told: told["questions"].append({}), "must have"),
    ("call_card.yaml", lambda told: told["tiers"][0]["groups"][0]["lines"].reverse(), "moved"),
    ("terms.yaml", lambda told: told["rows"].insert(0, told["rows"].pop()), "moved"),
])  # fmt: skip
def test_a_translation_with_other_parts_is_refused(folder: Path, name: str, break_it: Any, said: str) -> None:
    """Nothing is loaded, and the error says which file and where."""
    whole = made.write(folder, name, "es")
    try:
        break_it(whole)
        made.save(folder, name, "es", whole)
        with pytest.raises(ContentError, match=f"es/{name}.*{said}"):
            command.load(folder)
    finally:
        made.write(folder, name, "es")


def test_a_stale_file_is_shown_in_english(folder: Path) -> None:
    """The call card: English, marked as such, with a sentence in the reader's language."""
    made.write(folder, "call_card.yaml", "es", of="0000000000000000")
    made.write(folder, f"lessons/{LESSON}.yaml", "es", of="")
    made.forget()
    try:
        report = command.load(folder)
        assert "Spanish: 2 files are of an older text" in " ".join(report.left_alone)
        told = page(reads("es"), "help")
        assert "La tarjeta cambió" in told
        assert '<div class="tier call-911" lang="en">' in told
        assert accented("Call 911") not in told
        assert "Esta lección todavía no está en español" in page(reads("es"), "step", *STEP)
    finally:
        for name in ("call_card.yaml", f"lessons/{LESSON}.yaml"):
            made.write(folder, name, "es")
        made.forget()


def test_a_reminder_is_in_the_persons_language(here: Path) -> None:
    """It is sent by a command, which has no page and no cookie."""
    team = make_team()
    patient, nurse = _patient(team), make_nurse("noor", team)
    lesson = Lesson.objects.filter(slug=LESSON)
    assign(patients=[patient], lessons=lesson, due=team.today(at(2)), note="", by=nurse, now=at(1))
    reminder = Reminder.objects.create(patient=patient, address="ana@example.org", confirmed=at(1))
    assert reminders.send(reminder=reminder, now=at(2))
    assert mail.outbox[0].subject == "Su página para aprender"


def test_the_nurse_chooses_the_language_of_an_invitation(here: Path) -> None:
    """The person reads in it, and their card is in it."""
    team = make_team()
    desk = Client()
    desk.force_login(make_nurse("noor", team))
    sent = {"label": "Ana", "reference": "", "pathway": "later", "when": "7", "language": "es"}
    told = desk.post(reverse("admin:people_patient_invite"), sent, follow=True).content.decode()
    assert Patient.objects.get().user.language == "es"
    assert "Apunte la cámara de su teléfono al cuadro." in told
    assert "I get immunotherapy" in told  # staff of an emergency room read that
    assert languages.of(Patient.objects.get().user) == "es"
    refused = desk.post(reverse("admin:people_patient_invite"), sent | {"language": "xx"})
    assert refused.status_code == 200
    assert Patient.objects.count() == 1


def test_search_takes_words_of_the_language(here: Path) -> None:
    """With or without accents; the words of symptoms in English go on working."""
    told = reads("es").get(reverse("find"), {"q": "antibody"})
    assert accented("antibody") in told.content.decode()
    assert "call-911" in reads("es").get(reverse("find"), {"q": "chest pain"}).context["tiers"]
