"""Load the shipped suggested questions. A question that the hospital has changed is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction

from learn.lessons import bodies, shapes
from learn.lessons.content import find, named, read
from learn.lessons.left_alone import Report, Theirs
from learn.lessons.models import Lesson
from learn.lessons.parts import VISIT
from learn.lessons.texts import digest
from learn.visits.models import ROOM, SuggestedQuestion

QUESTION = {
    "slug": "slug", "text": "text", "article?": "number", "claims?": ["text"], "extra?": "yes or no",
    "lessons?": ["slug"], "safety?": "yes or no",
}  # fmt: skip
GROUPS = [{"group": "text", "questions": [QUESTION]}]
FIELDS = ("position", "group", "text", "extra", "safety")


def load(folder: Path) -> Report:
    """Load questions.yaml from this folder, all or nothing. The lessons that it names must have been loaded before.

    A question that is no longer in the file is withdrawn. Raises ContentError if the file breaks a rule.
    """
    report = Report()
    with transaction.atomic(), named("questions.yaml"):
        known = {question.slug: question for question in SuggestedQuestion.objects.prefetch_related("lessons")}
        stood = [(question, question.position) for question in known.values()]
        groups = read(folder / "questions.yaml")
        shapes.fit(groups, GROUPS, "groups")
        theirs = Theirs(VISIT, bodies.of(VISIT, groups))
        rows = [(group["group"], data) for group in groups for data in group["questions"]]
        for n, (group, data) in enumerate(rows, 1):
            _load(known.pop(data["slug"], None), data, group, n * ROOM, theirs, report)
        for question in known.values():
            if question.shipped and not question.withdrawn and question.slug not in theirs.slugs:
                question.withdrawn = True
                question.save(update_fields=["withdrawn"])
                report.added.append(f"suggested question {question.slug}: withdrawn")
        _move_along(stood, {data["slug"]: n * ROOM for n, (_, data) in enumerate(rows, 1)})
    return report


def _move_along(stood: Sequence[tuple[SuggestedQuestion, int]], shipped: Mapping[str, int]) -> None:
    """Move what the hospital wrote or placed along with the shipped questions, where the file has new ones before them.

    `stood`: all questions, with their positions before; `shipped`: the positions of the file. What stands in a shipped
    place, with the hospital's words, stands in it again; what stands behind a shipped question, behind that one.
    """
    places = {position: shipped[question.slug] for question, position in stood if _ships(question, position, shipped)}
    moved = []
    for question, position in stood:
        above = max((place for place in places if place <= position), default=None)
        if question.position == position and above is not None:  # else the file has put it elsewhere, or none is above
            question.position = places[above] + position - above
            moved += [question] if question.position != position else []
    SuggestedQuestion.objects.bulk_update(moved, ["position"])


def _ships(question: SuggestedQuestion, position: int, shipped: Mapping[str, int]) -> bool:
    return position % ROOM == 0 and question.slug in shipped


def _load(
    question: SuggestedQuestion | None, data: Any, group: str, position: int, theirs: Theirs, report: Report
) -> None:
    wanted = {
        "position": position,
        "group": group,
        "text": data["text"],
        "extra": data.get("extra", False),
        "safety": data.get("safety", False),
        "lessons": sorted(data.get("lessons", [])),
    }
    if question is not None:
        now = {name: getattr(question, name) for name in FIELDS}
        now["lessons"] = sorted(lesson.slug for lesson in question.lessons.all())
        if now == wanted:
            theirs.same(question.slug)
            return
        body = {name: value for name, value in now.items() if name != "position"}
        if theirs.has(question.slug, body, changed=digest(now) != question.shipped):
            if theirs.unheard(question.slug):
                what = f"suggested question {question.slug}"
                report.left_alone.append(f"{what}: a newer one is available; yours was left.")
            return
    question = question or SuggestedQuestion(slug=data["slug"])
    for name in FIELDS:
        setattr(question, name, wanted[name])
    question.shipped = digest(wanted)
    question.full_clean()
    question.save()
    question.lessons.set([find(Lesson, slug) for slug in wanted["lessons"]])
    report.added.append(f"suggested question {question.slug}")
