"""Suggested questions that the hospital wrote itself on the Desk (`lessons/rows.py`)."""

from __future__ import annotations

from itertools import pairwise

from learn.lessons.models import Lesson
from learn.lessons.parts import TOP, Body
from learn.visits.models import ROOM, SuggestedQuestion


def read() -> dict[str, Body | None]:
    """Return all suggested questions by slug, None for one that is withdrawn. Two queries."""
    return {
        row.slug: None
        if row.withdrawn
        else {
            "text": row.text,
            "group": row.group,
            "lessons": sorted(lesson.slug for lesson in row.lessons.all()),
            "safety": row.safety,
            "extra": row.extra,
        }
        for row in SuggestedQuestion.objects.order_by("position", "pk").prefetch_related("lessons")
    }


def put(slug: str, body: Body | None) -> None:
    """Offer this question as the hospital wrote it, where it wants it; None: offer it no more."""
    if body is None:
        SuggestedQuestion.objects.filter(slug=slug).update(withdrawn=True)
        return
    row = SuggestedQuestion.objects.filter(slug=slug).first() or SuggestedQuestion(slug=slug)
    if row.group != body["group"] or body.get("after"):
        _place(row, body["group"], body.get("after", ""))
    row.group, row.text, row.withdrawn = body["group"], body["text"], False
    row.safety, row.extra = body["safety"], body["extra"]
    row.full_clean()
    row.save()
    row.lessons.set(Lesson.objects.filter(slug__in=body["lessons"]))


def _place(row: SuggestedQuestion, group: str, after: str) -> None:
    """Set the position of a question: in this group, after the one with this slug, or first (TOP), or last.

    Only the hospital's own are moved, in the room that there is after each shipped one (`ROOM`). A shipped one that was
    moved would count as changed by the hospital, and would not follow the site any more.
    """
    others = list(SuggestedQuestion.objects.filter(withdrawn=False).exclude(slug=row.slug).order_by("position", "pk"))
    beside = [one for one in others if one.group == group]
    if not beside and row.group == group:
        return
    if after == TOP and beside:
        above = next((one for one, below in pairwise(others) if below is beside[0]), None)
    else:
        known = [one for one in others if one.slug == after] or beside or others
        above = known[-1] if known else None
    start = above.position // ROOM * ROOM if above else 0
    moved = [one for one in others if start < one.position < start + ROOM]
    moved.insert(moved.index(above) + 1 if above in moved else 0, row)
    for n, one in enumerate(moved, 1):
        one.position = start + ROOM * n // (len(moved) + 1)
    SuggestedQuestion.objects.bulk_update([one for one in moved if one is not row], ["position"])
