"""The whole text of an edition as plain data: to write it, to compare it, to measure it, to check it. Plain Python.

The same data comes from an educator's form, from an edition and its steps, and from a lesson pack.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from learn.lessons import reference, symptoms, wordings

PICTURES = Path(__file__).resolve().parent.parent / "static" / "learn" / "pictures"
MOST_STEPS = 20
POINTS = 3  # to remember
PICTURE_WORDS = 12  # of a key
# As long as the columns of Edition and Step are.
LONGEST = {
    "title": 120, "main_message": 300, "point": 300, "heading": 120, "body": 5000, "key_point": 200, "alt": 300,
    "key": 120,
}  # fmt: skip


class Problem(NamedTuple):
    """What is missing or wrong: the field it is about (as `draft_form` names it), and a sentence."""

    field: str
    says: str


@dataclass(frozen=True)
class StepText:
    """The text of one step. `slug` is the same in all editions; a new step has none until it is saved."""

    slug: str
    heading: str = ""
    body: str = ""
    key_point: str = ""
    picture: str = ""
    alt: str = ""
    key: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All that a reader sees of it, as one text."""
        return "\n".join([self.heading, self.body, self.key_point, self.alt, *self.key])


@dataclass(frozen=True)
class Text:
    """The text of a whole edition."""

    title: str
    main_message: str = ""
    remember: tuple[str, ...] = ("", "", "")
    minutes: int = 5
    steps: tuple[StepText, ...] = ()

    @property
    def opening(self) -> str:
        """What stands outside of the steps."""
        return "\n".join([self.title, self.main_message, *self.remember])


@cache
def pictures() -> tuple[str, ...]:
    """Return the names of the shipped pictures, A to Z."""
    return tuple(sorted(path.name for path in PICTURES.glob("*.svg")))


def problems(text: Text) -> Iterator[Problem]:
    """Yield what must be mended before this text can be reviewed or published, from the top of the page to its end."""
    if not text.title.strip():
        yield Problem("title", "Give the lesson a title.")
    if not text.main_message.strip():
        yield Problem("main_message", "Say in one sentence what the lesson is about.")
    for n, point in enumerate(text.remember[:POINTS]):
        if not point.strip():
            yield Problem(f"remember_{n}", f"Write point {n + 1} to remember.")
    if not text.steps:
        yield Problem("steps", "A lesson needs at least one step. Add one.")
    for n, step in enumerate(text.steps):
        yield from _of_step(n, step)


def _of_step(n: int, step: StepText) -> Iterator[Problem]:
    if not step.heading.strip():
        yield Problem(f"heading_{n}", f"Give step {n + 1} a heading.")
    if not step.body.strip():
        yield Problem(f"body_{n}", f"Step {n + 1} has no words yet. Write them, or take the step out.")
    if step.picture and step.picture not in pictures():
        yield Problem(f"picture_{n}", f"There is no picture “{step.picture}” here. Choose one from the list.")
    if step.picture and not step.alt.strip():
        yield Problem(f"alt_{n}", f"Say in words what the picture of step {n + 1} shows.")
    if unknown := [claim for claim in step.claims if claim not in reference.claims()]:
        yield Problem(f"claims_{n}", f"There is no fact {', '.join(unknown)}. Facts have names like BA-01.")


def is_safety(text: str, claims: Collection[str] = ()) -> bool:
    """Return whether a page is about safety: it teaches a safety fact, mentions a symptom, or says to call somebody.

    It finds too much rather than too little: then a second person reads a text that did not need one.
    """
    known = reference.claims()
    if any(claim in known and known[claim].safety for claim in claims):
        return True
    lines = [line for line in text.splitlines() if line.strip()]
    return bool(re.search(r"\b(911|988|call|emergency)\b", text, re.IGNORECASE)) or any(map(symptoms.tiers, lines))


class Difference(NamedTuple):
    """One place where two texts differ: where, the lines that differ (`wordings.Block`), and the step's slug or ""."""

    where: str
    slug: str
    blocks: Sequence[wordings.Block]


@dataclass(frozen=True)
class Comparison:
    """What differs between the text that readers have and another one."""

    differences: list[Difference] = field(default_factory=list)
    typo: bool = False  # no more than words: the same steps, pictures, facts and numbers
    safety: bool = False  # something that differs is about safety

    @property
    def steps(self) -> frozenset[str]:
        """The slugs of the steps that differ."""
        return frozenset(one.slug for one in self.differences if one.slug)


def compare(before: Text | None, now: Text, *, read_first: bool = False) -> Comparison:
    """Return what differs. Without a text before, everything does. `read_first`: the whole lesson is about safety."""
    if before is None:
        return Comparison([], typo=False, safety=True)
    old = {step.slug: step for step in before.steps}
    new = {step.slug: step for step in now.steps}
    found = list(_opening(before, now))
    opening, safety = bool(found), read_first
    for n, slug in enumerate(dict.fromkeys([*new, *old])):
        was, is_ = old.get(slug), new.get(slug)
        rows = list(_step(f"Step {n + 1}" if is_ else f"“{was.heading if was else ''}”, taken out", was, is_))
        if rows and any(s and is_safety(s.text, s.claims) for s in (was, is_)):
            safety = True
        found += rows
    if [slug for slug in old if slug in new] != [slug for slug in new if slug in old]:
        found.append(Difference("Order of the steps", "", wordings.blocks(_headings(before), _headings(now))))
    if opening and any(is_safety(step.text, step.claims) for step in (*before.steps, *now.steps)):
        safety = True  # the points to remember of a lesson with a page about safety
    return Comparison(found, typo=_only_words(before, now), safety=safety and bool(found))


def _headings(text: Text) -> list[str]:
    return [step.heading for step in text.steps]


def _opening(before: Text, now: Text) -> Iterator[Difference]:
    pairs: list[tuple[str, str, str]] = [
        ("Title", before.title, now.title),
        ("Main message", before.main_message, now.main_message),
        *(
            (f"Remember, point {n}", was or "", is_ or "")
            for n, (was, is_) in enumerate(zip_longest(before.remember, now.remember), 1)
        ),
        ("Minutes", str(before.minutes), str(now.minutes)),
    ]
    for where, was, is_ in pairs:
        yield from difference(where, "", was, is_)


def _step(name: str, was: StepText | None, now: StepText | None) -> Iterator[Difference]:
    slug = (now or was or StepText("")).slug
    parts = (("heading", "heading"), ("body", "text"), ("key_point", "key point"), ("picture", "picture"),
             ("alt", "picture in words"), ("key", "key of the picture"), ("claims", "facts"))  # fmt: skip
    for part, words in parts:
        sides = (getattr(step, part) if step else "" for step in (was, now))
        old, new = (side if isinstance(side, str) else "\n".join(side) for side in sides)
        yield from difference(f"{name}, {words}", slug, old, new)


def difference(where: str, slug: str, was: str, now: str) -> Iterator[Difference]:
    """Yield the difference between two texts with their Markdown, so that a changed link or bold shows too."""
    sides = [[line.strip() for line in text.splitlines() if line.strip()] for text in (was, now)]
    if sides[0] != sides[1]:
        # Quotes or spaces alone: `blocks` takes them for the same text, so the whole lines are shown.
        same = [wordings.Block([[wordings.Bit(line, True)] for line in sides[0]],
                               [[wordings.Bit(line, True)] for line in sides[1]])]  # fmt: skip
        yield Difference(where, slug, wordings.blocks(*sides) or same)


def _only_words(before: Text, now: Text) -> bool:
    """Return whether two texts have the same steps in the same order, with the same pictures, facts and numbers."""
    shapes = [
        (
            text.minutes,
            wordings.numbers(text.opening.splitlines()),
            _links(text.opening),
            [(s.slug, s.picture, s.claims, len(s.key), wordings.numbers(s.text.splitlines()), _links(s.text))
             for s in text.steps],
        )
        for text in (before, now)
    ]  # fmt: skip
    return shapes[0] == shapes[1]


def _links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)]*)\)", text)
