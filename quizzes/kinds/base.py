"""Kind and Mark: the whole contract of a kind of question (four functions, no more)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Spec = dict[str, Any]
Given = list[str]  # what a learner chose, as ids: a list serves every kind, and JSON keeps it


class Unreadable(ValueError):
    """What was posted is no answer to this question. Its text tells the learner how to mend it.

    `row` is the id of the row to mend, where the question has rows.
    """

    def __init__(self, text: str, row: str = "") -> None:
        super().__init__(text)
        self.row = row


class Problem(str):
    """What is wrong with an author's spec: a plain sentence, and `at`, the way to the place in the spec."""

    at: tuple[str | int, ...]

    def __new__(cls, text: str, *at: str | int) -> Problem:
        """Return the sentence; ("choices", 1, "feedback") is the feedback of the second choice."""
        problem = super().__new__(cls, text)
        problem.at = at
        return problem


class Post(Protocol):
    """The little of Django's QueryDict that a kind reads."""

    def getlist(self, key: str) -> list[str]: ...


@dataclass(frozen=True)
class Choice:
    """One choice as a page may show it: an id that tells nothing, and its words, in the reader's language."""

    id: str
    text: str


@dataclass(frozen=True)
class Ask:
    """All of a question that a page may see before the answer. Nothing here tells which choice is right.

    Without rows: choose among `choices`, one, or `several`. With rows: each row takes one of the choices.
    """

    hint: str  # what to do, in a few words
    choices: tuple[Choice, ...]
    several: bool = False
    rows: tuple[Choice, ...] = ()
    shuffle_choices: bool = False  # each learner sees them in an order of their own
    shuffle_rows: bool = False  # the same, and never in the order given here


@dataclass(frozen=True)
class Mark:
    """What an answer was worth, and everything that may be shown after it.

    `hits` of `of` may be shown ("2 of 3"), never counted: an answer is right or it is not (ruling 6).
    """

    right: bool
    hits: int
    of: int
    best: tuple[str, ...]  # the right answer, in the words of the choices
    chosen: tuple[str, ...]  # what the learner chose, in the words of the choices
    remarks: tuple[str, ...]  # the author's feedback on what was chosen


class Kind(Protocol):
    """A kind of question: four plain functions over its `spec`. A new kind is one file and one line in KINDS."""

    def problems(self, spec: Spec) -> Sequence[Problem]:
        """Return what is wrong with an author's spec, one plain sentence each; empty when it can be asked."""

    def ask(self, spec: Spec) -> Ask:
        """Return all that a page may see of the question."""

    def read(self, spec: Spec, post: Post) -> Given:
        """Return what was chosen, in a stable order.

        Raises Unreadable when nothing, too much or something foreign was posted.
        """

    def mark(self, spec: Spec, given: Given) -> Mark:
        """Return what the answer was worth; an empty `given` ("I'm not sure") is marked not right."""


def said(value: object) -> str:
    """Return what an author wrote, without the space around it; whatever is no text says nothing."""
    return value.strip() if isinstance(value, str) else ""


def first_without(things: Sequence[Any], key: str) -> int:
    """Return the place of the first thing that says nothing under this key, or what another said before it."""
    texts = [said(thing.get(key)).lower() for thing in things]
    return next((n for n, text in enumerate(texts) if not text or (key == "text" and text in texts[:n])), 0)


FIELD = "choice"  # the name of the form field that every kind reads; a row's is FIELD-<row id>
UNSURE = "unsure"  # its value for "I'm not sure", which the form adds to every question
