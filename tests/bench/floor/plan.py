"""Make the limit's learners and print what the client is to ask: `python -m tests.bench.floor.plan <answers>`."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402 - apps must be ready first
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from tests.bench.ask import LEARNERS, Ask  # noqa: E402
from tests.bench.floor.models import Lesson, Progress  # noqa: E402
from tests.bench.sessions import session  # noqa: E402

TEXT = "Your immune system looks for cells that do not belong in you. " * 20


@transaction.atomic
def plan(answers: int) -> dict[str, list[Ask]]:
    """Return the requests of every measure."""
    lesson = Lesson.objects.create(slug="a-lesson", title="A lesson", body=TEXT)
    asks: dict[str, list[Ask]] = {"step": [], "question": [], "answer": [], "feedback": []}
    learners = []
    for turn in range(LEARNERS):
        progress = Progress.objects.create(learner=User.objects.create_user(f"learner-{turn}"), lesson=lesson)
        cookie = session(progress.learner)
        learners.append((cookie, progress))
        asks["step"].append(Ask("/a-lesson/", cookie, "You have answered"))
        asks["question"].append(Ask("/a-lesson/1/", cookie, "csrfmiddlewaretoken"))
        asks["feedback"].append(Ask("/a-lesson/", cookie, "You have answered"))
    for turn in range(answers):
        cookie, progress = learners[turn % LEARNERS]
        form = [("progress", str(progress.pk)), ("choice", "a")]
        asks["answer"].append(Ask(f"/a-lesson/{turn // LEARNERS + 1}/", cookie, "/a-lesson/", form))
    return asks


if __name__ == "__main__":
    call_command("migrate", "auth", verbosity=0)  # first: the limit's own tables, which have no migrations, refer to it
    call_command("migrate", run_syncdb=True, verbosity=0)
    json.dump({name: [vars(ask) for ask in asks] for name, asks in plan(int(sys.argv[1])).items()}, sys.stdout)
