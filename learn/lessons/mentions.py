"""Where the words of the call card appear: asked before a change of it, so that nobody rewords one place of many.

A place either shows the card itself and follows it, or repeats its words in a text of its own and does not: a step or a
question that names the same symptom, by the facts that the line covers (fixtures/symptoms.yaml) or by its words. It
finds too much rather than too little.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from learn import typed
from learn.languages import SOURCE
from learn.lessons import bodies, shown
from learn.lessons.bodies import CARD, TERM
from learn.lessons.parts import Body
from learn.lessons.shown import Page
from quizzes.models import Revision, State

APART = re.compile(r"[.,:;()]|\bor\b|\band\b")
BEFORE = re.compile(r"^(?:(?:a|an|the|bad|or|and|more|very|new) )+")


class Place(NamedTuple):
    """One place that repeats a line: a step, or a question with its answers and feedback."""

    lesson: str  # its title
    what: str
    page: Page | None = None
    question: int = 0  # the key of the question


class Line(NamedTuple):
    """One changed part of the card: what it says and will say, the lessons whose card has it, and who repeats it."""

    where: str
    blocks: Sequence[Any]
    lessons: list[str]  # their titles
    of_all: bool  # every lesson has it
    places: list[Place]


def of_change(before: Body, now: Body) -> list[Line]:
    """Return each part of the card that changes, with every place where its words are. Two queries, or three."""
    lessons = shown.every_page()
    questions = list(_questions())
    old = {part.name: part.text for part in bodies.parts(CARD, before)}
    new = {part.name: part.text for part in bodies.parts(CARD, now)}
    found = []
    for one in bodies.compare(CARD, before, now):
        text = old.get(one.slug) or new.get(one.slug, "")
        line = one.slug.removeprefix("line_") if one.slug.startswith("line_") else ""
        claims = {claim for claim, _ in bodies.covered(line)} - {"GENERAL"}
        only = _only(before, one.slug)
        has = [pages[0].lesson for pages in lessons if not only or pages[0].lesson.row.slug in only]
        words = [typed.fold(text)] if one.slug.startswith("head_") else _phrases(text)  # a heading names many symptoms
        places = [*_steps(lessons, words, claims), *_asked(questions, words)]
        found.append(Line(one.where, one.blocks, [each.title for each in has], len(has) == len(lessons), places))
    return found


def of_hidden(kind: str, now: Body) -> list[Page]:
    """Return the pages that say a word or a medicine, which the hospital will not use. One query, or two.

    They keep their words. A word is not explained under them any more, and a medicine is not found by its name.
    """
    pages = [page for pages in shown.every_page() for page in pages]
    if kind == TERM:
        return [page for page in pages if any(word.term == now["term"] for word in page.words)]
    names = [typed.fold(name) for name in (now["generic"], *now["brands"]) if typed.fold(name)]
    return [page for page in pages if _has(names, [page.heading, page.body, page.key_point, page.alt, *page.key])]


def _only(body: Body, name: str) -> Collection[str]:
    """Return the lessons (slugs) whose card has this part; empty: all."""
    rows = [(f"line_{line['id']}", line) for line in bodies.lines(body)]
    rows += [(f"{kind}_{row['id']}", row) for row in body["fever"] for kind in ("fever", "at")]
    return next((row.get("lessons", ()) for key, row in rows if key == name), ())


def _steps(lessons: Sequence[Sequence[Page]], words: Sequence[str], claims: set[str]) -> Iterator[Place]:
    for pages in lessons:
        for page in pages:
            said = [page.heading, page.body, page.key_point, page.alt, *page.key]
            said += page.lesson.remember if page.last else ()
            if not claims.isdisjoint(page.claims) or _has(words, said):
                yield Place(page.lesson.title, page.heading, page)


def _questions() -> Iterator[tuple[Revision, list[str]]]:
    """Yield each published question with all its texts."""
    asked = Revision.objects.filter(state=State.PUBLISHED, language=SOURCE, question__quizitem__isnull=False)
    for row in asked.select_related("question").order_by("question__quizitem__quiz", "question__quizitem__position"):
        yield row, [row.stem, row.why, *_texts(row.spec)]


def _texts(spec: Any) -> Iterator[str]:
    """Yield each text in a question's spec: choices, cards, feedback."""
    if isinstance(spec, dict):
        for key, inside in spec.items():
            if key not in ("id", "card"):
                yield from _texts(inside)
    elif isinstance(spec, list):
        for inside in spec:
            yield from _texts(inside)
    elif isinstance(spec, str):
        yield spec


def _asked(questions: Sequence[tuple[Revision, list[str]]], words: Sequence[str]) -> Iterator[Place]:
    for row, said in questions:
        if _has(words, said):
            yield Place("", row.stem, question=row.question_id)


def _phrases(text: str) -> list[str]:
    """Return the parts of a line that say something alone: "chest pain", "cannot breathe well"."""
    parts = (BEFORE.sub("", typed.fold(part)) for part in APART.split(text))
    return [part for part in dict.fromkeys(parts) if " " in part or len(part) > len("fever") - 1]


def _has(phrases: Sequence[str], said: Sequence[str]) -> bool:
    whole = f" {typed.fold(' '.join(said))} "
    return any(f" {phrase} " in whole for phrase in phrases)
