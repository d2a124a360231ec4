"""Questions of a quiz in and out of files: what a file would change, do it, give a quiz out.

Nothing from a file is ever published: it becomes drafts of the person who took it in, and a second person publishes
them (ruling 14). A file never takes the safety mark away, and never empties a text: what it does not say stays.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.dispatch import Signal

from quizzes import authoring
from quizzes.formats import Document, Format, Item, Note, Refused, finish
from quizzes.formats.document import numbered, without_ids
from quizzes.kinds import Spec
from quizzes.kinds.base import alike
from quizzes.models import Question, Quiz, QuizItem, Revision, State

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

LISTS = ("choices", "rows", "cards")

# Sent after questions were taken in or given out, for a site that keeps an audit log. Arguments: `by` (the user),
# `what` ("in" or "out") and `now`.
moved = Signal()


@dataclass(frozen=True)
class Step:
    """What happens to one item: a new question, a changed one, or none. `old` is the revision that it changes."""

    item: Item
    question: Question | None
    old: Revision | None
    changes: bool

    @property
    def missing(self) -> list[str]:
        """What is still to be written, one sentence each."""
        spec = numbered(self.item.spec)
        return [
            str(problem)
            for problem in authoring.problems(
                self.item.kind, spec, stem=self.item.stem, why=self.item.why, objective=self.item.objective
            )
        ]


@dataclass(frozen=True)
class Plan:
    """What a file would change in a quiz."""

    quiz: Quiz
    language: str
    document: Document
    steps: Sequence[Step]
    refused: Sequence[Note]

    @property
    def new(self) -> list[Step]:
        """The steps that make a new question."""
        return [step for step in self.steps if step.question is None]

    @property
    def changed(self) -> list[Step]:
        """The steps that make a draft of a question that is there."""
        return [step for step in self.steps if step.question and step.changes]

    @property
    def same(self) -> list[Step]:
        """The steps that change nothing."""
        return [step for step in self.steps if step.question and not step.changes]

    @property
    def drafts(self) -> list[Step]:
        """The steps that make a draft."""
        return [step for step in self.steps if step.changes]

    @property
    def unfinished(self) -> list[Step]:
        """The drafts of which something is still to be written."""
        return [step for step in self.drafts if step.missing]

    @property
    def seen(self) -> str:
        """A hash of what would be changed: another one means that somebody changed a question meanwhile."""
        said = [f"{step.changes} {authoring.fingerprint(step.old)}" for step in self.steps]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


class Changed(ValueError):
    """A question was changed while the plan was read. `now` is the plan as it is now."""

    def __init__(self, now: Plan) -> None:
        super().__init__("Somebody changed a question of this check meanwhile. Look at the list again.")
        self.now = now


def plan(document: Document, quiz: Quiz, *, language: str = "en") -> Plan:
    """Return what this document would change. One query; changes nothing.

    What a question says now, or what its draft says, is no change. A key counts only for a question of this quiz. An
    item without one is the same as a question with the same words.
    """
    there = _there(quiz, language)
    keys = {revisions[0].question.slug: revisions for revisions in there}
    steps, refused, taken = list[Step](), list(document.refused), list[Item]()
    for item in document.items:
        if any(_alike(item, other) for other in taken):
            refused.append(Note(item.where, item.stem, "The same question, or the same id, stands twice.", "twice"))
            continue
        taken.append(item)
        if item.key in keys:
            newest, *others = keys[item.key]
            known = any(without_ids(_merged(item, one)) == without_ids(as_item(one)) for one in (newest, *others))
            steps.append(Step(_merged(item, newest), newest.question, newest, not known))
            continue
        twin = next(
            (one for revisions in there for one in revisions if one.stem == item.stem and _says(item, one)), None
        )
        steps.append(Step(item, twin.question if twin else None, None, twin is None))
    return Plan(quiz, language, document, steps, refused)


def _there(quiz: Quiz, language: str) -> list[list[Revision]]:
    """Return for each question of a quiz, in their order, the revision that an author edits next and what is asked."""
    revisions = Revision.objects.filter(question__quizitem__quiz=quiz, language=language)
    revisions = revisions.select_related("author", "question")
    found: dict[int, list[Revision]] = {}
    for revision in revisions.order_by("question__quizitem__position", "state", "-number"):
        mine = found.setdefault(revision.question_id, [])
        if not mine or revision.state == State.PUBLISHED:
            mine.append(revision)
    return list(found.values())


def as_item(revision: Revision) -> Item:
    """Return a revision as an item, in canonical Markdown, with its ids."""
    spec = dict(revision.spec)
    if "rows" in spec:
        cards = [card["id"] for card in spec["cards"]]
        spec["rows"] = [row | {"card": cards.index(row["card"])} for row in spec["rows"]]
    item = Item(
        revision.kind, revision.stem, spec, revision.why, revision.objective, revision.critical,
        revision.question.slug, revision.source,
    )  # fmt: skip
    try:
        return replace(finish(item), key=item.key, objective=item.objective)
    except Refused:  # longer than a file may bring
        return item


def _alike(item: Item, other: Item) -> bool:
    return (item.key != "" and item.key == other.key) or replace(item, key="") == replace(other, key="")


def _says(item: Item, old: Revision) -> bool:
    """Return whether a question says all that the item says."""
    merged, was = without_ids(_merged(item, old)), without_ids(as_item(old))
    return replace(merged, key="", objective="") == replace(was, key="", objective="")


def _merged(item: Item, old: Revision) -> Item:
    """Return the item with what the file does not say: ids, empty texts, the safety mark."""
    was = as_item(old)
    return replace(
        item, spec=_merged_spec(item.spec, was.spec) if item.kind == was.kind else item.spec,
        why=item.why or was.why, source=item.source or was.source, critical=item.critical or was.critical,
        objective=was.objective if item.objective == item.stem[:120].strip() else item.objective,
    )  # fmt: skip


def _merged_spec(spec: Spec, was: Spec) -> Spec:
    found = dict(spec)
    for key in LISTS:
        if key in spec:
            found[key] = _merged_list(spec[key], was[key])
    said = found.get("feedback")
    if isinstance(said, str):
        found["feedback"] = said or was["feedback"]
    elif said:
        found["feedback"] = {word: text or was["feedback"][word] for word, text in said.items()}
    return found


def _merged_list(things: Sequence[dict[str, Any]], was: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return choices, rows or cards with the ids of those that they were.

    A choice is the one with its id, else the one with its words, else the one in its place, as in a form.
    """
    by_id, by_text = {one["id"]: one for one in was}, {alike(one["text"]): one for one in was}
    matched = [by_id.get(one.get("id", "")) or by_text.get(alike(one["text"])) for one in things]
    used = [one["id"] for one in matched if one]
    found = []
    for n, (thing, old) in enumerate(zip(things, matched, strict=True)):
        if old is None and n < len(was) and was[n]["id"] not in used:
            old = was[n]
        found.append(thing | {"id": old["id"] if old else secrets.token_hex(4)})
        if old and thing.get("feedback") == "":
            found[-1]["feedback"] = old.get("feedback", "")
    return found


def take_in(planned: Plan, *, by: AbstractBaseUser, now: datetime, seen: str | None = None) -> int:
    """Save the drafts of a plan in one transaction, all or none; return how many.

    The plan is made again from its document first. `seen` is the hash of the plan that this person read.

    Raises Changed if it is another one now.
    """
    try:
        return _take_in(planned, by, now, seen)
    except authoring.Stale as stale:
        raise Changed(plan(planned.document, planned.quiz, language=planned.language)) from stale


def _take_in(planned: Plan, by: AbstractBaseUser, now: datetime, seen: str | None) -> int:
    with transaction.atomic():
        # Questions before quizzes, as `authoring.retire` locks them. The quizzes, because slugs and places of new
        # questions are set here, and a repeated post adds none.
        mine = Question.objects.filter(pk__in=QuizItem.objects.filter(quiz=planned.quiz).values("question"))
        list(mine.select_for_update().order_by("pk"))
        list(Quiz.objects.select_for_update().order_by("pk"))
        fresh = plan(planned.document, planned.quiz, language=planned.language)
        if seen is not None and seen != fresh.seen:
            raise Changed(fresh)
        for step in fresh.drafts:
            item = step.item
            authoring.write(
                question=step.question or authoring.begin(planned.quiz, item.stem),
                language=planned.language,
                seen=authoring.fingerprint(step.old),
                by=by,
                now=now,
                unfinished=True,
                kind=item.kind,
                spec=_spec(item.spec),
                **{name: getattr(item, name) for name in ("stem", "why", "objective", "critical", "source")},
            )
        if fresh.drafts:
            moved.send(sender=None, by=by, what="in", now=now)
        return len(fresh.drafts)


def _spec(spec: Spec) -> Spec:
    """Return an item's spec as it is saved: rows name the id of their card."""
    if "rows" not in spec:
        return spec
    cards = [{"id": secrets.token_hex(4)} | card for card in spec["cards"]]
    return spec | {"cards": cards, "rows": [row | {"card": cards[row["card"]]["id"]} for row in spec["rows"]]}


def give_out(quiz: Quiz, *, language: str = "en") -> Document:
    """Return the questions of a quiz as they are asked now, in their order."""
    asked = Revision.objects.filter(question__quizitem__quiz=quiz, language=language, state=State.PUBLISHED)
    asked = asked.select_related("question").order_by("question__quizitem__position")
    return Document(title=quiz.title, language=language, items=[as_item(revision) for revision in asked])


def losses(document: Document, form: Format) -> list[tuple[str, int]]:
    """Return what this format cannot carry: each sentence with the number of questions, most first."""
    counted: dict[str, int] = {}
    for item in document.items:
        for says in form.drops(item):
            counted[says] = counted.get(says, 0) + 1
    return sorted(counted.items(), key=lambda one: -one[1])


def grouped(notes: Iterable[Note]) -> list[tuple[str, list[Note]]]:
    """Return notes by reason, the most frequent first. The sentence is that of the first note."""
    groups: dict[str, list[Note]] = {}
    for note in notes:
        groups.setdefault(note.code, []).append(note)
    return sorted(((found[0].says, found) for found in groups.values()), key=lambda one: -len(one[1]))


def report(planned: Plan) -> list[str]:
    """Return a plan in lines of text, for a command."""
    lines = [
        f"New: {len(planned.new)}. Changed: {len(planned.changed)}. No change: {len(planned.same)}. "
        f"Not taken in: {len(planned.refused)}."
    ]
    for says, notes in grouped(planned.refused):
        lines += [f"Not taken in, {len(notes)}: {says}", *(f"  {note.where}: {note.title}" for note in notes)]
    lines += [f"Taken in, but changed, {len(n)}: {says}" for says, n in grouped(planned.document.changed)]
    for step in planned.unfinished:
        lines.append(f"Still to write: {step.item.stem}: {' '.join(step.missing)}")
    return lines
