"""What changed in the safety texts of a lesson since somebody read it.

A page is about safety if it teaches a safety fact (`reference.Claim.safety`), or if its lesson says when to call
(`Lesson.read_first`). The three points to remember are about safety if any page of the lesson is.

A reader is told of a page if its text differs from the one that was shown to them last, and if an edition that changed
it since does not say that it means the same (`Edition.same_meaning`), or changed a number on it. `wordings` says what
counts as the same text. A page that is new since they read the lesson, and one that was taken out, count as changed.

Published editions never change, so the process keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, lru_cache, partial
from itertools import groupby, pairwise

from django.db import transaction

from learn.languages import SOURCE
from learn.lessons import reference, wordings
from learn.lessons.models import Edition, Step
from quizzes.models import State

MOST = 200  # size of the cache, in lessons
REMEMBER = "*"  # stands for the slug of the points to remember, which are on the last page

Seen = Mapping[int, Collection[str]]  # the slugs of the pages that were shown to a reader, by edition


@dataclass(frozen=True)
class Wording:
    """The text of one page in one edition. The heading of the points to remember is empty."""

    heading: str
    lines: tuple[str, ...]
    key: str
    safety: bool


@dataclass(frozen=True, eq=False)
class Text:
    """The text of one edition, by the slugs of its pages."""

    edition: int
    same_meaning: bool
    pages: dict[str, Wording]
    last: str  # the slug of the last page


class Told(StrEnum):
    """How a reader of another language is told of a change."""

    BOTH = "both"  # the older and the newer words
    NOW = "now"  # what it says now: the older words are not in their language
    SAME = "same"  # what it says now: in their language the words are the same
    SOURCE = "source"  # both in the source language


@dataclass(frozen=True)
class Change:
    """One changed page: `before` is None for a new page, `now` is None for one that was taken out."""

    slug: str
    before: Wording | None
    now: Wording | None
    position: int  # of the page as it is now; of one that was taken out, 0
    read: int = 0  # the edition of `before`; of the call card, the number of its wording
    language: str = SOURCE  # of both wordings
    told: Told = Told.BOTH

    @property
    def heading(self) -> str:
        """The heading as it is now; "" for the points to remember."""
        return (self.now or self.before).heading  # type: ignore[union-attr]  # never both None

    @property
    def lines(self) -> tuple[str, ...]:
        """The words of now, without the heading."""
        found = self.now.lines if self.now else ()
        return found[1:] if found[:1] == (self.heading,) else found

    def in_words_of(self, language: str, before: Wording | None, now: Wording | None) -> Change:
        """Return this change in the words of a translation, as far as it has both wordings."""
        if self.now is None and before:
            return replace(self, before=before, language=language)
        if now is None:
            return replace(self, told=Told.SOURCE)
        if self.before is None:
            return replace(self, now=now, language=language)
        told = Told.NOW if before is None else Told.SAME if before.key == now.key else Told.BOTH
        return replace(self, before=before or self.before, now=now, language=language, told=told)

    @cached_property
    def blocks(self) -> list[wordings.Block]:
        """What differs, in order."""
        return wordings.blocks(self.before.lines if self.before else (), self.now.lines if self.now else ())


def translated(found: Iterable[Change], edition: int, language: str) -> list[Change]:
    """Return changes of a lesson, whose published edition this is, in the words of its translations. One query.

    Where one of both wordings is not translated, the change says so (`told`).
    """
    rows = list(found)
    if language == SOURCE or not rows:
        return rows
    asked = Step.objects.filter(edition__translates__in={edition, *(row.read for row in rows)}, frozen=True)
    asked = asked.filter(edition__language=language).select_related("edition")
    texts: dict[int | None, Text] = {}
    for made, steps in groupby(asked.order_by("edition__number", "position"), key=lambda step: step.edition):
        if made.translates_id != edition or made.state == State.PUBLISHED:
            texts[made.translates_id] = _text(made, list(steps))
    pages = {pk: text.pages for pk, text in texts.items()}
    return [
        row.in_words_of(language, pages.get(row.read, {}).get(row.slug), pages.get(edition, {}).get(row.slug))
        for row in rows
    ]


Chain = tuple[Text, ...]  # all editions of a lesson up to the published one, the oldest first

_kept: dict[int, Chain] = {}


def forget() -> None:
    """Clear the cache. Needed when primary keys belong to other rows, as in a new test database."""
    _kept.clear()


def chains(published: Collection[int]) -> dict[int, Chain]:
    """Return, for each of these published editions, the editions of its lesson up to it.

    No query if all are in the cache, or if there are none; otherwise one.
    """
    here = {edition: chain for edition in published if (chain := _kept.get(edition))}
    if missing := set(published) - here.keys():
        asked = Step.objects.filter(
            frozen=True, edition__language=SOURCE, edition__lesson__editions__in=missing
        ).select_related("edition")
        found: dict[int, Chain] = {}
        for _, steps in groupby(
            asked.order_by("edition__lesson", "edition__number", "position"), key=lambda step: step.edition.lesson_id
        ):
            texts: list[Text] = []
            for edition, rows in groupby(steps, key=lambda step: step.edition):
                texts.append(_text(edition, list(rows)))
                if edition.pk in missing:
                    found[edition.pk] = tuple(texts)
        transaction.on_commit(partial(_keep, found))  # as in `shown`: not before it is committed
        here |= found
    return here


def _keep(found: dict[int, Chain]) -> None:
    if len(_kept) + len(found) > MOST:
        _kept.clear()
    _kept.update(found)


def _text(edition: Edition, steps: list[Step]) -> Text:
    pages = {step.slug: _wording(step) for step in steps}
    points = tuple(map(str, edition.remember))
    safety = any(page.safety for page in pages.values())
    pages[REMEMBER] = Wording("", points, wordings.key(points), safety)
    return Text(edition.pk, edition.same_meaning, pages, steps[-1].slug)


def _wording(step: Step) -> Wording:
    lines = (step.heading, *wordings.lines(step.body), *filter(None, [step.key_point]), *map(str, step.key))
    known = reference.claims()
    safety = any(claim in known and known[claim].safety for claim in step.claims)
    return Wording(step.heading, lines, wordings.key(lines), safety)


def since(chain: Chain, seen: Seen, *, read_first: bool) -> tuple[Change, ...]:
    """Return the pages that changed since they were shown, in the order of the lesson; those taken out come last.

    `seen` has what was shown to the reader in each edition. Editions that are not in the chain, such as those in
    another language, do not count. If nothing of the chain was shown, nothing has changed for this reader.
    """
    return _since(chain, tuple(tuple(seen.get(text.edition, ())) for text in chain), read_first)


@lru_cache(maxsize=1024)  # most readers of a team have seen the same pages
def _since(chain: Chain, seen: tuple[tuple[str, ...], ...], read_first: bool) -> tuple[Change, ...]:
    shown: dict[str, int] = {}  # the newest edition of the chain in which a page was shown
    for n, (text, slugs) in enumerate(zip(chain, seen, strict=True)):
        shown |= dict.fromkeys(slugs, n)
        if text.last in slugs:
            shown[REMEMBER] = n
    if not shown:
        return ()
    first, now = min(shown.values()), chain[-1]
    found = [
        Change(slug, chain[n].pages.get(slug), now.pages.get(slug), _position(slug, now), chain[n].edition)
        for slug in dict.fromkeys([*now.pages, *shown])
        if _means_something_else(chain, slug, n := shown.get(slug, first), read_first)
    ]
    return tuple(found)


def _position(slug: str, text: Text) -> int:
    places = [*text.pages]
    return len(places) - 1 if slug == REMEMBER else places.index(slug) + 1 if slug in text.pages else 0


def _means_something_else(chain: Chain, slug: str, since: int, read_first: bool) -> bool:
    texts = [text.pages.get(slug) for text in chain[since:]]
    means_the_same = [text.same_meaning for text in chain[since + 1 :]]
    return differs(texts, means_the_same, lambda pages: _is_safety(pages, read_first))


def differs(
    texts: Sequence[Wording | None],
    means_the_same: Sequence[bool],
    counts: Callable[[Iterable[Wording | None]], bool] = any,
) -> bool:
    """Return whether the last of these wordings, the oldest first, means something else than the first one.

    `means_the_same` has what the author said of each wording but the first. `counts` says of two wordings whether a
    change between them is told.
    """
    if _key(texts[0]) == _key(texts[-1]):
        return False
    return any(
        _key(before) != _key(after) and not (same and _same_numbers(before, after)) and counts((before, after))
        for (before, after), same in zip(pairwise(texts), means_the_same, strict=True)
    )


def _same_numbers(before: Wording | None, after: Wording | None) -> bool:
    return not before or not after or wordings.numbers(before.lines) == wordings.numbers(after.lines)


def _key(wording: Wording | None) -> str | None:
    return wording.key if wording else None


def _is_safety(pages: Iterable[Wording | None], read_first: bool) -> bool:
    return any(page and (read_first or page.safety) for page in pages)
