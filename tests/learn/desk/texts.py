"""What an educator and a reviewer do with a text on the Desk."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from learn.lessons import bodies, rewording


def url(name: str, *args: str) -> str:
    return reverse(f"admin:lessons_text_{name}", args=args)


def form(kind: str, slug: str, /, **over: Any) -> dict[str, Any]:
    """Return what a browser would send if the form of this text is not changed."""
    there = rewording.standing(kind, slug)
    assert there is not None
    parts = bodies.parts(kind, there.next)
    values = {part.name: part.text.split() if part.many else part.text for part in parts}
    return values | {"seen": there.fingerprint} | over


def written(eda: Client, kind: str, slug: str, /, **over: Any) -> None:
    """Save a draft with these values, and send it for review."""
    assert eda.post(url("change", kind, slug), form(kind, slug, **over)).status_code == 303
    eda.post(url("send", kind, slug), {"seen": form(kind, slug)["seen"]})


def published(eda: Client, rex: Client, kind: str, slug: str, /, **over: Any) -> None:
    written(eda, kind, slug, **over)
    answer = rex.post(url("read", kind, slug), {"verdict": "publish", "seen": form(kind, slug)["seen"]})
    assert answer.status_code == 303
