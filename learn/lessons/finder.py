"""A medicine from a misspelt name. Plain Python on rapidfuzz: it answers with names, never with a lesson.

How well a query fits a name, 0 to 100, both in plain small letters without fillers and spaces:

- the same letters: 100, and the hit is called exact (the page still asks "Is this your medicine?");
- else, from four letters on, the better of two: the edit ratio, and half Jaro-Winkler (a good beginning counts) with
  half the edit ratio of the sound keys (SOUNDS), which is PIECE at most where the edit ratio is below SPELT. Medicines
  of a kind share long endings, so that adalimumab looks like ipilimumab: there a third of the score is what stands
  before the ending (FAMILY);
- a piece of a longer name is PIECE at most: a name's first letters (three or more), or one long word of it.

Below CUT there is no hit. A name of another kind of medicine goes before an immunotherapy that fits better by less than
EDGE. Unless the whole query fits with SURE, its parts are looked up one by one, then its words (from WORD_CUT on).

What is said of the hits, since two names that look alike can be two dangers: the best is called "sure" when it is
CLEAR or better and the next is AHEAD points or more behind; two that are closer, or a misspelt name of LOOK_ALIKE, are
"which"; a best below CLEAR is a "guess". Only "sure" is ever offered as somebody's medicine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import ratio

CUT, PIECE, SPELT, CLEAR, WORD_CUT, SURE, AHEAD, EDGE = 79.0, 84.0, 79.0, 85.0, 84.0, 90.0, 10.0, 0.5
LONGEST, MOST_PARTS, MOST_WORDS, MOST_HITS = 200, 4, 8, 3

# Names that are heard or read as one another, though the medicines are not alike.
LOOK_ALIKE = (
    ("Kimmtrak", "Kymriah"),
    ("Tecvayli", "Tecartus", "Tecelra"),
    ("Imfinzi", "Imjudo"),
    ("Zynyz", "Zynlonta"),
    ("avelumab", "durvalumab"),
)
# Said around a name, in English and Spanish.
FILLER = re.compile(
    r"\b(?:a[nt]?|also|and|are|called|cancer|con|contra|del?|dose|drip|drugs?|el|en|every|for|from|get(?:ting)?|given?"
    r"|gotero|ha[ds]|have|he|her|his|i[mnsv]?|immunotherapy|infusion(?:e?s)?|injections?|inmunoterapia|inyeccion(?:es)?"
    r"|it|las?|los|mas|me|meds?|medicamentos?|medicinas?|medicines?|mis?|my|named?|new|next|o[fnr]|para|pills?|please"
    r"|plus|por|receiv(?:e|ing)|she|shots?|start(?:ed|ing)?|suero|tak(?:e|ing)|terapia|that|the|their|then|therapy|this"
    r"|to|tratamiento|treatments?|una?|vaccines?|vacunas?|we|weeks?|with|y|your)\b"
)
WORD = re.compile(r"[^\W_]+")
BETWEEN = re.compile(r"[+/&,;]|\b(?:and|con|mas|plus|then|with|y)\b")
DOSE = re.compile(r"\b\d+(?:[.,]\d+)?\s*(?:g|iu|kg|mcg|mgs?|mls?|units?)\b|(?<![\w-])\d{2,}\b")
ENDING = re.compile(r"([a-z]{6}|alfa-2[ab])-(?!alfa|beta)[a-z]{4}\b")  # the FDA's four letters: cemiplimab-rwlc
FAMILY = re.compile(
    r"(?:(?:li|tu|ki|vi|ci|so)?(?:zu|xi|mu|li|lu|ta|[iu])?mab|cabtagene|(?:auto|cilo|mara|vic)?leucel|leukin|mogene)$"
)
SOUNDS = "ph>f [cs]h>s x>ks qu?>k c(?=[eiy])>s c>k g(?=[eiy])>j z>s d>t v>b p>b n>m h> [aeiouwy]+>a (.)\\1+>\\1"
HEARD = [(re.compile(pattern), sound) for pattern, _, sound in (rule.rpartition(">") for rule in SOUNDS.split())]

# Why there is no hit: not a letter, too few of them, too many; only words around a name; a name that we do not know.
Nothing = Literal["empty", "short", "long", "filler", "unknown"]
Verdict = Literal["sure", "which", "guess", "unknown"]


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
class Answer:
    """What one part of the query may mean: three hits at most, the likeliest first; "sure" has one, "unknown" none.

    `alike`: other medicines whose names are mistaken for the name of the hit.
    """

    said: str
    verdict: Verdict
    hits: tuple[Hit, ...] = ()
    alike: tuple[Hit, ...] = ()


@dataclass(frozen=True)
class Found:
    """One answer; one for each medicine where several were asked for, in that order; or the reason for none."""

    answers: tuple[Answer, ...] = ()
    nothing: Nothing | None = None

    @property
    def two(self) -> bool:
        """Several medicines were asked for."""
        return len(self.answers) > 1

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Every hit, part by part."""
        return tuple(hit for answer in self.answers for hit in answer.hits)


class _Form(NamedTuple):
    name: str
    letters: str
    sound: str
    family: str  # the ending that medicines of its kind share
    whole: bool


def find(query: str, names: Sequence[Named]) -> Found:
    """Return the medicines that the query may mean. Never raises; LONGEST, MOST_PARTS and MOST_WORDS bound its time."""
    if len(query) > LONGEST:
        return Found(nothing="long")
    said = _plain(query)
    words = _words(said)
    if not any(char.isalpha() for char in DOSE.sub(" ", said)):
        return Found(nothing="empty")
    if not words:
        return Found(nothing="filler")
    hits = _rank(_spellings(said), names)
    if not (hits and hits[0].score >= SURE):
        asked = _asked(said, names)
        each = {part[0].slug if part else said: (said, part) for said, part in asked}
        if len({slug for slug, (_, part) in each.items() if part}) > 1:
            return Found(tuple(_answer(said, part, names) for said, part in each.values()))
        hits = max([hits, *(part for _, part in asked)], key=lambda part: part[0].score if part else 0.0)
    if not hits:
        return Found(nothing="short" if len("".join(words)) < 3 else "unknown")
    return Found((_answer(" ".join(said.split()), hits, names),))


def _answer(said: str, hits: list[Hit], names: Sequence[Named]) -> Answer:
    """Say of ranked hits how sure they are: the rule stands at the top."""
    if not hits:
        return Answer(said, "unknown")
    best = hits[0]
    if best.score < CLEAR:
        return Answer(said, "guess", tuple(hits[:MOST_HITS]))
    alike = _alike(best, names)
    near = [hit for hit in hits if hit.score > best.score - AHEAD]
    if len(near) > 1 or (alike and not best.exact):
        return Answer(said, "which", tuple({hit.slug: hit for hit in (best, *alike, *near)}.values())[:MOST_HITS])
    return Answer(said, "sure", (best,), alike)


def _alike(best: Hit, names: Sequence[Named]) -> tuple[Hit, ...]:
    """Return the other medicines of a group of LOOK_ALIKE, best first where the query says something of them."""
    group = next((group for group in LOOK_ALIKE if best.name in group), ())
    return tuple(Hit(n.slug, name, 0.0, False) for name in group if name != best.name for n in names if name in n.names)


def _asked(said: str, names: Sequence[Named]) -> list[tuple[str, list[Hit]]]:
    """Return each part between "and", "+" and the like with its hits; without such, each word that has some."""
    parts = [part for part in BETWEEN.split(said) if _words(part)][:MOST_PARTS]
    asked = [(" ".join(_words(part)), _rank(_spellings(part), names)) for part in parts if len(parts) > 1]
    if sum(bool(hits) for _, hits in asked) > 1:
        return asked
    words = [(word, _rank([word], names, WORD_CUT)) for word in _words(said)[:MOST_WORDS]]
    return [(word, hits) for word, hits in words if hits and (len(word) > 3 or hits[0].exact)]


def _rank(spellings: Sequence[str], names: Sequence[Named], cut: float = CUT) -> list[Hit]:
    """Return a hit for each medicine that fits one of the spellings, the best first; if any is exact, those alone."""
    said = [(letters, _sound(letters)) for letters in spellings]
    hits = []
    for named in names:
        fits = ((_fit(*spelling, form), form.name) for spelling in said for form in _forms(named))
        fit, name = max(fits, default=(0.0, ""))
        if PIECE < fit < 100 and any(not form.whole and form.letters in spellings for form in _forms(named)):
            fit = PIECE  # "hepatitis" is a word of "hepatitis B", however near the whole it is
        if fit >= cut:
            edge = EDGE if fit > PIECE and not named.ours else 0
            hits.append((-fit - edge, Hit(named.slug, name, round(fit, 1), fit == 100)))
    ranked = [hit for _, hit in sorted(hits, key=lambda hit: (hit[0], hit[1].slug))]
    return [hit for hit in ranked if hit.exact] or ranked


def _fit(letters: str, sound: str, form: _Form) -> float:
    """Return how well a query fits a name: the rule stands at the top."""
    if letters == form.letters:
        return 100.0 if form.whole else PIECE
    fit, length = 0.0, len(letters) / len(form.letters)
    if len(letters) >= 4 and 0.5 < length < 2:
        spelt = ratio(letters, form.letters)
        heard = 50 * JaroWinkler.similarity(letters, form.letters) + ratio(sound, form.sound) / 2
        fit = max(spelt, heard if spelt >= SPELT else min(heard, PIECE))
        if form.family:
            head = form.letters.removesuffix(form.family)
            heads = letters[: -len(form.family)], FAMILY.sub("", letters)
            fit = (2 * fit + max(ratio(each, head) for each in heads)) / 3
    if len(letters) >= 3 and form.letters.startswith(letters):
        fit = max(fit, PIECE - 3 * (1 - length))
    return fit if form.whole else min(fit, PIECE) - 1


@lru_cache(maxsize=4096)  # of the names that we ship, never of what people typed
def _forms(named: Named) -> tuple[_Form, ...]:
    """Return a medicine's names as they are compared: whole, with and without fillers, and by each long word."""
    plain = {name: _plain(name) for name in named.names}
    parts = {word: name for name, said in plain.items() for word in _words(said) if len(FAMILY.sub("", word)) > 5}
    whole = {letters: name for name, said in plain.items() for letters in _spellings(said)}
    return tuple(
        _Form(name, letters, _sound(letters), "".join(FAMILY.findall(letters)), letters in whole)
        for letters, name in (parts | whole).items()
        if letters
    )


def _plain(text: str) -> str:
    """Return small letters without accents and FDA endings."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return ENDING.sub(r"\1", re.sub("['’\0]", "", bare.casefold()[:LONGEST]))


def _words(plain: str) -> list[str]:
    return WORD.findall(FILLER.sub(" ", DOSE.sub(" ", plain)))


def _spellings(plain: str) -> list[str]:
    """Return the text without spaces: without fillers and doses, without doses, and as it stands."""
    bare = "".join(WORD.findall(DOSE.sub(" ", plain)))
    return list(dict.fromkeys(("".join(_words(plain)), bare, "".join(WORD.findall(plain)))))


def _sound(letters: str) -> str:
    for pattern, sound in HEARD:
        letters = pattern.sub(sound, letters)
    return letters
