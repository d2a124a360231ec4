"""People with fixed roles for all tests: ana (patient), noor (her nurse), omar (a nurse of another team).

Also the test case classes that several folders share: a site with its content, a record of one lesson, the Desk.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
import yaml
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.test import TestCase
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from learn.assignments.models import Pathway, Place
from learn.lessons import content, governance, rewording, shown, texts
from learn.lessons.models import CardText, Edition, Lesson, SharedWords, Step, Therapy
from learn.management.commands import load_content as command
from learn.people import roles
from learn.people.models import CareTeam, Membership, Patient, User
from learn.progress import actions, standing
from learn.progress.models import TeachBack
from learn.visits.models import SuggestedQuestion
from quizzes import asked, taking
from quizzes.models import Attempt, Question, Quiz, QuizItem, Revision
from tests.quizzes.cast import as_form, at, make_question, make_quiz, paced, right, together, unguarded, wrong

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
PASSWORD = "a long enough password"
WHAT = ("basics", "what-is-immunotherapy")  # therapy type and lesson, as they are in an address
ALL = "/admin/people/patient/"  # the list of all patients

# All tables that load_content fills.
LOADED: list[type[Model]] = [
    Quiz, Question, QuizItem, Revision, Therapy, Lesson, Edition, Step, CardText, SharedWords, Pathway, Place,
    SuggestedQuestion, SuggestedQuestion.lessons.through,
]  # fmt: skip

__all__ = [
    "ALL", "FIXTURES", "PASSWORD", "SAFETY_FACT", "WHAT", "DeskCase", "FolderCase", "GuestCase", "PatientCase",
    "RecordCase", "SiteCase", "addresses", "as_form", "at", "keep_published", "load_content", "make_edition",
    "make_nurse", "make_patient", "make_question", "make_quiz", "make_team", "paced", "plan_of", "right", "send_text",
    "together", "unguarded", "words", "wrong",
]  # fmt: skip


def make_team(name: str = "Maple team", **over: Any) -> CareTeam:
    """Return a care team."""
    fields = {"day_phone": "555-010-0199", "night_phone": "555-011-0199", "fever": "100.4 °F (38 °C)"}
    return CareTeam.objects.create(name=name, **(fields | over))


def make_nurse(name: str, *teams: CareTeam, **over: Any) -> User:
    """Return a nurse who works in these teams now."""
    nurse = User.objects.create_user(name, password=PASSWORD, is_staff=True, **over)
    nurse.groups.add(Group.objects.get(name=roles.NURSE))
    for team in teams:
        Membership.objects.create(care_team=team, nurse=nurse, started=at(1))
    return nurse


def make_staff(name: str, role: str) -> User:
    """Return a staff user with this role."""
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def send_text(kind: str, slug: str, by: User, **over: Any) -> str:
    """Send a draft of a text for review in which these values differ from what is read; return its fingerprint."""

    def there() -> rewording.Standing:
        found = rewording.standing(kind, slug)
        assert found is not None
        return found

    body = there().next | over
    rewording.write(kind=kind, slug=slug, seen=there().fingerprint, body=body, by=by, now=at(20))
    rewording.send(kind=kind, slug=slug, seen=there().fingerprint, asked="", now=at(20))
    return there().fingerprint


def make_patient(team: CareTeam, label: str = "Ana", name: str | None = None, **over: Any) -> Patient:
    """Return a patient of this team, with a user who can sign in when a name is given."""
    user = User.objects.create_user(name, password=PASSWORD) if name else User.objects.create_guest()
    return Patient.objects.create(user=user, care_team=team, label=label, **over)


_shipped: dict[Path, list[tuple[type[Model], list[Model]]]] = {}  # the rows that load_content made, by table


def load_content(folder: Path = FIXTURES) -> None:
    """Load the shipped content: with load_content the first time in a process, later by inserting copies of its rows.

    load_content takes two to four seconds each time; inserting the rows takes a few hundredths of a second.
    """
    shipped = _shipped.setdefault(folder, [])
    empty = not Quiz.objects.exists() and not CardText.objects.exists()
    if not empty or not shipped:
        command.load(folder)
        if empty:
            shipped.extend((model, [*model._base_manager.all()]) for model in LOADED)
        return
    with transaction.atomic():  # foreign keys are checked at the end of it, so the tables need no order
        for model, rows in shipped:
            model._base_manager.bulk_create(map(copy, rows))
        with connection.cursor() as cursor:
            for sql in connection.ops.sequence_reset_sql(no_style(), LOADED):
                cursor.execute(sql)


def as_yaml(data: Any) -> str:
    """Return data as a file of fixtures/ has it; by libyaml where PyYAML has it, which takes a tenth of the time."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(data, Dumper=dumper, allow_unicode=True, sort_keys=False))


def edit(folder: Path, name: str, change: Callable[[Any], object]) -> None:
    """Change the data of a file in this copy of fixtures/."""
    data = texts.read(folder / name)
    change(data)
    (folder / name).write_text(as_yaml(data), encoding="utf-8")


def addresses(resolver: URLResolver | None = None, space: str = "") -> Iterator[str]:
    """Yield the name of every URL pattern of the site, or the pattern itself when it has no name."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern):
            yield f"{space}{entry.name}" if entry.name else f"unnamed {entry.pattern}"


def words(response: Any) -> str:
    """Return the text of a page's main part, without tags."""
    assert response.status_code == 200, response.status_code
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub("</?bdi>", "", main)).split())


def plan_of(statement: str, params: Any = None) -> str:
    """Return the query plan of a statement, with sequential scans off: PostgreSQL prefers them for a small table."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN' if connection.vendor == 'sqlite' else ''} {statement}", params)
        return str(cursor.fetchall())


def keep_published() -> None:
    """Keep what is published now in the process, as a worker does at its first pages.

    Inside a test's own transaction nothing is kept by itself: it may be rolled back, and it will be.
    """
    with TestCase.captureOnCommitCallbacks(execute=True):
        shown.lessons()
        asked.wordings(list(Revision.objects.exclude(state="draft").values_list("pk", flat=True)))


class SiteCase(TestCase):
    """The whole site with the shipped content; `self.client` is a visitor without an account."""

    @classmethod
    def setUpTestData(cls) -> None:
        load_content()

    def get(self, name: str, *args: Any) -> Any:
        return self.client.get(reverse(name, args=args))

    def read(self, *lesson: str, upto: int) -> None:
        for n in range(1, upto + 1):
            assert self.client.post(reverse("step", args=[*lesson, n])).status_code == 303

    def do_check(self, slug: str, how: Any = right) -> Attempt:
        """Start the check of a lesson and answer every question that it asks."""
        self.client.post(reverse("check", args=[slug]))
        learner = User.objects.get(pk=self.client.session["_auth_user_id"])
        attempt = Attempt.objects.of(learner).get(quiz__slug=slug, finished=None)
        while (item := taking.owed(list(attempt.items.with_answers()))) is not None:
            self.client.post(
                reverse("quizzes:question", args=[attempt.pk, item.position]),
                as_form(item.revision, how(item.revision), item.answers + 1),
            )
        return attempt


class FolderCase(TestCase):
    """The shipped content, loaded once for the class, and a copy of fixtures/ that each test may edit."""

    first: content.Report

    @classmethod
    def setUpTestData(cls) -> None:
        cls.first = content.load(FIXTURES)

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(FIXTURES, self.folder, dirs_exist_ok=True)

    def edit(self, name: str, change: Callable[[Any], object]) -> None:
        edit(self.folder, name, change)

    def rows(self) -> tuple[int, ...]:
        return tuple(m.objects.count() for m in (Edition, Step, Revision, Quiz, Question, QuizItem))


SAFETY_FACT = "CI-30"  # the fact of a step about safety


def make_edition(
    lesson: Lesson, slugs: str = "one two three", number: int = 1, safety: dict[str, str] | None = None, **over: Any
) -> Edition:
    """Return a published edition with these steps; `safety` has the text of those about safety, by slug."""
    words = {"title": f"Lesson {number}", "main_message": "M.", "remember": ["a", "b", "c"], "minutes": 3}
    edition = Edition.objects.create(lesson=lesson, number=number, **(words | over))
    for n, slug in enumerate(slugs.split(), 1):
        text = (safety or {}).get(slug)
        claims = [SAFETY_FACT] if text else []
        Step.objects.create(edition=edition, position=n, slug=slug, heading=slug, body=text or "Text.", claims=claims)
    governance.publish(edition=edition)
    return edition


class RecordCase(TestCase):
    """A lesson of three steps, with a check of one plain question and one safety question."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.plain = make_question("plain")
        cls.safety = make_question("safety", critical=True)
        cls.quiz = make_quiz(cls.plain, cls.safety, slug="a-lesson")
        cls.therapy = Therapy.objects.create(slug="basics", position=1, title="The basics", summary="S.")
        cls.lesson = Lesson.objects.create(therapy=cls.therapy, slug="a-lesson", position=1, quiz=cls.quiz)
        cls.edition = make_edition(cls.lesson)
        cls.learner = User.objects.create_guest()

    def read(self, *positions: int, edition: Edition | None = None) -> None:
        steps = list((edition or self.edition).steps.all())
        for n in positions:
            actions.read(learner=self.learner, steps=steps, step=steps[n - 1], now=at(20))

    def check(self, plain: Any = right, safety: Any = right, now: datetime | None = None, times: int = 3) -> Attempt:
        """Do the check or the retry; answer the safety question up to `times` times, as long as it is owed."""
        now = now or at(20)
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=now)
        for _ in range(1 + times):
            items = list(attempt.items.with_answers())
            item = taking.owed(items)
            if item is None:
                break
            how = safety if item.revision.critical else plain
            now += timedelta(minutes=1)
            taking.answer(item=item, given=how(item.revision), number=item.answers + 1, now=now)
        return attempt

    def standing(self) -> standing.Standing:
        return standing.standings([self.learner.pk])[self.learner.pk][0]

    def words(self) -> str:
        return self.standing().words


class PatientCase(RecordCase):
    """ana, her nurse noor, and a check of one plain and one safety question; today is November 24."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team = make_team()
        cls.ana, cls.noor = make_patient(cls.team, reference="A-12"), make_nurse("noor", cls.team)

    def setUp(self) -> None:
        self.learner = self.ana.user
        clock = time_machine.travel(at(24), tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.noor)

    def address(self, name: str = "change") -> str:
        return reverse(f"admin:people_patient_{name}", args=[self.ana.pk])

    def page(self, **query: Any) -> str:
        return words(self.client.get(self.address(), query))

    def part(self, begin: str, end: str) -> str:
        sections = self.page().split("Card, close the record")[1]  # behind the links to them
        return sections.split(begin)[1].split(end)[0]

    def said_back(self, outcome: str = "own-words", **over: Any) -> TeachBack:
        number = TeachBack.objects.count() + 1
        return TeachBack.objects.create(**{
            "patient": self.ana, "question": self.safety.question, "topic": "Topic of safety", "outcome": outcome,
            "to_whom": "patient", "nurse": self.noor, "at": at(23), "number": number, "place": 1,
        } | over)  # fmt: skip


class DeskCase(TestCase):
    """The Desk as noor sees it, on November 23."""

    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        cls.maple, cls.cedar = make_team(), make_team("Cedar team")
        cls.ana = make_patient(cls.maple, "Ana", name="ana")
        cls.noor, cls.omar = make_nurse("noor", cls.maple), make_nurse("omar", cls.cedar)
        cls.lesson = Lesson.objects.get(slug="side-effects-when-to-call")

    def setUp(self) -> None:
        clock = time_machine.travel(at(23), tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.noor)

    def all(self) -> str:
        return words(self.client.get(ALL))

    def assign_address(self, *patients: Patient) -> str:
        return reverse("admin:people_patient_assign") + "?" + "&".join(f"patient={p.pk}" for p in patients)

    def assign(self, *patients: Patient, **over: Any) -> Any:
        form = {"lessons": [self.lesson.slug], "due": "2026-12-04", "note": ""} | over
        return self.client.post(self.assign_address(*patients), form)


class GuestCase(TestCase):
    """A guest who has begun a lesson on this test's device."""

    @classmethod
    def setUpTestData(cls) -> None:
        load_content()

    def setUp(self) -> None:
        cache.clear()
        self.client.post(reverse("step", args=[*WHAT, 1]))
        self.guest = User.objects.get()

    def html(self, address: str) -> str:
        return self.client.get(address).content.decode()
