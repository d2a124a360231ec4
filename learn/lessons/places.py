"""The order of therapy types and of the lessons in them: one place up or down."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet

from learn.lessons.models import Lesson, Therapy


def move_therapy(*, slug: str, above: str) -> bool:
    """Move this therapy type up, in front of the one with the slug `above`. Return whether anything changed.

    Nothing changes if that one no longer stands directly above it: the page was out of date, or sent twice.
    """
    with transaction.atomic():
        list(Therapy.objects.select_for_update().order_by("pk"))
        return _swap(Therapy.objects.all(), slug, above)


def move_lesson(*, slug: str, above: str) -> bool:
    """Move this lesson up in its therapy type, in front of the one with the slug `above`. As `move_therapy`."""
    with transaction.atomic():
        list(Therapy.objects.select_for_update().order_by("pk"))
        lesson = next((lesson for lesson in Lesson.objects.all() if lesson.slug == slug), None)
        return _swap(Lesson.objects.filter(therapy=lesson.therapy_id), slug, above) if lesson else False


def _swap(rows: QuerySet[Any], slug: str, above: str) -> bool:
    order = list(rows.order_by("position"))
    slugs = [row.slug for row in order]
    if slug not in slugs or above not in slugs or slugs.index(above) + 1 != slugs.index(slug):
        return False
    upper, lower = order[slugs.index(above)], order[slugs.index(slug)]
    free = (rows.aggregate(last=Max("position"))["last"] or 0) + 1  # positions are unique at every moment
    for row, place in ((lower, free), (upper, lower.position), (lower, upper.position)):
        rows.filter(pk=row.pk).update(position=place)
    return True
