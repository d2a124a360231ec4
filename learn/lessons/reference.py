"""Reference data for lessons: facts, sources, the word list, medicines. Shipped with the code. Plain Python.

Each function reads its YAML file once per process. What the hospital published of the word list and of the medicines
lies over the files (`texts.kept`, `texts.laid_over`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from learn import typed
from learn.lessons import overlays, texts


@dataclass(frozen=True)
class Claim:
    """A fact that lessons may teach. `status` is S, S1, C (corrected), A (added) or A? (not confirmed yet).

    If `confirm` is true, a clinician or a pharmacist must confirm the fact before launch.
    """

    id: str
    text: str
    status: str
    safety: bool
    sources: tuple[str, ...]
    confirm: bool = False


@dataclass(frozen=True)
class Source:
    """A publication that facts are taken from."""

    key: str
    title: str
    publisher: str
    address: str


@dataclass(frozen=True)
class Term:
    """An entry of the word list: the term, how to say it, and what it means."""

    slug: str
    term: str
    say: str
    meaning: str


@dataclass(frozen=True)
class Medicine:
    """A medicine that the finder knows. If `therapy` is empty, the site has no lesson about it."""

    slug: str
    generic: str
    brands: tuple[str, ...]
    aliases: tuple[str, ...]
    kind: str
    therapy: str
    lesson: str
    given: str
    say: str
    sentence: str
    note: str

    @property
    def names(self) -> tuple[str, ...]:
        """All names that people may search for."""
        return (self.generic, *self.brands, *self.aliases)


def _rows(name: str, language: str = texts.SOURCE) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = overlays.file(name, language)
    return rows


@cache
def claims() -> dict[str, Claim]:
    """Return all facts by id."""
    return {
        r["id"]: Claim(
            r["id"], r["text"], r["status"], r["safety"], tuple(r["sources"]), confirm=r.get("confirm", False)
        )
        for r in _rows("claims.yaml")
    }


@cache
def sources() -> dict[str, Source]:
    """Return all sources by key."""
    return {r["key"]: Source(r["key"], r["title"], r["publisher"], r["address"]) for r in _rows("sources.yaml")}


def terms() -> tuple[Term, ...]:
    """Return the word list in the reader's language, A to Z."""
    return _terms(texts.reader())


@texts.kept
def _terms(language: str) -> tuple[Term, ...]:
    rows = texts.laid_over("term", _rows("terms.yaml", language))
    found = [Term(r["slug"], r["term"], r["say"], r["meaning"]) for r in rows]
    return tuple(sorted(found, key=lambda term: typed.plain(term.term)))


@texts.kept
def medicines(*, hidden: bool = False) -> dict[str, Medicine]:
    """Return all medicines by slug, sorted by generic name, in the reader's language.

    Without those that the hospital does not use, unless `hidden`.
    """
    found = texts.laid_over("medicine", _rows("medicines.yaml", texts.reader()), hidden=hidden)
    rows = sorted(found, key=lambda r: str(r["generic"]).casefold())
    return {
        r["slug"]: Medicine(
            slug=r["slug"],
            generic=r["generic"],
            brands=tuple(r.get("brands") or ()),
            aliases=tuple(r.get("aliases") or ()),
            **{name: r.get(name) or "" for name in ("kind", "therapy", "lesson", "given", "say", "sentence", "note")},
        )
        for r in rows
    }


@texts.kept
def a_to_z() -> tuple[tuple[str, str], ...]:
    """Return each name of the medicines that have a lesson, A to Z: (name, its other names)."""
    ours = [m for m in medicines().values() if m.therapy]
    rows = [(m.generic, ", ".join(m.brands)) for m in ours] + [(b, m.generic) for m in ours for b in m.brands]
    return tuple(sorted(rows, key=lambda row: row[0].casefold()))


def taught(slug: str, therapy: str) -> Medicine | None:
    """Return the medicine with this slug if it belongs to this therapy type (a slug); otherwise None."""
    medicine = medicines().get(slug)
    return medicine if medicine and medicine.therapy == therapy else None


@texts.kept
def lessons_of_others(medicine: Medicine) -> frozenset[str]:
    """Return the lessons (slugs) of its therapy type that are about other medicines and not about this one."""
    named = {m.lesson for m in medicines(hidden=True).values() if m.therapy == medicine.therapy}
    return frozenset(named - {medicine.lesson})


@texts.kept
def mixed() -> frozenset[str]:
    """Return the therapy types (slugs) whose medicines have different lessons, as BCG, interferon and IL-2 have.

    A lesson of such a type may be wrong for a person who gets another medicine of the same type.
    """
    named: dict[str, set[str]] = {}
    for medicine in medicines(hidden=True).values():
        if medicine.lesson:
            named.setdefault(medicine.therapy, set()).add(medicine.lesson)
    return frozenset(therapy for therapy, lessons in named.items() if len(lessons) > 1)


@cache
def _holds() -> tuple[tuple[frozenset[str], str], ...]:
    return tuple((frozenset(row["claims"]), row["note"]) for row in _rows("holds.yaml"))


def all_holds() -> dict[str, frozenset[str]]:
    """Return every hold: its note, and the facts (ids) that it is about."""
    return {note: claims_ for claims_, note in _holds()}


def holds(ids: Iterable[str]) -> list[str]:
    """Return the notes on what must still be confirmed about these facts (ids) before launch. Only staff see them."""
    wanted = set(ids)
    return [note for claims_, note in _holds() if claims_ & wanted]


def sources_of(ids: Iterable[str]) -> list[Source]:
    """Return the sources of these facts (ids), each once, in the order of sources.yaml. Unknown ids are ignored."""
    keys = {key for id_ in ids if id_ in claims() for key in claims()[id_].sources}
    return [source for key, source in sources().items() if key in keys]


def mask(texts: Iterable[str]) -> list[str]:
    """Return the terms to mask for the reading grade of these Markdown texts: medicine names and terms in bold."""
    taught = [term for text in texts for term in re.findall(r"\*\*(.+?)\*\*", text)]
    return taught + [name for medicine in medicines().values() for name in medicine.names]


@texts.kept
def _words(language: str) -> tuple[re.Pattern[str], tuple[Term, ...]]:
    """Return a pattern that finds every name of every term, and the terms in the order of the pattern's groups."""
    named = [
        # "CAR (chimeric antigen receptor)" and "PD-1 / PD-L1" are each found by both of their names.
        (name.strip(), term)
        for term in _terms(language)
        for name in re.split(r"[/()]", term.term.replace('"', ""))
        if name.strip()
    ]
    # The longest name first, so that "PD-L1 test" is not found as "PD-L1".
    named.sort(key=lambda pair: -len(pair[0]))
    either = "|".join(f"({_spelled(name, language)})" for name, _ in named)
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])"), tuple(term for _, term in named)


def _spelled(name: str, language: str = texts.SOURCE) -> str:
    """Return a pattern for the singular and the plural. A name in capitals matches capitals only: CAR is not "car".

    In Spanish each word has its plural: células T, ganglios linfáticos, infusiones.
    """
    if language != texts.SOURCE and not name.isupper():
        return f"(?i:{' '.join(_singular_or_plural(word) for word in name.split())})"
    many = re.escape(name[:-1]) + "(?:y|ies)" if name.endswith("y") else re.escape(name) + "s?"
    return many if name.isupper() else f"(?i:{many})".replace("’", "['’]")


def _singular_or_plural(word: str) -> str:
    if word.isupper():
        return re.escape(word)
    return re.escape(word[:-2]) + "(?:ón|ones)" if word.endswith("ón") else re.escape(word) + "(?:e?s)?"


@texts.kept
def words_on(text: str, language: str = texts.SOURCE) -> tuple[Term, ...]:
    """Return the terms of the word list that occur in this text, each once, in order of their first occurrence."""
    pattern, found = _words(language)
    return tuple(dict.fromkeys(found[(match.lastindex or 1) - 1] for match in pattern.finditer(text)))
