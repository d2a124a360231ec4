"""What lessons refer to: facts, sources, words, medicines. Shipped and reviewed with the code; plain Python."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from learn.lessons import texts


@dataclass(frozen=True)
class Claim:
    """A fact that may be taught. `status`: S, S1, C (corrected), A (added), A? (not confirmed yet).

    `confirm`: a clinician or a pharmacist must confirm it before launch.
    """

    id: str
    text: str
    status: str
    safety: bool
    sources: tuple[str, ...]
    confirm: bool = False


@dataclass(frozen=True)
class Source:
    """Where facts come from."""

    key: str
    title: str
    publisher: str
    address: str


@dataclass(frozen=True)
class Term:
    """A word of the word list."""

    slug: str
    term: str
    say: str
    meaning: str


@dataclass(frozen=True)
class Medicine:
    """A medicine that the finder knows. Without a therapy type there is no lesson on it, and nothing is said of it."""

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
        """Every name that people may look for."""
        return (self.generic, *self.brands, *self.aliases)


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = texts.read(texts.FIXTURES / name)
    return rows


@cache
def claims() -> dict[str, Claim]:
    """Return every claim by its id."""
    return {
        r["id"]: Claim(
            r["id"], r["text"], r["status"], r["safety"], tuple(r["sources"]), confirm=r.get("confirm", False)
        )
        for r in _rows("claims.yaml")
    }


@cache
def sources() -> dict[str, Source]:
    """Return every source by its key."""
    return {r["key"]: Source(r["key"], r["title"], r["publisher"], r["address"]) for r in _rows("sources.yaml")}


@cache
def terms() -> tuple[Term, ...]:
    """Return the word list, A to Z."""
    found = [Term(r["slug"], r["term"], r["say"], r["meaning"]) for r in _rows("terms.yaml")]
    return tuple(sorted(found, key=lambda term: term.term.casefold()))


@cache
def medicines() -> dict[str, Medicine]:
    """Return every medicine by its slug, A to Z by its generic name."""
    rows = sorted(_rows("medicines.yaml"), key=lambda r: str(r["generic"]).casefold())
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


@cache
def a_to_z() -> tuple[tuple[str, str], ...]:
    """Return each name of the medicines that there are lessons on, A to Z, with what they are also called."""
    ours = [m for m in medicines().values() if m.therapy]
    rows = [(m.generic, ", ".join(m.brands)) for m in ours] + [(b, m.generic) for m in ours for b in m.brands]
    return tuple(sorted(rows, key=lambda row: row[0].casefold()))


def taught(slug: str, therapy: str) -> Medicine | None:
    """Return the medicine with this slug when the lessons of this therapy type are its own."""
    medicine = medicines().get(slug)
    return medicine if medicine and medicine.therapy == therapy else None


@cache
def lessons_of_others(medicine: Medicine) -> frozenset[str]:
    """Return the lessons (slugs) of its therapy type that tell of other medicines and not of this one."""
    named = {m.lesson for m in medicines().values() if m.therapy == medicine.therapy}
    return frozenset(named - {medicine.lesson})


@cache
def _holds() -> tuple[tuple[frozenset[str], str], ...]:
    return tuple((frozenset(row["claims"]), row["note"]) for row in _rows("holds.yaml"))


def holds(ids: Iterable[str]) -> list[str]:
    """Return what must still be confirmed about these claims before launch: for staff's eyes."""
    wanted = set(ids)
    return [note for claims_, note in _holds() if claims_ & wanted]


def sources_of(ids: Iterable[str]) -> list[Source]:
    """Return the sources that these claims rest on, each once, in the order of the list."""
    keys = {key for id_ in ids if id_ in claims() for key in claims()[id_].sources}
    return [source for key, source in sources().items() if key in keys]


def mask(texts: Iterable[str]) -> list[str]:
    """Return what the reading grade leaves out in these Markdown texts: medicines' names, and the terms set in bold."""
    taught = [term for text in texts for term in re.findall(r"\*\*(.+?)\*\*", text)]
    return taught + [name for medicine in medicines().values() for name in medicine.names]


@cache
def _words() -> tuple[re.Pattern[str], tuple[Term, ...]]:
    """Return what finds any term by any of its names, and by the number of the group that matched, the term."""
    named = [
        # "CAR (chimeric antigen receptor)" and "PD-1 / PD-L1" are looked for by each of their names.
        (name.strip(), term)
        for term in terms()
        for name in re.split(r"[/()]", term.term.replace('"', ""))
        if name.strip()
    ]
    # The longest first: a PD-L1 test is that, and not PD-L1.
    named.sort(key=lambda pair: -len(pair[0]))
    either = "|".join(f"({_spelled(name)})" for name, _ in named)
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])"), tuple(term for _, term in named)


def _spelled(name: str) -> str:
    """Return the pattern for one and for many of it; what is all capitals is found as such only: CAR is no car."""
    many = re.escape(name[:-1]) + "(?:y|ies)" if name.endswith("y") else re.escape(name) + "s?"
    return many if name.isupper() else f"(?i:{many})".replace("’", "['’]")


@cache
def words_on(text: str) -> tuple[Term, ...]:
    """Return the terms of the word list that stand in this text, each once, in the order in which they come."""
    pattern, found = _words()
    return tuple(dict.fromkeys(found[(match.lastindex or 1) - 1] for match in pattern.finditer(text)))
