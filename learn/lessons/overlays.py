"""Translations of the shipped files: fixtures/es/… holds words only, with the slugs of the source file, in its order.

All else (what is right, facts, tiers, pictures, dates) comes from the source file, so no translation can move it. `of`
is the hash of the source's words at the time of the translation. If it differs, the translation is stale, and the
source is shown. Plain Python.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from learn.lessons import texts

# The words of a file. TEXT: translated. SAME: names the thing, as in the source. FREE: a translation may have it.
TEXT, SAME, FREE = "text", "same", "free"
_LINE = {"id": SAME, "text": TEXT, "treatment": TEXT}
SHAPES: dict[str, Any] = {
    "lessons": {
        "title": TEXT,
        "short": TEXT,
        "main_message": TEXT,
        "remember": [TEXT],
        "steps": [{"slug": SAME, "heading": TEXT, "body": TEXT, "key_point": TEXT}],
    },
    "quizzes": {
        "title": TEXT,
        "questions": [
            {
                "slug": SAME,
                "objective": TEXT,
                "stem": TEXT,
                "choices": [{"text": TEXT, "feedback": TEXT}],
                "if_true": TEXT,
                "if_false": TEXT,
                "rows": [{"text": TEXT, "match": TEXT, "feedback": TEXT}],
                "cards": [TEXT],
                "if_wrong": TEXT,
                "why": TEXT,
            }
        ],
    },
    "call_card.yaml": {
        "above": TEXT,
        "fever": [_LINE | {"at": TEXT}],
        "hidden_fever": TEXT,
        "tiers": [
            {"slug": SAME, "name": TEXT, "top": TEXT, "foot": TEXT, "groups": [{"heading": TEXT, "lines": [_LINE]}]}
        ],
    },
    "medicines.yaml": {
        "rows": [
            {
                "slug": SAME,
                "generic": FREE,
                "aliases": FREE,
                "kind": TEXT,
                "given": TEXT,
                "say": FREE,
                "sentence": TEXT,
                "note": TEXT,
            }
        ]
    },
    "pathways.yaml": {"rows": [{"slug": SAME, "name": TEXT}]},
    "pictures.yaml": {"rows": [{"file": SAME, "alt": TEXT, "key": [TEXT]}]},
    "questions.yaml": {"groups": [{"group": TEXT, "questions": [{"slug": SAME, "text": TEXT}]}]},
    "terms.yaml": {"rows": [{"slug": SAME, "term": TEXT, "meaning": TEXT, "say": FREE}]},
    "therapies.yaml": {"rows": [{"slug": SAME, "title": TEXT, "summary": TEXT}]},
}
WITH_OWN_WORDS = "symptom_words.yaml"  # how people say a symptom: no translation, so it cannot be stale


class State(Enum):
    """How a translation stands beside its source."""

    MISSING = "is not there"
    STALE = "is of an older text"
    FRESH = "is of the text as it is"


class Unlike(ValueError):
    """A translation has not the same parts as its source. The message says where."""


def names(folder: Path) -> list[str]:
    """Return the names of all files that can be translated, below the folder of the source files."""
    deep = [f"{kind}/{path.name}" for kind in ("lessons", "quizzes") for path in sorted((folder / kind).glob("*.yaml"))]
    return [*deep, *(name for name in SHAPES if "." in name and (folder / name).exists())]


def _shape(name: str) -> Any:
    return SHAPES[name.partition("/")[0] if "/" in name else name]


def _wrapped(name: str, data: Any) -> Any:
    """Return the data of a source file as its translation has them: a list stands under a key there."""
    return data if isinstance(data, dict) else {next(iter(_shape(name))): data}


def words(shape: Any, data: Any) -> Any:
    """Return the words of source data, and what names them: what a translation of it must have. Nothing empty."""
    if isinstance(shape, dict):
        found = {key: words(inner, data[key]) for key, inner in shape.items() if inner != FREE and data.get(key)}
        return {key: value for key, value in found.items() if value}
    if isinstance(shape, list):
        return [words(shape[0], one) for one in data]
    return data


def digest(name: str, data: Any) -> str:
    """Return the hash of the words in the data of a source file: 16 hexadecimal digits."""
    said = json.dumps(words(_shape(name), _wrapped(name, data)), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def check(name: str, data: Any, given: Any) -> None:
    """Raise Unlike unless a translation has exactly the parts of its source, in the same order."""
    if not isinstance(given, dict) or not isinstance(given.get("of"), str):
        raise Unlike("it must begin with of: and the mark of the source (or an empty one)")
    shape = _shape(name)
    told = {key: value for key, value in given.items() if key not in ("of", "language")}
    _compare(shape, words(shape, _wrapped(name, data)), told, "")


def _compare(shape: Any, wanted: Any, given: Any, where: str) -> None:
    here = where or "the file"
    if isinstance(shape, dict):
        if not isinstance(given, dict):
            raise Unlike(f"{here} must be names and values")
        if missing := wanted.keys() - given.keys():
            raise Unlike(f"{here}: {', '.join(sorted(missing))} is missing")
        extra = {key for key in given.keys() - wanted.keys() if shape.get(key) != FREE and given[key]}
        if extra:
            raise Unlike(f"{here}: {', '.join(sorted(extra))} has no words in the source")
        for key, value in wanted.items():
            _compare(shape[key], value, given[key], f"{where} {_name(wanted)}{key}".strip())
    elif isinstance(shape, list):
        if not isinstance(given, list) or len(given) != len(wanted):
            raise Unlike(f"{here} must have {len(wanted)} entries, as the source has")
        for n, (one, other) in enumerate(zip(wanted, given, strict=True), 1):
            _compare(shape[0], one, other, f"{where} {n}")
    elif shape == SAME and given != wanted:
        raise Unlike(f"{here} must be {wanted}, not {given}: nothing may be left out, added or moved")
    elif not isinstance(given, str) or not given.strip():
        raise Unlike(f"{here} has no words")
    elif unicodedata.normalize("NFC", given) != given:
        raise Unlike(f"{here} is not written in NFC")


def _name(wanted: dict[str, Any]) -> str:
    name = next((wanted[key] for key in ("slug", "id", "file") if key in wanted), "")
    return f"({name}) " if name else ""


def merged(name: str, data: Any, given: Any) -> Any:
    """Return the data of a source file with the words of its translation."""
    found = _merged(_shape(name), _wrapped(name, data), given)
    return found if isinstance(data, dict) else next(iter(found.values()))


def _merged(shape: Any, data: Any, given: Any) -> Any:
    if isinstance(shape, dict):
        new = {key: _merged(inner, data.get(key), given[key]) for key, inner in shape.items() if key in given}
        return data | {key: value for key, value in new.items() if value or shape[key] == FREE}
    if isinstance(shape, list):
        return [_merged(shape[0], one, other) for one, other in zip(data, given, strict=True)]
    return [*(data or ()), *given] if isinstance(given, list) else given


def state(folder: Path, name: str, language: str) -> State:
    """Return how the translation of a file stands. Raises Unlike, and what `texts.read` raises."""
    path = folder / language / name
    if not path.exists():
        return State.MISSING
    data, given = texts.read(folder / name), texts.read(path)
    check(name, data, given)
    return State.FRESH if given["of"] == digest(name, data) else State.STALE


def stamp(folder: Path, name: str, language: str) -> bool:
    """Write into a translation that it is of the source as it is now. Return whether the file changed."""
    path = folder / language / name
    lines, mark = path.read_text(encoding="utf-8").splitlines(keepends=True), digest(name, texts.read(folder / name))
    n = next(n for n, line in enumerate(lines) if line.startswith("of:"))
    before, lines[n] = lines[n], f'of: "{mark}"\n'
    path.write_text("".join(lines), encoding="utf-8")
    return before != lines[n]


def file(name: str, language: str, folder: Path | None = None) -> Any:
    """Return the data of a shipped file in a language: of the source, if there is no translation of it as it is now."""
    folder = folder or texts.FIXTURES
    data = texts.read(folder / name)
    if language == texts.SOURCE or state(folder, name, language) != State.FRESH:
        return data
    return merged(name, data, texts.read(folder / language / name))


@cache
def is_fresh(name: str, language: str) -> bool:
    """Return whether the shipped file can be read in this language."""
    return language == texts.SOURCE or state(texts.FIXTURES, name, language) == State.FRESH


def pairs(name: str, language: str, folder: Path | None = None) -> list[tuple[str, str]]:
    """Return each text of a shipped file with its translation, in order, for those who compare them."""
    here = folder or texts.FIXTURES
    data, given = texts.read(here / name), texts.read(here / language / name)
    return list(_pairs(_shape(name), _wrapped(name, data), given))


def _pairs(shape: Any, data: Any, given: Any) -> Iterator[tuple[str, str]]:
    if isinstance(shape, dict):
        for key, inner in shape.items():
            if key in given and inner != SAME:
                yield from _pairs(inner, data.get(key), given[key])
    elif isinstance(shape, list):
        for one, other in zip(data, given, strict=True):
            yield from _pairs(shape[0], one, other)
    else:
        here, there = (", ".join(text) if isinstance(text, list) else text or "" for text in (data, given))
        yield str(here), str(there)


def replaced(data: Any, said: dict[str, str]) -> Any:
    """Return data with each text replaced by its translation, by these pairs; what is not among them stays."""
    if isinstance(data, dict):
        return {key: replaced(value, said) for key, value in data.items()}
    if isinstance(data, list):
        return [replaced(value, said) for value in data]
    return said.get(data, data) if isinstance(data, str) else data


def own_words(language: str) -> dict[str, list[str]]:
    """Return how people say symptoms, by tier: in the source language and, if it is there, in this one."""
    found: dict[str, list[str]] = texts.read(texts.FIXTURES / WITH_OWN_WORDS)
    path = texts.FIXTURES / language / WITH_OWN_WORDS
    other = texts.read(path) if language != texts.SOURCE and path.exists() else {}
    return {tier: [*phrases, *other.get(tier, ())] for tier, phrases in found.items()}


@cache
def _phrases(name: str, language: str) -> dict[str, str]:
    """Return each text of a shipped file in this language, by the text in the source."""
    shape = _shape(name)
    here, there = (words(shape, _wrapped(name, file(name, code))) for code in (texts.SOURCE, language))
    return dict(zip(_strings(here), _strings(there), strict=True))


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    for inner in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _strings(inner)


def said(name: str, text: str) -> str:
    """Return a text of a shipped file, which is a row of the database now, in the reader's language.

    A text that the hospital has changed is not in the file, so it stays as it is.
    """
    language = texts.reader()
    return text if language == texts.SOURCE else _phrases(name, language).get(text, text)
