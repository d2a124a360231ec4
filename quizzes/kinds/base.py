"""The interface of a kind of question: Kind, with its four functions, and the types that they use."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

Spec = dict[str, Any]
Given = list[str]  # a learner's answer as a list of ids: this fits every kind, and can be stored as JSON


class Unreadable(ValueError):
    """The posted data is not an answer to this question. The message tells the learner how to correct it.

    If the question has rows, `rows` has the message for each row to correct, by the id of the row; otherwise it is
    empty.
    """

    def __init__(self, text: str, row: str = "") -> None:
        super().__init__(text)
        self.rows = {row: text} if row else {}

    @classmethod
    def together(cls, found: Sequence[Unreadable]) -> Unreadable:
        """Return one error with the rows of all of these, so that none is told only after another."""
        error = cls(str(found[0]))
        error.rows = {row: text for one in found for row, text in one.rows.items()}
        return error


class Problem(str):
    """What is wrong with an author's spec: a sentence. `at` is the path to the place in the spec."""

    at: tuple[str | int, ...]

    def __new__(cls, text: str, *at: str | int) -> Problem:
        """Return the sentence with its path. ("choices", 1, "feedback") is the feedback of the second choice."""
        problem = super().__new__(cls, text)
        problem.at = at
        return problem


class Post(Protocol):
    """The part of Django's QueryDict that kinds use."""

    def getlist(self, key: str) -> list[str]:
        """Return all posted values of a field; empty if there are none."""


@dataclass(frozen=True)
class Choice:
    """One choice that a page shows. The id is random, so it does not reveal whether the choice is right."""

    id: str
    text: str


@dataclass(frozen=True)
class Ask:
    """All that a page may show before the answer. Nothing here reveals which choice is right.

    Without rows, the learner chooses one of `choices`, or `several`. With rows, each row takes one of `choices`.
    """

    hint: str  # what to do, in a few words
    choices: tuple[Choice, ...]
    several: bool = False
    rows: tuple[Choice, ...] = ()
    shuffle_choices: bool = False  # each learner sees the choices in a different order
    shuffle_rows: bool = False  # the same for the rows, and never in the order given here
    of_site: bool = False  # the choices are words of the site: "True", "First"

    def in_order_of(self, item: int) -> Ask:
        """Return the question with its choices shuffled for this item (a primary key), always alike (ruling 3).

        The choices are sorted by a hash of (item, choice). So no order is stored, and neither the order nor an id
        reveals the right answer. If rows come out in the right order by chance, they are rotated by one.
        """

        def shuffled(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
            return tuple(sorted(choices, key=lambda c: hashlib.sha256(f"{item}:{c.id}".encode()).digest()))

        choices = shuffled(self.choices) if self.shuffle_choices else self.choices
        rows = shuffled(self.rows) if self.shuffle_rows else self.rows
        if self.shuffle_rows and rows == self.rows:
            rows = rows[1:] + rows[:1]
        return replace(self, choices=choices, rows=rows)


@dataclass(frozen=True)
class Mark:
    """The result of an answer, and all that a page may show after it.

    `hits` and `of` are only for display ("2 of 3"). An answer is either right or not right (ruling 6).
    """

    right: bool
    hits: int
    of: int
    best: tuple[str, ...]  # the right answer, in the words of the choices
    chosen: tuple[str, ...]  # what the learner chose, in the words of the choices
    remarks: tuple[str, ...]  # the author's feedback on what was chosen
    of_site: bool = False  # as in `Ask`, of `best` and `chosen`


class Kind(Protocol):
    """A kind of question: four functions that take its `spec`. A new kind is one file and one line in KINDS."""

    def problems(self, spec: Spec) -> Sequence[Problem]:
        """Return what is wrong with an author's spec, one sentence each; empty if the question can be asked."""

    def ask(self, spec: Spec) -> Ask:
        """Return all that a page may show of the question before the answer."""

    def read(self, spec: Spec, post: Post) -> Given:
        """Return the ids of what was chosen, in an order that does not depend on the post.

        Raises Unreadable if nothing was chosen, too much, or an id that the question does not have; for a question with
        rows, with every row to correct.
        """

    def mark(self, spec: Spec, given: Given) -> Mark:
        """Return the result of an answer. An empty `given` means "I'm not sure" and is not right."""


def said(value: object) -> str:
    """Return an author's text without invisible characters and surrounding spaces; "" for what is not a text."""
    return "".join(c for c in value if unicodedata.category(c) != "Cf").strip() if isinstance(value, str) else ""


def alike(value: object) -> str:
    """Return a form of an author's text that is the same for two texts that a reader could not tell apart."""
    return " ".join(unicodedata.normalize("NFKC", said(value)).casefold().replace("’", "'").split())


def first_without(things: Sequence[Any], key: str) -> int:
    """Return the index of the first item whose text under this key is empty or, for "text", used before; else 0."""
    texts = [alike(thing.get(key)) for thing in things]
    return next((n for n, text in enumerate(texts) if not text or (key == "text" and text in texts[:n])), 0)


FIELD = "choice"  # the name of the form field; for a question with rows, each row has FIELD-<row id>
UNSURE = "unsure"  # the value for "I'm not sure", which the form adds to every question
