"""Suggested questions that the hospital wrote itself on the Desk (`lessons/rows.py`)."""

from __future__ import annotations

from django.db.models import Max

from learn.lessons.models import Lesson
from learn.lessons.parts import Body
from learn.visits.models import SuggestedQuestion


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
    """Offer this question as the hospital wrote it, at the end of its group; None: offer it no more."""
    if body is None:
        SuggestedQuestion.objects.filter(slug=slug).update(withdrawn=True)
        return
    row = SuggestedQuestion.objects.filter(slug=slug).first() or SuggestedQuestion(slug=slug)
    if row.group != body["group"]:
        group = SuggestedQuestion.objects.filter(group=body["group"], withdrawn=False)
        all_ = SuggestedQuestion.objects.all()
        last = group.aggregate(n=Max("position"))["n"] or (all_.aggregate(n=Max("position"))["n"] or 0) + 1
        row.position = last  # positions may repeat: the older one comes first
    row.group, row.text, row.withdrawn = body["group"], body["text"], False
    row.safety, row.extra = body["safety"], body["extra"]
    row.full_clean()
    row.save()
    row.lessons.set(Lesson.objects.filter(slug__in=body["lessons"]))
