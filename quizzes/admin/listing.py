"""The rows of the list of questions, and how they are found, filtered and sorted. Everything is in the address."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from quizzes.admin import bars
from quizzes.analysis import WORST_FIRST, rank
from quizzes.health import QuestionHealth, lines
from quizzes.kinds.base import alike
from quizzes.models import QuizItem, Revision, State

PAGE = 50  # rows
KINDS = {
    "safety": "Safety", "choice": "Choice", "truth": "True or false", "matching": "Match", "ordering": "Order",
}  # fmt: skip
SORTS = {"worst": "Worst first", "lesson": "Lesson", "changed": "Last changed"}
VERDICTS = {  # name of a finding -> what the list calls it
    "misleading": "Misleading", "hard": "Hard", "uncovered": "Not sure", "unclear": "Unclear",
    "unpicked": "A choice nobody picks", "easy": "Easy", "few": "Few answers",
}  # fmt: skip
SHOWN = VERDICTS | {"drafts": "Draft waits", "out": "Not asked"}


@dataclass(frozen=True)
class Row:
    """A question: what is asked now (`line`), its draft, or what was asked last."""

    shown: Revision
    line: QuestionHealth | None
    draft: Revision | None
    places: tuple[tuple[str, int, int], ...]  # title of the quiz, place in it, its primary key

    @property
    def bar(self) -> bars.Bar | None:
        """The bar of the share that was right."""
        return bars.rate(self.line.health) if self.line else None

    @property
    def verdict(self) -> str:
        """What to look at, as a name of SHOWN; "" if there is nothing."""
        name = self.line.worst.name if self.line else ""
        return name if name in VERDICTS else ""

    @property
    def marks(self) -> list[tuple[str, str]]:
        """What the list says about it: names of SHOWN with their words."""
        names = [self.verdict, "drafts" if self.draft else "", "" if self.line or self.draft else "out"]
        return [(name, SHOWN[name]) for name in names if name]

    @property
    def words(self) -> str:
        """All that the search looks through."""
        spec = self.shown.spec
        texts = [one["text"] for key in ("choices", "rows", "cards") for one in spec.get(key, ())]
        return folded(" ".join([self.shown.stem, self.shown.objective, *texts, self.draft.stem if self.draft else ""]))

    @property
    def worst(self) -> tuple[float, float]:
        """A sort key: the worst comes first, then drafts of new questions, then what is not asked."""
        return rank(self.line.health, self.line.worst) if self.line else (len(WORST_FIRST) + (self.draft is None), 0)


def folded(text: str) -> str:
    """Return a text to be compared: without case, accents and kinds of quotes."""
    apart = unicodedata.normalize("NFKD", alike(text))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def rows(language: str, *, leave_out: Mapping[str, Any], now: datetime) -> list[Row]:
    """Return a row for every question that has a text in this language. Six queries; see `lines`."""
    places: dict[int, list[tuple[str, int, int]]] = {}
    for item in QuizItem.objects.select_related("quiz").order_by("quiz__title", "position"):
        places.setdefault(item.question_id, []).append((item.quiz.title, item.position, item.quiz_id))
    asked = {line.revision.question_id: line for line in lines(language=language, leave_out=leave_out, now=now)}
    others = Revision.objects.filter(language=language).exclude(state=State.PUBLISHED).select_related("author")
    drafts, newest = dict[int, Revision](), {pk: line.revision for pk, line in asked.items()}
    for revision in others.order_by("state", "-number"):
        if revision.state == State.DRAFT:
            drafts[revision.question_id] = revision
        newest.setdefault(revision.question_id, revision)
    return [
        Row(shown, asked.get(pk), drafts.get(pk), tuple(places.get(pk, ()))) for pk, shown in newest.items()
    ]  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What somebody wants to see. Every value may be anything that was typed into an address."""

    q: str = ""
    quiz: int = 0  # a primary key; 0 is any
    kind: str = ""
    show: str = ""
    sort: str = "worst"

    def fits(self, row: Row) -> bool:
        """Return whether the row is wanted, whatever its state and verdict."""
        if self.quiz and self.quiz not in [pk for _, _, pk in row.places]:
            return False
        if self.kind and not (row.shown.critical if self.kind == "safety" else row.shown.kind == self.kind):
            return False
        return all(word in row.words for word in folded(self.q).split())

    def sees(self, row: Row) -> bool:
        """Return whether the row is wanted by its state and verdict. Without a wish: all that is asked or drafted."""
        names = [name for name, _ in row.marks]
        return self.show in names if self.show else "out" not in names

    def order(self, row: Row) -> tuple[Any, ...]:
        """Return the sort key of a row."""
        if self.sort == "lesson":
            return (*_first(row), row.shown.pk)
        if self.sort == "changed":
            newest = row.draft or row.shown
            at = newest.written or newest.published_at
            return (at is None, -(at.timestamp() if at else 0), row.shown.pk)
        return (*row.worst, *_first(row), row.shown.pk)


def _first(row: Row) -> tuple[str, int]:
    return row.places[0][:2] if row.places else ("\uffff", 0)  # what is in no quiz comes last


def chips(found: Iterable[Row]) -> list[tuple[str, str, int]]:
    """Return the filters by state and verdict that find something: name, words, number of rows. The first is "All"."""
    counted: dict[str, int] = {}
    found = list(found)
    for row in found:
        for name, _ in row.marks:
            counted[name] = counted.get(name, 0) + 1
    every = len(list(filter(Wish().sees, found)))
    return [("", "All", every), *((name, words, counted[name]) for name, words in SHOWN.items() if name in counted)]


def address(**wish: str) -> str:
    """Return the query of an address, without what is not wished."""
    return "?" + urlencode({name: value for name, value in wish.items() if value})
