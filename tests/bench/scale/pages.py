"""What is measured: each entry prepares without being timed, and returns what is timed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.account import guests
from learn.lessons.models import Lesson, Step
from learn.people.models import CareTeam, Patient, User
from quizzes import health, reviewing
from quizzes.models import SOURCE, ItemAnalysis, Quiz, Revision
from tests.bench.sessions import session

LESSON = "what-is-immunotherapy"
CHECK = f"/check/{LESSON}/"
Call = Callable[[], Any]
Ready = Callable[[], Call]


def device(user: User | None = None) -> Client:
    """Return a browser on which this person is signed in."""
    client = Client(SERVER_NAME="127.0.0.1")
    if user:
        client.cookies[settings.SESSION_COOKIE_NAME] = session(user)
    return client


def get(client: Client, address: str) -> Ready:
    """Return a page to get."""

    def call() -> Any:
        response = client.get(address)
        assert response.status_code == 200, (address, response.status_code)
        return response

    return lambda: call


def anew(page: Ready, *, timer: bool) -> Ready:
    """Return this page as a worker shows it that has kept no figures: with those that the timer counted, or without."""

    def ready() -> Call:
        if timer:
            health.store(language=SOURCE, leave_out=health.STAFF, now=timezone.now())
        else:
            ItemAnalysis.objects.all().delete()
        health._kept.clear()
        return page()

    return ready


class Walk:
    """A new guest at some point of a check."""

    def __init__(self) -> None:
        self.client, self.path = device(), ""
        lesson = Lesson.objects.select_related("therapy").get(slug=LESSON)
        steps = Step.objects.filter(edition__lesson=lesson, edition__state="published", edition__language="en").count()
        self.step = reverse("step", args=[lesson.therapy.slug, LESSON, steps])

    def send(self, path: str, **fields: Any) -> Any:
        """Post a form; it must be taken."""
        response = self.client.post(path, fields)
        assert response.status_code == 303, (path, response.status_code)
        return response

    def read(self) -> Walk:
        """Finish the lesson."""
        self.send(self.step)
        return self

    def begun(self) -> Walk:
        """Finish the lesson and begin its check."""
        self.path = self.read().send(CHECK)["Location"]
        return self

    def form(self) -> dict[str, str]:
        """Return the form of this question, with "I'm not sure"."""
        text = self.client.get(self.path).content.decode()
        found = dict(re.findall(r'name="(number)" value="(\d+)"', text)) | {"choice": "unsure"}
        return found | dict.fromkeys(re.findall(r'<select[^>]*name="([^"]+)"', text), "unsure")

    def result(self) -> str:
        """Answer everything; return the address of the result."""
        for _ in range(40):
            if self.path.endswith("/result/"):
                break
            after = self.send(self.path, **self.form())["Location"]
            link = re.search(r'<a class="btn" href="([^"]+)"', self.client.get(after).content.decode())
            assert link, after
            self.path = link[1]
        return self.path


def walked(what: Callable[[Walk], Call]) -> Ready:
    """Return something that a new guest does."""
    return lambda: what(Walk().begun())


def pages() -> Iterator[tuple[str, int, Ready]]:
    """Yield the name of each measure, how often it is taken in a round, and what it does."""
    guest, patient = User.objects.get(pk=1_000_333), User.objects.get(pk=500_001)
    staff = {name: User.objects.get(username=name) for name in ("noor", "oak", "ten", "lena", "eda", "ivy")}
    visitor, g, p = device(), device(guest), device(patient)
    desk = {name: device(user) for name, user in staff.items()}
    step = Walk().step
    for name, client in (("visitor", visitor), ("guest", g), ("patient", p)):
        yield f"step, {name}", 40, get(client, step)
    yield "step (POST)", 8, lambda: (lambda walk: lambda: walk.send(walk.step))(Walk())
    yield "check begun (POST)", 8, lambda: (lambda walk: lambda: walk.send(CHECK))(Walk().read())
    yield "question", 8, walked(lambda walk: lambda: walk.client.get(walk.path))
    yield "answer (POST)", 8, walked(lambda walk: (lambda form: lambda: walk.send(walk.path, **form))(walk.form()))
    yield "result", 4, walked(lambda walk: (lambda path: lambda: walk.client.get(path))(walk.result()))
    for name, client in (("guest", g), ("patient", p)):
        for what in ("start", "my", "review", "my_data", "my_data_file", "questions", "places"):
            yield f"{what}, {name}", 8, get(client, reverse(what))
    yield "find a medicine", 8, get(visitor, reverse("find") + "?q=keytruda")
    yield "readyz", 8, get(visitor, "/readyz")
    at = "admin:people_patient_"
    of = {name: Patient.objects.visible_to(staff[name]).order_by("pk") for name in ("noor", "oak", "ten")}
    for name in ("noor", "oak", "ten"):
        for what, address in (("home", reverse("admin:index")), ("all patients", reverse(f"{at}changelist")),
                              ("progress", reverse(f"{at}matrix")), ("find", reverse(f"{at}find") + "?q=patient"),
                              ("changed", reverse(f"{at}changed"))):  # fmt: skip
            yield f"{what}, {name}", 4 if name == "oak" else 8, get(desk[name], address)
    one = of["noor"][0]
    for what in ("change", "chart", "print"):
        yield f"patient: {what}", 8, get(desk["noor"], reverse(f"{at}{what}", args=[one.pk]))
    yield "how it goes, lena", 3, get(desk["lena"], reverse(f"{at}lead"))
    oak = CareTeam.objects.get(name="Oak team")
    yield "team, lena", 4, get(desk["lena"], reverse("admin:people_careteam_change", args=[oak.pk]))
    yield "who saw what, lena", 4, get(desk["lena"], reverse("admin:people_careteam_audit", args=[oak.pk]))
    # Who signed in minutes ago is asked again, so each file is for a new session.
    yield "progress file, oak", 2, lambda: get(device(staff["oak"]), reverse(f"{at}export"))()
    questions = get(desk["eda"], reverse("admin:quizzes_question_changelist"))
    yield "questions (no timer), eda", 3, anew(questions, timer=False)
    yield "questions (first), eda", 3, anew(questions, timer=True)
    yield "questions, eda", 3, questions
    item = Quiz.objects.get(slug=LESSON).items.first()
    assert item
    yield "one question, eda", 3, get(desk["eda"], reverse("admin:quizzes_question_change", args=[item.question_id]))
    yield "staff, ivy", 2, get(desk["ivy"], reverse("admin:people_user_changelist"))
    yield "who changed what, ivy", 4, get(desk["ivy"], reverse("admin:people_user_changes"))
    yield "all teams, ivy", 2, get(desk["ivy"], reverse("admin:people_careteam_all"))
    yield "erase (POST)", 4, lambda: (lambda walk: lambda: walk.send(reverse("erase"), sure="yes"))(Walk().begun())


def commands() -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the name of each command and what it does, which returns what it said."""

    def run(*command: str) -> str:
        out = io.StringIO()
        call_command(*command, stdout=out)
        return " ".join(out.getvalue().split())

    def tidied(enough: int = 2_700) -> str:
        gone = 0
        for batch in guests.candidates(at=timezone.now()):
            gone += sum(map(len, guests.tidy(batch, at=timezone.now()).values()))
            if gone >= enough:
                break
        return f"{gone} guests erased"

    def rebuilt() -> str:
        some = User.objects.filter(pk__gt=1_000_000, pk__lte=1_000_200)
        return f"{sum(reviewing.rebuild(learner=one) for one in some)} memories of {len(some)} learners"

    def earlier() -> str:
        item = Quiz.objects.get(slug=LESSON).items.first()
        assert item
        asked = Revision.objects.get(question=item.question_id, state="published", language="en")
        (found,) = health.earlier([asked], leave_out=health.STAFF)
        return f"{found.health.n} answers to a wording, as if it were an earlier one"

    yield "remind --dry-run", lambda: run("remind", "--dry-run")
    yield "tidy --dry-run", lambda: run("tidy", "--dry-run")
    yield "tidy, 2,700 guests", tidied

    def counted() -> str:
        ItemAnalysis.objects.all().delete()
        health._kept.clear()
        return run("item_analysis")

    yield "an earlier wording", earlier
    yield "item_analysis", counted
    yield "rebuild_memories of 200", rebuilt
    yield "migrate, nothing to do", lambda: run("migrate", "--verbosity", "0")
