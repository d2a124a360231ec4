"""Make the site's learners and print what the client is to ask: `python -m tests.bench.plan <batches of answers>`.

The check is the first lesson's: eight questions of three kinds. Answers go to fresh attempts, every batch through a
whole check; the questions asked for are open ones, the feedback is that of a check under way, right and wrong.
"""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.db import transaction  # noqa: E402 - apps must be ready first
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from learn.lessons.models import Lesson, Step  # noqa: E402
from learn.people.models import User  # noqa: E402
from quizzes import taking  # noqa: E402
from quizzes.models import AttemptItem  # noqa: E402
from tests.bench.ask import BATCH, LEARNERS, Ask  # noqa: E402
from tests.bench.sessions import session  # noqa: E402
from tests.cast import as_form, right, wrong  # noqa: E402

LESSON = "what-is-immunotherapy"


def begin(lesson: Lesson) -> tuple[str, list[AttemptItem]]:
    """Return a new guest's cookie and the questions of the check that they have started."""
    assert lesson.quiz is not None
    guest = User.objects.create_guest()
    attempt = taking.start(learner=guest, quiz=lesson.quiz, language="en", now=timezone.now())
    return session(guest), list(attempt.items.select_related("revision").order_by("position"))


def address(page: str, item: AttemptItem) -> str:
    """Return the address of one of this question's pages."""
    return reverse(f"quizzes:{page}", args=[item.attempt_id, item.position])


def form(item: AttemptItem) -> list[tuple[str, str]]:
    """Return the fields of the right answer, as a browser sends them."""
    fields = as_form(item.revision, right(item.revision))
    return [(name, str(v)) for name, value in fields.items() for v in (value if isinstance(value, list) else [value])]


@transaction.atomic
def plan(batches: int) -> dict[str, list[Ask]]:
    """Return the requests of every measure."""
    lesson = Lesson.objects.select_related("quiz", "therapy").get(slug=LESSON)
    steps = Step.objects.filter(edition__lesson=lesson, edition__state="published").count()
    asks: dict[str, list[Ask]] = {"step": [], "question": [], "answer": [], "feedback": []}
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
