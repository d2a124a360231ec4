"""Pathways that the hospital wrote itself on the Desk (`lessons/rows.py`)."""

from __future__ import annotations

from learn.assignments.models import Pathway, Place
from learn.lessons.models import Lesson, Therapy
from learn.lessons.parts import Body


def read() -> dict[str, Body | None]:
    """Return all pathways by slug. Two queries."""
    return {
        row.slug: {"name": row.name, "therapy": row.therapy.slug, "lessons": row.slugs}
        for row in Pathway.objects.offered()
    }


def put(slug: str, body: Body | None) -> None:
    """Offer this pathway as the hospital wrote it; None: offer it no more. What was assigned stays assigned."""
    if body is None:
        Pathway.objects.filter(slug=slug).delete()
        return
    row = Pathway.objects.filter(slug=slug).first() or Pathway(slug=slug)
    row.name, row.therapy = body["name"], Therapy.objects.get(slug=body["therapy"])
    row.full_clean()
    row.save()
    row.places.all().delete()
    lessons = Lesson.objects.in_bulk(body["lessons"], field_name="slug")
    Place.objects.bulk_create(
        Place(pathway=row, lesson=lessons[one], position=n) for n, one in enumerate(body["lessons"], 1)
    )
