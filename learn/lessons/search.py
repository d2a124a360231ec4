"""Search in the published lessons and in the word list: one small index in the process, the same on both databases.

A text matches if it has the words of the query; case, accents and the ending of a word do not matter. A word that
stands nowhere is taken as the beginning of a longer one, or as misspelled: then the words that differ from it least are
looked for. The name of a medicine must be right: guessing at names is left to the finder. Of three words or more, one
in three may be missing. A step with more of the words comes first, then one that has them in its heading or its main
point, or together in one passage.

Only what every visitor can read is in the index: pages of published editions, and terms. Questions and their answers
are not, so a search never tells the right answer. The pages are the key of the index (they never change), so it needs
no emptying when a new edition is published.

Path not taken: full text search of PostgreSQL and FTS5 of SQLite. They rank and stem differently, neither forgives a
misspelling, and there are about a hundred pages.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from learn import typed
from learn.languages import reader
from learn.lessons import finder, reference, texts
from learn.lessons.shown import Page
from quizzes.templatetags.richtext import richtext

MOST_STEPS, MOST_TERMS, MOST_WORDS = 6, 3, 8
HEADING, POINT, TITLE, TEXT = 8.0, 4.0, 2.0, 1.0  # how much a word counts, by where it stands
EXACT, ENDED, BEGUN, NEAR = 1.0, 0.9, 0.7, 0.6  # and by how it differs from the word of the query
ENDINGS = frozenset(("s", "es", "ed", "ly", "ing"))
CHANGED = frozenset(("ies", "ied", "ing", "ed"))  # instead of a last y or e: biopsies, caring
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
BLOCK = re.compile(r"</?(?:p|ul|ol|li|br)\b[^>]*>")
_IGNORED = """
a about am an and any are as at be been being but by can could did do does drug drugs find for from get gets
getting got had has have he her here him his how i if in into is it its lesson lessons me mean meaning means
medicine medicines my of on or our please she should show so some tell than that the their them then there
these they this those to us was we were what when where which who why will with word words would you your
"""
FILLER = frozenset(_IGNORED.split())  # words that say nothing about what is looked for


@dataclass(frozen=True)
class Step:
    """A step of a lesson that matches, with its heading and the passage that matches best, the words marked."""

    page: Page
    heading: SafeString
    passage: SafeString


@dataclass(frozen=True)
class Word:
    """An entry of the word list that matches, with the words marked."""

    term: reference.Term
    name: SafeString
    meaning: SafeString


@dataclass(frozen=True)
class Found:
    """What a query found, best first.

    `more` is true if there are more steps than are returned, `guessed` if a word of the query stands nowhere as typed.
    """

    steps: tuple[Step, ...] = ()
    words: tuple[Word, ...] = ()
    more: bool = False
    guessed: bool = False

    def __bool__(self) -> bool:
        return bool(self.steps or self.words)


@dataclass(frozen=True, eq=False)
class _Entry:
    """One text of the index: its passages, each with its words, and how much each of its words counts."""

    passages: tuple[tuple[str, frozenset[str]], ...]
    weights: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, *passages: str) -> _Entry:
        entry = cls(tuple((text, frozenset(_words(text))) for text in passages if text))
        entry.add(" ".join(passages), TEXT)
        return entry

    def add(self, text: str, weight: float) -> None:
        for word in _words(text):
            self.weights[word] = max(weight, self.weights.get(word, 0))


def find(query: str, lessons: Iterable[Sequence[Page]]) -> Found:
    """Return what a query (any text) finds in the pages of these lessons and in the word list. Never raises.

    finder.LONGEST and MOST_WORDS limit how long it takes.
    """
    said = dict.fromkeys(typed.fold(query[: finder.LONGEST]).split())
    filler = FILLER | _filler(reader())
    asked = [word for word in said if word not in filler and (len(word) > 1 or word.isdigit())][:MOST_WORDS]
    if not any(len(word) > 1 for word in asked):
        return Found()
    pages = tuple(page for lesson in lessons for page in lesson)
    steps, terms = _steps(pages), _terms()
    meant = [_meant(word, _known(steps, terms)) for word in asked]
    alike = frozenset(word for words in meant for word in words)
    best = _ranked(steps, meant)
    return Found(
        steps=tuple(
            Step(pages[n], _marked(pages[n].heading, alike), _marked(_passage(steps[n], alike), alike))
            for n in best[:MOST_STEPS]
        ),
        words=tuple(
            Word(term, _marked(term.term, alike), _marked(term.meaning, alike))
            for term in (reference.terms()[n] for n in _ranked(terms, meant)[:MOST_TERMS])
        ),
        more=len(best) > MOST_STEPS,
        guessed=any(max(words.values(), default=0) < ENDED for words in meant),
    )


@lru_cache(maxsize=4)  # what is published now, and what was just before
def _steps(pages: tuple[Page, ...]) -> tuple[_Entry, ...]:
    """Return the index of these pages, in their order."""
    found = []
    for page in pages:
        blocks = [html.unescape(strip_tags(block)).strip() for block in BLOCK.split(richtext(page.body))]
        points = page.lesson.remember if page.last else ()
        entry = _Entry.of(page.key_point, *blocks, *points)
        for text, weight in ((page.heading, HEADING), (page.key_point, POINT), (page.lesson.title, TITLE)):
            entry.add(text, weight)
        found.append(entry)
    return tuple(found)


@lru_cache(maxsize=4)
def _filler(language: str) -> frozenset[str]:
    """Return the words of this language, the active one, that say nothing about what is looked for."""
    return frozenset(typed.fold(pgettext("words that a search leaves out", "a of the to")).split())


@texts.kept
def _terms() -> tuple[_Entry, ...]:
    """Return the index of the word list in the reader's language, in its order."""
    found = []
    for term in reference.terms():
        entry = _Entry.of(term.meaning)
        entry.add(term.term, HEADING)
        found.append(entry)
    return tuple(found)


def _words(text: str) -> list[str]:
    """Return the words of a text as `typed.fold` writes them, in order."""
    return [typed.fold(word) for word in WORD.findall(unicodedata.normalize("NFC", text))]


@lru_cache(maxsize=4)
def _known(*indexes: tuple[_Entry, ...]) -> dict[str, list[str]]:
    """Return all words of these indexes by their first letter."""
    found: dict[str, list[str]] = {}
    for word in sorted({word for entries in indexes for entry in entries for word in entry.weights}):
        found.setdefault(word[:1], []).append(word)
    return found


@texts.kept
def _named() -> frozenset[str]:
    """Return the names of medicines that are one word. Only the finder guesses at these: a mix-up can be dangerous."""
    names = (_words(name) for medicine in reference.medicines().values() for name in medicine.names)
    return frozenset(words[0] for words in names if len(words) == 1)


def _meant(word: str, known: Mapping[str, list[str]]) -> dict[str, float]:
    """Return the words of the texts that a word of the query may mean, and how surely (0 to 1)."""
    here = known.get(word[:1], [])
    if same := [other for other in here if _is_same(word, other)]:
        return {other: EXACT if other == word else ENDED for other in same}
    if len(word) >= 4 and (longer := [other for other in here if other.startswith(word) and other not in _named()]):
        return dict.fromkeys(longer, BEGUN)
    near = _nearest(word, here, 2 if len(word) >= 8 else 1) if len(word) >= 5 else []
    if not near and len(word) >= 7:  # a silent first letter: "neumonia"
        near = _nearest(word, [other for words in known.values() for other in words], 1)
    return dict.fromkeys(near, NEAR)


def _is_same(one: str, other: str) -> bool:
    """Return whether two words are equal, or differ only in an ending."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < 3 or short[:2] != long[:2]:
        return False
    if long.startswith(short) and long[len(short) :] in ENDINGS:
        return True
    return short[-1] in "ye" and long.startswith(short[:-1]) and long[len(short) - 1 :] in CHANGED


def _nearest(word: str, known: Iterable[str], most: int) -> list[str]:
    """Return the known words that differ least from a misspelled one, by `most` letters at most."""
    from rapidfuzz.distance import OSA  # loaded when used: it takes 4 MB

    near = {
        other: distance
        for other in known
        if (distance := OSA.distance(word, other, score_cutoff=most)) <= most and other not in _named()
    }
    return [other for other, distance in near.items() if distance == min(near.values())]


def _ranked(entries: Sequence[_Entry], meant: Sequence[Mapping[str, float]]) -> list[int]:
    """Return the numbers of the entries that have the most words of the query, best first (see the module)."""
    counts = [sum(not words.keys().isdisjoint(entry.weights) for words in meant) for entry in entries]
    most = max(counts, default=0)
    if most < len(meant) - len(meant) // 3:
        return []
    return sorted((n for n, count in enumerate(counts) if count == most), key=lambda n: (-_score(entries[n], meant), n))


def _score(entry: _Entry, meant: Sequence[Mapping[str, float]]) -> float:
    """Return how well an entry fits: by where each word of the query stands, and how many stand in one passage."""
    each = [max((entry.weights.get(word, 0) * sure for word, sure in words.items()), default=0) for words in meant]
    together = [sum(not words.keys().isdisjoint(here) for words in meant) for _, here in entry.passages]
    return sum(each) + POINT * max(together, default=0)


def _passage(entry: _Entry, alike: frozenset[str]) -> str:
    """Return the first passage that has the most words of the query, rather one that does not lead to a list.

    That is the main point if no passage has any.
    """
    best = max(entry.passages, key=lambda each: (len(alike & each[1]), not each[0].endswith(":")), default=("", alike))
    return best[0]


def _marked(text: str, alike: frozenset[str]) -> SafeString:
    """Return the text as HTML with the words that match in <mark>."""
    text, parts, end = unicodedata.normalize("NFC", text), [], 0
    for match in WORD.finditer(text):
        if typed.fold(match[0]) in alike:
            parts += [text[end : match.start()], format_html("<mark>{}</mark>", match[0])]
            end = match.end()
    return format_html_join("", "{}", ((part,) for part in (*parts, text[end:])))
