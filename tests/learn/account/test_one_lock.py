"""One lock order (quizzes/learners.py) means no deadlock, no lost answer, and nothing left after an erasure."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.account import actions as account
from learn.account import guests
from learn.assignments import actions as assignments
from learn.assignments import reminders
from learn.desk import actions as desk
from learn.lessons.models import Lesson, Step, Therapy
from learn.people import codes, email_codes
from learn.people.backends import Adapter, RoleBackend
from learn.people.models import Patient, User
from learn.progress import actions as progress
from learn.visits import actions as visits
from quizzes import learners, reviewing, taking
from quizzes.models import Attempt, Memory, Response
from tests.cast import at, make_edition, make_nurse, make_patient, make_question, make_quiz, make_team, paced, right
from tests.quizzes.cast import learn, together, wrong

ROUNDS = 12
GONE = (taking.NotOwed, learners.Gone)
committed = pytest.mark.django_db(transaction=True)


class Site:
    """A lesson with a check, and a nurse; `patient` makes a patient with rows in many tables."""

    def __init__(self) -> None:
        self.questions = [make_question(f"q{n}") for n in range(3)]
        self.quiz = make_quiz(*self.questions)
        therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
        self.lesson = Lesson.objects.create(therapy=therapy, slug="a-quiz", position=1, quiz=self.quiz)
        self.other = make_quiz(make_question("other"), slug="other")
        self.steps: list[Step] = list(make_edition(self.lesson).steps.all())
        self.team = make_team()
        self.noor = make_nurse("noor", self.team)

    def patient(self) -> Patient:
        patient = make_patient(self.team)
        learn(patient.user, *self.questions, how=wrong, now=at(1))
        visits.add(learner=patient.user, text="May I swim?", now=at(2))
        reviewing.start(learner=patient.user, language="en", now=at(20))
        return patient

    def item(self, learner: User) -> Any:
        return Attempt.objects.get(learner=learner, finished=None).items.with_answers()[0]


@pytest.fixture
def site() -> Site:
    return Site()


def left_of(user: User) -> list[str]:
    """Return the rows with a link to this person, in every table, except those that a clinic must keep.

    A clinic must keep the emptied user, the emptied patient, and teach-backs.
    """
    found: list[str] = []
    wanted: list[tuple[type[Model], set[Any]]] = [(User, {user.pk}), (Patient, set())]
    wanted[1][1].update(Patient.objects.filter(user=user).values_list("pk", flat=True))
    for of, keys in wanted:
        for model in apps.get_models(include_auto_created=True):
            for field in model._meta.get_fields():
                if field.concrete and field.is_relation and field.related_model is of:
                    rows = model._default_manager.filter(**{f"{field.name}__in": keys})
                    if model._meta.label not in ("people.Patient", "progress.TeachBack"):
                        found += [f"{model._meta.label}.{field.name} {row.pk}" for row in rows]
    row = User.objects.get(pk=user.pk)
    found += [name for name in ("username", "email", "first_name", "last_name", "last_login") if getattr(row, name)]
    found += ["is_active"] if row.is_active else []
    bare = Patient.objects.filter(user=user).exclude(label="Erased", reference="")
    return found + [f"the patient is still {patient.label}" for patient in bare]


def refused(errors: list[Exception]) -> list[str]:
    return [f"{type(error).__name__}: {str(error).splitlines()[0]}" for error in errors]


def race(*acts: Callable[[], object]) -> list[str]:
    """Run these functions at the same moment, slowed down; return the database errors of all of them."""

    def run(n: int) -> list[str]:
        with paced() as errors:
            with suppress(*GONE):
                acts[n]()
            return refused(errors)

    outcomes = together(len(acts), run)
    return [said for told in outcomes for said in (told if isinstance(told, list) else [repr(told)])]


# Requests that may run while the same person erases everything. Each uses rows that it read before the erasure.
IN_FLIGHT: dict[str, Callable[[Site, Patient], Callable[[], object]]] = {
    "starts a check": lambda s, p: lambda: taking.start(learner=p.user, quiz=s.other, language="en", now=at(21)),
    "starts a review": lambda s, p: lambda: reviewing.start(learner=p.user, language="en", now=at(22)),
    "answers": lambda s, p: partial(taking.answer, item=s.item(p.user), given=[], number=1, now=at(21)),
    "pauses reviews": lambda s, p: lambda: reviewing.pause(learner=p.user, now=at(21)),
    "has memories rebuilt": lambda s, p: lambda: reviewing.rebuild(learner=p.user),
    "reads": lambda s, p: lambda: progress.read(learner=p.user, steps=s.steps, step=s.steps[0], now=at(21)),
    "keeps a page": lambda s, p: lambda: progress.keep_page(learner=p.user, lesson=s.lesson.pk, slug="one", now=at(21)),
    "adds a question": lambda s, p: lambda: visits.add(learner=p.user, text="And dance?", now=at(21)),
    "shares questions": lambda s, p: lambda: visits.share(patient=p, question=None, now=at(21)),
    "makes a code": lambda s, p: lambda: codes.make(user=p.user, by=p.user, now=at(21)),
    "keeps an address": lambda s, p: lambda: email_codes.set_address(user=p.user, address="ana@example.org"),
    "asks for reminders": lambda s, p: lambda: reminders.ask(patient=p, address="ana@example.org", now=at(21)),
    "gets an assignment": lambda s, p: (
        lambda: assignments.assign(
            patients=[p], lessons=[s.lesson], due=date(2026, 12, 1), note="Soon", by=s.noor, now=at(21)
        )
    ),
    "is renamed": lambda s, p: (
        lambda: desk.describe(
            patient=p, label="Ana M", reference="7", treatment="", drawn_from=desk.fingerprint(p), by=s.noor, now=at(21)
        )
    ),
    "is contacted": lambda s, p: lambda: progress.contacted(patient=p, by=s.noor, note="Fine", number=1, now=at(21)),
    "gets an invitation": lambda s, p: lambda: codes.make(user=p.user, by=s.noor, now=at(21)),
}
in_flight = pytest.mark.parametrize("act", IN_FLIGHT.values(), ids=IN_FLIGHT)


@committed
@in_flight
def test_a_request_after_an_erasure_leaves_nothing(site: Site, act: Any) -> None:
    patient = site.patient()
    request = act(site, Patient.objects.select_related("user", "care_team").get(pk=patient.pk))
    account.erase(user=User.objects.get(pk=patient.user.pk), now=at(21))
    with suppress(*GONE):
        request()
    assert left_of(patient.user) == []


@pytest.mark.race
@committed
@in_flight
def test_an_erasure_during_a_request_leaves_nothing(site: Site, act: Any) -> None:
    for n in range(ROUNDS):
        patient = site.patient()
        request = act(site, Patient.objects.select_related("user", "care_team").get(pk=patient.pk))
        erase = partial(account.erase, user=User.objects.get(pk=patient.user.pk), now=at(21))
        told = race(erase, request)
        assert (n, told, left_of(patient.user)) == (n, [], [])


# Buttons that a person may press while their record is erased on another device: the called function, page, form.
PRESSES: dict[str, tuple[tuple[Any, str], str, dict[str, str]]] = {
    "Continue": ((learners, "locked"), "/lessons/basics/a-quiz/1/", {}),
    "Keep this page for later": ((learners, "locked"), "/lessons/basics/a-quiz/1/", {"keep": "1"}),
    "Start the check": ((learners, "locked"), "/check/a-quiz/", {}),
    "Start the review": ((learners, "locked"), "/review/", {}),
    "Not this week": ((learners, "locked"), "/review/", {"later": ""}),
    "Save my answer": ((learners, "locked"), "question", {"choice": "unsure", "number": "1"}),
    "Add my question": ((learners, "locked"), "/my/questions/", {"text": "And dance?"}),
    "Share all": ((learners, "locked"), "/my/questions/", {"share": "all"}),
    "Give me a code": ((codes, "make"), "/my/keep/", {"how": "code"}),
    "Make an account": (
        (Adapter, "save_user"), "/accounts/signup/", {"username": "dora", "password1": "quiet maple 42 leaves"},
    ),
    "Stop sharing": ((learners, "locked"), "/my/data/stop/", {}),
}  # fmt: skip


def erase_before(monkeypatch: pytest.MonkeyPatch, called: tuple[Any, str], user: User) -> None:
    """Erase this user during their next request: after it is authenticated and before it writes."""
    real = getattr(*called)

    def erased_first(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(*called, real)
        account.erase(user=user, now=at(21))
        return real(*args, **kwargs)

    monkeypatch.setattr(*called, erased_first)


@pytest.mark.django_db
@pytest.mark.parametrize(("called", "page", "form"), PRESSES.values(), ids=PRESSES)
def test_a_person_who_is_erased_during_a_request_becomes_a_visitor_and_gets_a_message(
    site: Site, client: Client, monkeypatch: pytest.MonkeyPatch, called: Any, page: str, form: dict[str, str]
) -> None:
    patient = site.patient()
    user = User.objects.select_related("patient__care_team").get(pk=patient.user.pk)
    if page == "question":
        page = reverse("quizzes:question", args=[site.item(user).attempt_id, 1])
    client.force_login(user)
    erase_before(monkeypatch, called, user)
    response = client.post(page, form)
    assert (response.status_code, response["Location"]) == (303, page)
    assert "_auth_user_id" not in client.session
    following = client.get(page, follow=True)
    assert following.status_code == 200
    assert "What you sent just now was not saved." in following.content.decode()
    assert left_of(user) == []


@pytest.mark.django_db
def test_a_second_erasure_at_the_same_moment_shows_the_same_page(
    site: Site, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = site.patient().user
    client.force_login(user)
    erase_before(monkeypatch, (account, "erase"), user)
    assert client.post("/my/data/erase/", {"sure": "yes"})["Location"] == "/my/data/erased/"
    assert left_of(user) == []


DESK = {
    "contact": {"note": "Fine", "number": "1"},
    "label": {"label": "Ana M", "reference": "7"},
    "card": {},
}


@pytest.mark.django_db
@pytest.mark.parametrize(("screen", "form"), DESK.items(), ids=DESK)
def test_a_nurse_gets_a_message_when_the_patient_was_erased_during_the_request(
    site: Site, client: Client, monkeypatch: pytest.MonkeyPatch, screen: str, form: dict[str, str]
) -> None:
    patient = site.patient()
    client.force_login(site.noor)
    called = (codes, "make") if screen == "card" else (learners, "locked")
    erase_before(monkeypatch, called, User.objects.get(pk=patient.user.pk))
    response = client.post(reverse(f"admin:people_patient_{screen}", args=[patient.pk]), form)
    assert (response.status_code, response["Location"]) == (303, "/admin/")
    assert (
        "This patient has left or erased their record. Nothing was changed." in client.get("/admin/").content.decode()
    )
    assert left_of(patient.user) == []


@pytest.mark.django_db
@pytest.mark.parametrize("breaks", [(progress, "read"), (RoleBackend, "get_user")], ids=["a verb", "the middleware"])
@pytest.mark.parametrize(("error", "status"), [(OperationalError("database is locked"), 503), (ValueError(), 500)])
def test_a_busy_database_gives_a_page_that_says_what_is_saved(
    site: Site, client: Client, monkeypatch: pytest.MonkeyPatch, breaks: Any, error: Exception, status: int
) -> None:
    client.force_login(User.objects.create_guest())
    client.raise_request_exception = False

    def fails(*args: Any, **kwargs: Any) -> None:
        raise error

    monkeypatch.setattr(*breaks, fails)
    response = client.post("/lessons/basics/a-quiz/1/", {})
    assert response.status_code == status
    page = response.content.decode()
    assert ("What you sent just now may not be saved. All that you did before is safe." in page) is (status == 503)
    assert ('<a href="/lessons/basics/a-quiz/1/">Open the page again</a>' in page) is (status == 503)
    assert response.get("Retry-After") == ("60" if status == 503 else None)


@committed
def test_erased_text_is_in_no_file_of_sqlite(site: Site) -> None:
    if connection.vendor != "sqlite":
        return  # PostgreSQL removes old rows from its files by vacuum
    needle = "a zebrafinch in the attic"
    patient = site.patient()
    visits.add(learner=patient.user, text=needle, now=at(3))
    name = str(connection.settings_dict["NAME"])

    def files_with_it() -> list[str]:
        return [end for end in ("", "-wal") if needle.encode() in Path(name + end).read_bytes()]

    assert "-wal" in files_with_it()
    account.erase(user=patient.user, now=at(21))
    assert files_with_it() == []
    assert Path(name + "-wal").stat().st_size == 0


@pytest.mark.race
@committed
def test_an_answer_during_a_merge_is_saved_without_a_deadlock(site: Site) -> None:
    for n in range(ROUNDS):
        guest, into = User.objects.create_guest(), User.objects.create_guest()
        if n % 2:
            guest, into = into, guest
        learn(into, *site.questions, how=wrong, now=at(1))
        attempt = taking.start(learner=guest, quiz=site.quiz, language="en", now=at(20))
        item = attempt.items.with_answers()[0]
        told = race(
            lambda g=guest, i=into: guests.merge(guest=g, into=i, now=at(21)),
            lambda i=item: taking.answer(item=i, given=right(i.revision), number=1, now=at(21)),
        )
        kept = Response.objects.filter(item=item).count()
        attempt.refresh_from_db()
        assert (n, told, kept, attempt.learner_id) == (n, [], 1, into.pk)
        made = list(Memory.objects.filter(learner=into).order_by("question").values())
        reviewing.rebuild(learner=into)
        again = list(Memory.objects.filter(learner=into).order_by("question").values())
        assert [{**row, "id": 0} for row in made] == [{**row, "id": 0} for row in again]


@pytest.mark.race
@committed
def test_a_merge_during_an_erasure_of_its_target_leaves_nothing(site: Site) -> None:
    for n in range(ROUNDS):
        guest, into = User.objects.create_guest(), site.patient().user
        taking.start(learner=guest, quiz=site.quiz, language="en", now=at(20))
        told = race(
            lambda g=guest, i=into: guests.merge(guest=g, into=i, now=at(21)),
            lambda i=into: account.erase(user=i, now=at(21)),
        )
        assert (n, told, left_of(into)) == (n, [], [])


@pytest.mark.race
@committed
def test_double_presses_violate_no_constraint(site: Site) -> None:
    """PostgreSQL logs a violated constraint with the values of the row, such as a note or an address."""
    topics = [{"lesson": site.lesson, "topic": "T", "outcome": "prompt", "to_whom": "patient", "place": 1}]
    for n in range(ROUNDS):
        p = site.patient()
        other = User.objects.create_guest()
        for acts in (
            [lambda p=p: taking.start(learner=p.user, quiz=site.quiz, language="en", now=at(21))] * 2,
            [lambda p=p: progress.read(learner=p.user, steps=site.steps, step=site.steps[0], now=at(21))] * 2,
            [lambda p=p: reviewing.pause(learner=p.user, now=at(21))] * 2,
            [lambda p=p: progress.contacted(patient=p, by=site.noor, note="Fine", number=1, now=at(21))] * 2,
            [
                lambda p=p: progress.taught_back(
                    patient=p, by=site.noor, rows=[{**topics[0], "note": "Fine"}], number=1, now=at(21)
                )
            ]
            * 2,
            [
                lambda who=who, n=n: email_codes.set_address(user=who, address=f"ana{n}@example.org")
                for who in (p.user, other)
            ],
        ):
            assert race(*acts) == [], n
        assert p.contacts.count() == p.teach_backs.count() == 1
        assert EmailAddress.objects.filter(email=f"ana{n}@example.org").count() == 1


@pytest.mark.race
@committed
def test_tidy_keeps_a_guest_who_comes_back_while_it_waits_for_their_lock(site: Site) -> None:
    guest, now = User.objects.create_guest(), timezone.now()
    long_ago = now - timedelta(days=366)
    User.objects.filter(pk=guest.pk).update(date_joined=long_ago)
    progress.read(learner=guest, steps=site.steps, step=site.steps[0], now=long_ago)

    def act(n: int) -> None:
        if n:
            time.sleep(0.2)  # by now the guest's request holds the lock
            call_command("tidy", stdout=StringIO())
            return
        with learners.locked(guest.pk):
            progress.read(learner=guest, steps=site.steps, step=site.steps[1], now=now)
            time.sleep(0.6)

    assert together(2, act) == [None, None]
    assert guest.readings.get().moved == now
