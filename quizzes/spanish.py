"""Readability of Spanish text: arithmetic on plain text, no Django. English formulas say nothing about Spanish.

The counts and the plain text come from `readability`. Where two vowels meet, a hiatus makes two syllables (le-e, dí-a),
a diphthong one (tie-ne).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from quizzes import readability

STRONG, WEAK, TONIC = frozenset("aeoáéó"), frozenset("iuü"), frozenset("íú")
VOWELS = STRONG | WEAK | TONIC
SENTENCE_END = re.compile(r"(?<=[.!?])[\"”»’)]*\s+(?=[\"“«‘(¿¡]*[A-ZÁÉÍÓÚÑ0-9])")
DIGITS = dict(zip("0123456789", (2, 2, 1, 1, 2, 2, 1, 2, 2, 2), strict=True))  # ce-ro, u-no, dos, tres, cua-tro…
LETTERS = dict.fromkeys("fhjlmnñrsxz", 2) | {"w": 3}  # e-fe, ha-che, jo-ta…; every other letter is one syllable


def syllables(word: str) -> int:
    """Return the number of syllables of one Spanish word; of digits and initials, as they are spoken."""
    return sum(_part(part) for part in re.findall(r"[^\W\d_]+|\d+", unicodedata.normalize("NFC", word)))


def _part(part: str) -> int:
    if part.isdigit():
        return sum(DIGITS.get(digit, 2) for digit in part)
    low = part.lower()
    if part.isupper() and len(part) > 1 and VOWELS.isdisjoint(low):  # BCG, VPH: letter by letter
        return sum(LETTERS.get(letter, 1) for letter in low)
    low = re.sub(r"y$", "i", re.sub(r"([qg])u(?=[eiéí])", r"\1", low.replace("h", "")))  # silent: h, qu, gu
    count, before = 0, ""
    for letter in low:
        if letter in VOWELS and (not before or _is_hiatus(before, letter)):
            count += 1
        before = letter if letter in VOWELS else ""
    return max(1, count)


def _is_hiatus(before: str, letter: str) -> bool:
    if before == letter:
        return True
    if STRONG.isdisjoint((before, letter)):
        return False  # two weak vowels are one syllable, also with an accent: cuí-de-se
    return {before, letter} <= STRONG or not TONIC.isdisjoint((before, letter))


def sentences(text: str) -> list[str]:
    """Return the sentences of a plain text (`readability.plain`). A line end also ends a sentence."""
    pieces = (piece for line in text.splitlines() for piece in SENTENCE_END.split(line))
    return [piece.strip() for piece in pieces if readability.WORD.search(piece)]


def _counts(text: str, mask: Iterable[str]) -> tuple[int, int, int]:
    masked = {word.lower() for term in mask for word in readability.words(term)}
    found = readability.words(text)
    most = readability.MASKED_SYLLABLES
    total = sum(min(syllables(w), most) if w.lower() in masked else syllables(w) for w in found)
    return total, len(found), len(sentences(text))


def fernandez_huerta(text: str, *, mask: Iterable[str] = ()) -> float:
    """Return the ease of a plain text (1959, corrected form): 70 to 80 is grade 6, more is easier; 0 for none."""
    total, found, ends = _counts(text, mask)
    return 206.84 - 60 * total / found - 1.02 * found / ends if found else 0.0


def inflesz(text: str, *, mask: Iterable[str] = ()) -> float:
    """Return the ease of a plain text by Szigriszt-Pazos, on the INFLESZ scale for patients (Barrio-Cantalejo 2008).

    Over 80: very easy; 65 to 80: fairly easy; 55 to 65: normal. 0 if there are no words.
    """
    total, found, ends = _counts(text, mask)
    return 206.835 - 62.3 * total / found - found / ends if found else 0.0


def crawford(text: str, *, mask: Iterable[str] = ()) -> float:
    """Return the years of school that a plain text asks for (Crawford 1989). To report, not to pass texts by."""
    total, found, ends = _counts(text, mask)
    return -0.205 * (100 * ends / found) + 0.049 * (100 * total / found) - 3.407 if found else 0.0


def longest_sentence(text: str) -> int:
    """Return the number of words of the longest sentence; 0 if there is none."""
    return max((len(readability.words(sentence)) for sentence in sentences(text)), default=0)


def mean_sentence(text: str) -> float:
    """Return the mean number of words per sentence; 0 without text."""
    ends = sentences(text)
    return sum(len(readability.words(sentence)) for sentence in ends) / len(ends) if ends else 0.0
