"""What loading the shipped texts added, and what it left alone because the hospital has its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from learn.languages import SOURCE
from learn.lessons import texts
from learn.lessons.models import Reference, ReferenceText
from learn.lessons.parts import Body
from learn.lessons.rewording import dealt_with, tell
from quizzes.models import State


@dataclass
class Report:
    """What was added and what was left alone, in sentences for the person who loads."""

    added: list[str] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)


class Theirs:
    """What the loader of a kind in rows must leave alone. Two queries; one more for each text that it tells of."""

    def __init__(self, kind: str, shipped: Mapping[str, Body]) -> None:
        published = ReferenceText.objects.filter(reference__kind=kind, state=State.PUBLISHED, language=SOURCE)
        self.kind, self.shipped = kind, shipped
        self.slugs = frozenset(published.values_list("reference__slug", flat=True))
        self.newer = dict(Reference.objects.filter(kind=kind).values_list("slug", "newer"))
        self.known = dealt_with(kind)

    def has(self, slug: str, now: Body, *, changed: bool) -> bool:
        """Return whether the hospital wrote what stands in this row `now`.

        `changed`: it is not what was loaded last. It may be what the hospital has gone back to.
        """
        return slug in self.slugs or (changed and texts.digest(now) != self.known.get(slug))

    def unheard(self, slug: str) -> bool:
        """Keep that a newer shipped text of this slug is left alone; return whether the loader says so."""
        newest = texts.digest(self.shipped[slug])
        if self.known.get(slug) == newest:
            return False
        tell(self.kind, slug, newest)
        return True

    def same(self, slug: str) -> None:
        """Keep that the shipped text of this slug is what stands in its row."""
        if self.newer.get(slug):
            tell(self.kind, slug, "")
