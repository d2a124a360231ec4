"""Is somebody telling of a symptom? Plain Python over fixtures/symptom_words.yaml: it names tiers of the call card.

It diagnoses nothing. "No fever" counts as a fever and a question about a rash as a rash: the card is shown once too
often rather than once too seldom. A phrase fits when all its words stand within REACH words of each other, in any
order; a word of LONG letters or more fits although one letter is wrong, missing, too many, or swapped with the next.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

from rapidfuzz.distance import OSA

from learn.lessons import texts

REACH, LONG, MOST = 8, 6, 400  # words, letters, letters that are read at all

URGENT = ("call-911", "self-harm")

Phrase = tuple[str, ...]  # its words as the file writes them


@cache
def _phrases() -> dict[str, tuple[Phrase, ...]]:
    rows: dict[str, list[str]] = texts.read(texts.FIXTURES / "symptom_words.yaml")
    return {tier: tuple(tuple(phrase.split()) for phrase in phrases) for tier, phrases in rows.items()}


@cache
def _fits(term: str) -> Callable[[str], bool]:
    """Return the test of one word against a term of the file: "a/b", "word*" (of which only the beginning counts)."""
    words = [word for word in term.split("/") if not word.endswith("*")]
    begin = tuple(word[:-1] for word in term.split("/") if word.endswith("*"))
    long = [(each, None) for each in words if len(each) >= LONG] + [(e, len(e)) for e in begin if len(e) >= LONG]

    def fits(word: str) -> bool:
        if word in words or (begin and word.startswith(begin)):
            return True
        return len(word) >= LONG and any(OSA.distance(word[:end], each, score_cutoff=1) <= 1 for each, end in long)

    return fits


def tiers(text: str) -> tuple[str, ...]:
    """Return the tiers that a text belongs to, the most urgent alone; "self-harm" may stand beside "call-911".

    Nothing when it tells of no symptom. Never raises.
    """
    bare = "".join(char for char in unicodedata.normalize("NFKD", text[:MOST]) if not unicodedata.combining(char))
    said = re.findall(r"[^\W_]+", re.sub(r"['’\0]", "", bare.casefold()).replace("can not", "cannot"))
    urgent = tuple(tier for tier in URGENT if any(_stands(phrase, said) for phrase in _phrases()[tier]))
    if urgent:
        return urgent
    mild = [span for phrase in _phrases()["office-hours"] if (span := _stands(phrase, said))]
    rest = [word for at, word in enumerate(said) if not any(at in span for span in mild)]
    if any(_stands(phrase, rest) for phrase in _phrases()["call-now"]):
        return ("call-now",)
    return ("office-hours",) if mild else ()


def _stands(phrase: Phrase, said: Sequence[str]) -> set[int]:
    """Return where the words of a phrase stand together in a text; nothing when they do not."""
    where = [[at for at, word in enumerate(said) if _fits(term)(word)] for term in phrase]
    if not all(where):
        return set()
    for first in sorted(at for places in where for at in places):
        near = [next((at for at in places if first <= at < first + REACH), None) for places in where]
        found = {at for at in near if at is not None}
        if None not in near and len(found) == len(phrase):
            return found
    return set()
