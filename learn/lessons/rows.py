"""Texts that pages read from rows: what stands in them, and what happens to them when the hospital publishes its own.

The rows of therapy types are here. The packages above register theirs (visit questions, pathways) when they start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from learn.lessons.models import Therapy
from learn.lessons.parts import THERAPY, Body


class Held(NamedTuple):
    """The rows of one kind. `read` returns all by slug, None for one that nobody finds; `put` None takes one out."""

    read: Callable[[], dict[str, Body | None]]
    put: Callable[[str, Body | None], None]


HELD: dict[str, Held] = {}


def read(kind: str) -> dict[str, Body | None]:
    """Return what stands in the rows of a kind, by slug."""
    return HELD[kind].read()


def put(kind: str, slug: str, body: Body | None) -> None:
    """Write a published text into its row; None: nobody finds it any more. A kind without rows has nothing to write."""
    if kind in HELD:
        HELD[kind].put(slug, body if body and not body.get("hidden") else None)


def _read() -> dict[str, Body | None]:
    rows = Therapy.objects.values_list("slug", "title", "summary", "kind")
    return {slug: {"title": title, "summary": summary, "kind": kind} for slug, title, summary, kind in rows}


def _put(slug: str, body: Body | None) -> None:
    if body:
        Therapy.objects.filter(slug=slug).update(title=body["title"], summary=body["summary"], kind=body["kind"])


HELD[THERAPY] = Held(_read, _put)
