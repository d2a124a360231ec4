"""A file for research without names: what the patients of a team answered, one statement a line, shaped as in xAPI.

A learner is a random number that is drawn anew for each file. Instead of dates there are days since the learner's own
first answer. Questions that fewer than FEWEST learners answered are left out, and with fewer learners there is no file.
README.md says what such a file can still tell.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings

from learn.people.models import CareTeam, Patient
from quizzes.models import Response, in_source

FEWEST = 5
ANSWERED = {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en-US": "answered"}}
QUESTION = "http://adlnet.gov/expapi/activities/cmi.interaction"


class Answer(NamedTuple):
    """One answer: who, at which question, how it went."""

    learner: int
    question: str  # the slug
    topic: str
    safety: bool
    kind: str  # of the attempt: check, retry or review
    attempt: int  # the number of the try in it
    mark: str
    day: int  # since the learner's first answer, on the clinic's calendar; the first day is 0


class TooFew(Exception):
    """Fewer than FEWEST patients have answered the same question."""


def lines(team: CareTeam, chance: random.Random) -> list[str]:
    """Return the lines of the file for the patients who are in the care of this team now. One query.

    Whoever has left or stopped sharing is not in it. `chance` draws the numbers of the learners; pass
    `random.SystemRandom()`. Raises `TooFew`.
    """
    answers = _enough(list(_answers(team)))
    learners = sorted({answer.learner for answer in answers})
    numbers = dict(zip(learners, chance.sample(range(1_000_000, 10_000_000), len(learners)), strict=True))
    told = ((numbers[answer.learner], answer) for answer in answers)
    # Within a day in the order of the questions' names, not of the clock.
    ordered = sorted(told, key=lambda row: (row[0], row[1].day, row[1].question, row[1].kind, row[1].attempt))
    return [json.dumps(_statement(number, answer), ensure_ascii=False) for number, answer in ordered]


def _answers(team: CareTeam) -> Iterator[Answer]:
    here = Patient.objects.filter(care_team=team).current().values("user")
    rows = Response.objects.filter(item__attempt__learner__in=here).order_by("at", "pk")
    first: dict[int, Any] = {}
    for learner, slug, topic, safety, kind, number, mark, at in rows.values_list(
        "item__attempt__learner", "item__revision__question__slug", in_source("item__revision", "objective"),
        "item__revision__critical", "item__attempt__kind", "number", "mark", "at",
    ):  # fmt: skip
        day = team.today(at)
        begun = first.setdefault(learner, day)
        yield Answer(learner, slug, topic, safety, kind, number, mark, (day - begun).days)


def _enough(answers: list[Answer]) -> list[Answer]:
    """Return the answers at questions that at least FEWEST learners have answered. Raises `TooFew` for none."""
    who: dict[str, set[int]] = defaultdict(set)
    for answer in answers:
        who[answer.question].add(answer.learner)
    found = [answer for answer in answers if len(who[answer.question]) >= FEWEST]
    if not found:
        raise TooFew
    return found


def _statement(number: int, answer: Answer) -> dict[str, Any]:
    site = settings.PUBLIC_URL
    return {
        "actor": {"account": {"homePage": site, "name": str(number)}},
        "verb": ANSWERED,
        "object": {
            "id": f"{site}/questions/{answer.question}",
            "definition": {"type": QUESTION, "name": {"en-US": answer.topic}},
        },
        "result": {"success": answer.mark == Response.Marked.RIGHT},
        "context": {
            "extensions": {
                f"{site}/x/day": answer.day,
                f"{site}/x/kind": answer.kind,
                f"{site}/x/try": answer.attempt,
                f"{site}/x/safety": answer.safety,
                f"{site}/x/not-sure": answer.mark == Response.Marked.UNSURE,
            }
        },
    }
