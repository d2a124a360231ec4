"""A medicine from a misspelt name. Plain Python on rapidfuzz: it answers with names, never with a lesson.

How well a query fits a name, 0 to 100, both in plain small letters without fillers and spaces:

- the same letters: 100, and the hit is called exact (the page still asks "Is this your medicine?");
- the query begins the name, from three letters on: 90 to 99, the more of the name it is;
- else, from four letters on, the better of two: the edit ratio, and half Jaro-Winkler (a good beginning counts) with
  half the edit ratio of the sound keys (SOUNDS). Antibodies share long endings, so that adalimumab looks like
  ipilimumab: there a third of the score is what stands before the ending (FAMILY).

A long word of a name (axicabtagene) counts 3 less than the whole. Below CUT there is no hit. A name of another kind of
medicine goes before an immunotherapy that fits better by less than EDGE. Unless the whole query fits with SURE, its
parts are looked up one by one, and at last its words (from WORD_CUT on).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Literal, NamedTuple

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import ratio

CUT, WORD_CUT, SURE, EDGE = 76.0, 86.0, 90.0, 1.0
LONGEST, MOST_PARTS, MOST_WORDS, MOST_HITS = 200, 4, 8, 3

# Said around a name, in English and Spanish.
FILLER = re.compile(
    r"\b(?:a[nt]?|and|are|called|cancer|con|contra|del?|dose|drip|drugs?|el|en|every|for|from|get(?:ting)?|given?|gotero"
    r"|ha[ds]|have|he|her|his|i[mnsv]?|immunotherapy|infusion(?:e?s)?|injections?|inmunoterapia|inyeccion(?:es)?|it"
    r"|las?|los|mas|me|meds?|medicamentos?|medicinas?|medicines?|mis?|my|named?|new|next|o[fnr]|para|pills?|please|plus"
    r"|por|receiv(?:e|ing)|she|shots?|start(?:ed|ing)?|suero|tak(?:e|ing)|terapia|that|the|their|then|therapy|this|to"
    r"|tratamiento|treatments?|una?|vaccines?|vacunas?|we|weeks?|with|y|your)\b"
)
WORD = re.compile(r"[^\W_]+")
BETWEEN = re.compile(r"[+/&,;]|\b(?:and|con|mas|plus|then|with|y)\b")
DOSE = re.compile(r"\b\d+(?:[.,]\d+)?\s*(?:g|iu|kg|mcg|mgs?|mls?|units?)\b|\b\d{2,}\b")
ENDING = re.compile(r"([a-z]{6})-(?!alfa|beta)[a-z]{4}\b")  # the FDA's four letters: cemiplimab-rwlc
FAMILY = re.compile(r"(?:li|tu|ki|vi|ci|so)?(?:zu|xi|mu|li|lu|[iu])?mab$")
SOUNDS = "ph>f [cs]h>s x>ks qu?>k c(?=[eiy])>s c>k g(?=[eiy])>j z>s d>t v>b p>b n>m h> [aeiouwy]+>a (.)\\1+>\\1"
HEARD = [(re.compile(pattern), sound) for pattern, _, sound in (rule.rpartition(">") for rule in SOUNDS.split())]

# Why there is no hit: not a letter, too few of them, too many; only words around a name; a name that we do not know.
Nothing = Literal["empty", "short", "long", "filler", "unknown"]


@dataclass(frozen=True)
class Named:
    """A medicine by all its names. `ours`: an immunotherapy that there is a lesson on."""

    slug: str
    names: tuple[str, ...]
    ours: bool = True


@dataclass(frozen=True)
class Hit:
    """A medicine that may be meant, and the one of its names that fits best."""

    slug: str
    name: str
    score: float
    exact: bool


@dataclass(frozen=True)
class Found:
    """Three hits at most, the likeliest first. `two`: several medicines were asked for, and lead in that order."""

    hits: tuple[Hit, ...] = ()
    two: bool = False
    nothing: Nothing | None = None


class _Form(NamedTuple):
    name: str
    letters: str
    sound: str
    family: str  # the ending that antibodies share
    whole: bool


def find(query: str, names: Sequence[Named]) -> Found:
    """Return the medicines that the query may mean. Never raises; LONGEST, MOST_PARTS and MOST_WORDS bound its time."""
    if len(query) > LONGEST:
        return Found(nothing="long")
    said = _plain(query)
    words = _words(said)
    if not any(char.isalpha() for char in said):
        return Found(nothing="empty")
    if not words:
        return Found(nothing="filler")
    hits = _rank(_spellings(said), names)
    if not (hits and hits[0].score >= SURE):
        asked = _asked(said, names)
        if len({part[0].slug for part in asked}) > 1:
            mixed = {hit.slug: hit for turn in zip_longest(*asked) for hit in turn if hit}
            return Found(tuple(mixed.values())[:MOST_HITS], two=True)
        hits = max([hits, *asked], key=lambda part: part[0].score if part else 0.0)
    if not hits:
        return Found(nothing="short" if len("".join(words)) < 3 else "unknown")
    return Found(tuple(hits[:MOST_HITS]))


def _asked(said: str, names: Sequence[Named]) -> list[list[Hit]]:
    """Return the hits of each part between "and", "+" and the like; without such, those of each word."""
    parts = [part for part in BETWEEN.split(said) if _words(part)][:MOST_PARTS]
    asked = [hits for part in parts if len(parts) > 1 and (hits := _rank(_spellings(part), names))]
    if len(asked) > 1:
        return asked
    words = [(word, _rank([word], names, WORD_CUT)) for word in _words(said)[:MOST_WORDS]]
    return [hits for word, hits in words if hits and (len(word) > 3 or hits[0].exact)]


def _rank(spellings: Sequence[str], names: Sequence[Named], cut: float = CUT) -> list[Hit]:
    """Return a hit for each medicine that fits one of the spellings, the best first; if any is exact, those alone."""
    said = [(letters, _sound(letters)) for letters in spellings]
    hits = []
    for named in names:
        fits = ((_fit(*spelling, form), form.name) for spelling in said for form in _forms(named))
        fit, name = max(fits, default=(0.0, ""))
        if fit >= cut:
            hits.append((-fit - (0 if named.ours else EDGE), Hit(named.slug, name, round(fit, 1), fit == 100)))
    ranked = [hit for _, hit in sorted(hits, key=lambda hit: (hit[0], hit[1].slug))]
    return [hit for hit in ranked if hit.exact] or ranked


def _fit(letters: str, sound: str, form: _Form) -> float:
    """Return how well a query fits a name: the rule stands at the top."""
    if letters == form.letters:
        fit = 100.0
    elif len(letters) >= 3 and form.letters.startswith(letters):
        fit = 90 + 9 * len(letters) / len(form.letters)
    elif len(letters) < 4 or not 0.5 < len(letters) / len(form.letters) < 2:
        return 0.0
    else:
        heard = 50 * JaroWinkler.similarity(letters, form.letters) + ratio(sound, form.sound) / 2
        fit = max(ratio(letters, form.letters), heard)
        if form.family:
            head = form.letters.removesuffix(form.family)
            heads = letters[: -len(form.family)], FAMILY.sub("", letters)
            fit = (2 * fit + max(ratio(each, head) for each in heads)) / 3
    return fit if form.whole else fit - 3


@lru_cache(maxsize=4096)  # of the names that we ship, never of what people typed
def _forms(named: Named) -> tuple[_Form, ...]:
    """Return a medicine's names as they are compared: whole, with and without fillers, and by each long word."""
    plain = {name: _plain(name) for name in named.names}
    parts = {word: name for name, said in plain.items() for word in _words(said) if len(word) > 5}
    whole = {letters: name for name, said in plain.items() for letters in _spellings(said)}
    return tuple(
        _Form(name, letters, _sound(letters), "".join(FAMILY.findall(letters)), letters in whole)
        for letters, name in (parts | whole).items()
        if letters
    )


def _plain(text: str) -> str:
    """Return small letters without accents, FDA endings and doses."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return DOSE.sub(" ", ENDING.sub(r"\1", re.sub("['’\0]", "", bare.casefold()[:LONGEST])))


def _words(plain: str) -> list[str]:
    return WORD.findall(FILLER.sub(" ", plain))


def _spellings(plain: str) -> list[str]:
    """Return the text without spaces: without fillers, and as it stands."""
    return list(dict.fromkeys(("".join(_words(plain)), "".join(WORD.findall(plain)))))


def _sound(letters: str) -> str:
    for pattern, sound in HEARD:
        letters = pattern.sub(sound, letters)
    return letters
