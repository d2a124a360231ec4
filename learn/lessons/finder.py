"""Find a medicine by a name that may be misspelled. Plain Python with rapidfuzz. Returns names, never a lesson.

The score says how well a query matches a name, from 0 to 100. Both are compared in lower case, without accents, filler
words and spaces:

- Equal letters score 100, and the hit is called exact. The page still asks "Is this your medicine?".
- Otherwise, from four letters on, the score is the higher of two values: the edit ratio; and the mean of Jaro-Winkler
  (which gives weight to the first letters) and the edit ratio of the sound keys (SOUNDS). The second value is PIECE at
  most if the edit ratio is below SPELT. Medicines of one kind share long endings, so adalimumab looks like ipilimumab.
  For a name with such an ending (FAMILY), the letters before the ending make up a third of the score.
- A part of a longer name scores PIECE at most. A part is the first letters of a name (three or more) or one long word.

A score below CUT is no hit. A medicine of another kind comes before an immunotherapy that scores higher by less than
EDGE. If the whole query scores below SURE, its parts are looked up one by one, then its words (with WORD_CUT for CUT).

Mixing up two names can be dangerous, so each answer says how certain it is:

- "sure": the best hit scores CLEAR or more, and the next one is AHEAD points or more behind.
- "which": the next one is closer than that, or the best hit is a misspelled name of LOOK_ALIKE.
- "guess": the best hit scores below CLEAR.

Only a "sure" hit is offered as the person's own medicine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from learn import typed

CUT, PIECE, SPELT, CLEAR, WORD_CUT, SURE, AHEAD, EDGE = 79.0, 84.0, 79.0, 85.0, 84.0, 90.0, 10.0, 0.5
LONGEST, MOST_PARTS, MOST_WORDS, MOST_HITS = 200, 4, 8, 3

# Names that people confuse when they hear or read them. The medicines are different.
LOOK_ALIKE = (
    ("Kimmtrak", "Kymriah"),
    ("Tecvayli", "Tecartus", "Tecelra"),
    ("Imfinzi", "Imjudo"),
    ("Zynyz", "Zynlonta"),
    ("avelumab", "durvalumab"),
)
# Words that people write around a medicine's name, in English and Spanish. They are ignored.
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
ENDING = re.compile(r"([a-z]{6}|alfa-2[ab])-(?!alfa|beta)[a-z]{4}\b")  # the FDA's suffix of four letters: -rwlc
FAMILY = re.compile(
    r"(?:(?:li|tu|ki|vi|ci|so)?(?:zu|xi|mu|li|lu|ta|[iu])?mab|cabtagene|(?:auto|cilo|mara|vic)?leucel|leukin|mogene)$"
)
SOUNDS = "ph>f [cs]h>s x>ks qu?>k c(?=[eiy])>s c>k g(?=[eiy])>j z>s d>t v>b p>b n>m h> [aeiouwy]+>a (.)\\1+>\\1"
HEARD = [(re.compile(pattern), sound) for pattern, _, sound in (rule.rpartition(">") for rule in SOUNDS.split())]

# Why there is no hit: no letters, too few letters, too many, only filler words, or an unknown name.
Nothing = Literal["empty", "short", "long", "filler", "unknown"]
Verdict = Literal["sure", "which", "guess", "unknown"]


@dataclass(frozen=True)
class Named:
    """A medicine with all its names. `ours` is true if it is an immunotherapy with a lesson."""

    slug: str
    names: tuple[str, ...]
    ours: bool = True


@dataclass(frozen=True)
class Hit:
    """A medicine that the query may mean, the name that matches best, and its score (0 to 100)."""

    slug: str
    name: str
    score: float
    exact: bool


@dataclass(frozen=True)
class Answer:
    """What one part of the query may mean: at most three hits, best first; "sure" has one hit, "unknown" has none.

    `said` is that part of the query. `alike` has other medicines whose names are often confused with the hit's name.
    """

    said: str
    verdict: Verdict
    hits: tuple[Hit, ...] = ()
    alike: tuple[Hit, ...] = ()


@dataclass(frozen=True)
class Found:
    """The result of a search: one answer for each medicine in the query, in that order, or the reason for no hit."""

    answers: tuple[Answer, ...] = ()
    nothing: Nothing | None = None

    @property
    def two(self) -> bool:
        """True if the query asks for several medicines."""
        return len(self.answers) > 1

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All hits of all answers, in order."""
        return tuple(hit for answer in self.answers for hit in answer.hits)


class _Form(NamedTuple):
    name: str
    letters: str
    sound: str
    family: str  # the ending that medicines of one kind share, or ""
    whole: bool  # False for one word of a longer name


def find(query: str, names: Sequence[Named]) -> Found:
    """Return the medicines that the query (any text) may mean.

    Never raises. LONGEST, MOST_PARTS and MOST_WORDS limit how long it takes.
    """
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
    """Return the answer for ranked hits. The module's docstring has the rule for the verdict."""
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
    """Return the other medicines of the LOOK_ALIKE group that the best hit belongs to."""
    group = next((group for group in LOOK_ALIKE if best.name in group), ())
    return tuple(Hit(n.slug, name, 0.0, False) for name in group if name != best.name for n in names if name in n.names)


def _asked(said: str, names: Sequence[Named]) -> list[tuple[str, list[Hit]]]:
    """Return each part of the query with its hits. Parts are separated by "and", "+" and similar.

    If fewer than two parts have hits, return each single word that has hits.
    """
    parts = [part for part in BETWEEN.split(said) if _words(part)][:MOST_PARTS]
    asked = [(" ".join(_words(part)), _rank(_spellings(part), names)) for part in parts if len(parts) > 1]
    if sum(bool(hits) for _, hits in asked) > 1:
        return asked
    words = [(word, _rank([word], names, WORD_CUT)) for word in _words(said)[:MOST_WORDS]]
    return [(word, hits) for word, hits in words if hits and (len(word) > 3 or hits[0].exact)]


def _rank(spellings: Sequence[str], names: Sequence[Named], cut: float = CUT) -> list[Hit]:
    """Return a hit for each medicine that matches one of the spellings, best first. If any is exact, only the exact."""
    said = [(letters, _sound(letters)) for letters in spellings]
    hits = []
    for named in names:
        fits = ((_fit(*spelling, form), form.name) for spelling in said for form in _forms(named))
        fit, name = max(fits, default=(0.0, ""))
        if PIECE < fit < 100 and any(not form.whole and form.letters in spellings for form in _forms(named)):
            fit = PIECE  # "hepatitis" is one word of "hepatitis B": a part, even if it is most of the name
        if fit >= cut:
            edge = EDGE if fit > PIECE and not named.ours else 0
            hits.append((-fit - edge, Hit(named.slug, name, round(fit, 1), fit == 100)))
    ranked = [hit for _, hit in sorted(hits, key=lambda hit: (hit[0], hit[1].slug))]
    return [hit for hit in ranked if hit.exact] or ranked


def _fit(letters: str, sound: str, form: _Form) -> float:
    """Return how well a query matches a name, 0 to 100. The module's docstring has the rule."""
    if letters == form.letters:
        return 100.0 if form.whole else PIECE
    fit, length = 0.0, len(letters) / len(form.letters)
    if len(letters) >= 4 and 0.5 < length < 2:
        from rapidfuzz.distance import JaroWinkler  # loaded when used: it takes 4 MB
        from rapidfuzz.fuzz import ratio

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


@lru_cache(maxsize=4096)  # holds only names of medicines, never what patients typed
def _forms(named: Named) -> tuple[_Form, ...]:
    """Return the forms of a medicine's names to compare with: the whole name, with and without fillers; long words."""
    plain = {name: _plain(name) for name in named.names}
    parts = {word: name for name, said in plain.items() for word in _words(said) if len(FAMILY.sub("", word)) > 5}
    whole = {letters: name for name, said in plain.items() for letters in _spellings(said)}
    return tuple(
        _Form(name, letters, _sound(letters), "".join(FAMILY.findall(letters)), letters in whole)
        for letters, name in (parts | whole).items()
        if letters
    )


def _plain(text: str) -> str:
    """Return the text in lower case, without accents and FDA suffixes, cut at LONGEST characters."""
    return ENDING.sub(r"\1", typed.plain(text)[:LONGEST])


def _words(plain: str) -> list[str]:
    return WORD.findall(FILLER.sub(" ", DOSE.sub(" ", plain)))


def _spellings(plain: str) -> list[str]:
    """Return three versions of the text, all without spaces: no fillers and doses, no doses, unchanged."""
    bare = "".join(WORD.findall(DOSE.sub(" ", plain)))
    return list(dict.fromkeys(("".join(_words(plain)), bare, "".join(WORD.findall(plain)))))


def _sound(letters: str) -> str:
    for pattern, sound in HEARD:
        letters = pattern.sub(sound, letters)
    return letters
