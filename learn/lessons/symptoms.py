"""Find out whether a text mentions a symptom, and which tiers of the call card it belongs to. Plain Python.

The phrases are in fixtures/symptom_words.yaml. This is no diagnosis. "No fever" counts as a fever, and a question
about a rash counts as a rash: to show the card too often is safer than to show it too seldom.

A phrase matches if all its words are within REACH words of each other, in any order. A word of LONG letters or more
also matches with one error: a letter that is wrong, missing, added, or swapped with the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from learn import typed
from learn.lessons import overlays, texts

REACH, LONG, MOST = 8, 6, 400  # words; letters; how many characters of the text are read

URGENT = ("call-911", "self-harm")

Phrase = tuple[str, ...]  # its words, as written in the file


@cache
def _said_in(language: str) -> dict[str, tuple[Phrase, ...]]:
    rows = overlays.own_words(language)
    return {tier: tuple(tuple(phrase.split()) for phrase in phrases) for tier, phrases in rows.items()}


def _phrases() -> dict[str, tuple[Phrase, ...]]:
    """Return the phrases of the source and of the reader's language: many people mix the two."""
    return _said_in(texts.reader())


@cache
def _fits(term: str) -> Callable[[str], bool]:
    """Return a function that tests whether a word matches this term of the file.

    A term is a word, alternatives ("a/b"), or the beginning of a word ("word*").
    """
    words = [word for word in term.split("/") if not word.endswith("*")]
    begin = tuple(word[:-1] for word in term.split("/") if word.endswith("*"))
    from rapidfuzz.distance import OSA  # loaded when used: it takes 4 MB

    long = [(each, None) for each in words if len(each) >= LONG] + [(e, len(e)) for e in begin if len(e) >= LONG]

    def fits(word: str) -> bool:
        if word in words or (begin and word.startswith(begin)):
            return True
        return len(word) >= LONG and any(OSA.distance(word[:end], each, score_cutoff=1) <= 1 for each, end in long)

    return fits


def tiers(text: str) -> tuple[str, ...]:
    """Return the most urgent tier that a text belongs to, as a tuple; empty if the text mentions no symptom.

    Only "call-911" and "self-harm" can both be returned. Never raises.
    """
    said = typed.fold(text[:MOST]).replace("can not", "cannot").split()
    urgent = tuple(tier for tier in URGENT if any(_stands(phrase, said) for phrase in _phrases()[tier]))
    if urgent:
        return urgent
    mild = [span for phrase in _phrases()["office-hours"] if (span := _stands(phrase, said))]
    rest = [word for at, word in enumerate(said) if not any(at in span for span in mild)]
    if any(_stands(phrase, rest) for phrase in _phrases()["call-now"]):
        return ("call-now",)
    return ("office-hours",) if mild else ()


def _stands(phrase: Phrase, said: Sequence[str]) -> set[int]:
    """Return the positions of a phrase's words in a text, if they are close together; otherwise an empty set."""
    where = [[at for at, word in enumerate(said) if _fits(term)(word)] for term in phrase]
    if not all(where):
        return set()
    for first in sorted(at for places in where for at in places):
        near = [next((at for at in places if first <= at < first + REACH), None) for places in where]
        found = {at for at in near if at is not None}
        if None not in near and len(found) == len(phrase):
            return found
    return set()
