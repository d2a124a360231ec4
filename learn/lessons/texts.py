"""The one place that reads the shipped YAML files, and lays what the hospital published over them. Plain Python.

It uses libyaml if installed, which is ten times as fast. `owned.py` says which texts are the hospital's own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import yaml

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"
MOST = 4096  # results that `kept` keeps of one function; a site has some hundred steps and words
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SOURCE = "en"  # the language of all files but those of a translation (overlays.py)

# Returns the language of whoever reads now. The site puts its own function here at start (apps.py).
reader: Callable[[], str] = lambda: SOURCE  # noqa: E731 - a function that is replaced

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Own:
    """The texts that the hospital wrote itself and published. Never changed: a publication makes another one."""

    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by kind and slug
    card_reviewed: tuple[date, date] | None = None  # when a clinician reviewed its call card, and until when it counts


NONE = Own()
_kept: list[dict[Any, Any]] = []  # what each function below `kept` has made
_found: ContextVar[Callable[[], Own]] = ContextVar("own texts", default=lambda: NONE)


def read(path: Path) -> Any:
    """Return the data in a YAML file: plain values only, no Python objects.

    Raises OSError, UnicodeDecodeError or yaml.YAMLError if the file cannot be read.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - both are safe loaders


@cache
def read_once(name: str) -> Any:
    """Return the data in a file of fixtures/, read once per process. Nobody changes it."""
    return read(FIXTURES / name)


def digest(data: Any) -> str:
    """Return the hash (SHA-256, hexadecimal) that tells shipped text apart from the hospital's own."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def own() -> Own:
    """Return the hospital's own texts, as of this request. Outside of a request, there are only the shipped ones."""
    return _found.get()()


def finder() -> Callable[[], Own]:
    """Return what finds the hospital's own texts for this request."""
    return _found.get()


@contextmanager
def following(found: Callable[[], Own]) -> Iterator[None]:
    """Context manager: inside it, the texts that `found` returns lie over the shipped ones."""
    before = _found.set(found)
    try:
        yield
    finally:
        _found.reset(before)


def laid_over(kind: str, rows: list[dict[str, Any]], *, hidden: bool = False) -> list[dict[str, Any]]:
    """Return the rows of a file with the hospital's own in their places; what the hospital added comes last.

    Without those that the hospital does not use, unless `hidden`.
    """
    if not (mine := own().rows.get(kind)):
        return rows
    shipped = {row["slug"] for row in rows}
    added = [{"slug": slug} | body for slug, body in mine.items() if slug not in shipped]
    found = [row | mine.get(row["slug"], {}) for row in rows] + added
    return [row for row in found if hidden or not row.get("hidden")]


def kept(make: Callable[P, R]) -> Callable[P, R]:
    """Cache a function of hashable arguments, as `functools.cache` does, until the hospital publishes another text.

    Each of the readers' languages has its own.
    """
    found: dict[Any, R] = {}
    _kept.append(found)
    newest = NONE

    @wraps(make)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        nonlocal newest
        now = own()
        if now is not newest:
            newest = now
            found.clear()
        key = (now, reader(), args, *kwargs.items())
        try:
            return found[key]
        except KeyError:
            if len(found) >= MOST:
                found.clear()
            value = found[key] = make(*args, **kwargs)
            return value

    return inner


def forget() -> None:
    """Clear what is kept of the files, as after a restart: needed when FIXTURES is another folder."""
    read_once.cache_clear()
    for found in _kept:
        found.clear()
