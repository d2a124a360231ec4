"""The engine's cast: questions, quizzes and answers, with no one but learners. Needs no learn."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db import connection

from quizzes import authoring, immutable
from quizzes.models import Question, Quiz, QuizItem, Revision

NEW_YORK = ZoneInfo("America/New_York")
_names = itertools.count(1)


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """Return a moment in November 2026 on the clinic's clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK)


def make_learner() -> Any:
    """Return a person who can learn, whatever the site's user model is."""
    return get_user_model().objects.create_user(f"learner-{next(_names)}")


def make_question(slug: str = "a-question", *, kind: str = "choice", **over: Any) -> Revision:
    """Return a published question. A choice question's right choices begin with "Right"."""
    if kind == "truth":
        spec: dict[str, Any] = {"version": 1, "answer": True, "feedback": {"true": "It is.", "false": "It is, though."}}
    elif kind == "matching":
        pairs = [("Row 1", "ca"), ("Row 2", "cb"), ("Row 3", "ca")]
        spec = {
            "version": 1,
            "cards": [{"id": "ca", "text": "Card A"}, {"id": "cb", "text": "Card B"}],
            "rows": [{"text": text, "card": card, "feedback": f"About {text}."} for text, card in pairs],
        }
    elif kind == "ordering":
        cards = [{"text": f"Card {n}"} for n in (1, 2, 3)]
        spec = {"version": 1, "cards": cards, "feedback": "About this order."}
    else:
        choose = over.pop("choose", 1)
        texts = [f"Right {n}" for n in range(choose)] + ["Wrong 1", "Wrong 2"]
        spec = {
            "version": 1,
            "choose": choose,
            "choices": [{"text": t, "right": t.startswith("Right"), "feedback": f"About {t}."} for t in texts],
        }
    fields = {"stem": f"Stem of {slug}?", "why": f"Why of {slug}.", "objective": f"Topic of {slug}", "spec": spec}
    revision = authoring.draft(question=Question.objects.create(slug=slug), language="en", kind=kind, **(fields | over))
    authoring.publish(revision=revision, same_meaning=False)
    return revision


def make_quiz(*revisions: Revision, slug: str = "a-quiz") -> Quiz:
    """Return a quiz of these questions, in this order."""
    quiz = Quiz.objects.create(slug=slug, title="A quiz")
    QuizItem.objects.bulk_create(
        QuizItem(quiz=quiz, question=revision.question, position=n) for n, revision in enumerate(revisions, 1)
    )
    return quiz


@contextmanager
def unguarded() -> Iterator[None]:
    """Let a test rewrite what was published, as nobody else can."""
    with connection.cursor() as cursor:
        for model, _ in immutable.guarded():
            table = model._meta.db_table
            on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
            cursor.execute(f'DROP TRIGGER "{table}_guard"{on}')
    yield
    immutable.put_back()


def together(threads: int, act: Callable[[int], object]) -> list[object]:
    """Run act(0), act(1)… at the same moment; return what each gave, or the exception it ended in."""
    barrier, results = threading.Barrier(threads), [None] * threads

    def run(n: int) -> None:
        barrier.wait()
        try:
            results[n] = act(n)
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    running = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return results


def right(revision: Revision) -> list[str]:
    """Return the right answer, as `Kind.read` would."""
    spec = revision.spec
    return {
        "choice": lambda: [c["id"] for c in spec["choices"] if c["right"]],
        "truth": lambda: [str(spec["answer"]).lower()],
        "matching": lambda: [row["card"] for row in spec["rows"]],
        "ordering": lambda: [card["id"] for card in spec["cards"]],
    }[revision.kind]()


def wrong(revision: Revision) -> list[str]:
    """Return an answer that can be given, and is not right."""
    spec = revision.spec
    if revision.kind == "truth":
        return [str(not spec["answer"]).lower()]
    if revision.kind == "choice":
        ids = [c["id"] for c in spec["choices"]]
        return [*[c["id"] for c in spec["choices"] if not c["right"]], *ids][: spec["choose"]]
    best = right(revision)
    return best[::-1] if revision.kind == "ordering" else [best[1], *best[1:]]


def as_form(revision: Revision, given: list[str], number: int = 1) -> dict[str, Any]:
    """Return the form fields in which a browser would post this answer; empty is "I'm not sure"."""
    form: dict[str, Any] = {"number": number}
    if not given:
        return form | {"choice": "unsure"}
    if revision.kind == "matching":
        rows = zip(revision.spec["rows"], given, strict=True)
        return form | {f"choice-{row['id']}": card for row, card in rows}
    if revision.kind == "ordering":
        return form | {f"choice-{card}": str(place) for place, card in enumerate(given, 1)}
    return form | {"choice": given}
