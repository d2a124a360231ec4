"""Create people and print the requests for the client as JSON: `python -m tests.bench.plan <batches of answers>`.

The check is that of the first lesson: eight questions of three kinds. Answers go to new attempts, and every batch
answers a whole check. Question pages show unanswered questions. Feedback pages belong to an unfinished check, with
right and wrong answers. The nurse has 35 patients with two assigned lessons each; every second patient missed some
questions of a check.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import django

django.setup()

from django.contrib.auth.models import Group  # noqa: E402
from django.db import transaction  # noqa: E402 - apps must be ready first
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from learn.assignments.actions import assign  # noqa: E402
from learn.lessons.models import Lesson, Step  # noqa: E402
from learn.people import roles  # noqa: E402
from learn.people.models import User  # noqa: E402
from quizzes import taking  # noqa: E402
from quizzes.models import AttemptItem  # noqa: E402
from tests.bench.ask import BATCH, LEARNERS, PATIENTS, Ask  # noqa: E402
from tests.bench.sessions import session  # noqa: E402
from tests.cast import as_form, make_nurse, make_patient, make_team, right, wrong  # noqa: E402

LESSON = "what-is-immunotherapy"


def begin(lesson: Lesson, learner: User | None = None) -> tuple[str, list[AttemptItem]]:
    """Start a check; return the session cookie and the items of the check. The default learner is a new guest."""
    assert lesson.quiz is not None
    learner = learner or User.objects.create_guest()
    attempt = taking.start(learner=learner, quiz=lesson.quiz, language="en", now=timezone.now())
    return session(learner), list(attempt.items.select_related("revision").order_by("position"))


def address(page: str, item: AttemptItem) -> str:
    """Return the URL of one of this question's pages."""
    return reverse(f"quizzes:{page}", args=[item.attempt_id, item.position])


def form(item: AttemptItem) -> list[tuple[str, str]]:
    """Return the fields of the right answer, as a browser sends them."""
    fields = as_form(item.revision, right(item.revision))
    return [(name, str(v)) for name, value in fields.items() for v in (value if isinstance(value, list) else [value])]


def staff(lesson: Lesson) -> dict[str, list[Ask]]:
    """Create a nurse with her patients, and an educator; return their requests by measure."""
    team, now = make_team(), timezone.now()
    nurse, educator = make_nurse("noor", team), User.objects.create_user("eda", is_staff=True)
    educator.groups.add(Group.objects.get(name=roles.EDUCATOR))
    patients = [make_patient(team, f"Patient {n}") for n in range(1, PATIENTS + 1)]
    other = Lesson.objects.exclude(pk=lesson.pk).filter(quiz__isnull=False)[0]
    before = now - timedelta(days=9)
    due = (now - timedelta(days=2)).date()  # overdue, so that each is on the worklist
    assign(patients=patients, lessons=[lesson, other], due=due, note="", by=nurse, now=before)
    for patient in patients[::2]:
        for item in begin(lesson, patient.user)[1]:
            taking.answer(item=item, given=wrong(item.revision), number=1, now=now)
    desk, writing = session(nurse), session(educator)
    return {
        "worklist": [Ask(reverse("admin:index"), desk, "Patient 1")],
        "matrix": [Ask(reverse("admin:people_patient_matrix"), desk, "Patient 1")],
        "patient": [Ask(reverse("admin:people_patient_change", args=[p.pk]), desk, p.label) for p in patients],
        "questions": [Ask(reverse("admin:quizzes_question_changelist"), writing, "immunotherapy")],
    }


@transaction.atomic
def plan(batches: int) -> dict[str, list[Ask]]:
    """Return the requests of every measure, with this number of batches of answers."""
    lesson = Lesson.objects.select_related("quiz", "therapy").get(slug=LESSON)
    steps = Step.objects.filter(edition__lesson=lesson, edition__state="published").count()
    asks: dict[str, list[Ask]] = {
        name: [] for name in ("step", "question", "answer", "feedback", "start", "my", "therapy", "lessons")
    }
    asks |= staff(lesson)
    for turn in range(LEARNERS):
        cookie, items = begin(lesson)
        item = items[turn % len(items)]
        step = reverse("step", args=[lesson.therapy.slug, lesson.slug, turn % steps + 1])
        asks["step"].append(Ask(step, cookie, 'name="step"'))
        asks["question"].append(Ask(address("question", item), cookie, "csrfmiddlewaretoken"))
        cookie, items = begin(lesson)
        for item in items[:-1]:
            given = (wrong if (turn + item.position) % 2 else right)(item.revision)
            taking.answer(item=item, given=given, number=1, now=timezone.now())
        item = items[turn % (len(items) - 1)]
        asks["feedback"].append(Ask(address("feedback", item), cookie, "Your answer is saved"))
        for name, place in (("start", ()), ("my", ()), ("therapy", (lesson.therapy.slug,)), ("lessons", ())):
            page = reverse("therapies" if name == "lessons" else name, args=place)
            asks[name].append(Ask(page, cookie, "immunotherapy"))
    for _ in range(batches):
        begun = [begin(lesson) for _ in range(BATCH)]
        for place in range(len(begun[0][1])):
            asks["answer"] += [
                Ask(address("question", items[place]), cookie, "/feedback/", form(items[place]))
                for cookie, items in begun
            ]
    return asks


if __name__ == "__main__":
    json.dump({name: [vars(ask) for ask in asks] for name, asks in plan(int(sys.argv[1])).items()}, sys.stdout)
